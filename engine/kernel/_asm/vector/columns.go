package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// A column kernel walks down the rows of a strip of 16·groups columns, of which the last group may
// be incomplete: then `lanes` of its columns exist. Numbers of a column stand in vectors beside it.
type strip struct {
	isa
	groups int
	masks  []mask // of the last group
	names  []string
	row    map[string]reg.Register // where each matrix's row begins
	rows   reg.GPVirtual
	step   reg.GPVirtual // bytes from row to row
}

// stripName tells the kernels for full strips of several groups from the one with a mask.
func stripName(groups int) string {
	if groups == 1 {
		return ""
	}
	return string(rune('0' + groups))
}

// strip starts a kernel whose matrices are named.
func (s isa) strip(name, doc, signature string, groups int, matrices ...string) *strip {
	s.function(name+stripName(groups), doc, signature)
	st := &strip{isa: s, groups: groups, names: matrices, row: map[string]reg.Register{}}
	if groups == 1 {
		st.masks = s.masks(Load(Param("lanes"), GP64()).(reg.GPVirtual))
	} else {
		st.masks = make([]mask, s.parts())
	}
	for _, m := range matrices {
		st.row[m] = Load(Param(m), GP64())
	}
	st.rows = Load(Param("rows"), GP64()).(reg.GPVirtual)
	st.step = Load(Param("stride"), GP64()).(reg.GPVirtual)
	SHLQ(Imm(2), st.step)
	return st
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
		ADDQ(st.step, st.row[m])
	}
	DECQ(count)
	JNZ(LabelRef(name))
}

// blocks runs body once for each block of at most `block` rows; it must consume count rows.
func (st *strip) blocks(body func(count reg.Register)) {
	loops++
	name := label("block", loops)
	Label(name)
	count := Load(Param("block"), GP64())
	CMPQ(count, st.rows)
	CMOVQGT(st.rows, count)
	SUBQ(count, st.rows)
	body(count)
	TESTQ(st.rows, st.rows)
	JNZ(LabelRef(name))
}

// vectors gives what stands beside each column as operands: registers if there are many, else memory,
// through a register where a mask is needed.
func (st *strip) vectors(name string) func(i int) Op {
	base := Load(Param(name), GP64())
	at := func(i int) Mem { return Mem{Base: base, Disp: 4 * st.width * i} }
	mask := func(i int) mask { return st.masks[i%st.parts()] }
	if st.isa == avx2 {
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

func (s isa) columns() {
	for _, groups := range []int{1, 4} {
		s.columnSums(groups)
		s.columnSquares(groups)
		s.normGradient(groups)
	}
	for _, silu := range []bool{false, true} {
		for _, groups := range []int{1, 2} {
			s.normalize(groups, silu)
			s.normSums(groups, silu)
		}
	}
}

func (s isa) columnSums(groups int) {
	st := s.strip("columnSums", "adds column sums of x to sum, block by block.",
		"func(sum, x *float32, rows, stride, block, lanes int)", groups, "x")
	sum, acc := Load(Param("sum"), GP64()), st.accumulators()
	st.blocks(func(count reg.Register) {
		clearAll(acc)
		st.down(count, func() {
			st.each(func(i int, at stream, m mask) { VADDPS(st.operand(at("x"), m), acc[i], acc[i]) })
		})
		st.addTo(sum, acc)
	})
	done()
}

func (s isa) columnSquares(groups int) {
	st := s.strip("columnSquares", "adds column sums of (x - center)² to sum, block by block.",
		"func(sum, x, center *float32, rows, stride, block, lanes int)", groups, "x")
	center := st.vectors("center")
	sum, acc := Load(Param("sum"), GP64()), st.accumulators()
	st.blocks(func(count reg.Register) {
		clearAll(acc)
		st.down(count, func() {
			st.each(func(i int, at stream, m mask) {
				d := st.load(at("x"), m)
				VSUBPS(center(i), d, d)
				VFMADD231PS(d, d, acc[i])
			})
		})
		st.addTo(sum, acc)
	})
	done()
}

func (s isa) normalize(groups int, silu bool) {
	st := s.strip("normalize"+siluName(silu), "sets y = (x - center) a + b, through SiLU if so named.",
		"func(y, x, center, a, b *float32, rows, stride, lanes int)", groups, "y", "x")
	center, a, b := st.vectors("center"), st.vectors("a"), st.vectors("b")
	var e *expo
	if silu {
		e = s.expo(true)
	}
	st.down(st.rows, func() {
		st.each(func(i int, at stream, m mask) {
			z := st.load(at("x"), m)
			VSUBPS(center(i), z, z)
			VFMADD213PS(b(i), s.asRegister(a(i)), z)
			if silu {
				z = e.silu(z)
			}
			st.store(z, at("y"), m)
		})
	})
	done()
}

func (s isa) normSums(groups int, silu bool) {
	st := s.strip("normSums"+siluName(silu), "is kernel.normSumsGeneric, with the slope of SiLU if so named; it adds to dotX and dot1.",
		"func(dz, dotX, dot1, dy, x, center, a, b *float32, rows, stride, block, lanes int)", groups, "dz", "dy", "x")
	center := st.vectors("center")
	var a, b func(i int) Op
	var e *expo
	if silu {
		a, b = st.vectors("a"), st.vectors("b")
		e = s.expo(true)
	}
	dotX, dot1 := Load(Param("dotX"), GP64()), Load(Param("dot1"), GP64())
	accX, acc1 := st.accumulators(), st.accumulators()
	st.blocks(func(count reg.Register) {
		clearAll(accX)
		clearAll(acc1)
		st.down(count, func() {
			st.each(func(i int, at stream, m mask) {
				d := st.load(at("x"), m)
				VSUBPS(center(i), d, d)
				var g reg.VecVirtual
				if silu {
					z := st.copy(d)
					VFMADD213PS(b(i), s.asRegister(a(i)), z)
					g = e.slope(z)
					VMULPS(st.operand(at("dy"), m), g, g)
				} else {
					g = st.load(at("dy"), m)
				}
				st.store(g, at("dz"), m)
				VFMADD231PS(d, g, accX[i])
				VADDPS(g, acc1[i], acc1[i])
			})
		})
		st.addTo(dotX, accX)
		st.addTo(dot1, acc1)
	})
	done()
}

func (s isa) normGradient(groups int) {
	st := s.strip("normGradient", "sets dx = dx a + ((x - center) k1 + k0).",
		"func(dx, x, center, a, k0, k1 *float32, rows, stride, lanes int)", groups, "dx", "x")
	center, a, k0, k1 := st.vectors("center"), st.vectors("a"), st.vectors("k0"), st.vectors("k1")
	st.down(st.rows, func() {
		st.each(func(i int, at stream, m mask) {
			v := st.load(at("x"), m)
			VSUBPS(center(i), v, v)
			VFMADD213PS(k0(i), s.asRegister(k1(i)), v)
			d := st.load(at("dx"), m)
			VFMADD132PS(a(i), v, d)
			st.store(d, at("dx"), m)
		})
	})
	done()
}
