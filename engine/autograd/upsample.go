package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// Upsample2 doubles an image by repeating each pixel in a square of four:
//
//	x (N,H,W,C) -> y (N,2H,2W,C)
//
// dx is the sum of the gradients of the four.
func (t *Tape) Upsample2(x *Var) *Var {
	if x.Value.Rank() != 4 {
		misfit("Upsample2", "x (N,H,W,C)", x)
	}
	n, h, w, c := x.Value.Dim(0), x.Value.Dim(1), x.Value.Dim(2), x.Value.Dim(3)
	forward := func() *tensor.Tensor {
		y := t.New(n, 2*h, 2*w, c)
		kernel.Upsample2(t.pool, y.Data, x.Value.Data, n, h, w, c)
		return y
	}
	y := t.record(forward(), func(dy *tensor.Tensor) {
		dx := t.New(x.Shape()...)
		kernel.Upsample2Backward(t.pool, dx.Data, dy.Data, n, h, w, c)
		t.Accumulate(x, dx)
	}, x)
	t.restorable(CopiesTwice, y, forward, x)
	return y
}
