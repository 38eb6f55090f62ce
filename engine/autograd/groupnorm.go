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
	g := &groupNorm{t: t, sides: sides{x: x}, gamma: gamma, beta: beta}
	y := g.forward(groups, eps, silu)
	return g.keep(t.record(y, g.backward, x, gamma, beta))
}

// GroupNormJoined is GroupNorm of Concat(a, b), without the joined tensor:
//
//	a (N,..,A)  b (N,..,B)  gamma (A+B)  beta (A+B) -> y (N,..,A+B)
func (t *Tape) GroupNormJoined(a, b, gamma, beta *Var, groups int, eps float32, silu bool) *Var {
	s := sidesOf("GroupNormJoined", a, b)
	if a.Value.Rank() < 2 || !gamma.dimsAre(s.channels()) || !beta.dimsAre(s.channels()) {
		misfit("GroupNormJoined", "a (N,..,A)  b (N,..,B)  gamma (A+B)  beta (A+B)", a, b, gamma, beta)
	}
	g := &groupNorm{t: t, sides: s, gamma: gamma, beta: beta}
	y := g.forward(groups, eps, silu)
	return g.keep(t.record(y, g.backward, a, b, gamma, beta))
}

// groupNorm is a norm of one tensor or of two joined.
type groupNorm struct {
	t *Tape
	sides
	gamma, beta *Var
	kernel      kernel.GroupNorm
	mean, rstd  *tensor.Tensor
}

func (g *groupNorm) forward(groups int, eps float32, silu bool) *tensor.Tensor {
	n, c, rank := g.x.Value.Dim(0), g.channels(), g.x.Value.Rank()
	if groups <= 0 || c%groups != 0 {
		misfit("GroupNorm", "groups that divide the channels", g.x, g.beside, groups)
	}
	g.kernel = kernel.GroupNorm{N: n, T: tensor.Size(g.x.Shape()[1 : rank-1]), C: c, Groups: groups, Eps: eps, SiLU: silu}
	y := g.t.New(withLast(g.x.Shape(), c)...)
	g.mean, g.rstd = g.t.New(n, groups), g.t.New(n, groups)
	g.kernel.ForwardSides(g.t.pool, y.Data, g.mean.Data, g.rstd.Data, g.values(), g.gamma.Value.Data, g.beta.Value.Data)
	reads(g.x, g.beside, g.gamma, g.beta)
	return y
}

func (g *groupNorm) backward(dy *tensor.Tensor) {
	t := g.t
	dx, dBeside := g.gradients(t, dy)
	dgamma, dbeta := t.gradOrScratch(g.gamma), t.gradOrScratch(g.beta)
	g.kernel.BackwardSides(t.pool, g.of(dx, dBeside), dgamma.Data, dbeta.Data,
		dy.Data, g.values(), g.mean.Data, g.rstd.Data, g.gamma.Value.Data, g.beta.Value.Data)
	t.freeScratch(g.gamma, dgamma)
	t.freeScratch(g.beta, dbeta)
	t.Free(g.mean, g.rstd)
	t.Accumulate(g.x, dx)
	if g.beside != nil {
		t.Accumulate(g.beside, dBeside)
	}
}

// keep says how the result v is made again, or that nobody will ask.
func (g *groupNorm) keep(v *Var) *Var {
	t := g.t
	if !v.needs {
		t.Free(g.mean, g.rstd)
		return v
	}
	t.restorable(NormsTwice, v, func() *tensor.Tensor {
		y := t.New(v.Value.Shape...)
		g.kernel.ApplySides(t.pool, y.Data, g.mean.Data, g.rstd.Data, g.values(), g.gamma.Value.Data, g.beta.Value.Data)
		return y
	}, g.x, g.beside)
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
