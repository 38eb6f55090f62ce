package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// transpose writes transpose8AVX2: 8 rows of src become 8 columns of a panel,
// 8 x 8 at a time: interleave pairs, then fours, then exchange halves.
func transpose(panelCols int) {
	TEXT("transpose8AVX2", NOSPLIT, "func(dst, src *float32, stride, blocks int)")
	Doc("sets dst[k*32+j] = src[j*stride+k] for j < 8, k < 8*blocks.")
	dst := Load(Param("dst"), reg.RDI).(reg.GPPhysical)
	src := Load(Param("src"), reg.RSI).(reg.GPPhysical)
	stride := Load(Param("stride"), reg.RDX).(reg.GPPhysical)
	blocks := Load(Param("blocks"), reg.RCX).(reg.GPPhysical)
	SHLQ(Imm(2), stride)
	stride3, fifth := reg.RAX, reg.RBX
	LEAQ(Mem{Base: stride, Index: stride, Scale: 2}, stride3)
	LEAQ(Mem{Base: src, Index: stride, Scale: 4}, fifth)
	rows := func(base reg.Register) [4]Mem {
		return [4]Mem{
			{Base: base}, {Base: base, Index: stride, Scale: 1},
			{Base: base, Index: stride, Scale: 2}, {Base: base, Index: stride3, Scale: 1},
		}
	}
	x, y := ymm[:8], ymm[8:]
	Label("block")
	for i := range 4 {
		VMOVUPS(rows(src)[i], x[i])
		VMOVUPS(rows(fifth)[i], x[i+4])
	}
	for i := 0; i < 8; i += 2 {
		VUNPCKLPS(x[i+1], x[i], y[i])
		VUNPCKHPS(x[i+1], x[i], y[i+1])
	}
	for i := 0; i < 8; i += 4 {
		VSHUFPS(Imm(0x44), y[i+2], y[i], x[i])
		VSHUFPS(Imm(0xee), y[i+2], y[i], x[i+1])
		VSHUFPS(Imm(0x44), y[i+3], y[i+1], x[i+2])
		VSHUFPS(Imm(0xee), y[i+3], y[i+1], x[i+3])
	}
	for i := range 4 {
		VPERM2F128(Imm(0x20), x[i+4], x[i], y[i])
		VPERM2F128(Imm(0x31), x[i+4], x[i], y[i+4])
	}
	for i := range 8 {
		VMOVUPS(y[i], Mem{Base: dst, Disp: 4 * panelCols * i})
	}
	ADDQ(Imm(32), src)
	ADDQ(Imm(32), fifth)
	ADDQ(U32(8*4*uint32(panelCols)), dst)
	DECQ(blocks)
	JNZ(LabelRef("block"))
	VZEROUPPER()
	RET()
}
