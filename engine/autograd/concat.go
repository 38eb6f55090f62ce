package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// Concat joins two tensors along the last axis: a (..,A)  b (..,B) -> y (..,A+B).
// It is where a UNet's skip connection comes in.
func (t *Tape) Concat(a, b *Var) *Var {
	if a.Value.Rank() == 0 || b.Value.Rank() == 0 ||
		!b.dimsAre(withLast(a.Shape(), b.Value.Dim(-1))...) {
		misfit("Concat", "a (..,A)  b (..,B)", a, b)
	}
	rows, ca, cb := a.Value.Rows(), a.Value.Dim(-1), b.Value.Dim(-1)
	shape := withLast(a.Shape(), ca+cb)
	forward := func() *tensor.Tensor {
		y := t.New(shape...)
		kernel.ConcatLast(t.pool, y.Data, a.Value.Data, b.Value.Data, rows, ca, cb)
		return y
	}
	y := t.record(forward(), func(dy *tensor.Tensor) {
		da, db := t.New(a.Shape()...), t.New(b.Shape()...)
		kernel.SplitLast(t.pool, da.Data, db.Data, dy.Data, rows, ca, cb)
		t.Accumulate(a, da)
		t.Accumulate(b, db)
	}, a, b)
	t.restorable(CopiesTwice, y, forward, a, b)
	return y
}
