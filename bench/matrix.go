package bench

import (
	"fmt"

	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// random makes n standard normal numbers.
func random(n int) []float32 {
	x := make([]float32, n)
	rng.New(uint64(n), rng.Test).Normals32(x, 0, 0)
	return x
}

// small makes n numbers of a size that keeps sums of many products near 1.
func small(n int) []float32 {
	x := random(n)
	for i := range x {
		x[i] /= 32
	}
	return x
}

// floats is the size in bytes of buffers of the given lengths.
func floats(lengths ...int) float64 {
	sum := 0
	for _, n := range lengths {
		sum += 4 * n
	}
	return float64(sum)
}

// gemmCases are the three products of a linear layer and its gradients: NN
// forward, NT for the data, TN for the weights.
func gemmCases() []Case {
	var cases []Case
	for _, s := range []struct {
		kind    string
		m, n, k int
	}{
		{"nn", 1024, 512, 512}, {"nt", 1024, 512, 512}, {"tn", 512, 512, 1024},
		{"nn", 4096, 512, 512}, {"nt", 4096, 512, 512}, {"tn", 512, 512, 4096},
		{"nn", 1024, 1024, 1024}, {"nn", 16384, 64, 64}, {"nt", 16384, 64, 64}, {"tn", 64, 64, 16384},
	} {
		cases = append(cases, Case{
			Name: fmt.Sprintf("kernel/gemm/%s/%dx%dx%d", s.kind, s.m, s.n, s.k),
			work: func(p *parallel.Pool) (*work, error) {
				g := &kernel.Gemm{
					M: s.m, N: s.n, K: s.k,
					A: random(s.m * s.k), LDA: s.k, TransA: s.kind[0] == 't',
					B: small(s.k * s.n), LDB: s.n, TransB: s.kind[1] == 't',
					C: random(s.m * s.n), LDC: s.n,
				}
				if g.TransA {
					g.LDA = s.m
				}
				if g.TransB {
					g.LDB = s.k
				}
				return &work{
					run:   func() { g.Run(p) },
					flops: 2 * float64(s.m) * float64(s.n) * float64(s.k),
					bytes: floats(len(g.A), len(g.B), len(g.C)),
				}, nil
			},
		})
	}
	return cases
}

// convShapes are those of the three models' layers, a down-sampling, a 1x1
// shortcut, first and last layers, and one picture alone.
func convShapes() []kernel.Conv {
	same := func(n, size, c, o int) kernel.Conv {
		return kernel.Conv{N: n, H: size, W: size, C: c, O: o, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	}
	down := same(64, 32, 64, 64)
	down.Stride = 2
	return []kernel.Conv{
		same(64, 32, 32, 32), same(64, 32, 64, 64), same(64, 16, 64, 64), same(64, 16, 128, 128), same(64, 8, 128, 128),
		same(32, 32, 128, 128), same(32, 16, 256, 256), same(32, 8, 256, 256),
		same(64, 32, 3, 64), same(64, 32, 64, 3), same(1, 32, 64, 64), same(1, 16, 128, 128),
		down, {N: 64, H: 16, W: 16, C: 128, O: 64, K: 1, Stride: 1},
	}
}

func convCases() []Case {
	var cases []Case
	for _, pass := range []string{"forward", "data", "weight"} {
		for _, s := range convShapes() {
			name := fmt.Sprintf("kernel/conv/%s/%dx%dx%dx%d-%d_k%ds%d", pass, s.N, s.H, s.W, s.C, s.O, s.K, s.Stride)
			cases = append(cases, Case{Name: name, Batch: s.N, work: func(p *parallel.Pool) (*work, error) {
				return convWork(p, s, pass), nil
			}})
		}
	}
	return cases
}

func convWork(p *parallel.Pool, s kernel.Conv, pass string) *work {
	pixels, taps := s.N*s.OutH()*s.OutW(), s.K*s.K*s.C
	x, y, k, bias := random(s.N*s.H*s.W*s.C), random(pixels*s.O), small(taps*s.O), random(s.O)
	w := &work{flops: 2 * float64(pixels) * float64(taps) * float64(s.O), bytes: floats(len(x), len(y), len(k))}
	switch pass {
	case "forward":
		w.run = func() { s.Forward(p, y, x, k, bias, nil) }
	case "data":
		w.run = func() { s.BackwardData(p, x, y, k) }
	case "weight":
		w.run = func() { s.BackwardWeight(p, k, x, y) }
	}
	return w
}

// attentionCases: the forward pass is two products. The backward pass makes the
// first of them again and four more, five in all.
func attentionCases() []Case {
	var cases []Case
	for _, pass := range []string{"forward", "backward"} {
		for _, s := range []kernel.Attention{{N: 64, T: 256, Heads: 1, D: 64}, {N: 64, T: 256, Heads: 1, D: 128}, {N: 32, T: 256, Heads: 1, D: 256}, {N: 64, T: 64, Heads: 4, D: 32}} {
			cases = append(cases, Case{
				Name:  fmt.Sprintf("kernel/attention/%s/%dx%dx%dx%d", pass, s.N, s.T, s.Heads, s.D),
				Batch: s.N,
				work:  func(p *parallel.Pool) (*work, error) { return attentionWork(p, s, pass), nil },
			})
		}
	}
	return cases
}

func attentionWork(p *parallel.Pool, s kernel.Attention, pass string) *work {
	n := s.N * s.T * s.Heads * s.D
	q, k, v, y, lse := random(n), random(n), random(n), make([]float32, n), make([]float32, s.N*s.Heads*s.T)
	product := 2 * float64(n) * float64(s.T)
	if pass == "forward" {
		return &work{run: func() { s.Forward(p, y, lse, q, k, v) }, flops: 2 * product, bytes: floats(n, n, n, n)}
	}
	s.Forward(p, y, lse, q, k, v)
	dq, dk, dv, dy := make([]float32, n), make([]float32, n), make([]float32, n), random(n)
	return &work{
		run:   func() { s.Backward(p, dq, dk, dv, dy, y, lse, q, k, v) },
		flops: 5 * product, bytes: floats(n, n, n, n, n, n, n, n),
	}
}
