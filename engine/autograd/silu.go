package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// SiLU is x·sigmoid(x), number by number: x (..) -> y (..). Where it follows a
// norm, fuse it there.
func (t *Tape) SiLU(x *Var) *Var {
	y := t.New(x.Shape()...)
	kernel.SiLU(t.pool, y.Data, x.Value.Data)
	reads(x)
	return t.record(y, func(dy *tensor.Tensor) {
		dx := t.over(dy, x.Shape())
		kernel.SiLUBackward(t.pool, dx.Data, dy.Data, x.Value.Data)
		t.Accumulate(x, dx)
	}, x)
}
