package selftest

import (
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// pairs is the results of matrix products, convolutions and attention whose factors are
// rounded to bf16.
func pairs(p *parallel.Pool) []float32 {
	noise := func(n int, key uint64) []float32 {
		x := make([]float32, n)
		rng.New(8, rng.Test).Normals32(x, key, 0)
		return x
	}
	var out []float32
	product := make([]float32, 37*41)
	g := kernel.Gemm{M: 37, N: 41, K: 54, A: noise(37*54, 1), LDA: 54, B: noise(54*41, 2), LDB: 41,
		C: product, LDC: 41, Precision: kernel.BF16}
	g.Run(p)
	out = append(out, product...)

	for _, s := range []kernel.Conv{
		{N: 2, H: 14, W: 14, C: 32, O: 48, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
		{N: 2, H: 12, W: 10, C: 18, O: 22, K: 3, Stride: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1},
	} {
		s.Precision = kernel.BF16
		x, w := noise(s.N*s.H*s.W*s.C, 3), noise(s.K*s.K*s.C*s.O, 4)
		y := make([]float32, s.N*s.OutH()*s.OutW()*s.O)
		s.Forward(p, y, x, w, noise(s.O, 5), nil)
		dx, dw := make([]float32, len(x)), make([]float32, len(w))
		s.BackwardData(p, dx, y, w)
		s.BackwardWeight(p, dw, x, y)
		out = append(append(append(out, y...), dx...), dw...)
	}
	a := kernel.Attention{N: 2, T: 20, Heads: 2, D: 16, Precision: kernel.BF16}
	size := a.N * a.T * a.Heads * a.D
	y, lse := make([]float32, size), make([]float32, a.N*a.Heads*a.T)
	a.Forward(p, y, lse, noise(size, 6), noise(size, 7), noise(size, 8))
	return append(append(out, y...), lse...)
}
