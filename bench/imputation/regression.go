package main

import (
	"math"

	"gonum.org/v1/gonum/mat"

	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// regression predicts a column from all others: standardised numbers and one-hot categories, linear,
// behind a softmax for categories.
type regression struct {
	code   *coding
	column int
	first  []int // weight of each column
	width  int
	out    int       // 1 for a number
	weight []float64 // (width, out)
}

func regress(c *coding, column int) predictor {
	r := &regression{code: c, column: column, out: 1, width: 1}
	for j := range c.levels {
		r.first = append(r.first, r.width)
		switch {
		case j == column:
		case c.levels[j] != nil:
			r.width += len(c.levels[j])
		default:
			r.width++
		}
	}
	at := c.complete(column)
	if c.levels[column] == nil {
		r.linear(at)
	} else {
		r.out = len(c.levels[column])
		r.logistic(at)
	}
	return r
}

// row lists the features of a row that are not 0. A missing number is its mean, a missing category has
// no feature.
func (r *regression) row(x *rows, i int, at []int, value []float64) ([]int, []float64) {
	at, value = append(at[:0], 0), append(value[:0], 1)
	for j := range r.first {
		switch {
		case j == r.column || x.missing(i, j):
		case x.code[j] != nil:
			at, value = append(at, r.first[j]+int(x.code[j][i])), append(value, 1)
		default:
			at, value = append(at, r.first[j]), append(value, (x.num[j][i]-r.code.mean[j])/r.code.sd[j])
		}
	}
	return at, value
}

// linear solves the normal equations with a little ridge.
func (r *regression) linear(at []int) {
	a, b := mat.NewSymDense(r.width, nil), mat.NewVecDense(r.width, nil)
	var k []int
	var v []float64
	x := r.code.train
	for _, i := range at {
		k, v = r.row(x, i, k, v)
		y := (x.num[r.column][i] - r.code.mean[r.column]) / r.code.sd[r.column]
		for p := range k {
			b.SetVec(k[p], b.AtVec(k[p])+v[p]*y)
			for q := range p + 1 {
				a.SetSym(k[p], k[q], a.At(k[p], k[q])+v[p]*v[q])
			}
		}
	}
	for p := range r.width {
		a.SetSym(p, p, a.At(p, p)+1e-3*float64(len(at))/100)
	}
	var c mat.Cholesky
	var w mat.VecDense
	if !c.Factorize(a) || c.SolveVecTo(&w, b) != nil {
		panic("imputation: the normal equations can't be solved")
	}
	r.weight = append([]float64(nil), w.RawVector().Data...)
}

// logistic descends by Adagrad over single rows.
func (r *regression) logistic(at []int) {
	const epochs, rate = 12, 0.1
	r.weight = make([]float64, r.width*r.out)
	square := make([]float64, len(r.weight))
	var k []int
	var v []float64
	x := r.code.train
	p := make([]float64, r.out)
	for epoch := range epochs {
		for n := range at {
			i := at[rng.New(4, rng.Test).Perm(n, len(at), uint64(epoch))]
			k, v = r.row(x, i, k, v)
			r.apply(p, k, v)
			p[x.code[r.column][i]]--
			for f, at := range k {
				w, s := r.weight[at*r.out:(at+1)*r.out], square[at*r.out:(at+1)*r.out]
				for c, e := range p {
					g := e * v[f]
					s[c] += g * g
					w[c] -= rate * g / math.Sqrt(s[c]+1e-8)
				}
			}
		}
	}
}

// apply is the softmax of a row's scores.
func (r *regression) apply(p []float64, k []int, v []float64) {
	clear(p)
	for f, at := range k {
		for c, w := range r.weight[at*r.out : (at+1)*r.out] {
			p[c] += w * v[f]
		}
	}
	total := elementary.LogSumExp(p)
	for c := range p {
		p[c] = elementary.Exp(p[c] - total)
	}
}

func (r *regression) predict(x *rows, at []int) []float64 {
	out := make([]float64, len(at)*r.out)
	var k []int
	var v []float64
	for n, i := range at {
		k, v = r.row(x, i, k, v)
		if r.code.levels[r.column] != nil {
			r.apply(out[n*r.out:(n+1)*r.out], k, v)
			continue
		}
		sum := 0.0
		for f, at := range k {
			sum += r.weight[at] * v[f]
		}
		out[n] = r.code.mean[r.column] + sum*r.code.sd[r.column]
	}
	return out
}
