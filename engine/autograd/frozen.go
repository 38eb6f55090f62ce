package autograd

import (
	"ebb/engine/kernel/parallel"
	"ebb/engine/tensor"
)

// NewFrozen returns a tape that holds parameters constant: it records only what
// depends on an [Tape.Input], for [Tape.Pull], and neither computes nor touches
// the gradient of a parameter. So a network whose weights others share can be
// differentiated with respect to what it sees. Its operations give the same
// bits as those of the other tapes.
func NewFrozen(p *parallel.Pool) *Tape {
	t := New(p)
	t.frozen = true
	return t
}

// wants tells whether this tape computes the gradient of v.
func (t *Tape) wants(v *Var) bool { return v.NeedsGrad() && !(t.frozen && v.leaf) }

// Input wraps a tensor whose gradient is wanted, but only until Reset: the
// input of a network.
func (t *Tape) Input(x *tensor.Tensor) *Var { return &Var{Value: x, needs: true, read: true} }

// Pull sets the gradient of every Input x to the vector-Jacobian product
// dyᵀ ∂y/∂x, of x's shape. dy has y's shape and stays the caller's. Like
// Backward it runs once per recording and frees values as it goes, all but y's.
// The Grad of an input on which y does not depend stays nil.
func (t *Tape) Pull(y *Var, dy *tensor.Tensor) {
	switch {
	case !t.training:
		panic("autograd: Pull on an inference tape")
	case dy.Len() != y.Value.Len():
		misfit("Pull", "dy of y's shape", dy, y)
	case len(t.nodes) == 0:
		panic("autograd: Pull has nothing to run: it runs once for what was recorded since the last Reset or Backward")
	}
	seed := t.New(y.Value.Shape...)
	copy(seed.Data, dy.Data)
	t.backward(y, seed)
}
