package kernel

import (
	"fmt"
	"math"

	"ebb/engine/kernel/parallel"
)

// LayerNorm normalises each row over its D features, then scales and shifts each feature (Layer
// Normalization, arXiv 1607.06450, equations 3 and 4):
//
//	x (Rows,D)  gamma (D)  beta (D) -> y (Rows,D)  mean, rstd (Rows)
//	z = (x - mean) rstd gamma + beta,   y = z, or SiLU(z) if SiLU is set
//
// rstd = 1/√(var + Eps) with the biased variance, taken around the mean in a second pass. gamma and
// beta may be nil, together.
type LayerNorm struct {
	Rows, D int
	Eps     float32
	SiLU    bool
}

// layerBlock rows are one piece; their share of dgamma and dbeta is summed by itself.
const layerBlock = 16

// affine is a row's scale and shift; nil slices mean 1 and 0.
type affine struct{ gamma, beta []float32 }

// Forward sets y, mean and rstd. y may be x.
func (s LayerNorm) Forward(p *parallel.Pool, y, mean, rstd, x, gamma, beta []float32) {
	s.check(mean, rstd, gamma, beta, y, x)
	isa := active()
	p.Run(s.pieces(), func(worker, piece int) {
		w := s.affine(p, worker, gamma, beta)
		lo, hi := piece*layerBlock, min(s.Rows, (piece+1)*layerBlock)
		row := func(data []float32, r int) []float32 { return data[r*s.D:][:s.D] }
		var lost [layerBlock]float64 // what rounding the mean lost
		// Three rows are on their way at once: the processor need not wait for the sum of one before it
		// starts on the next.
		for r := lo; r < hi+2; r++ {
			if r < hi {
				m := float64(rowSum(isa, row(x, r))) / float64(s.D)
				mean[r] = float32(m)
				lost[r-lo] = m - float64(mean[r])
			}
			if r := r - 1; r >= lo && r < hi {
				v := float64(rowSquares(isa, row(x, r), mean[r])) / float64(s.D)
				v = math.Max(v-float64(lost[r-lo]*lost[r-lo]), 0)
				rstd[r] = float32(1 / math.Sqrt(v+float64(s.Eps)))
			}
			if r := r - 2; r >= lo {
				normalizeRow(isa, s.SiLU, row(y, r), row(x, r), mean[r], rstd[r], w)
			}
		}
	})
}

// Backward sets dx and adds to dgamma and dbeta (nil if gamma and beta are). mean and rstd are
// Forward's. dx may be dy. The formulas are GroupNorm's, over a row.
func (s LayerNorm) Backward(p *parallel.Pool, dx, dgamma, dbeta, dy, x, mean, rstd, gamma, beta []float32) {
	s.check(mean, rstd, gamma, beta, dx, dy, x)
	if gamma != nil {
		checkLen("LayerNorm dgamma", dgamma, s.D, false)
		checkLen("LayerNorm dbeta", dbeta, s.D, false)
	}
	isa := active()
	part := p.Borrow(s.pieces() * 2 * s.D) // for each block of rows Σ dz x̂, then Σ dz
	defer p.Return(part)
	p.Run(s.pieces(), func(worker, piece int) {
		w := s.affine(p, worker, gamma, beta)
		sums := part[piece*2*s.D:][:2*s.D]
		clear(sums)
		lo, hi, d := piece*layerBlock, min(s.Rows, (piece+1)*layerBlock), float64(s.D)
		var k1, kx float32
		for r := lo; r < hi+1; r++ { // sums of a row, then the gradient of the one before
			var n1, nx float32
			if r < hi {
				dot1, dotX := normRowSums(isa, s.SiLU, dx[r*s.D:][:s.D], sums, dy[r*s.D:][:s.D], x[r*s.D:][:s.D], mean[r], rstd[r], w)
				n1, nx = float32(-float64(dot1)/d), float32(-float64(dotX)/d)
			}
			if r := r - 1; r >= lo {
				normRowGradient(isa, dx[r*s.D:][:s.D], x[r*s.D:][:s.D], mean[r], rstd[r], w.gamma, k1, kx)
			}
			k1, kx = n1, nx
		}
	})
	if gamma != nil {
		joinRows(p, isa, dgamma, part, 0, 2*s.D)
		joinRows(p, isa, dbeta, part, s.D, 2*s.D)
	}
}

// affine gives gamma and beta, or ones and zeros from the worker's scratch.
func (s LayerNorm) affine(p *parallel.Pool, worker int, gamma, beta []float32) affine {
	if gamma != nil {
		return affine{gamma, beta}
	}
	buf := p.Scratch(worker, 2*s.D)
	for j := range s.D {
		buf[j], buf[s.D+j] = 1, 0
	}
	return affine{buf[:s.D], buf[s.D : 2*s.D]}
}

func (s LayerNorm) pieces() int { return (s.Rows + layerBlock - 1) / layerBlock }

func (s LayerNorm) check(mean, rstd, gamma, beta []float32, tensors ...[]float32) {
	if s.Rows < 0 || s.D < 1 {
		panic(fmt.Sprintf("kernel: impossible layer normalisation %+v", s))
	}
	for _, x := range tensors {
		checkLen("LayerNorm tensor", x, s.Rows*s.D, false)
	}
	checkLen("LayerNorm mean", mean, s.Rows, false)
	checkLen("LayerNorm rstd", rstd, s.Rows, false)
	checkLen("LayerNorm gamma", gamma, s.D, true)
	checkLen("LayerNorm beta", beta, s.D, gamma == nil)
}

// rowSumGeneric is the sum of x in 16 lanes.
func rowSumGeneric(x []float32) float32 {
	var lane [16]float32
	for i, v := range x {
		lane[i&15] += v
	}
	return fold(&lane)
}

// rowSquaresGeneric is the sum of (x - center)² in 16 lanes.
func rowSquaresGeneric(x []float32, center float32) float32 {
	var lane [16]float32
	for i, v := range x {
		d := v - center
		lane[i&15] = fma32(d, d, lane[i&15])
	}
	return fold(&lane)
}

// normalizeRowGeneric sets y = ((x - mean) rstd) gamma + beta, followed by SiLU if wanted.
func normalizeRowGeneric(silu bool, y, x []float32, mean, rstd float32, w affine) {
	for j, v := range x {
		z := fma32(float32((v-mean)*rstd), w.gamma[j], w.beta[j])
		if silu {
			z = silu32(z)
		}
		y[j] = z
	}
}

// normRowSumsGeneric sets dz = dy, times the slope of SiLU at z if wanted, adds dz x̂ and dz to the two
// halves of sums, and returns the sums of dz gamma and of dz gamma x̂ in 16 lanes.
func normRowSumsGeneric(silu bool, dz, sums, dy, x []float32, mean, rstd float32, w affine) (dot1, dotX float32) {
	var lane1, laneX [16]float32
	d := len(x)
	for j, v := range x {
		xhat := float32((v - mean) * rstd)
		g := dy[j]
		if silu {
			g = float32(g * siluSlope(fma32(xhat, w.gamma[j], w.beta[j])))
		}
		dz[j] = g
		sums[j] = fma32(g, xhat, sums[j])
		sums[d+j] += g
		g = float32(g * w.gamma[j])
		lane1[j&15] += g
		laneX[j&15] = fma32(g, xhat, laneX[j&15])
	}
	return fold(&lane1), fold(&laneX)
}

// normRowGradientGeneric sets dx = rstd (dx gamma + (x̂ kx + k1)).
func normRowGradientGeneric(dx, x []float32, mean, rstd float32, gamma []float32, k1, kx float32) {
	for j, v := range x {
		xhat := float32((v - mean) * rstd)
		dx[j] = float32(rstd * fma32(dx[j], gamma[j], fma32(xhat, kx, k1)))
	}
}
