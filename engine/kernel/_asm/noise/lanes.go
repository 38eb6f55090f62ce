package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set and its number of 64-bit lanes.
type isa struct {
	name  string
	lanes int
}

var (
	avx512 = isa{"AVX512", 8}
	avx2   = isa{"AVX2", 4}
)

func (s isa) vec() reg.VecVirtual {
	if s == avx512 {
		return ZMM()
	}
	return YMM()
}

func (s isa) half(v reg.VecVirtual) reg.Register {
	if s == avx512 {
		return v.AsY()
	}
	return v.AsX()
}

func (s isa) copy(v reg.VecVirtual) reg.VecVirtual {
	w := s.vec()
	VMOVAPD(v, w)
	return w
}

// param spreads a 64-bit parameter over all lanes.
func (s isa) param(name string) reg.VecVirtual {
	c, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	v := s.vec()
	VPBROADCASTQ(c.Addr, v)
	return v
}

// xor3 sets dst to the exclusive or of all three.
func (s isa) xor3(a, b, dst reg.VecVirtual) {
	if s == avx512 {
		VPTERNLOGQ(Imm(0x96), a, b, dst)
		return
	}
	VPXOR(a, b, b)
	VPXOR(b, dst, dst)
}

// exchange gives (x, y), exchanged in the lanes where bit 62 of b is set.
func (s isa) exchange(x, y, b reg.VecVirtual) (_, _ reg.VecVirtual) {
	z0, z1 := s.vec(), s.vec()
	if s == avx512 {
		swap, bit := K(), s.vec()
		VMOVUPD(same(1<<62), bit)
		VPTESTMQ(bit, b, swap)
		VBLENDMPD(y, x, swap, z0)
		VBLENDMPD(x, y, swap, z1)
		return z0, z1
	}
	swap := s.vec()
	VPSLLQ(Imm(1), b, swap)
	VBLENDVPD(swap, y, x, z0)
	VBLENDVPD(swap, x, y, z1)
	return z0, z1
}

// interleave gives x0 y0 x1 y1 … in two registers.
func (s isa) interleave(x, y reg.VecVirtual) (first, second reg.VecVirtual) {
	first, second = s.vec(), s.vec()
	if s == avx512 {
		VMOVUPD(table([8]uint64{0, 8, 1, 9, 2, 10, 3, 11}), first)
		VPERMI2PD(y, x, first)
		VMOVUPD(table([8]uint64{4, 12, 5, 13, 6, 14, 7, 15}), second)
		VPERMI2PD(y, x, second)
		return first, second
	}
	even, odd := s.vec(), s.vec()
	VUNPCKLPD(y, x, even)
	VUNPCKHPD(y, x, odd)
	VPERM2F128(Imm(0x20), odd, even, first)
	VPERM2F128(Imm(0x31), odd, even, second)
	return first, second
}

// tables are the constants written so far.
var tables = map[[8]uint64]Mem{}

func table(words [8]uint64) Mem {
	if m, ok := tables[words]; ok {
		return m
	}
	m := GLOBL(fmt.Sprintf("noise%d", len(tables)), 8|16) // RODATA|NOPTR
	for i, w := range words {
		DATA(8*i, U64(w))
	}
	tables[words] = m
	return m
}

// same is a constant in every lane.
func same(w uint64) Mem { return table([8]uint64{w, w, w, w, w, w, w, w}) }

func number(x float64) Mem { return same(math.Float64bits(x)) }
