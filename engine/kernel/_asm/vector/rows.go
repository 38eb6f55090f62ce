package main

import (
	"math"

	. "github.com/mmcloughlin/avo/build"
	. "github.com/mmcloughlin/avo/operand"
	"github.com/mmcloughlin/avo/reg"
)

func add(b, a, dst Op) { VADDPS(b, a, dst) }

// lanes are 16 accumulators of a row.
func (s isa) lanes() []reg.VecVirtual {
	var acc []reg.VecVirtual
	for range s.parts() {
		acc = append(acc, s.zero())
	}
	return acc
}

// reductions are the kernels that end in 16 lanes.
func (s isa) reductions() {
	s.rowSum()
	s.rowSquares()
	s.expRow()
	s.sums64("sum", "is the sum of x in 16 lanes of float64.", func(x, acc reg.VecVirtual) { VADDPD(x, acc, acc) })
	s.sums64("sumSquares", "is the sum of squares of x in 16 lanes of float64.",
		func(x, acc reg.VecVirtual) { VFMADD231PD(x, x, acc) })
}

func (s isa) rowSum() {
	s.function("rowSum", "is the sum of x in 16 lanes.", "func(x *float32, n int) float32")
	acc := s.lanes()
	s.loop([]string{"x"}, s.count(), 4, func(part int, at stream, m mask) {
		if m.none() && part == 0 {
			ahead := at("x")
			ahead.Disp += 2048
			PREFETCHT0(ahead)
		}
		VADDPS(s.operand(at("x"), m), acc[part], acc[part])
	})
	v := s.fold(acc, add)
	VMOVSS(v, returned(0))
	done()
}

func returned(i int) Mem {
	c, err := ReturnIndex(i).Resolve()
	if err != nil {
		panic(err)
	}
	return c.Addr
}

func (s isa) rowSquares() {
	s.function("rowSquares", "is the sum of (x - center)² in 16 lanes.", "func(x *float32, center float32, n int) float32")
	center, acc := s.broadcast("center"), s.lanes()
	s.loop([]string{"x"}, s.count(), 4, func(part int, at stream, m mask) {
		d := s.load(at("x"), m)
		VSUBPS(center, d, d)
		s.keep(d, m)
		VFMADD231PS(d, d, acc[part])
	})
	v := s.fold(acc, add)
	VMOVSS(v, returned(0))
	done()
}

// expRow finds the largest x, then sets y = e^(x-top) and sums it.
func (s isa) expRow() {
	s.function("expRow", "sets y = e^(x-top) and returns top, the largest x, and the sum of y.",
		"func(y, x *float32, n int) (top, sum float32)")
	lowest := s.inRegister(math.Inf(-1))
	acc := s.lanes()
	for _, a := range acc {
		VMOVAPS(lowest, a)
	}
	n := s.count()
	s.loop([]string{"x"}, s.copyOf(n), 4, func(part int, at stream, m mask) {
		v := s.load(at("x"), m)
		s.fill(v, lowest, m)
		VMAXPS(acc[part], v, acc[part]) // acc where v is NaN
	})
	top := s.fold(acc, func(b, a, dst Op) { VMAXPS(b, a, dst) })
	VMOVSS(top, returned(0))
	spread, e, sum := s.vec(), s.expo(false), s.lanes()
	VBROADCASTSS(top, spread)
	s.loop([]string{"y", "x"}, n, 2, func(part int, at stream, m mask) {
		v := s.load(at("x"), m)
		VSUBPS(spread, v, v)
		e.of(v)
		s.keep(v, m)
		s.store(v, at("y"), m)
		VADDPS(v, sum[part], sum[part])
	})
	VMOVSS(s.fold(sum, add), returned(1))
	done()
}

func (s isa) copyOf(n reg.GPVirtual) reg.GPVirtual {
	c := GP64()
	MOVQ(n, c)
	return c
}

// fill puts v2 where the mask leaves v out.
func (s isa) fill(v, v2 reg.VecVirtual, m mask) {
	switch {
	case m.none():
	case s == avx512:
		VBLENDMPS(v, v2, m.k, v)
	default:
		VBLENDVPS(m.y, v, v2, v)
	}
}

// sums64 adds up in float64: a group of 16 lanes is two or four registers.
func (s isa) sums64(name, doc string, join func(x, acc reg.VecVirtual)) {
	s.function(name, doc, "func(x *float32, n int) float64")
	acc := make([]reg.VecVirtual, 2*s.parts())
	for i := range acc {
		acc[i] = s.zero()
	}
	s.loop([]string{"x"}, s.count(), 2, func(part int, at stream, m mask) {
		low, high := s.vec(), s.vec()
		if m.none() {
			quarter := at("x")
			VCVTPS2PD(quarter, low)
			quarter.Disp += 2 * s.width
			VCVTPS2PD(quarter, high)
		} else {
			v := s.load(at("x"), m)
			s.upperHalf(v, high)
			s.widen(high, high)
			s.widen(v, low)
		}
		join(low, acc[2*part])
		join(high, acc[2*part+1])
	})
	s.fold64(acc)
	VMOVSD(acc[0].AsX(), returned(0))
	done()
}

func (s isa) upperHalf(v, dst reg.VecVirtual) {
	if s == avx512 {
		VEXTRACTF64X4(Imm(1), v, dst.AsY())
		return
	}
	VEXTRACTF128(Imm(1), v, dst.AsX())
}

func (s isa) widen(v, dst reg.VecVirtual) {
	if s == avx512 {
		VCVTPS2PD(v.AsY(), dst)
		return
	}
	VCVTPS2PD(v.AsX(), dst)
}

// fold64 is the tree of kernel.fold64; the sum ends in lane 0 of acc[0].
func (s isa) fold64(acc []reg.VecVirtual) {
	for w := len(acc) / 2; w >= 1; w /= 2 {
		for i := range w {
			VADDPD(acc[i+w], acc[i], acc[i])
		}
	}
	v, upper := acc[0], s.vec()
	if s == avx512 {
		VEXTRACTF64X4(Imm(1), v, upper.AsY())
		VADDPD(upper.AsY(), v.AsY(), v.AsY())
		VEXTRACTF64X2(Imm(1), v.AsY(), upper.AsX())
	} else {
		VEXTRACTF128(Imm(1), v, upper.AsX())
	}
	VADDPD(upper.AsX(), v.AsX(), v.AsX())
	VPERMILPD(Imm(1), v.AsX(), upper.AsX())
	VADDPD(upper.AsX(), v.AsX(), v.AsX())
}

// layerNorm holds the kernels of LayerNorm.
func (s isa) layerNorm() {
	for _, silu := range []bool{false, true} {
		s.normalizeRow(silu)
		s.normRowSums(silu)
	}
	s.normRowGradient()
}

func siluName(silu bool) string {
	if silu {
		return "SiLU"
	}
	return ""
}

func (s isa) normalizeRow(silu bool) {
	s.function("normalizeRow"+siluName(silu), "sets y = ((x - mean) rstd) gamma + beta, through SiLU if so named.",
		"func(y, x, gamma, beta *float32, mean, rstd float32, n int)")
	mean, rstd := s.broadcast("mean"), s.broadcast("rstd")
	e := s.expoIf(silu)
	s.loop([]string{"y", "x", "gamma", "beta"}, s.count(), 2, func(_ int, at stream, m mask) {
		z := s.load(at("x"), m)
		VSUBPS(mean, z, z)
		VMULPS(rstd, z, z)
		b := s.load(at("beta"), m)
		VFMADD132PS(s.operand(at("gamma"), m), b, z)
		if silu {
			z = e.silu(z)
		}
		s.store(z, at("y"), m)
	})
	done()
}

func (s isa) normRowSums(silu bool) {
	s.function("normRowSums"+siluName(silu), "is kernel.normRowSumsGeneric, with the slope of SiLU if so named.",
		"func(dz, sumX, sum1, dy, x, gamma, beta *float32, mean, rstd float32, n int) (dot1, dotX float32)")
	mean, rstd := s.broadcast("mean"), s.broadcast("rstd")
	e := s.expoIf(silu)
	acc1, accX := s.lanes(), s.lanes()
	s.loop([]string{"dz", "sumX", "sum1", "dy", "x", "gamma", "beta"}, s.count(), 1, func(part int, at stream, m mask) {
		xhat := s.load(at("x"), m)
		VSUBPS(mean, xhat, xhat)
		VMULPS(rstd, xhat, xhat)
		s.keep(xhat, m)
		var g reg.VecVirtual
		if silu {
			z := s.copy(xhat)
			b := s.load(at("beta"), m)
			VFMADD132PS(s.operand(at("gamma"), m), b, z)
			g = e.slope(z)
			VMULPS(s.operand(at("dy"), m), g, g)
		} else {
			g = s.load(at("dy"), m)
		}
		s.store(g, at("dz"), m)
		sum := s.load(at("sumX"), m)
		VFMADD231PS(g, xhat, sum)
		s.store(sum, at("sumX"), m)
		sum = s.load(at("sum1"), m)
		VADDPS(g, sum, sum)
		s.store(sum, at("sum1"), m)
		VMULPS(s.operand(at("gamma"), m), g, g)
		VADDPS(g, acc1[part], acc1[part])
		VFMADD231PS(g, xhat, accX[part])
	})
	VMOVSS(s.fold(acc1, add), returned(0))
	VMOVSS(s.fold(accX, add), returned(1))
	done()
}

func (s isa) normRowGradient() {
	s.function("normRowGradient", "sets dx = rstd (dx gamma + (x̂ kx + k1)).",
		"func(dx, x, gamma *float32, mean, rstd, k1, kx float32, n int)")
	mean, rstd, k1, kx := s.broadcast("mean"), s.broadcast("rstd"), s.broadcast("k1"), s.broadcast("kx")
	s.loop([]string{"dx", "x", "gamma"}, s.count(), 2, func(_ int, at stream, m mask) {
		v := s.load(at("x"), m)
		VSUBPS(mean, v, v)
		VMULPS(rstd, v, v)
		VFMADD213PS(k1, kx, v)
		d := s.load(at("dx"), m)
		VFMADD132PS(s.operand(at("gamma"), m), v, d)
		VMULPS(rstd, d, d)
		s.store(d, at("dx"), m)
	})
	done()
}
