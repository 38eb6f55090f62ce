package nn

import "ebb/engine/autograd"

// SelfAttention lets every position of a sequence look at every other: three
// maps to queries, keys and values, attention in heads, and a map back. Norm and
// residual are its caller's.
type SelfAttention struct {
	Q, K, V, Out *Linear // to_q, to_k, to_v, to_out.0
	Heads        int
}

// SelfAttention makes the four maps of c channels under the name itself.
// Options: NoBias for queries, keys and values; ZeroInit for the map back.
func (b *Builder) SelfAttention(name string, c, heads int, options ...Option) *SelfAttention {
	at := b.At(name)
	var in, out []Option
	if given(options, NoBias) {
		in = append(in, NoBias)
	}
	if given(options, ZeroInit) {
		out = append(out, ZeroInit)
	}
	return &SelfAttention{
		Q:     at.Linear("to_q", c, c, in...),
		K:     at.Linear("to_k", c, c, in...),
		V:     at.Linear("to_v", c, c, in...),
		Out:   at.At("to_out").Linear("0", c, c, out...),
		Heads: heads,
	}
}

// Forward: x (N,T,C) -> y (N,T,C).
func (a *SelfAttention) Forward(t *autograd.Tape, x *autograd.Var) *autograd.Var {
	qkv := t.LinearJoined(x, []*autograd.Var{a.Q.W.Var, a.K.W.Var, a.V.W.Var}, []*autograd.Var{a.Q.B.v(), a.K.B.v(), a.V.B.v()})
	h := t.AttentionJoined(qkv, a.Heads)
	t.Release(qkv)
	y := a.Out.Forward(t, h)
	t.Release(h)
	return y
}
