package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// LayerNorm normalises each row over its features, then scales and shifts each
// feature when gamma and beta are given, and with silu applies SiLU to that:
//
//	x (..,D)  gamma (D) and beta (D), or both nil -> y (..,D)
//
// The variance is the biased one, with eps added (Layer Normalization, arXiv
// 1607.06450, eq. 3-4).
func (t *Tape) LayerNorm(x, gamma, beta *Var, eps float32, silu bool) *Var {
	const rule = "x (..,D)  gamma (D)  beta (D), or neither"
	if x.Value.Rank() == 0 || (gamma == nil) != (beta == nil) {
		misfit("LayerNorm", rule, x, gamma, beta)
	}
	rows, d := x.Value.Rows(), x.Value.Dim(-1)
	if gamma != nil && (!gamma.dimsAre(d) || !beta.dimsAre(d)) {
		misfit("LayerNorm", rule, x, gamma, beta)
	}
	s := kernel.LayerNorm{Rows: rows, D: d, Eps: eps, SiLU: silu}
	y, mean, rstd := t.New(x.Shape()...), t.New(rows), t.New(rows)
	s.Forward(t.pool, y.Data, mean.Data, rstd.Data, x.Value.Data, dataOf(gamma), dataOf(beta))
	reads(x, gamma, beta)
	v := t.record(y, func(dy *tensor.Tensor) {
		dx := t.over(dy, x.Shape())
		if gamma == nil {
			s.Backward(t.pool, dx.Data, nil, nil, dy.Data, x.Value.Data, mean.Data, rstd.Data, nil, nil)
		} else {
			dgamma, dbeta := t.gradOrScratch(gamma), t.gradOrScratch(beta)
			s.Backward(t.pool, dx.Data, dgamma.Data, dbeta.Data,
				dy.Data, x.Value.Data, mean.Data, rstd.Data, gamma.Value.Data, beta.Value.Data)
			t.freeScratch(gamma, dgamma)
			t.freeScratch(beta, dbeta)
		}
		t.Free(mean, rstd)
		t.Accumulate(x, dx)
	}, x, gamma, beta)
	if !v.needs {
		t.Free(mean, rstd)
		return v
	}
	t.restorable(NormsTwice, v, func() *tensor.Tensor {
		y := t.New(x.Shape()...)
		s.Apply(t.pool, y.Data, mean.Data, rstd.Data, x.Value.Data, dataOf(gamma), dataOf(beta))
		return y
	}, x)
	return v
}
