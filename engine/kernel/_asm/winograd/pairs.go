package main

import (
	. "github.com/mmcloughlin/avo/build"
	"github.com/mmcloughlin/avo/ir"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// inputPairs is input that rounds what it transformed to pairs of bf16 numbers,
// 32 bytes for a point and 16 channels. It needs AVX512_BF16. What does not fit
// the registers between the two passes waits in mem, 24 times 64 bytes.
func (s isa) inputPairs() {
	TEXT("winogradInputBF16", 4, "func(v, x, zero, mem *float32, table *int32, next, groups int)") // NOSPLIT
	Doc("winogradInputBF16 transforms the 6 x 6 patch of a tile and rounds it.")
	clear(held)
	frame := pointers(36, param("x"), param("zero"), param("table"))
	wait := Mem{Base: param("mem")}
	s.hold(both, together, a2, b2, a, b)
	v, groups, along := param("v"), param("groups"), GP64()
	XORQ(along, along)
	next := nextTile(along)
	Label("group")
	var between [6][6]slot
	for c := range 6 {
		var d [6]reg.VecVirtual
		for r := range d {
			at := through(frame, 6*r+c, along, 0)
			d[r] = s.load(at)
			if c >= 2 {
				at.Index = next
				PREFETCHT0(at)
			}
		}
		for r, t := range s.inputLine(d) {
			between[r][c] = s.keep(t, c >= 4, wait.Offset(64*(r*4+min(c, 3))))
		}
	}
	for r := range 6 {
		var d [6]reg.VecVirtual
		for c := range d {
			d[c] = between[r][c].get()
		}
		for c, t := range s.inputLine(d) {
			VMOVAPS(t, reg.Z31)
			roundZ31()
			VMOVDQU64(reg.Y31, Mem{Base: v, Disp: 32 * (6*r + c)})
		}
	}
	ADDQ(U32(36*32), v)
	ADDQ(Imm(64), along)
	ADDQ(Imm(64), next)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// roundZ31 rounds Z31 to Y31 by VCVTNEPS2BF16, which the Go assembler does not
// know: 62 02 7E 48 72 FF.
func roundZ31() {
	for _, part := range []struct {
		directive string
		bytes     Constant
	}{{"LONG", U32(0x487e0262)}, {"WORD", U16(0xff72)}} {
		Instruction(&ir.Instruction{Opcode: part.directive, Operands: []Op{part.bytes}})
	}
}
