package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A column kernel cuts its n columns into strips of 64, 32 and 16, and a masked rest, and walks down
// the rows of each. Numbers of a column stand in vectors beside the matrices.
type strip struct {
	isa
	groups int    // of 16 columns
	masks  []mask // of the only group, if it is the rest
	names  []string
	row    map[string]reg.Register // where each matrix's row begins
	rows   reg.GPVirtual           // rows left
	step   reg.GPVirtual           // bytes from row to row
	apart  map[string]reg.Register // the same of matrices that have a stride of their own
	column reg.GPVirtual           // the strip's first column, in bytes
}

// columnKernel writes a kernel; body writes it for one width of a strip.
func (s isa) columnKernel(name, doc, arguments string, matrices []string, widths []int, body func(st *strip)) {
	s.function(name, doc, "func("+arguments+" *float32, rows, stride, n int)")
	s.columnStrips(matrices, widths, body)
}

func (s isa) columnStrips(matrices []string, widths []int, body func(st *strip)) {
	left, column, step := s.count(), GP64(), Load(Param("stride"), GP64()).(reg.GPVirtual)
	SHLQ(Imm(2), step)
	XORQ(column, column)
	begin := func(groups int, masks []mask) {
		st := &strip{isa: s, groups: groups, masks: masks, names: matrices, row: map[string]reg.Register{}, step: step, column: column}
		for _, m := range matrices {
			st.row[m] = st.base(m)
		}
		st.rows = Load(Param("rows"), GP64()).(reg.GPVirtual)
		body(st)
	}
	loops++
	mine := loops
	for _, w := range widths {
		name := label("strip"+string(rune('0'+w))+"_", mine)
		Label(name)
		CMPQ(left, U32(16*w))
		JL(LabelRef(name + "_end"))
		begin(w, make([]mask, s.parts()))
		ADDQ(U32(64*w), column)
		SUBQ(U32(16*w), left)
		JMP(LabelRef(name))
		Label(name + "_end")
	}
	TESTQ(left, left)
	JZ(LabelRef(label("finished", mine)))
	begin(1, s.masks(left))
	Label(label("finished", mine))
	done()
}

// base is where the strip begins in an argument.
func (st *strip) base(name string) reg.Register {
	r := Load(Param(name), GP64())
	ADDQ(st.column, r)
	return r
}

// each calls f for every register of a row.
func (st *strip) each(f func(i int, at stream, m mask)) {
	for i := range st.groups * st.parts() {
		f(i, func(name string) Mem { return Mem{Base: st.row[name], Disp: 4 * st.width * i} }, st.masks[i%st.parts()])
	}
}

// down runs body for count rows, which it counts down to zero.
func (st *strip) down(count reg.Register, body func()) {
	loops++
	name := label("row", loops)
	Label(name)
	body()
	for _, m := range st.names {
		if own, ok := st.apart[m]; ok {
			ADDQ(own, st.row[m])
			continue
		}
		ADDQ(st.step, st.row[m])
	}
	DECQ(count)
	JNZ(LabelRef(name))
}

// blocks runs body once for each block of at most normBlock rows; it must consume count rows.
func (st *strip) blocks(body func(count reg.Register)) {
	loops++
	name := label("block", loops)
	Label(name)
	count := GP64()
	MOVQ(U32(normBlock), count)
	CMPQ(count, st.rows)
	CMOVQGT(st.rows, count)
	SUBQ(count, st.rows)
	body(count)
	TESTQ(st.rows, st.rows)
	JNZ(LabelRef(name))
}

// distance is how far the next block of rows lies ahead, in bytes.
type distance struct{ bytes reg.GPVirtual }

func (st *strip) nextBlock() distance {
	d := distance{GP64()}
	IMUL3Q(U32(normBlock), st.step, d.bytes)
	return d
}

// prefetch asks for a cache line of the next block for each line of this one. The strips of a block
// leave gaps in memory, over which the processor's own prefetching stumbles.
func (d distance) prefetch(m mask, places ...Mem) {
	if !m.none() {
		return
	}
	for _, at := range places {
		if at.Disp%64 == 0 {
			at.Index, at.Scale = d.bytes, 1
			PREFETCHT0(at)
		}
	}
}

// normBlock is kernel.normBlock.
const normBlock = 32

// vectors gives what stands beside each column as operands: memory, through a register where a mask
// is needed; or registers all along, where there are enough.
func (st *strip) vectors(name string, keep bool) func(i int) Op {
	base := st.base(name)
	at := func(i int) Mem { return Mem{Base: base, Disp: 4 * st.width * i} }
	mask := func(i int) mask { return st.masks[i%st.parts()] }
	if !keep || st.isa == avx2 {
		return func(i int) Op { return st.operand(at(i), mask(i)) }
	}
	out := make([]Op, st.groups)
	for i := range out {
		out[i] = st.load(at(i), mask(i))
	}
	return func(i int) Op { return out[i] }
}

// asRegister is v itself or a copy from memory.
func (s isa) asRegister(v Op) reg.VecVirtual {
	if r, ok := v.(reg.VecVirtual); ok {
		return r
	}
	w := s.vec()
	VMOVUPS(v, w)
	return w
}

// accumulators are one register for every register of a row.
func (st *strip) accumulators() []reg.VecVirtual {
	acc := make([]reg.VecVirtual, st.groups*st.parts())
	for i := range acc {
		acc[i] = st.vec()
	}
	return acc
}

func clearAll(acc []reg.VecVirtual) {
	for _, a := range acc {
		VXORPS(a, a, a)
	}
}

// addTo adds the accumulators to the vector at base.
func (st *strip) addTo(base reg.Register, acc []reg.VecVirtual) {
	for i, a := range acc {
		at, m := Mem{Base: base, Disp: 4 * st.width * i}, st.masks[i%st.parts()]
		VADDPS(st.operand(at, m), a, a)
		st.store(a, at, m)
	}
}
