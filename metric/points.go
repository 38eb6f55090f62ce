package metric

import (
	"fmt"
	"math"

	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
)

// Points is N points in a feature space of D dimensions.
type Points struct {
	N, D int
	X    []float32 // (N,D)
}

// NewPoints returns n points at the origin of d dimensions.
func NewPoints(n, d int) *Points { return &Points{N: n, D: d, X: make([]float32, n*d)} }

// Row is point i.
func (a *Points) Row(i int) []float32 { return a.X[i*a.D : (i+1)*a.D : (i+1)*a.D] }

// First is the first n points, sharing memory.
func (a *Points) First(n int) *Points { return &Points{N: n, D: a.D, X: a.X[:n*a.D]} }

// Blocks of distances that one worker holds at a time.
const blockRows, blockCols = 128, 512

// eachDistance calls f with the squared Euclidean distances of rows i0… of a to
// rows j0… of b, d2 (rows,cols), block by block; for one i0 the j0 increase and
// all calls are made by one worker, calls for different i0 run in parallel.
//
// |x-y|² = |x|² + |y|² - 2 x·y in float32, sums in increasing dimension. Equal
// points are at distance exactly 0, as norms and products are summed alike.
func eachDistance(p *parallel.Pool, a, b *Points, f func(i0, rows, j0, cols int, d2 []float32)) {
	if a.D != b.D {
		panic(fmt.Sprintf("metric: distances between (%d,%d) and (%d,%d)", a.N, a.D, b.N, b.D))
	}
	na, nb := squaredNorms(p, a), squaredNorms(p, b)
	p.Run((a.N+blockRows-1)/blockRows, func(worker, piece int) {
		i0 := piece * blockRows
		rows := min(blockRows, a.N-i0)
		d2 := p.Scratch(worker, blockRows*blockCols)
		for j0 := 0; j0 < b.N; j0 += blockCols {
			cols := min(blockCols, b.N-j0)
			g := kernel.Gemm{M: rows, N: cols, K: a.D, A: a.X[i0*a.D:], LDA: a.D,
				B: b.X[j0*a.D:], LDB: a.D, TransB: true, C: d2, LDC: cols}
			g.Run(nil)
			for i := range rows {
				row := d2[i*cols : (i+1)*cols]
				for j, dot := range row {
					row[j] = max(0, (na[i0+i]+nb[j0+j])-2*dot) // 2*dot is exact
				}
			}
			f(i0, rows, j0, cols, d2[:rows*cols])
		}
	})
}

// squaredNorms sums each point's squares exactly as the matrix product sums x·x.
func squaredNorms(p *parallel.Pool, a *Points) []float32 {
	norms := make([]float32, a.N)
	p.Run((a.N+blockRows-1)/blockRows, func(_, piece int) {
		for i := piece * blockRows; i < min(a.N, (piece+1)*blockRows); i++ {
			g := kernel.Gemm{M: 1, N: 1, K: a.D, A: a.Row(i), LDA: a.D, B: a.Row(i), LDB: a.D, TransB: true, C: norms[i : i+1], LDC: 1}
			g.Run(nil)
		}
	})
	return norms
}

// meanAndCovariance are the mean (D) and the unbiased covariance (D,D) of the points.
func (a *Points) meanAndCovariance() (mean, cov []float64) {
	mean, cov = make([]float64, a.D), make([]float64, a.D*a.D)
	for i := range a.N {
		for j, v := range a.Row(i) {
			mean[j] += float64(v)
		}
	}
	for j := range mean {
		mean[j] /= float64(a.N)
	}
	centred := make([]float64, a.D)
	for i := range a.N {
		for j, v := range a.Row(i) {
			centred[j] = float64(v) - mean[j]
		}
		for j, u := range centred {
			row := cov[j*a.D:]
			for k, v := range centred[:j+1] {
				row[k] += float64(u * v)
			}
		}
	}
	scale := 1 / math.Max(1, float64(a.N-1))
	for j := range a.D {
		for k := range j + 1 {
			cov[j*a.D+k] *= scale
			cov[k*a.D+j] = cov[j*a.D+k]
		}
	}
	return mean, cov
}
