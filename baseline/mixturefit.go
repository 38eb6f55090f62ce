package baseline

import (
	"math"

	"ebb/data/table"
	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// fitting is what mixtures are fitted to.
type fitting struct {
	*mixture             // columns alone
	rows     int         // N
	z        []float64   // (N,D)
	cells    []int32     // (N,C) of the categories
	marginal [][]float64 // (C)(states) shares over all rows, none of them 0
	noise    rng.Stream
	pool     *parallel.Pool
}

func newFitting(m *mixture, rows *table.Encoded, o Options) *fitting {
	d := len(m.numbers)
	most := min(mixtureRows, max(1000, mixtureTerms/(1+d*(d+3)/2+len(m.categories))))
	z := m.space.latents(m.numbers, rows, o)
	picked := make([]int, rows.Rows)
	for i := range picked {
		picked[i] = i
	}
	if rows.Rows > most {
		picked = someRows(rows.Rows, most, o.Seed+1)
	}
	f := &fitting{mixture: m, rows: len(picked), noise: rng.New(o.Seed, rng.Bootstrap), pool: o.Pool,
		marginal: make([][]float64, len(m.categories))}
	for _, i := range picked {
		f.z = append(f.z, z[i*d:(i+1)*d]...)
		for _, j := range m.categories {
			f.cells = append(f.cells, max(0, rows.Cells[i*len(rows.Card)+m.space.columns[j].place.Cell]))
		}
	}
	for c, j := range m.categories {
		card := m.space.columns[j].place.Card
		share := make([]float64, card)
		for k := range share {
			share[k] = 0.5 / (float64(f.rows) + 0.5*float64(card)) // half a row each, seen or not
		}
		for i := range f.rows {
			share[f.cells[i*len(m.categories)+c]] += 1 / (float64(f.rows) + 0.5*float64(card))
		}
		f.marginal[c] = share
	}
	return f
}

// fit returns a mixture of k components and its information criterion, the smaller the better.
func (f *fitting) fit(k int) (*mixture, float64) {
	m := &mixture{space: f.space, numbers: f.numbers, categories: f.categories}
	claim := f.seed(k) // (N,K) how far each row belongs to each component
	last, likelihood := 0.0, 0.0
	for step := range mixtureSteps {
		f.maximise(m, claim, k)
		likelihood = f.expect(m, claim, k)
		if step > 0 && likelihood-last < mixtureGain*float64(f.rows) {
			break
		}
		last = likelihood
	}
	return m, float64(f.parameters(k)*elementary.Log(float64(f.rows))) - 2*likelihood
}

// seed gives each row to the nearest of k rows far from each other, chosen as by k-means++ (Arthur and
// Vassilvitskii, SODA 2007): each with a chance that grows as the squared distance from those before.
func (f *fitting) seed(k int) []float64 {
	claim := make([]float64, f.rows*k)
	nearest, of := make([]float64, f.rows), make([]int, f.rows)
	next := f.noise.Intn(f.rows, stepSeeds, 0)
	for c := range k {
		inBlocks(f.pool, f.rows, func(lo, hi int) {
			for i := lo; i < hi; i++ {
				if v := f.apart(i, next); c == 0 || v < nearest[i] {
					nearest[i], of[i] = v, c
				}
			}
		})
		next = pick(cumulative(nearest), f.noise.Uniform(stepSeeds, uint64(c)+1))
	}
	for i, c := range of {
		claim[i*k+c] = 1
	}
	return claim
}

// apart is the squared distance of two rows; a differing category counts as much as numbers do on average.
func (f *fitting) apart(a, b int) float64 {
	d, n, sum := len(f.numbers), len(f.categories), 0.0
	for j := range d {
		v := f.z[a*d+j] - f.z[b*d+j]
		sum += float64(v * v)
	}
	for c := range n {
		if f.cells[a*n+c] != f.cells[b*n+c] {
			sum += 2
		}
	}
	return sum
}

// maximise sets the parameters to the best for the claims: one component, or one category, is the work
// of one thread, over all rows in their order.
func (f *fitting) maximise(m *mixture, claim []float64, k int) {
	d := len(f.numbers)
	m.weight, m.mean, m.root = make([]float64, k), make([]float64, k*d), make([]float64, k*d*d)
	rows := make([]float64, k)
	f.pool.Run(k, func(_, c int) {
		for i := range f.rows {
			rows[c] += claim[i*k+c]
		}
		f.gaussian(m, claim, k, c, rows[c])
	})
	for c := range k {
		m.weight[c] = (rows[c] + 1) / (float64(f.rows) + float64(k)) // none dies out
	}
	m.share = make([][]float64, len(f.categories))
	f.pool.Run(len(f.categories), func(_, j int) { m.share[j] = f.shares(claim, rows, k, j) })
}

// gaussian sets mean and covariance of component c, with one more row of N(0,I).
func (f *fitting) gaussian(m *mixture, claim []float64, k, c int, rows float64) {
	d := len(f.numbers)
	mean, cov := m.mean[c*d:(c+1)*d], m.root[c*d*d:(c+1)*d*d]
	for i := range f.rows {
		if w := claim[i*k+c]; w > 0 {
			for a, v := range f.z[i*d : (i+1)*d] {
				mean[a] += float64(w * v)
			}
		}
	}
	for a := range mean {
		mean[a] /= rows + 1
	}
	y := make([]float64, d)
	for i := range f.rows {
		w := claim[i*k+c]
		if w < 1e-9 {
			continue
		}
		for a, v := range f.z[i*d : (i+1)*d] {
			y[a] = v - mean[a]
			wa := float64(w * y[a])
			for b := range a + 1 {
				cov[a*d+b] += float64(wa * y[b])
			}
		}
	}
	for a := range d {
		cov[a*d+a]++
		for b := range a + 1 {
			cov[a*d+b] /= rows + 1
		}
		cov[a*d+a] += leastSpread
	}
	if !cholesky(cov, d) { // can't be: one row of I is in the sum
		panic("baseline: a covariance is not positive definite")
	}
}

// shares are the probabilities (K,states) of category j, with one more row of its marginal.
func (f *fitting) shares(claim, rows []float64, k, j int) []float64 {
	card, n := len(f.marginal[j]), len(f.categories)
	out := make([]float64, k*card)
	for i := range f.rows {
		s := int(f.cells[i*n+j])
		for c, w := range claim[i*k : (i+1)*k] {
			out[c*card+s] += w
		}
	}
	for c := range k {
		for s, p := range f.marginal[j] {
			out[c*card+s] = (out[c*card+s] + p) / (rows[c] + 1)
		}
	}
	return out
}

// expect sets the claims to the components' shares in each row's density and returns the log-likelihood
// of all rows, up to the constant that all mixtures share.
func (f *fitting) expect(m *mixture, claim []float64, k int) float64 {
	d, n := len(f.numbers), len(f.categories)
	norm, logShare, inverse := m.norms(), m.logShares(), inverses(m.root, d)
	each := make([]float64, f.rows)
	inBlocks(f.pool, f.rows, func(lo, hi int) {
		y := make([]float64, d)
		for i := lo; i < hi; i++ {
			logs := claim[i*k : (i+1)*k]
			z, cells := f.z[i*d:(i+1)*d], f.cells[i*n:(i+1)*n]
			for c := range logs {
				for a, v := range z {
					y[a] = v - m.mean[c*d+a]
				}
				logs[c] = norm[c] - float64(squaredNorm(inverse[c*d*d:(c+1)*d*d], y)/2)
				for j, state := range cells {
					logs[c] += logShare[j][c*len(f.marginal[j])+int(state)]
				}
			}
			each[i] = elementary.LogSumExp(logs)
			for c, v := range logs {
				logs[c] = elementary.Exp(v - each[i])
			}
		}
	})
	return sum(each)
}

// squaredNorm is |M y|² of a lower triangle M (D,D).
func squaredNorm(m, y []float64) float64 {
	total := 0.0
	for a := range y {
		v := 0.0
		for b, x := range m[a*len(y) : a*len(y)+a+1] {
			v = math.FMA(x, y[b], v)
		}
		total = math.FMA(v, v, total)
	}
	return total
}

// inverses are those of lower triangles (K,D,D).
func inverses(roots []float64, d int) []float64 {
	out := make([]float64, len(roots))
	for at := 0; at < len(roots); at += max(1, d*d) {
		l, inv := roots[at:at+d*d], out[at:at+d*d]
		for j := range d {
			inv[j*d+j] = 1 / l[j*d+j]
			for i := j + 1; i < d; i++ {
				v := 0.0
				for k := j; k < i; k++ {
					v -= float64(l[i*d+k] * inv[k*d+j])
				}
				inv[i*d+j] = v / l[i*d+i]
			}
		}
	}
	return out
}
