package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// gradientLine is kernel.winogradGradientLine on registers, whose contents are
// lost.
func (s isa) gradientLine(y [4]reg.VecVirtual) [6]reg.VecVirtual {
	pair := func(p float64) (plus, minus reg.VecVirtual) {
		minus, odd := s.copy(y[0]), s.vec()
		VFMADD231PS(number(p*p), y[2], minus)
		VMULPS(number(p), y[1], odd)
		VFMADD231PS(number(p*p*p), y[3], odd)
		plus = s.vec()
		VADDPS(odd, minus, plus)
		VSUBPS(odd, minus, minus)
		return plus, minus
	}
	plusA, minusA := pair(a)
	plusB, minusB := pair(b)
	return [6]reg.VecVirtual{y[0], plusA, minusA, plusB, minusB, y[3]}
}

// gradient writes the transform of the gradient of a tile, the transposed one
// of output.
func (s isa) gradient() {
	s.function("winogradGradient", "transforms the gradient of a tile of 4 x 4 outputs.", "func(z, dy, zero *float32, table *int32, next, groups int)")
	frame := pointers(16, param("dy"), param("zero"), param("table"))
	s.hold(a, b, a2, b2, a3, b3)
	z, groups, along := param("z"), param("groups"), GP64()
	XORQ(along, along)
	next := nextTile(along)
	Label("group")
	for part := range 16 / s.width {
		place := func(r, c int) Mem {
			return Mem{Base: z, Index: along, Scale: 1, Disp: 128*(6*r+c) + 32*part}
		}
		var between [6][4]slot
		for c := range 4 {
			var d [4]reg.VecVirtual
			for r := range d {
				at := through(frame, 4*r+c, along, 32*part)
				d[r] = s.load(at)
				if part == 0 {
					at.Index = next
					PREFETCHT0(at)
				}
			}
			for r, t := range s.gradientLine(d) {
				between[r][c] = s.keep(t, s.wide() && c >= 2, place(r, c))
			}
		}
		for r := range 6 {
			var d [4]reg.VecVirtual
			for c := range d {
				d[c] = between[r][c].get()
			}
			for c, t := range s.gradientLine(d) {
				VMOVUPS(t, place(r, c))
			}
		}
	}
	ADDQ(Imm(64), along)
	ADDQ(Imm(64), next)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// filterLine is kernel.winogradFilterLine on registers, whose contents are lost.
func (s isa) filterLine(e [6]reg.VecVirtual) [3]reg.VecVirtual {
	sumA, sumB, differenceA, differenceB := s.vec(), s.vec(), e[1], e[3]
	VADDPS(e[2], e[1], sumA)
	VSUBPS(e[2], e[1], differenceA)
	VADDPS(e[4], e[3], sumB)
	VSUBPS(e[4], e[3], differenceB)
	w0, w1, w2 := e[0], e[2], e[5]
	VMULPS(number(scale0), w0, w0)
	VFMADD231PS(number(scaleA), sumA, w0)
	VFMADD231PS(number(scaleB), sumB, w0)
	VMULPS(number(scaleA*a), differenceA, w1)
	VFMADD231PS(number(scaleB*b), differenceB, w1)
	VFMADD231PS(number(scaleA*a2), sumA, w2)
	VFMADD231PS(number(scaleB*b2), sumB, w2)
	return [3]reg.VecVirtual{w0, w1, w2}
}

// filter writes the transform back of 16 columns of some rows of the weights'
// gradient.
func (s isa) filter() {
	s.function("winogradFilter", "transforms 16 columns of some rows of the weights' gradient back and adds them.",
		"func(dw, u *float32, rows, tapStep, rowStep, pointStep int)")
	s.hold(scale0, scaleA, scaleA*a, scaleA*a2, scaleB, scaleB*b, scaleB*b2)
	u, rows := param("u"), param("rows")
	tap, rowStep, pointStep := param("tapStep"), param("rowStep"), param("pointStep")
	for _, step := range []reg.GPVirtual{tap, rowStep, pointStep} {
		SHLQ(Imm(2), step)
	}
	var rowsOf [3]reg.GPVirtual // the taps (ky,0)
	for ky := range rowsOf {
		rowsOf[ky] = param("dw")
		for range 3 * ky {
			ADDQ(tap, rowsOf[ky])
		}
	}
	frame := AllocLocal(18 * 32)
	Label("row")
	for part := range 16 / s.width {
		var between [3][6]slot
		for c := range 6 {
			at := GP64()
			MOVQ(u, at)
			for range c {
				ADDQ(pointStep, at)
			}
			var e [6]reg.VecVirtual
			for r := range e {
				e[r] = s.load(Mem{Base: at, Disp: 32 * part})
				for range 6 {
					ADDQ(pointStep, at)
				}
			}
			for r, t := range s.filterLine(e) {
				between[r][c] = s.keep(t, s.wide() && c >= 3, frame.Offset(4*s.width*(3*c+r)))
			}
		}
		for ky := range 3 {
			var e [6]reg.VecVirtual
			for c := range e {
				e[c] = between[ky][c].get()
			}
			for kx, t := range s.filterLine(e) {
				at := Mem{Base: rowsOf[ky], Disp: 32 * part}
				if kx > 0 {
					at.Index, at.Scale = tap, uint8(kx)
				}
				VADDPS(at, t, t)
				VMOVUPS(t, at)
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
