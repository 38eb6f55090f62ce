package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// Add is a + b, number by number: a (..)  b (..) -> y (..). The gradient goes
// to both as it is.
func (t *Tape) Add(a, b *Var) *Var {
	if !tensor.SameShape(a.Value, b.Value) {
		misfit("Add", "two tensors of one shape", a, b)
	}
	y := t.New(a.Shape()...)
	kernel.Add(t.pool, y.Data, a.Value.Data, b.Value.Data)
	return t.record(y, func(dy *tensor.Tensor) {
		t.Pass(a, dy)
		t.Pass(b, dy)
	}, a, b)
}

// Scale is c·x, number by number: x (..) -> y (..).
func (t *Tape) Scale(x *Var, c float32) *Var {
	y := t.New(x.Shape()...)
	kernel.Scale(t.pool, y.Data, x.Value.Data, c)
	return t.record(y, func(dy *tensor.Tensor) {
		dx := t.over(dy, x.Shape())
		kernel.Scale(t.pool, dx.Data, dy.Data, c)
		t.Accumulate(x, dx)
	}, x)
}

// Mul is a·b, number by number: a (..)  b (..) -> y (..).
func (t *Tape) Mul(a, b *Var) *Var {
	if !tensor.SameShape(a.Value, b.Value) {
		misfit("Mul", "two tensors of one shape", a, b)
	}
	y := t.New(a.Shape()...)
	kernel.Mul(t.pool, y.Data, a.Value.Data, b.Value.Data)
	product := func(into, other *Var, dy *tensor.Tensor) {
		if into.NeedsGrad() {
			d := t.New(a.Shape()...)
			kernel.Mul(t.pool, d.Data, dy.Data, other.Value.Data)
			t.Accumulate(into, d)
		}
	}
	reads(a, b)
	return t.record(y, func(dy *tensor.Tensor) {
		product(a, b, dy)
		product(b, a, dy)
	}, a, b)
}

// Sum adds all numbers in float64: x (..) -> y ().
func (t *Tape) Sum(x *Var) *Var {
	y := t.New()
	y.Data[0] = float32(kernel.Sum(t.pool, x.Value.Data))
	return t.record(y, func(dy *tensor.Tensor) {
		dx := t.New(x.Shape()...)
		for i := range dx.Data {
			dx.Data[i] = dy.Data[0]
		}
		t.Accumulate(x, dx)
	}, x)
}
