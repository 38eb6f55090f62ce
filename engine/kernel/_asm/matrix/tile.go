package main

import (
	"fmt"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// The fields of kernel.tile, by their offsets. A slice takes three words, the
// first is its address.
const (
	fieldA        = 0
	fieldB        = 24
	fieldC        = 48
	fieldStart    = 72
	fieldRowA     = 96
	fieldRowC     = 120
	fieldRowS     = 144
	fieldK        = 168
	fieldStepA    = 176
	fieldStepB    = 184
	fieldSegments = 192
	fieldJumpA    = 200
	fieldJumpB    = 208
	fieldImages   = 216
	fieldLeapA    = 224
	fieldLeapB    = 232
	fieldCols     = 240
	fieldTiles    = 248
)

// A tile uses every general register, so what it needs less than once a
// product lives on the stack.
type frame struct {
	arg, rowA, rowC, rowS, tiles        Mem
	stepB, jumpB, stepA, jumpA, k, segs Mem
	leapA, leapB, images                Mem
	masks                               Mem // two YMM registers
	control                             Mem // MXCSR of the caller, and that of the kernel
}

func newFrame() frame {
	var f frame
	local := AllocLocal(14*8 + 64)
	for i, m := range []*Mem{
		&f.arg, &f.rowA, &f.rowC, &f.rowS, &f.tiles,
		&f.stepB, &f.jumpB, &f.stepA, &f.jumpA, &f.k, &f.segs,
		&f.leapA, &f.leapB, &f.images,
	} {
		*m = local.Offset(8 * i)
	}
	f.masks = local.Offset(14 * 8)
	return f
}

// prologue copies the fields that a tile reads again and again to the stack,
// B's steps in bytes.
func (f frame) prologue() {
	arg, t := reg.RAX, reg.RBX
	MOVQ(NewParamAddr("t", 0), arg)
	MOVQ(arg, f.arg)
	for _, m := range []struct {
		field int
		to    Mem
		bytes bool
	}{
		{fieldRowA, f.rowA, false}, {fieldRowC, f.rowC, false}, {fieldRowS, f.rowS, false},
		{fieldTiles, f.tiles, false}, {fieldStepA, f.stepA, false}, {fieldJumpA, f.jumpA, false},
		{fieldLeapA, f.leapA, false}, {fieldK, f.k, false},
		{fieldStepB, f.stepB, true}, {fieldJumpB, f.jumpB, true}, {fieldLeapB, f.leapB, true},
	} {
		MOVQ(Mem{Base: arg, Disp: m.field}, t)
		if m.bytes {
			SHLQ(Imm(2), t)
		}
		MOVQ(t, m.to)
	}
}

// general are the registers that may hold rows of A, in the order they are
// handed out.
var general = []reg.GPPhysical{
	reg.RAX, reg.RBX, reg.RDX, reg.RSI, reg.RDI, reg.RBP,
	reg.R8, reg.R9, reg.R10, reg.R11, reg.R12, reg.R13,
}

var (
	index = reg.R14 // how far along k, in elements of A
	panel = reg.R15 // the current row of B
	count = reg.RCX // products left in this segment
)

// product is one kernel: how it loads, multiplies and stores. The skeleton
// around it is the same for all.
type product struct {
	name    string
	rows    int
	doc     string
	prepare func(f frame, arg reg.Register) // masks; may use RBX, RCX
	start   access                          // load a row's sums
	step    func(rows []Mem)                // one k: multiply and add
	store   access
	flush   bool // take denormal numbers as zeros
}

// flushZeros are the bits of MXCSR that take denormal inputs and results as
// zeros.
const flushZeros = 1<<15 | 1<<6

// access loads or stores the sums of a row. If partial is nil, full does for
// tiles of fewer columns too.
type access struct {
	full    func(row int, at Mem)
	partial func(f frame, row int, at Mem)
}

func (p product) emit() {
	TEXT(p.name, NOSPLIT, "func(t uintptr)")
	Doc(p.doc)
	f := newFrame()
	f.prologue()
	p.prepare(f, reg.RAX)
	if p.flush {
		f.control = AllocLocal(8)
		STMXCSR(f.control)
		MOVL(f.control, reg.EBX)
		ORL(U32(flushZeros), reg.EBX)
		MOVL(reg.EBX, f.control.Offset(4))
		LDMXCSR(f.control.Offset(4))
	}

	Label("tile")
	p.eachRow(f, "start", fieldStart, f.rowS, p.start)

	Comment("rows of A")
	arg, base, table := count, index, panel // not yet in use
	MOVQ(f.arg, arg)
	MOVQ(Mem{Base: arg, Disp: fieldA}, base)
	MOVQ(f.rowA, table)
	rows := make([]Mem, p.rows)
	for r := range rows {
		MOVLQSX(Mem{Base: table, Disp: 4 * r}, general[r])
		LEAQ(Mem{Base: base, Index: general[r], Scale: 4}, general[r])
		rows[r] = Mem{Base: general[r], Index: index, Scale: 4}
	}
	ADDQ(Imm(uint64(4*p.rows)), f.rowA)
	MOVQ(Mem{Base: arg, Disp: fieldB}, panel)
	XORQ(index, index)
	MOVQ(Mem{Base: arg, Disp: fieldImages}, count)
	MOVQ(count, f.images)

	Label("image")
	MOVQ(f.arg, arg)
	MOVQ(Mem{Base: arg, Disp: fieldSegments}, count)
	MOVQ(count, f.segs)
	TESTQ(count, count)
	JLE(LabelRef("done"))
	Label("segment")
	MOVQ(f.k, count)
	TESTQ(count, count)
	JLE(LabelRef("ended"))
	Label("product")
	p.step(rows)
	ADDQ(f.stepA, index)
	ADDQ(f.stepB, panel)
	DECQ(count)
	JNZ(LabelRef("product"))
	Label("ended")
	ADDQ(f.jumpA, index)
	ADDQ(f.jumpB, panel)
	DECQ(f.segs)
	JNZ(LabelRef("segment"))
	ADDQ(f.leapA, index)
	ADDQ(f.leapB, panel)
	DECQ(f.images)
	JG(LabelRef("image"))

	Label("done")
	p.eachRow(f, "store", fieldC, f.rowC, p.store)
	DECQ(f.tiles)
	JNZ(LabelRef("tile"))
	if p.flush {
		LDMXCSR(f.control)
	}
	VZEROUPPER()
	RET()
}

// eachRow visits the rows of C or of the starting values, and moves their
// table on to the next tile.
func (p product) eachRow(f frame, name string, field int, table Mem, visit access) {
	arg, offset, offsets := reg.RAX, reg.RBX, reg.RDX
	rows := func(do func(row int, at Mem)) {
		for r := range p.rows {
			MOVLQSX(Mem{Base: offsets, Disp: 4 * r}, offset)
			do(r, Mem{Base: arg, Index: offset, Scale: 4})
		}
	}
	MOVQ(f.arg, arg)
	if visit.partial != nil {
		MOVQ(Mem{Base: arg, Disp: fieldCols}, offset)
	}
	MOVQ(Mem{Base: arg, Disp: field}, arg)
	MOVQ(table, offsets)
	ADDQ(Imm(uint64(4*p.rows)), table)
	if visit.partial == nil {
		rows(visit.full)
		return
	}
	CMPQ(offset, Imm(16))
	JLT(LabelRef(name + "_partial"))
	rows(visit.full)
	JMP(LabelRef(name + "_done"))
	Label(name + "_partial")
	rows(func(row int, at Mem) { visit.partial(f, row, at) })
	Label(name + "_done")
}

func tileName(isa string, rows, cols int) string { return fmt.Sprintf("tile%dx%d%s", rows, cols, isa) }
