package metric

import (
	"math"

	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
)

// logistic is an L2-regularised logistic regression on numbers, robustly
// scaled, and one-hot categories. The matrix is never written out: a category
// is one weight looked up.
type logistic struct {
	offset []int       // (D) first weight of each column
	scale  [][]float64 // (D)(1 or levels) divisor of each one-hot or number
	median []float64   // (D) of numbers
	weight []float64   // all columns' weights, then the intercept
}

// design holds complete columns: numbers without a gap, categories counted
// from 0, -1 a category without a weight.
type design struct {
	number [][]float64 // (D), nil for a category
	code   [][]int32   // (D), nil for a number
	levels []int       // (D), 1 for a number
}

// newLogistic scales by the training rows: minus the median, divided by the
// distance between the quartiles (1 if that is 0).
func newLogistic(x *design, rows []int32) *logistic {
	m := &logistic{median: make([]float64, len(x.levels))}
	at := 0
	for j, k := range x.levels {
		m.offset = append(m.offset, at)
		at += k
		if x.code[j] != nil {
			m.scale = append(m.scale, oneHotScales(x.code[j], k, rows))
			continue
		}
		values := make([]float64, len(rows))
		for i, r := range rows {
			values[i] = x.number[j][r]
		}
		sorted := present(values)
		m.median[j] = quantileSorted(sorted, 0.5)
		m.scale = append(m.scale, []float64{nonZero(quantileSorted(sorted, 0.75) - quantileSorted(sorted, 0.25))})
	}
	m.weight = make([]float64, at+1)
	return m
}

// oneHotScales returns the distance between the quartiles of each category's
// 0/1 column.
func oneHotScales(code []int32, levels int, rows []int32) []float64 {
	counts := make([]int, levels)
	for _, r := range rows {
		if k := code[r]; k >= 0 {
			counts[k]++
		}
	}
	// quantile of n-count zeros followed by count ones
	quantile := func(q float64, count int) float64 {
		return min(1, max(0, float64(q*float64(len(rows)-1))-float64(len(rows)-count-1)))
	}
	out := make([]float64, levels)
	for k, n := range counts {
		out[k] = nonZero(quantile(0.75, n) - quantile(0.25, n))
	}
	return out
}

func nonZero(v float64) float64 {
	if !(v > 0) {
		return 1
	}
	return v
}

// score returns the log-odds of row i under some weights.
func (m *logistic) score(x *design, w []float64, i int32) float64 {
	s := w[len(w)-1]
	for j, o := range m.offset {
		if x.code[j] == nil {
			s += float64(w[o] * ((x.number[j][i] - m.median[j]) / m.scale[j][0]))
		} else if k := x.code[j][i]; k >= 0 {
			s += w[o+int(k)] / m.scale[j][k]
		}
	}
	return s
}

// addGradient adds c times the row's features to g.
func (m *logistic) addGradient(g []float64, x *design, c float64, i int32) {
	g[len(g)-1] += c
	for j, o := range m.offset {
		if x.code[j] == nil {
			g[o] += float64(c * ((x.number[j][i] - m.median[j]) / m.scale[j][0]))
		} else if k := x.code[j][i]; k >= 0 {
			g[o+int(k)] += c / m.scale[j][k]
		}
	}
}

// fit minimises |w|²/2 + the sum of the rows' log losses; the intercept is
// free. Rows are cut into blocks by their number, and the blocks' sums are
// joined in order.
func (m *logistic) fit(x *design, class, rows []int32, p *parallel.Pool) {
	const blocks = 32
	size := (len(rows) + blocks - 1) / blocks
	losses, gradients := make([]float64, blocks), make([][]float64, blocks)
	for b := range gradients {
		gradients[b] = make([]float64, len(m.weight))
	}
	lbfgs{iterations: 100, tolerance: 1e-4}.minimise(m.weight, func(w, g []float64) float64 {
		p.Run(blocks, func(_, b int) {
			clear(gradients[b])
			losses[b] = 0
			for _, r := range rows[min(b*size, len(rows)):min((b+1)*size, len(rows))] {
				s := m.score(x, w, r)
				losses[b] += logLossOf(s, class[r])
				m.addGradient(gradients[b], x, elementary.Sigmoid(s)-float64(class[r]), r)
			}
		})
		clear(g)
		total := 0.0
		for b := range gradients {
			total += losses[b]
			addScaled(g, 1, gradients[b])
		}
		for k, v := range w[:len(w)-1] {
			total += float64(float64(v*v) / 2)
			g[k] += v
		}
		return total
	})
}

// logLossOf returns -log of the probability of the class under log-odds s.
func logLossOf(s float64, class int32) float64 {
	if class == 1 {
		s = -s
	}
	return max(s, 0) + elementary.Log1p(elementary.Exp(-math.Abs(s)))
}
