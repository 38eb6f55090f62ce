package metric

import (
	"fmt"
	"math"

	"ebb/data/image"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
)

// Neighbour is the image of a reference set that is closest to a query.
type Neighbour struct {
	Index   int   // in the reference set; the lowest of equals
	Squares int64 // sum of squared differences of the pixel values 0…255
}

// RMS is the root-mean-square difference per value as a share of the full range, in [0,1].
func (n Neighbour) RMS(dim int) float64 {
	return math.Sqrt(float64(n.Squares)/float64(dim)) / 255
}

// NearestImages finds for each query its nearest neighbour among refs by
// Euclidean distance of pixels. Distances are exact: |x-y|² = |x|²+|y|²-2x·y
// with products summed in parts that float32 holds without rounding (see
// pixelMoments), so a copy is at distance 0 and nothing else is.
func NearestImages(p *parallel.Pool, queries, refs *image.Images) []Neighbour {
	if refs.N == 0 || image.SameSize(queries, refs) != nil {
		panic(fmt.Sprintf("metric: nearest of %v among %v", queries, refs))
	}
	found := make([]Neighbour, queries.N)
	norms := imageNorms(p, refs)
	p.Run((queries.N+nearRows-1)/nearRows, func(_, piece int) {
		first := piece * nearRows
		s := newNearSearch(queries, first, min(nearRows, queries.N-first))
		for j0 := 0; j0 < refs.N; j0 += nearCols {
			s.compare(refs, norms, j0, min(nearCols, refs.N-j0))
		}
		copy(found[first:], s.best)
	})
	return found
}

const nearRows, nearCols = 256, 256

// nearSearch is the search for one block of queries.
type nearSearch struct {
	rows, dim int
	queries   []float32 // (rows,D) shifted pixels
	norms     []int64   // (rows) sums of their squares
	tile      []float32 // (nearCols,D)
	part      []float32 // (rows,nearCols) products over up to exactTerms dimensions
	dots      []float64 // (rows,nearCols)
	best      []Neighbour
}

func newNearSearch(m *image.Images, first, rows int) *nearSearch {
	d := m.Dim()
	s := &nearSearch{rows: rows, dim: d, queries: make([]float32, rows*d), norms: make([]int64, rows),
		tile: make([]float32, nearCols*d), part: make([]float32, rows*nearCols),
		dots: make([]float64, rows*nearCols), best: make([]Neighbour, rows)}
	centrePixels(s.queries, m, first, rows)
	for i := range rows {
		s.norms[i] = shiftedNorm(m.Image(first + i))
		s.best[i] = Neighbour{Index: -1, Squares: math.MaxInt64}
	}
	return s
}

// compare looks for nearer images among the references j0…j0+cols.
func (s *nearSearch) compare(refs *image.Images, norms []int64, j0, cols int) {
	centrePixels(s.tile, refs, j0, cols)
	clear(s.dots)
	for k := 0; k < s.dim; k += exactTerms {
		g := kernel.Gemm{M: s.rows, N: cols, K: min(exactTerms, s.dim-k), A: s.queries[k:], LDA: s.dim,
			B: s.tile[k:], LDB: s.dim, TransB: true, C: s.part, LDC: cols}
		g.Run(nil)
		for i, v := range s.part[:s.rows*cols] {
			s.dots[i] += float64(v)
		}
	}
	for i := range s.rows {
		for j, dot := range s.dots[i*cols : (i+1)*cols] {
			if d := s.norms[i] + norms[j0+j] - 2*int64(dot); d < s.best[i].Squares {
				s.best[i] = Neighbour{Index: j0 + j, Squares: d}
			}
		}
	}
}

func imageNorms(p *parallel.Pool, m *image.Images) []int64 {
	norms := make([]int64, m.N)
	p.Run((m.N+nearCols-1)/nearCols, func(_, piece int) {
		for i := piece * nearCols; i < min(m.N, (piece+1)*nearCols); i++ {
			norms[i] = shiftedNorm(m.Image(i))
		}
	})
	return norms
}

func shiftedNorm(px []uint8) int64 {
	sum := int64(0)
	for _, v := range px {
		w := int64(v) - pixelCentre
		sum += w * w
	}
	return sum
}
