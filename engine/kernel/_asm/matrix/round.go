package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The two ways to pairs: of neighbours, and of the places of two rows.
const (
	roundAlong  = "roundAlong"
	roundAcross = "roundAcross"
)

// rounding starts a kernel and gives the addresses of what it reads and writes.
// A round takes 32 numbers along, 32 numbers of two rows across.
func rounding(name, isa string) (dst, src, n, odd reg.GPPhysical) {
	if name == roundAlong {
		TEXT(name+isa, NOSPLIT, "func(dst, src *float32, n int)")
		Doc("rounds 32 n numbers to 16 n pairs of neighbours.")
		dst, src = Load(Param("dst"), reg.RDI).(reg.GPPhysical), Load(Param("src"), reg.RSI).(reg.GPPhysical)
		return dst, src, Load(Param("n"), reg.RCX).(reg.GPPhysical), nil
	}
	TEXT(name+isa, NOSPLIT, "func(dst, even, odd *float32, step, n int)")
	Doc("rounds n rows of 32 numbers, step apart in even and odd, to n rows of pairs.")
	dst, src = Load(Param("dst"), reg.RDI).(reg.GPPhysical), Load(Param("even"), reg.RSI).(reg.GPPhysical)
	odd = Load(Param("odd"), reg.R8).(reg.GPPhysical)
	Load(Param("step"), reg.RDX)
	SHLQ(Imm(2), reg.RDX)
	return dst, src, Load(Param("n"), reg.RCX).(reg.GPPhysical), odd
}

// roundNative writes both by VCVTNEPS2BF16.
func roundNative() {
	dst, src, n, _ := rounding(roundAlong, "BF16")
	Label("again")
	for v := range 2 {
		VMOVUPS(Mem{Base: src, Disp: 64 * v}, zmm[v])
		vcvtneps2bf16(zmm[v], zmm[v])
		VMOVDQU(ymm[v], Mem{Base: dst, Disp: 32 * v})
	}
	ADDQ(U32(128), src)
	ADDQ(U32(64), dst)
	roundEnd(n)

	dst, src, n, odd := rounding(roundAcross, "BF16")
	Label("again")
	for v := range 2 {
		VMOVUPS(Mem{Base: src, Disp: 64 * v}, zmm[0])
		VMOVUPS(Mem{Base: odd, Disp: 64 * v}, zmm[1])
		for i := range 2 {
			vcvtneps2bf16(zmm[i], zmm[i])
			VPMOVZXWD(ymm[i], zmm[i])
		}
		VPSLLD(Imm(16), zmm[1], zmm[1])
		VPORD(zmm[1], zmm[0], zmm[0])
		VMOVDQU32(zmm[0], Mem{Base: dst, Disp: 64 * v})
	}
	roundNext(dst, src, odd, n)
}

func roundNext(dst, src, odd, n reg.GPPhysical) {
	ADDQ(reg.RDX, src)
	ADDQ(reg.RDX, odd)
	ADDQ(U32(128), dst)
	roundEnd(n)
}

func roundEnd(n reg.GPPhysical) {
	DECQ(n)
	JNZ(LabelRef("again"))
	VZEROUPPER()
	RET()
}

// roundAVX2 writes both by operations on integers.
func roundAVX2() {
	dst, src, n, _ := rounding(roundAlong, "AVX2")
	c := newRoundConstants()
	Label("again")
	for v := range 2 {
		for i := range 2 {
			VMOVUPS(Mem{Base: src, Disp: 64*v + 32*i}, ymm[i])
			c.round(ymm[i])
			VPSRLD(Imm(16), ymm[i], ymm[i])
		}
		VPACKUSDW(ymm[1], ymm[0], ymm[0])
		VPERMQ(Imm(0xd8), ymm[0], ymm[0])
		VMOVDQU(ymm[0], Mem{Base: dst, Disp: 32 * v})
	}
	ADDQ(U32(128), src)
	ADDQ(U32(64), dst)
	roundEnd(n)

	dst, src, n, odd := rounding(roundAcross, "AVX2")
	c = newRoundConstants()
	Label("again")
	for v := range 4 {
		VMOVUPS(Mem{Base: src, Disp: 32 * v}, ymm[0])
		VMOVUPS(Mem{Base: odd, Disp: 32 * v}, ymm[1])
		c.round(ymm[0])
		c.round(ymm[1])
		VPSRLD(Imm(16), ymm[0], ymm[0])
		VPOR(ymm[1], ymm[0], ymm[0])
		VMOVDQU(ymm[0], Mem{Base: dst, Disp: 32 * v})
	}
	roundNext(dst, src, odd, n)
}

type roundConstants struct{ upper, bias, one, exponent, quiet, sign, zero reg.VecPhysical }

func newRoundConstants() roundConstants {
	c := roundConstants{ymm[9], ymm[10], ymm[11], ymm[12], ymm[13], ymm[14], ymm[15]}
	for _, x := range []struct {
		bits uint32
		to   reg.VecPhysical
	}{{0xffff0000, c.upper}, {0x7fff, c.bias}, {1, c.one}, {0x7f800000, c.exponent}, {0x400000, c.quiet}, {0x80000000, c.sign}} {
		MOVL(U32(x.bits), reg.EAX)
		VMOVD(reg.EAX, x.to.AsX())
		VPBROADCASTD(x.to.AsX(), x.to)
	}
	VPXOR(c.zero, c.zero, c.zero)
	return c
}

// round rounds x to bf16 in the upper halves, the lower ones zero.
func (c roundConstants) round(x reg.VecPhysical) {
	sum, t, small, nan := ymm[2], ymm[3], ymm[4], ymm[5]
	VPSRLD(Imm(16), x, sum)
	VPAND(c.one, sum, sum)
	VPADDD(c.bias, sum, sum)
	VPADDD(x, sum, sum)
	VPAND(c.exponent, x, small)
	VPCMPEQD(c.zero, small, small) // a denormal number or zero
	VPAND(c.sign, x, t)
	VPBLENDVB(small, t, sum, sum)
	VCMPPS(Imm(3), x, x, nan)
	VPOR(c.quiet, x, t)
	VPBLENDVB(nan, t, sum, sum)
	VPAND(c.upper, sum, x)
}
