package main

import (
	"slices"
	"sort"

	"ebb/engine/rng"
)

// predictor says what one column is, from all others.
type predictor interface {
	// predict gives for each of these rows the number that is expected, or the probabilities of all
	// levels: (len(at), levels).
	predict(r *rows, at []int) []float64
}

// chain fills columns in turn, each from all others, by models that were fitted to the training
// table.
type chain struct {
	code   *coding
	rounds int
	models []predictor
	fitted []donors // of numbers
}

// donors are the training rows' predictions of a number, ascending, and their values.
type donors struct{ predicted, value []float64 }

func newChain(c *coding, rounds int, fit func(j int) predictor) *chain {
	ch := &chain{code: c, rounds: rounds, models: make([]predictor, len(c.levels)), fitted: make([]donors, len(c.levels))}
	for j := range c.levels {
		if c.levels[j] != nil && len(c.levels[j]) < 2 || c.sd[j] == 0 && c.levels[j] == nil {
			continue
		}
		ch.models[j] = fit(j)
		if c.levels[j] != nil || ch.models[j] == nil {
			continue
		}
		at := c.complete(j)
		p := ch.models[j].predict(c.train, at)
		order := make([]int, len(at))
		for k := range order {
			order[k] = k
		}
		slices.SortStableFunc(order, func(a, b int) int {
			switch {
			case p[a] < p[b]:
				return -1
			case p[a] > p[b]:
				return 1
			}
			return 0
		})
		for _, k := range order {
			ch.fitted[j].predicted = append(ch.fitted[j].predicted, p[k])
			ch.fitted[j].value = append(ch.fitted[j].value, c.train.num[j][at[k]])
		}
	}
	return ch
}

// complete lists the training rows that have a value in column j.
func (c *coding) complete(j int) []int {
	var at []int
	for i := range c.train.n {
		if !c.train.missing(i, j) {
			at = append(at, i)
		}
	}
	return at
}

func (ch *chain) fill(h *holes, draw bool) *rows {
	out := ch.code.alone(h, false)
	stream := rng.New(3, rng.Test)
	for round := range ch.rounds {
		for j, m := range ch.models {
			var at []int
			for i := range out.n {
				if h.rows.missing(i, j) {
					at = append(at, i)
				}
			}
			if m == nil || len(at) == 0 {
				continue
			}
			p := m.predict(out, at)
			for k, i := range at {
				u := stream.Uniform(uint64(round*len(ch.models)+j), uint64(i))
				if out.code[j] == nil {
					out.num[j][i] = ch.number(j, p[k], u, draw)
					continue
				}
				n := len(p) / len(at)
				out.code[j][i] = level(p[k*n:(k+1)*n], u, draw)
			}
		}
	}
	return out
}

// donorCount is mice's.
const donorCount = 5

// number is the prediction, or the value of one of the training rows whose predictions are nearest
// (predictive mean matching).
func (ch *chain) number(j int, p, u float64, draw bool) float64 {
	if !draw {
		return p
	}
	d := ch.fitted[j]
	lo := sort.SearchFloat64s(d.predicted, p)
	hi := lo
	for hi-lo < donorCount && (lo > 0 || hi < len(d.value)) {
		if hi == len(d.value) || lo > 0 && p-d.predicted[lo-1] < d.predicted[hi]-p {
			lo--
		} else {
			hi++
		}
	}
	return d.value[lo+int(u*float64(hi-lo))]
}

// level is the likeliest, or one by the probabilities.
func level(p []float64, u float64, draw bool) int32 {
	best, sum := 0, 0.0
	for k, v := range p {
		if draw {
			if sum += v; u < sum {
				return int32(k)
			}
		}
		if v > p[best] {
			best = k
		}
	}
	return int32(best)
}
