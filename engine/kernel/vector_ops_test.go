package kernel

import (
	"math"

	"ebb/engine/kernel/parallel"
)

// vectorOp is one public kernel on vectors: how it is called, and what it means in float64. To add a
// kernel to all tests of this package, add a line to vectorOps.
type vectorOp struct {
	name string
	lens func(s size) []int                            // floats in each buffer
	run  func(p *parallel.Pool, s size, b [][]float32) // the kernel
	mean func(s size, b [][]float64)                   // its meaning, on the same buffers
	tol  float64                                       // error over the largest result of a buffer
	tame func(s size, b [][]float32)                   // makes random inputs possible ones
}

// size is a (n,t,c) tensor whose channels form groups.
type size struct{ n, t, c, groups int }

func (s size) len() int { return s.n * s.t * s.c }

func flat(buffers int) func(s size) []int {
	return func(s size) []int {
		l := make([]int, buffers)
		for i := range l {
			l[i] = s.len()
		}
		return l
	}
}

func map64(f func(float64) float64) func(s size, b [][]float64) {
	return func(_ size, b [][]float64) {
		for i, x := range b[1] {
			b[0][i] = f(x)
		}
	}
}

func zip64(f func(a, b float64) float64) func(s size, b [][]float64) {
	return func(_ size, b [][]float64) {
		for i := range b[0] {
			b[0][i] = f(b[1][i], b[2][i])
		}
	}
}

func sigmoid64(x float64) float64 { return 1 / (1 + math.Exp(-x)) }
func silu64(x float64) float64    { return x * sigmoid64(x) }
func slope64(x float64) float64 {
	s := sigmoid64(x)
	return s + x*s*(1-s)
}

const round32 = 0x1p-23 // two roundings

var testAdamW = AdamW{LR: 1e-2, Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, WeightDecay: 0.1, Step: 3, GradScale: 0.7}

var vectorOps = []vectorOp{
	{name: "Exp", lens: flat(2), run: func(p *parallel.Pool, _ size, b [][]float32) { Exp(p, b[0], b[1]) }, mean: map64(math.Exp), tol: round32},
	{name: "Sigmoid", lens: flat(2), run: func(p *parallel.Pool, _ size, b [][]float32) { Sigmoid(p, b[0], b[1]) }, mean: map64(sigmoid64), tol: 2 * round32},
	{name: "Tanh", lens: flat(2), run: func(p *parallel.Pool, _ size, b [][]float32) { Tanh(p, b[0], b[1]) }, mean: map64(math.Tanh), tol: 2 * round32},
	{name: "SiLU", lens: flat(2), run: func(p *parallel.Pool, _ size, b [][]float32) { SiLU(p, b[0], b[1]) }, mean: map64(silu64), tol: 2 * round32},
	{name: "SiLUBackward", lens: flat(3), run: func(p *parallel.Pool, _ size, b [][]float32) { SiLUBackward(p, b[0], b[1], b[2]) },
		mean: zip64(func(dy, x float64) float64 { return dy * slope64(x) }), tol: 4 * round32},
	{name: "Add", lens: flat(3), run: func(p *parallel.Pool, _ size, b [][]float32) { Add(p, b[0], b[1], b[2]) },
		mean: zip64(func(x, y float64) float64 { return x + y }), tol: round32},
	{name: "Sub", lens: flat(3), run: func(p *parallel.Pool, _ size, b [][]float32) { Sub(p, b[0], b[1], b[2]) },
		mean: zip64(func(x, y float64) float64 { return x - y }), tol: round32},
	{name: "Mul", lens: flat(3), run: func(p *parallel.Pool, _ size, b [][]float32) { Mul(p, b[0], b[1], b[2]) },
		mean: zip64(func(x, y float64) float64 { return x * y }), tol: round32},
	{name: "AddTo", lens: flat(2), run: func(p *parallel.Pool, _ size, b [][]float32) { AddTo(p, b[0], b[1]) },
		mean: func(_ size, b [][]float64) {
			for i := range b[0] {
				b[0][i] += b[1][i]
			}
		}, tol: round32},
	{name: "Scale", lens: flat(2), run: func(p *parallel.Pool, _ size, b [][]float32) { Scale(p, b[0], b[1], 0.75) },
		mean: map64(func(x float64) float64 { return 0.75 * x }), tol: round32},
	{name: "Axpy", lens: flat(2), run: func(p *parallel.Pool, _ size, b [][]float32) { Axpy(p, b[0], -1.5, b[1]) },
		mean: func(_ size, b [][]float64) {
			for i := range b[0] {
				b[0][i] -= 1.5 * b[1][i]
			}
		}, tol: round32},
	{name: "Lerp", lens: flat(2), run: func(p *parallel.Pool, _ size, b [][]float32) { Lerp(p, b[0], b[1], 0.0625) },
		mean: func(_ size, b [][]float64) {
			for i := range b[0] {
				b[0][i] += 0.0625 * (b[1][i] - b[0][i])
			}
		}, tol: 2 * round32},
	{name: "AdamW", lens: flat(4), run: func(p *parallel.Pool, _ size, b [][]float32) { testAdamW.Update(p, b[0], b[1], b[2], b[3]) },
		tame: func(_ size, b [][]float32) {
			for i, v := range b[2] {
				b[2][i] = v * v
			}
		}, mean: adamw64, tol: 4 * round32},
	{name: "SoftmaxRows", lens: flat(2), run: func(p *parallel.Pool, s size, b [][]float32) { SoftmaxRows(p, b[0], b[1], s.n*s.t, s.c) },
		mean: softmax64, tol: 8 * round32},
	{name: "Sum", lens: func(s size) []int { return []int{2, s.len()} }, run: func(p *parallel.Pool, _ size, b [][]float32) { putFloat64(b[0], Sum(p, b[1])) },
		mean: func(_ size, b [][]float64) {
			b[0][0], b[0][1] = 0, 0
			for _, v := range b[1] {
				b[0][0] += v
			}
		}, tol: 4 * round32},
	{name: "SumSquares", lens: func(s size) []int { return []int{2, s.len()} }, run: func(p *parallel.Pool, _ size, b [][]float32) { putFloat64(b[0], SumSquares(p, b[1])) },
		mean: func(_ size, b [][]float64) {
			b[0][0], b[0][1] = 0, 0
			for _, v := range b[1] {
				b[0][0] += v * v
			}
		}, tol: 4 * round32},
	{name: "Upsample2Backward", lens: func(s size) []int { return []int{s.len(), 4 * s.len()} },
		run: func(p *parallel.Pool, s size, b [][]float32) { Upsample2Backward(p, b[0], b[1], s.n, s.t, 1, s.c) },
		mean: func(s size, b [][]float64) {
			for i := range b[0] {
				row, c := i/s.c, i%s.c
				b[0][i] = b[1][4*row*s.c+c] + b[1][(4*row+1)*s.c+c] + b[1][(4*row+2)*s.c+c] + b[1][(4*row+3)*s.c+c]
			}
		}, tol: 2 * round32},
	{name: "Upsample2", lens: func(s size) []int { return []int{4 * s.len(), s.len()} },
		run: func(p *parallel.Pool, s size, b [][]float32) { Upsample2(p, b[0], b[1], s.n, s.t, 1, s.c) },
		mean: func(s size, b [][]float64) {
			for i := range b[0] {
				b[0][i] = b[1][i/(4*s.c)*s.c+i%s.c]
			}
		}},
	groupNormForward("GroupNorm", false), groupNormForward("GroupNorm SiLU", true),
	groupNormBackward("GroupNorm backward", false), groupNormBackward("GroupNorm SiLU backward", true),
	layerNormForward("LayerNorm", false), layerNormForward("LayerNorm SiLU", true),
	layerNormBackward("LayerNorm backward", false), layerNormBackward("LayerNorm SiLU backward", true),
}

// putFloat64 stores x as a float32 and what it lacks.
func putFloat64(dst []float32, x float64) {
	dst[0] = float32(x)
	dst[1] = float32(x - float64(dst[0]))
}

func adamw64(_ size, b [][]float64) {
	a, k := testAdamW, 3.0
	b1, b2 := float64(a.Beta1), float64(a.Beta2)
	for i := range b[0] {
		g := b[3][i] * float64(a.GradScale)
		b[1][i] = b1*b[1][i] + (1-b1)*g
		b[2][i] = b2*b[2][i] + (1-b2)*g*g
		hat := b[1][i] / (1 - math.Pow(b1, k))
		div := math.Sqrt(b[2][i]/(1-math.Pow(b2, k))) + float64(a.Eps)
		b[0][i] -= float64(a.LR)*float64(a.WeightDecay)*b[0][i] + float64(a.LR)*hat/div
	}
}

func softmax64(s size, b [][]float64) {
	for r := range s.n * s.t {
		x, y := b[1][r*s.c:][:s.c], b[0][r*s.c:][:s.c]
		sum := 0.0
		for _, v := range x {
			sum += math.Exp(v)
		}
		for j, v := range x {
			y[j] = math.Exp(v) / sum
		}
	}
}

// norm64 is normalisation over sets of elements: set(i) is the set of element i, channel(i) its
// scale.
type norm64 struct {
	eps          float64
	silu         bool
	set, channel func(i int) int
	sets         int
}

// moments gives mean and 1/√(var+eps) of the sets.
func (n norm64) moments(x []float64) (mean, rstd []float64) {
	mean, rstd = make([]float64, n.sets), make([]float64, n.sets)
	count := float64(len(x)) / float64(n.sets)
	for i, v := range x {
		mean[n.set(i)] += v / count
	}
	for i, v := range x {
		d := v - mean[n.set(i)]
		rstd[n.set(i)] += d * d / count
	}
	for g := range rstd {
		rstd[g] = 1 / math.Sqrt(rstd[g]+n.eps)
	}
	return mean, rstd
}

func (n norm64) forward(y, mean, rstd, x, gamma, beta []float64) {
	m, r := n.moments(x)
	copy(mean, m)
	copy(rstd, r)
	for i, v := range x {
		z := (v-m[n.set(i)])*r[n.set(i)]*gamma[n.channel(i)] + beta[n.channel(i)]
		if n.silu {
			z = silu64(z)
		}
		y[i] = z
	}
}

// backward differentiates forward with the chain rule over each set, taking mean and rstd as given.
func (n norm64) backward(dx, dgamma, dbeta, dy, x, m, r, gamma, beta []float64) {
	count := float64(len(x)) / float64(n.sets)
	sum0, sum1 := make([]float64, n.sets), make([]float64, n.sets)
	xhat, dz := make([]float64, len(x)), make([]float64, len(x))
	for i, v := range x {
		g, c := n.set(i), n.channel(i)
		xhat[i] = (v - m[g]) * r[g]
		dz[i] = dy[i]
		if n.silu {
			dz[i] *= slope64(xhat[i]*gamma[c] + beta[c])
		}
		dgamma[c] += dz[i] * xhat[i]
		dbeta[c] += dz[i]
		dz[i] *= gamma[c]
		sum0[g] += dz[i] / count
		sum1[g] += dz[i] * xhat[i] / count
	}
	for i := range x {
		g := n.set(i)
		dx[i] = r[g] * (dz[i] - sum0[g] - xhat[i]*sum1[g])
	}
}

func groupNorm64(s size, silu bool) norm64 {
	per := s.c / s.groups
	return norm64{eps: 1e-5, silu: silu, sets: s.n * s.groups,
		set:     func(i int) int { return i/(s.t*s.c)*s.groups + i%s.c/per },
		channel: func(i int) int { return i % s.c }}
}

func layerNorm64(s size, silu bool) norm64 {
	return norm64{eps: 1e-5, silu: silu, sets: s.n * s.t,
		set:     func(i int) int { return i / s.c },
		channel: func(i int) int { return i % s.c }}
}

func groupNormForward(name string, silu bool) vectorOp {
	return vectorOp{name: name,
		lens: func(s size) []int {
			return []int{s.len(), s.n * s.groups, s.n * s.groups, s.len(), s.c, s.c}
		},
		run: func(p *parallel.Pool, s size, b [][]float32) {
			GroupNorm{N: s.n, T: s.t, C: s.c, Groups: s.groups, Eps: 1e-5, SiLU: silu}.Forward(p, b[0], b[1], b[2], b[3], b[4], b[5])
		},
		mean: func(s size, b [][]float64) { groupNorm64(s, silu).forward(b[0], b[1], b[2], b[3], b[4], b[5]) },
		tol:  8 * round32}
}

func groupNormBackward(name string, silu bool) vectorOp {
	return vectorOp{name: name,
		lens: func(s size) []int {
			return []int{s.len(), s.c, s.c, s.len(), s.len(), s.n * s.groups, s.n * s.groups, s.c, s.c}
		},
		run: func(p *parallel.Pool, s size, b [][]float32) {
			GroupNorm{N: s.n, T: s.t, C: s.c, Groups: s.groups, Eps: 1e-5, SiLU: silu}.Backward(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8])
		},
		mean: func(s size, b [][]float64) {
			groupNorm64(s, silu).backward(b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8])
		},
		tol: 16 * round32}
}

func layerNormForward(name string, silu bool) vectorOp {
	return vectorOp{name: name,
		lens: func(s size) []int { return []int{s.len(), s.n * s.t, s.n * s.t, s.len(), s.c, s.c} },
		run: func(p *parallel.Pool, s size, b [][]float32) {
			LayerNorm{Rows: s.n * s.t, D: s.c, Eps: 1e-5, SiLU: silu}.Forward(p, b[0], b[1], b[2], b[3], b[4], b[5])
		},
		mean: func(s size, b [][]float64) { layerNorm64(s, silu).forward(b[0], b[1], b[2], b[3], b[4], b[5]) },
		tol:  8 * round32}
}

func layerNormBackward(name string, silu bool) vectorOp {
	return vectorOp{name: name,
		lens: func(s size) []int {
			return []int{s.len(), s.c, s.c, s.len(), s.len(), s.n * s.t, s.n * s.t, s.c, s.c}
		},
		run: func(p *parallel.Pool, s size, b [][]float32) {
			LayerNorm{Rows: s.n * s.t, D: s.c, Eps: 1e-5, SiLU: silu}.Backward(p, b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8])
		},
		mean: func(s size, b [][]float64) {
			layerNorm64(s, silu).backward(b[0], b[1], b[2], b[3], b[4], b[5], b[6], b[7], b[8])
		},
		tol: 16 * round32}
}
