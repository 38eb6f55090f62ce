package baseline

import (
	"math"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// copula joins the columns' own distributions by the correlations R of their latent numbers (Nelsen,
// "An Introduction to Copulas", 2006, section 2.3; Patki et al., "The Synthetic Data Vault", DSAA
// 2016, section III): z ~ N(0, R), and each column's value is that of its own z.
type copula struct {
	space *space
	root  []float64 // (D,D) lower triangle L, R = L Lᵀ
}

func newCopula(s *space, rows *table.Encoded, o Options) *copula {
	d := len(s.columns)
	columns := make([]int, d)
	for j := range columns {
		columns[j] = j
	}
	z := s.latents(columns, rows, o)
	r := correlations(z, rows.Rows, d, o.Pool)
	for ridge := 1e-9; ; ridge *= 10 {
		root := append([]float64(nil), r...)
		for j := range d {
			root[j*d+j] += ridge
		}
		if cholesky(root, d) { // R is a matrix of correlations: a small ridge is enough
			return &copula{s, root}
		}
	}
}

// correlations are those (D,D) of the columns of z (N,D), whose means are 0 and variances 1 up to
// chance; a constant column has none.
func correlations(z []float64, n, d int, pool *parallel.Pool) []float64 {
	mean, scale := make([]float64, d), make([]float64, d)
	pool.Run(d, func(_, j int) {
		for i := range n {
			mean[j] += z[i*d+j]
		}
		mean[j] /= float64(n)
		squares := 0.0
		for i := range n {
			v := z[i*d+j] - mean[j]
			squares += float64(v * v)
		}
		if squares > 0 {
			scale[j] = 1 / math.Sqrt(squares)
		}
	})
	r := make([]float64, d*d)
	pool.Run(d, func(_, j int) {
		for k := range j {
			products := 0.0
			for i := range n {
				products += float64((z[i*d+j] - mean[j]) * (z[i*d+k] - mean[k]))
			}
			r[j*d+k] = products * scale[j] * scale[k]
			r[k*d+j] = r[j*d+k]
		}
		r[j*d+j] = 1
	})
	return r
}

func (m *copula) draw(s table.Sample, pool *parallel.Pool) {
	noise, d := rng.New(s.Seed, rng.Prior), len(m.space.columns)
	numbers, cells := m.space.transform.Numbers(), len(m.space.transform.Cards())
	inBlocks(pool, s.Rows, func(lo, hi int) {
		e := make([]float64, d)
		for i := lo; i < hi; i++ {
			noise.Normals(e, 0, s.First+uint64(i))
			for j := d - 1; j >= 0; j-- { // z = L e, from the last: the others still need their e
				z := 0.0
				for k, v := range m.root[j*d : j*d+j+1] {
					z += float64(v * e[k])
				}
				e[j] = z
			}
			for j := range m.space.columns {
				m.space.columns[j].put(s, i, numbers, cells, e[j])
			}
		}
	})
}
