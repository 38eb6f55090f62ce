package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// GroupNorm normalises each group of channels of each example over its pixels,
// then scales and shifts each channel, and with silu applies SiLU to that:
//
//	x (N,..,C)  gamma (C)  beta (C) -> y (N,..,C)
//
// Channels form groups of C/groups neighbours. The variance is the biased one,
// with eps added (Group Normalization, arXiv 1803.08494, eq. 1-2 and 7).
func (t *Tape) GroupNorm(x, gamma, beta *Var, groups int, eps float32, silu bool) *Var {
	if x.Value.Rank() < 2 || !gamma.dimsAre(x.Value.Dim(-1)) || !beta.dimsAre(x.Value.Dim(-1)) {
		misfit("GroupNorm", "x (N,..,C)  gamma (C)  beta (C)", x, gamma, beta)
	}
	n, c := x.Value.Dim(0), x.Value.Dim(-1)
	if groups <= 0 || c%groups != 0 {
		misfit("GroupNorm", "groups that divide the channels", x, groups)
	}
	s := kernel.GroupNorm{N: n, T: tensor.Size(x.Shape()[1 : x.Value.Rank()-1]), C: c, Groups: groups, Eps: eps, SiLU: silu}
	y, mean, rstd := t.New(x.Shape()...), t.New(n, groups), t.New(n, groups)
	s.Forward(t.pool, y.Data, mean.Data, rstd.Data, x.Value.Data, gamma.Value.Data, beta.Value.Data)
	reads(x, gamma, beta)
	v := t.record(y, func(dy *tensor.Tensor) {
		dx := t.over(dy, x.Shape())
		dgamma, dbeta := t.gradOrScratch(gamma), t.gradOrScratch(beta)
		s.Backward(t.pool, dx.Data, dgamma.Data, dbeta.Data,
			dy.Data, x.Value.Data, mean.Data, rstd.Data, gamma.Value.Data, beta.Value.Data)
		t.freeScratch(gamma, dgamma)
		t.freeScratch(beta, dbeta)
		t.Free(mean, rstd)
		t.Accumulate(x, dx)
	}, x, gamma, beta)
	if !v.needs {
		t.Free(mean, rstd)
	}
	return v
}

// gradOrScratch is a place a kernel can add the gradient of v to, whether it is
// wanted or not; freeScratch gives it back when it was not.
func (t *Tape) gradOrScratch(v *Var) *tensor.Tensor {
	if g := t.GradOf(v); g != nil {
		return g
	}
	g := t.New(v.Shape()...)
	g.Zero()
	return g
}

func (t *Tape) freeScratch(v *Var, g *tensor.Tensor) {
	if !t.wants(v) {
		t.Free(g)
	}
}
