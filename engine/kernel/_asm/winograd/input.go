package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The points, and what their transforms need (all exact in float32).
const (
	a, b     = 5.0 / 8, 3.0 / 2
	a2, b2   = a * a, b * b
	a3, b3   = a * a2, b * b2
	both     = a2 + b2
	together = a2 * b2
)

// inputLine is kernel.winogradInputLine on registers, whose contents are lost.
func (s isa) inputLine(d [6]reg.VecVirtual) [6]reg.VecVirtual {
	fma := func(c float64, x, acc reg.VecVirtual) { VFMADD231PS(number(c), x, acc) }
	fnma := func(c float64, x, acc reg.VecVirtual) { VFNMADD231PS(number(c), x, acc) }
	first := s.copy(d[4])
	fnma(both, d[2], first)
	fma(together, d[0], first)
	last := d[5]
	fnma(both, d[3], last)
	fma(together, d[1], last)
	evenA, oddA := s.copy(d[4]), s.copy(d[3])
	fnma(b2, d[2], evenA)
	fnma(b2, d[1], oddA)
	evenB, oddB := d[4], d[3]
	fnma(a2, d[2], evenB)
	fnma(a2, d[1], oddB)
	plusA, plusB := s.copy(evenA), s.copy(evenB)
	fma(a, oddA, plusA)
	fnma(a, oddA, evenA)
	fma(b, oddB, plusB)
	fnma(b, oddB, evenB)
	return [6]reg.VecVirtual{first, plusA, evenA, plusB, evenB, last}
}

// input writes the transform of a tile, group after group of 16 channels.
func (s isa) input() {
	s.function("winogradInput", "transforms the 6 x 6 patch of a tile.", "func(v, x, zero *float32, table *int32, next, groups int)")
	frame := pointers(36, param("x"), param("zero"), param("table"))
	s.hold(both, together, a2, b2, a, b)
	v, groups, along := param("v"), param("groups"), GP64()
	XORQ(along, along)
	next := nextTile(along)
	Label("group")
	for part := range 16 / s.width {
		place := func(r, c int) Mem { return Mem{Base: v, Disp: 64*(6*r+c) + 32*part} }
		var between [6][6]slot
		for c := range 6 {
			var d [6]reg.VecVirtual
			for r := range d {
				at := through(frame, 6*r+c, along, 32*part)
				d[r] = s.load(at)
				if c >= 2 && part == 0 {
					at.Index = next
					PREFETCHT0(at)
				}
			}
			for r, t := range s.inputLine(d) {
				between[r][c] = s.keep(t, s.wide() && c >= 4, place(r, c))
			}
		}
		for r := range 6 {
			var d [6]reg.VecVirtual
			for c := range d {
				d[c] = between[r][c].get()
			}
			for c, t := range s.inputLine(d) {
				VMOVUPS(t, place(r, c))
			}
		}
	}
	ADDQ(U32(36*64), v)
	ADDQ(Imm(64), along)
	ADDQ(Imm(64), next)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}
