package baseline

import (
	"context"
	"math"
	"sort"

	"ebb/data/table"
	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// mixture is a mixture of K components for mixed data, fitted by expectation-maximisation (Dempster,
// Laird and Rubin, J. R. Stat. Soc. B 39, 1977; for mixed data Hunt and Jorgensen, "Mixture model
// clustering using the MULTIMIX program", Austr. N. Z. J. Stat. 41, 1999): within a component
// the latent numbers z of the columns of numbers are Gaussian with a full covariance, the categories
// independent of each other and of z, with probabilities of their own,
//
//	p(z, c) = Σ_k w_k N(z; μ_k, Σ_k) Π_j θ_kj(c_j).
//
// The number of components is doubled as long as that lowers the Bayesian information criterion (Schwarz,
// Ann. Stat. 6, 1978).
type mixture struct {
	space      *space
	numbers    []int // the columns of numbers
	categories []int // and the others

	weight []float64   // (K)
	mean   []float64   // (K,D)
	root   []float64   // (K,D,D) lower triangles, Σ_k = L Lᵀ
	share  [][]float64 // (categories)(K,states) θ
}

const (
	mixtureRows  = 20_000    // fitted to at most
	mixtureTerms = 6_000_000 // rows times the products a row and a component need, at most
	mostMixture  = 32        // components
	mixtureSteps = 25        // of expectation-maximisation
	mixtureGain  = 1e-3      // a step that gains less a row, in nats, is the last
	leastSpread  = 1e-3      // added to the variances: no component shrinks to a point
)

func newMixture(ctx context.Context, s *space, rows *table.Encoded, o Options) (*mixture, error) {
	m := &mixture{space: s}
	for j := range s.columns {
		if s.columns[j].numeric {
			m.numbers = append(m.numbers, j)
		} else {
			m.categories = append(m.categories, j)
		}
	}
	f := newFitting(m, rows, o)
	best, least := (*mixture)(nil), math.Inf(1)
	for k := 2; k <= mostMixture; k *= 2 {
		if k > 2 && k*10 > f.rows { // a component needs some rows
			break
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		candidate, criterion := f.fit(min(k, f.rows))
		if !(criterion < least) {
			break
		}
		best, least = candidate, criterion
	}
	return best, nil
}

// parameters counts what a mixture of k components has to know.
func (m *mixture) parameters(k int) float64 {
	d, each := len(m.numbers), 0
	for _, j := range m.categories {
		each += m.space.columns[j].place.Card - 1
	}
	return float64(k-1) + float64(k)*float64(d+d*(d+1)/2+each)
}

func (m *mixture) draw(s table.Sample, pool *parallel.Pool) {
	normals, uniforms := rng.New(s.Seed, rng.Prior), rng.New(s.Seed, rng.Cells)
	d, numbers, cells := len(m.numbers), m.space.transform.Numbers(), len(m.space.transform.Cards())
	below := cumulative(m.weight)
	states := make([][]float64, len(m.share))
	for c, share := range m.share {
		card := len(share) / len(m.weight)
		for k := range m.weight {
			states[c] = append(states[c], cumulative(share[k*card:(k+1)*card])...)
		}
	}
	inBlocks(pool, s.Rows, func(lo, hi int) {
		e, u := make([]float64, d), make([]float64, 1+len(m.categories))
		for i := lo; i < hi; i++ {
			row := s.First + uint64(i)
			normals.Normals(e, 0, row)
			uniforms.Uniforms(u, 0, row)
			k := pick(below, u[0])
			for a, j := range m.numbers {
				z := m.mean[k*d+a]
				for b, v := range m.root[(k*d+a)*d : (k*d+a)*d+a+1] {
					z += float64(v * e[b])
				}
				m.space.columns[j].put(s, i, numbers, cells, z)
			}
			for c, j := range m.categories {
				card := len(m.share[c]) / len(m.weight)
				s.Cells[i*cells+m.space.columns[j].place.Cell] = int32(pick(states[c][k*card:(k+1)*card], u[1+c]))
			}
		}
	})
}

// cumulative are the sums of the shares up to each.
func cumulative(shares []float64) []float64 {
	out, total := make([]float64, len(shares)), 0.0
	for k, v := range shares {
		total += v
		out[k] = total
	}
	return out
}

// pick is the state that u in (0,1) falls on; cumulative shares need not end at 1 exactly.
func pick(below []float64, u float64) int {
	u *= below[len(below)-1]
	return min(sort.Search(len(below), func(k int) bool { return u < below[k] }), len(below)-1)
}

// norms are the logarithms of w_k / |L_k|; the factor (2π)^(-D/2) is the same for all.
func (m *mixture) norms() []float64 {
	d := len(m.numbers)
	out := make([]float64, len(m.weight))
	for k, w := range m.weight {
		out[k] = elementary.Log(w)
		for a := range d {
			out[k] -= elementary.Log(m.root[(k*d+a)*d+a])
		}
	}
	return out
}

func (m *mixture) logShares() [][]float64 {
	out := make([][]float64, len(m.share))
	for c, share := range m.share {
		out[c] = make([]float64, len(share))
		for i, v := range share {
			out[c][i] = elementary.Log(v)
		}
	}
	return out
}
