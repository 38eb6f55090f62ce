// Program winograd writes winograd_amd64.s: the transforms around the 36
// matrix products of a convolution by Winograd's algorithm. kernel's
// winogradtransform.go says what they mean. With -bf16 it writes
// winogradbf16_amd64.s instead.
package main

import (
	"flag"
	"fmt"
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func main() {
	pairs := flag.Bool("bf16", false, "write the transform that rounds to bf16")
	flag.Parse()
	ConstraintExpr("amd64,!purego")
	if *pairs {
		isa{"AVX512", 16}.inputPairs()
		Generate()
		return
	}
	for _, s := range []isa{{"AVX512", 16}, {"AVX2", 8}} {
		s.input()
		s.output(false)
		s.output(true)
		s.weights()
		s.gradient()
		s.filter()
	}
	Generate()
}

// isa is an instruction set. A group of 16 channels is one ZMM register or two
// YMM registers, its parts.
type isa struct {
	name  string
	width int // lanes of a register
}

func (s isa) wide() bool { return s.width == 16 }

func (s isa) vec() reg.VecVirtual {
	if s.wide() {
		return ZMM()
	}
	return YMM()
}

func (s isa) load(at Mem) reg.VecVirtual {
	v := s.vec()
	VMOVUPS(at, v)
	return v
}

func (s isa) copy(x reg.VecVirtual) reg.VecVirtual {
	v := s.vec()
	VMOVAPS(x, v)
	return v
}

// function starts a kernel. Its stub stands in winograd_amd64.go.
func (s isa) function(name, doc, signature string) {
	TEXT(name+s.name, 4, signature) // NOSPLIT
	Doc(name + s.name + " " + doc)
	clear(held)
}

// held are the constants that the current kernel has in registers.
var held = map[uint32]reg.VecVirtual{}

// hold puts constants into registers, if there are enough of them.
func (s isa) hold(values ...float64) {
	if !s.wide() {
		return
	}
	for _, v := range values {
		r := s.vec()
		VBROADCASTSS(constant(v), r)
		held[math.Float32bits(float32(v))] = r
	}
}

var constants = map[uint32]Mem{}

// number is a constant as an operand.
func number(v float64) Op {
	if r, ok := held[math.Float32bits(float32(v))]; ok {
		return r
	}
	return constant(v)
}

// constant is a number repeated over 32 bytes of memory.
func constant(v float64) Mem {
	bits := math.Float32bits(float32(v))
	m, ok := constants[bits]
	if !ok {
		m = GLOBL(fmt.Sprintf("winograd%08x", bits), 8|16) // RODATA|NOPTR
		for i := range 8 {
			DATA(4*i, U32(bits))
		}
		constants[bits] = m
	}
	return m
}

// outside marks a place of a table that is not in the image.
const outside = math.MinInt32

// pointers turns a table of n distances from base, in floats, into addresses on
// the stack; places outside of the image become instead.
func pointers(n int, base, instead, table reg.GPVirtual) Mem {
	frame := AllocLocal(8 * n)
	for i := range n {
		off, at := GP64(), GP64()
		MOVLQSX(Mem{Base: table, Disp: 4 * i}, off)
		LEAQ(Mem{Base: base, Index: off, Scale: 4}, at)
		CMPQ(off, I32(outside))
		CMOVQEQ(instead, at)
		MOVQ(at, frame.Offset(8*i))
	}
	return frame
}

// nextTile is the index, in a frame's pointers, of the same place in the tile to
// the right.
func nextTile(along reg.GPVirtual) reg.GPVirtual {
	next := param("next")
	SHLQ(Imm(2), next)
	ADDQ(along, next)
	return next
}

// through gives the place of pointer i of a frame, so many bytes further.
func through(frame Mem, i int, index reg.GPVirtual, disp int) Mem {
	p := GP64()
	MOVQ(frame.Offset(8*i), p)
	return Mem{Base: p, Index: index, Scale: 1, Disp: disp}
}

func param(name string) reg.GPVirtual { return Load(Param(name), GP64()).(reg.GPVirtual) }

// slot keeps a number between the two passes of a transform: in a register, or
// in memory where there are too few.
type slot struct {
	isa
	v  reg.VecVirtual
	at Mem
}

func (s slot) get() reg.VecVirtual {
	if s.v != nil {
		return s.v
	}
	return s.load(s.at)
}

// keep stores v at at, or in a register.
func (s isa) keep(v reg.VecVirtual, inRegister bool, at Mem) slot {
	if inRegister {
		return slot{isa: s, v: v}
	}
	VMOVUPS(v, at)
	return slot{isa: s, at: at}
}
