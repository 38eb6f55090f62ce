package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// SiLU is x·sigmoid(x), number by number: x (..) -> y (..). Where it follows a
// norm, fuse it there.
func (t *Tape) SiLU(x *Var) *Var {
	forward := func() *tensor.Tensor {
		y := t.New(x.Shape()...)
		kernel.SiLU(t.pool, y.Data, x.Value.Data)
		return y
	}
	reads(x)
	y := t.record(forward(), func(dy *tensor.Tensor) {
		dx := t.over(dy, x.Shape())
		kernel.SiLUBackward(t.pool, dx.Data, dy.Data, x.Value.Data)
		t.Accumulate(x, dx)
	}, x)
	t.restorable(NormsTwice, y, forward, x)
	return y
}
