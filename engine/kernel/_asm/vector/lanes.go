package main

import (
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// isa is an instruction set. Kernels think in groups of 16 lanes; a group is one ZMM register or two
// YMM registers, its parts.
type isa struct {
	name  string
	width int // lanes of a register
}

var (
	avx512 = isa{"AVX512", 16}
	avx2   = isa{"AVX2", 8}
)

func (s isa) parts() int { return 16 / s.width }

func (s isa) vec() reg.VecVirtual {
	if s == avx512 {
		return ZMM()
	}
	return YMM()
}

// mask chooses the lanes of one part; the zero mask stands for all of them.
type mask struct {
	k reg.Register
	y reg.VecVirtual
}

func (m mask) none() bool { return m.k == nil && m.y == nil }

// load reads one register; lanes outside of the mask become 0 and are not touched in memory.
func (s isa) load(at Mem, m mask) reg.VecVirtual {
	v := s.vec()
	switch {
	case m.none():
		VMOVUPS(at, v)
	case s == avx512:
		VMOVUPS_Z(at, m.k, v)
	default:
		VMASKMOVPS(at, m.y, v)
	}
	return v
}

func (s isa) store(v reg.VecVirtual, at Mem, m mask) {
	switch {
	case m.none():
		VMOVUPS(v, at)
	case s == avx512:
		VMOVUPS(v, m.k, at)
	default:
		VMASKMOVPS(v, m.y, at)
	}
}

// keep zeroes the lanes of v outside of the mask.
func (s isa) keep(v reg.VecVirtual, m mask) {
	switch {
	case m.none():
	case s == avx512:
		VMOVAPS_Z(v, m.k, v)
	default:
		VANDPS(m.y, v, v)
	}
}

// masks makes the masks of a group of which only n < = 16 lanes exist. n is lost.
func (s isa) masks(n reg.GPVirtual) []mask {
	if s == avx512 {
		k, bits, count := K(), GP64(), reg.RCX
		MOVQ(n, count)
		MOVQ(U32(1), bits)
		SHLQ(reg.CL, bits)
		DECQ(bits)
		KMOVW(bits.As32(), k)
		return []mask{{k: k}}
	}
	base := GP64()
	LEAQ(maskTable(), base)
	NEGQ(n)
	var out []mask
	for p := range 2 {
		y := YMM()
		VMOVUPS(Mem{Base: base, Index: n, Scale: 4, Disp: 64 + 32*p}, y)
		out = append(out, mask{y: y})
	}
	return out
}

var maskData Mem

// maskTable is 16 words of ones followed by 16 zeros: from the place 16-n on it selects n lanes.
func maskTable() Mem {
	if maskData.Symbol.Name == "" {
		maskData = GLOBL("vectorMask", 8|16) // RODATA|NOPTR
		for i := range 32 {
			v := uint32(0)
			if i < 16 {
				v = math.MaxUint32
			}
			DATA(4*i, U32(v))
		}
	}
	return maskData
}

var constants = map[uint32]Mem{}

// word is a 32-bit constant repeated over 32 bytes of memory.
func word(bits uint32) Mem {
	m, ok := constants[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("vector%08x", bits), 8|16)
		for i := range 8 {
			DATA(4*i, U32(bits))
		}
		constants[bits] = m
	}
	return m
}

// number is a constant as an operand: a register where there are many, else memory.
func (s isa) number(v float64) Op { return s.word(math.Float32bits(float32(v))) }

func (s isa) word(bits uint32) Op {
	if s == avx512 {
		return s.register(bits)
	}
	return word(bits)
}

// inRegister is a constant in a register.
func (s isa) inRegister(v float64) reg.VecVirtual { return s.register(math.Float32bits(float32(v))) }

func (s isa) register(bits uint32) reg.VecVirtual {
	v := s.vec()
	VBROADCASTSS(word(bits), v)
	return v
}

// broadcast spreads a float32 parameter.
func (s isa) broadcast(name string) reg.VecVirtual {
	v := s.vec()
	VBROADCASTSS(address(name), v)
	return v
}

// address is where a parameter lies.
func address(name string) Mem {
	c, err := Param(name).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}

func (s isa) zero() reg.VecVirtual {
	v := s.vec()
	VXORPS(v, v, v)
	return v
}

func (s isa) copy(v Op) reg.VecVirtual {
	w := s.vec()
	VMOVAPS(v, w)
	return w
}

// fold joins the 16 lanes of acc by the tree of kernel.fold and returns the sum in lane 0.
func (s isa) fold(acc []reg.VecVirtual, op func(a, b, dst Op)) reg.Register {
	v := acc[0].AsY()
	if s == avx512 {
		upper := YMM()
		VEXTRACTF64X4(Imm(1), acc[0], upper)
		op(upper, v, v)
	} else {
		op(acc[1], v, v)
	}
	x, upper := acc[0].AsX(), XMM()
	if s == avx512 {
		VEXTRACTF32X4(Imm(1), v, upper)
	} else {
		VEXTRACTF128(Imm(1), v, upper)
	}
	op(upper, x, x)
	VPERMILPS(Imm(0b1110), x, upper) // lanes 2 and 3
	op(upper, x, x)
	VPERMILPS(Imm(1), x, upper) // lane 1
	op(upper, x, x)
	return x
}
