package nn

import "ebb/engine/autograd"

// Option changes a layer from its default.
type Option int

const (
	NoBias   Option = 1 << iota // no bias
	ZeroInit                    // weight and bias start at 0
	NoAffine                    // a norm without scale and shift
)

// given reports whether o is among the options.
func given(options []Option, o Option) bool {
	for _, have := range options {
		if have&o != 0 {
			return true
		}
	}
	return false
}

// Linear is y = x W + b on the last axis.
type Linear struct {
	W *Param // name.weight (D,K), stored (K,D)
	B *Param // name.bias (K), or nil
}

// Linear makes a map from in to out features, initialised by FanIn.
// Options: NoBias, ZeroInit.
func (b *Builder) Linear(name string, in, out int, options ...Option) *Linear {
	at, init := b.At(name), weightInit(in, options)
	l := &Linear{W: at.Param("weight", LinearIO, init, in, out)}
	if !given(options, NoBias) {
		l.B = at.Param("bias", Plain, init, out)
	}
	return l
}

// weightInit is FanIn of n inputs, unless zeros are asked for.
func weightInit(n int, options []Option) Init {
	if given(options, ZeroInit) {
		return Zeros
	}
	return FanIn(n)
}

// Forward: x (..,D) -> y (..,K).
func (l *Linear) Forward(t *autograd.Tape, x *autograd.Var) *autograd.Var {
	return t.Linear(x, l.W.Var, l.B.v())
}

// ForwardAdd also adds r: x (..,D)  r (..,K) or (K) -> y (..,K).
func (l *Linear) ForwardAdd(t *autograd.Tape, x, r *autograd.Var) *autograd.Var {
	return t.LinearAdd(x, l.W.Var, l.B.v(), r)
}

// ForwardAddSiLU is SiLU of ForwardAdd.
func (l *Linear) ForwardAddSiLU(t *autograd.Tape, x, r *autograd.Var) *autograd.Var {
	return t.LinearAddSiLU(x, l.W.Var, l.B.v(), r)
}
