// Program noise writes engine/rng/normals_amd64.s: the normal draws of package rng, eight or four
// pairs at a time. It follows rng.rounds, rng.logUnit and rng.normalPair operation by operation.
package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	ConstraintExpr("amd64,!purego")
	for _, s := range []isa{avx2, avx512} {
		s.normals("normals", "float64", 8, func(z reg.VecVirtual, dst Mem) { VMOVUPD(z, dst) })
		s.normals("normals32", "float32", 4, func(z reg.VecVirtual, dst Mem) {
			narrow := s.half(z)
			if s == avx512 {
				VCVTPD2PS(z, narrow)
			} else {
				VCVTPD2PSY(z, narrow)
			}
			VMOVUPS(narrow, dst)
		})
	}
	Generate()
}

// normals writes a kernel that fills groups of two numbers for each lane.
func (s isa) normals(name, kind string, size int, store func(z reg.VecVirtual, dst Mem)) {
	TEXT(name+s.name, 4, "func(dst *"+kind+", keys *[20]uint64, row, index uint64, groups int)") // NOSPLIT
	Pragma("noescape")
	Doc(name + s.name + " fills groups of normals, two for each 64-bit lane: the pairs of a row from the index on. keys are the words of Philox's key, round by round.")
	dst, keys, groups := Load(Param("dst"), GP64()), Load(Param("keys"), GP64()), Load(Param("groups"), GP64())
	g := s.prepare()
	Label("group")
	a, b := g.philox(keys)
	r := g.radius(a)
	z0, z1 := g.turn(r, b)
	first, second := s.interleave(z0, z1)
	store(first, Mem{Base: dst})
	store(second, Mem{Base: dst, Disp: s.lanes * size})
	ADDQ(U32(2*s.lanes*size), dst)
	DECQ(groups)
	JNZ(LabelRef("group"))
	VZEROUPPER()
	RET()
}

// generator holds what stays the same from group to group.
type generator struct {
	isa
	index, rowLow, rowHigh, lanes8 reg.VecVirtual
	mul0, mul1                     Op
}

func (s isa) prepare() *generator {
	g := &generator{isa: s, index: s.param("index"), rowLow: s.param("row"), rowHigh: s.vec()}
	VPADDQ(table([8]uint64{0, 1, 2, 3, 4, 5, 6, 7}), g.index, g.index)
	VPSRLQ(Imm(32), g.rowLow, g.rowHigh)
	g.lanes8 = s.vec()
	VMOVUPD(same(uint64(s.lanes)), g.lanes8)
	g.mul0, g.mul1 = same(0xD2511F53), same(0xCD9E8D57)
	return g
}

// philox gives the next pairs of 64 random bits. Only the lower halves of the 64-bit lanes count in
// between.
func (g *generator) philox(keys reg.Register) (a, b reg.VecVirtual) {
	c0, c1, c2, c3 := g.copy(g.index), g.vec(), g.copy(g.rowLow), g.copy(g.rowHigh)
	VPSRLQ(Imm(32), g.index, c1)
	VPADDQ(g.lanes8, g.index, g.index)
	for i := range 10 {
		p0, p1, k0, k1 := g.vec(), g.vec(), g.vec(), g.vec()
		VPBROADCASTQ(Mem{Base: keys, Disp: 16 * i}, k0)
		VPBROADCASTQ(Mem{Base: keys, Disp: 16*i + 8}, k1)
		VPMULUDQ(g.mul0, c0, p0)
		VPMULUDQ(g.mul1, c2, p1)
		VPSRLQ(Imm(32), p1, c0)
		g.xor3(k0, c1, c0)
		VPSRLQ(Imm(32), p0, c2)
		g.xor3(k1, c3, c2)
		c1, c3 = p1, p0
	}
	join := func(low, high reg.VecVirtual) reg.VecVirtual {
		VPSLLQ(Imm(32), high, high)
		VANDPD(same(1<<32-1), low, low)
		VORPD(low, high, high)
		return high
	}
	return join(c0, c1), join(c2, c3)
}

// magic is 2^52, whose lowest bit weighs 1.
const magic = 0x4330000000000000

// place is 2^52 and the upper 52 bits of w.
func place(w reg.VecVirtual) {
	VPSRLQ(Imm(12), w, w)
	VORPD(same(magic), w, w)
}

// radius is √(-2 log unit(a)).
func (g *generator) radius(a reg.VecVirtual) reg.VecVirtual {
	place(a)
	VSUBPD(number(0x1p52-0.5), a, a)
	VMULPD(number(0x1p-52), a, a)
	// n = (bits - bits of √½) >> 52, kept positive by 64 more; m = bits - n << 52
	n, m, s := g.vec(), g.vec(), g.vec()
	const more = 64 << 52
	VPADDQ(same(1<<64-0x3fe6a09e667f3bcd+more), a, n)
	VPSRLQ(Imm(52), n, n)
	VPSLLQ(Imm(52), n, m)
	VPSUBQ(m, a, m)
	VPADDQ(same(more), m, m)
	VORPD(same(magic), n, n)
	VSUBPD(number(0x1p52+64), n, n)
	VSUBPD(number(1), m, m) // f
	VADDPD(number(2), m, s)
	VDIVPD(s, m, s)
	z, p := g.vec(), g.vec()
	VMULPD(s, s, z)
	polynomial(p, z, 0x1.5555555555592p-1, 0x1.999999997fd77p-2, 0x1.24924941f4fbep-2, 0x1.c71c520607367p-3,
		0x1.74663fa278378p-3, 0x1.39a1a6e9ded74p-3, 0x1.2f06353fa5923p-3)
	VMULPD(z, s, z)
	VADDPD(s, s, s)
	VFMADD213PD(s, z, p)
	VFMADD231PD(number(math.Ln2), n, p)
	VMULPD(number(-2), p, p)
	VSQRTPD(p, p)
	return p
}

// polynomial sets p to c[0] + c[1] x + c[2] x² + …, by Horner's rule.
func polynomial(p, x reg.VecVirtual, c ...float64) {
	VMOVUPD(number(c[len(c)-1]), p)
	for i := len(c) - 2; i >= 0; i-- {
		VFMADD213PD(number(c[i]), x, p)
	}
}

// turn is the rest of rng.normalPair: the point at radius r in the direction b.
func (g *generator) turn(r, b reg.VecVirtual) (z0, z1 reg.VecVirtual) {
	w, u, s, c := g.vec(), g.vec(), g.vec(), g.vec()
	VPSLLQ(Imm(2), b, w)
	place(w)
	VSUBPD(number(0x1p52+0x1p51), w, w)
	scale := g.vec()
	VMOVUPD(number(0x1p-52), scale)
	VFMADD213PD(number(0x1p-53), scale, w)
	VMULPD(w, w, u)
	polynomial(s, u, math.Pi/2, -0x1.4abbce625be41p-1, 0x1.466bc677587fdp-4, -0x1.32d2cce2e60d9p-8,
		0x1.50782fda6bbbep-13, -0x1.e30071feecfc6p-19, 0x1.e3f39e066b8a9p-25)
	polynomial(c, u, 1, -0x1.3bd3cc9be45dep+0, 0x1.03c1f081b5ab0p-2, -0x1.55d3c7e3c95bcp-6,
		0x1.e1f50683b42e4p-11, -0x1.a6d1ecb741640p-16, 0x1.f9cc6ad0cf594p-22, -0x1.b26fe8ad3bdb3p-28)
	VMULPD(w, s, s)
	VMULPD(r, c, c)
	VMULPD(r, s, s)
	z0, z1 = g.exchange(c, s, b)
	VANDPD(same(1<<63), b, b)
	VXORPD(b, z0, z0)
	VXORPD(b, z1, z1)
	return z0, z1
}
