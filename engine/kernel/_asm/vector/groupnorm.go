package main

import (
	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

// columns writes the column kernels: sums, and the steps of GroupNorm.
func (s isa) columns() {
	s.columnSums()
	s.columnSquares()
	for _, silu := range []bool{false, true} {
		s.normalize(silu)
		s.normSums(silu)
	}
	s.normGradient()
}

func (s isa) columnSums() {
	s.columnKernel("columnSums", "adds column sums of x to sum, block by block.", "sum, x", []string{"x"}, []int{4, 2, 1}, func(st *strip) {
		sum, acc := st.base("sum"), st.accumulators()
		far := st.nextBlock()
		st.blocks(func(count reg.Register) {
			clearAll(acc)
			st.down(count, func() {
				st.each(func(i int, at stream, m mask) {
					far.prefetch(m, at("x"))
					VADDPS(st.operand(at("x"), m), acc[i], acc[i])
				})
			})
			st.addTo(sum, acc)
		})
	})
}

func (s isa) columnSquares() {
	s.columnKernel("columnSquares", "adds column sums of (x - center)² to sum, block by block.", "sum, x, center", []string{"x"}, []int{4, 2, 1}, func(st *strip) {
		center := st.vectors("center", true)
		sum, acc := st.base("sum"), st.accumulators()
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
	})
}

func (s isa) normalize(silu bool) {
	s.function("normalize"+siluName(silu), "sets y = (x - center) a + b, through SiLU if so named.",
		"func(y, x, center, a, b *float32, rows, strideY, stride, n int)")
	e := s.expoIf(silu)
	strideY := Load(Param("strideY"), GP64())
	SHLQ(Imm(2), strideY)
	s.columnStrips([]string{"y", "x"}, []int{4, 2, 1}, func(st *strip) {
		st.apart = map[string]reg.Register{"y": strideY}
		center, a, b := st.vectors("center", true), st.vectors("a", true), st.vectors("b", true)
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
	})
}

// expoIf prepares e^-x for SiLU if it is wanted.
func (s isa) expoIf(silu bool) *expo {
	if silu {
		return s.expo(true)
	}
	return nil
}

func (s isa) normSums(silu bool) {
	s.function("normSums"+siluName(silu), "is kernel.normSumsGeneric, with the slope of SiLU if so named; it adds to dotX and dot1.",
		"func(dz, dotX, dot1, dy, x, center, a, b *float32, rows, stride, n int)")
	e := s.expoIf(silu)
	widths := []int{4, 2, 1}
	if s == avx2 {
		widths = []int{2, 1} // more accumulators than registers otherwise
	}
	s.columnStrips([]string{"dz", "dy", "x"}, widths, func(st *strip) {
		center := st.vectors("center", false)
		var a, b func(i int) Op
		if silu {
			a, b = st.vectors("a", false), st.vectors("b", false)
		}
		dotX, dot1 := st.base("dotX"), st.base("dot1")
		accX, acc1 := st.accumulators(), st.accumulators()
		far := st.nextBlock()
		st.blocks(func(count reg.Register) {
			clearAll(accX)
			clearAll(acc1)
			st.down(count, func() {
				st.each(func(i int, at stream, m mask) {
					far.prefetch(m, at("x"), at("dy"))
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
	})
}

func (s isa) normGradient() {
	s.columnKernel("normGradient", "sets dx = dx a + ((x - center) k1 + k0).", "dx, x, center, a, k0, k1", []string{"dx", "x"}, []int{4, 2, 1}, func(st *strip) {
		center, a, k0, k1 := st.vectors("center", true), st.vectors("a", true), st.vectors("k0", true), st.vectors("k1", true)
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
	})
}
