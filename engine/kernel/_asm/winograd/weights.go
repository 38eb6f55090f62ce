package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The rows of the weights' transform are 1, p, p² over the product of a
// point's distances to the others.
const (
	scale0 = 1 / together
	scaleA = 1 / (2 * a2 * (a2 - b2))
	scaleB = 1 / (2 * b2 * (b2 - a2))
)

// weightLine is kernel.winogradWeightLine on registers.
func (s isa) weightLine(w [3]reg.VecVirtual) [6]reg.VecVirtual {
	first := s.vec()
	VMULPS(number(scale0), w[0], first)
	pair := func(scale, p float64) (plus, minus reg.VecVirtual) {
		minus = s.vec()
		VMULPS(number(scale), w[0], minus)
		VFMADD231PS(number(scale*p*p), w[2], minus)
		plus = s.copy(minus)
		VFMADD231PS(number(scale*p), w[1], plus)
		VFNMADD231PS(number(scale*p), w[1], minus)
		return plus, minus
	}
	plusA, minusA := pair(scaleA, a)
	plusB, minusB := pair(scaleB, b)
	return [6]reg.VecVirtual{first, plusA, minusA, plusB, minusB, w[2]}
}

// weights writes the transform of 16 columns of some rows of the weights.
func (s isa) weights() {
	s.function("winogradWeights", "transforms 16 columns of some rows of the weights.",
		"func(u, w *float32, rows, tapStep, rowStep, pointStep int)")
	s.hold(scale0, scaleA, scaleA*a, scaleA*a2, scaleB, scaleB*b, scaleB*b2)
	u, rows := param("u"), param("rows")
	tap, rowStep, pointStep := param("tapStep"), param("rowStep"), param("pointStep")
	for _, step := range []reg.GPVirtual{tap, rowStep, pointStep} {
		SHLQ(Imm(2), step)
	}
	var rowsOf [3]reg.GPVirtual // the taps (ky,0)
	for ky := range rowsOf {
		rowsOf[ky] = param("w")
		for range 3 * ky {
			ADDQ(tap, rowsOf[ky])
		}
	}
	var frame Mem
	if !s.wide() {
		frame = AllocLocal(18 * 32)
	}
	Label("row")
	for part := range 16 / s.width {
		var between [6][3]slot
		for kx := range 3 {
			var w [3]reg.VecVirtual
			for ky := range w {
				at := Mem{Base: rowsOf[ky], Disp: 32 * part}
				if kx > 0 {
					at.Index, at.Scale = tap, uint8(kx)
				}
				w[ky] = s.load(at)
			}
			for r, t := range s.weightLine(w) {
				between[r][kx] = s.keep(t, s.wide(), frame.Offset(32*(3*r+kx)))
			}
		}
		at := GP64()
		MOVQ(u, at)
		for r := range 6 {
			var w [3]reg.VecVirtual
			for kx := range w {
				w[kx] = between[r][kx].get()
			}
			for _, t := range s.weightLine(w) {
				VMOVUPS(t, Mem{Base: at, Disp: 32 * part})
				ADDQ(pointStep, at)
			}
		}
	}
	for _, row := range rowsOf {
		ADDQ(rowStep, row)
	}
	ADDQ(U32(128), u)
	DECQ(rows)
	JNZ(LabelRef("row"))
	VZEROUPPER()
	RET()
}
