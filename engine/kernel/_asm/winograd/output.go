package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// outputLine is kernel.winogradOutputLine on registers, whose contents are lost.
func (s isa) outputLine(m [6]reg.VecVirtual) [4]reg.VecVirtual {
	sumA, sumB, differenceA, differenceB := s.vec(), s.vec(), m[1], m[3]
	VADDPS(m[2], m[1], sumA)
	VSUBPS(m[2], m[1], differenceA)
	VADDPS(m[4], m[3], sumB)
	VSUBPS(m[4], m[3], differenceB)
	y0, y1, y2, y3 := m[0], m[2], m[4], m[5]
	VADDPS(sumA, y0, y0)
	VADDPS(sumB, y0, y0)
	VMULPS(number(a), differenceA, y1)
	VFMADD231PS(number(b), differenceB, y1)
	VMULPS(number(a2), sumA, y2)
	VFMADD231PS(number(b2), sumB, y2)
	VFMADD231PS(number(a3), differenceA, y3)
	VFMADD231PS(number(b3), differenceB, y3)
	return [4]reg.VecVirtual{y0, y1, y2, y3}
}

// output writes the transform back of a tile for one panel of 16 or 32
// channels, and with plus another that also adds an image.
func (s isa) output(plus bool) {
	var added Mem
	if plus {
		s.function("winogradOutputAdd", "transforms a tile back to 4 x 4 pixels and adds those of an image.",
			"func(y, dump, m, start, add, zero *float32, table *int32, next, groups int)")
		added = pointers(16, param("add"), param("zero"), param("table"))
	} else {
		s.function("winogradOutput", "transforms a tile back to 4 x 4 pixels.", "func(y, dump, m, start *float32, table *int32, next, groups int)")
	}
	frame := pointers(16, param("y"), param("dump"), param("table"))
	s.hold(a, b, a2, b2, a3, b3)
	m, start, groups, along := param("m"), param("start"), param("groups"), GP64()
	XORQ(along, along)
	next := nextTile(along)
	Label("group")
	for part := range 16 / s.width {
		place := func(r, c int) Mem {
			return Mem{Base: m, Index: along, Scale: 1, Disp: 128*(6*r+c) + 32*part}
		}
		var between [4][6]slot
		for c := range 6 {
			var d [6]reg.VecVirtual
			for r := range d {
				d[r] = s.load(place(r, c))
			}
			for r, t := range s.outputLine(d) {
				between[r][c] = s.keep(t, s.wide() && c >= 3, place(r, c))
			}
		}
		for r := range 4 {
			var d [6]reg.VecVirtual
			for c := range d {
				d[c] = between[r][c].get()
			}
			for c, t := range s.outputLine(d) {
				VADDPS(Mem{Base: start, Index: along, Scale: 1, Disp: 32 * part}, t, t)
				if plus {
					from := through(added, 4*r+c, along, 32*part)
					VADDPS(from, t, t)
					if part == 0 {
						from.Index = next
						PREFETCHT0(from)
					}
				}
				at := through(frame, 4*r+c, along, 32*part)
				VMOVUPS(t, at)
				if part == 0 {
					at.Index = next
					PREFETCHT0(at)
				}
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
