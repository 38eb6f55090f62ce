package nn

import "ebb/engine/autograd"

// GroupNorm normalises groups of channels over the pixels of an image.
type GroupNorm struct {
	Gamma, Beta *Param // name.weight (C), name.bias (C)
	Groups      int
	Eps         float32
}

// GroupNorm makes a norm of channels in groups, scale 1 and shift 0.
func (b *Builder) GroupNorm(name string, channels, groups int, eps float32) *GroupNorm {
	at := b.At(name)
	return &GroupNorm{
		Gamma:  at.Param("weight", Plain, Ones, channels),
		Beta:   at.Param("bias", Plain, Zeros, channels),
		Groups: groups, Eps: eps,
	}
}

// Forward: x (N,..,C) -> y (N,..,C).
func (g *GroupNorm) Forward(t *autograd.Tape, x *autograd.Var) *autograd.Var {
	return t.GroupNorm(x, g.Gamma.Var, g.Beta.Var, g.Groups, g.Eps, false)
}

// ForwardSiLU is SiLU of Forward, in one pass.
func (g *GroupNorm) ForwardSiLU(t *autograd.Tape, x *autograd.Var) *autograd.Var {
	return t.GroupNorm(x, g.Gamma.Var, g.Beta.Var, g.Groups, g.Eps, true)
}

// ForwardJoinedSiLU is ForwardSiLU of a and b joined: a (N,..,A)  b (N,..,B) -> y (N,..,A+B).
func (g *GroupNorm) ForwardJoinedSiLU(t *autograd.Tape, a, b *autograd.Var) *autograd.Var {
	return t.GroupNormJoined(a, b, g.Gamma.Var, g.Beta.Var, g.Groups, g.Eps, true)
}

// LayerNorm normalises the features of each row.
type LayerNorm struct {
	Gamma, Beta *Param // name.weight (D), name.bias (D), or both nil
	Eps         float32
}

// LayerNorm makes a norm of d features, scale 1 and shift 0. Option: NoAffine.
func (b *Builder) LayerNorm(name string, d int, eps float32, options ...Option) *LayerNorm {
	l := &LayerNorm{Eps: eps}
	if !given(options, NoAffine) {
		at := b.At(name)
		l.Gamma = at.Param("weight", Plain, Ones, d)
		l.Beta = at.Param("bias", Plain, Zeros, d)
	}
	return l
}

// Forward: x (..,D) -> y (..,D).
func (l *LayerNorm) Forward(t *autograd.Tape, x *autograd.Var) *autograd.Var {
	return t.LayerNorm(x, l.Gamma.v(), l.Beta.v(), l.Eps, false)
}

// ForwardSiLU is SiLU of Forward, in one pass.
func (l *LayerNorm) ForwardSiLU(t *autograd.Tape, x *autograd.Var) *autograd.Var {
	return t.LayerNorm(x, l.Gamma.v(), l.Beta.v(), l.Eps, true)
}
