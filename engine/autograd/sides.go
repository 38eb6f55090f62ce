package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// sides are one variable, or two that are read as if they were joined along the
// last axis: x (..,A)  beside (..,B) or nil.
type sides struct{ x, beside *Var }

func sidesOf(op string, a, b *Var) sides {
	if a.Value.Rank() == 0 || b.Value.Rank() == 0 || !b.dimsAre(withLast(a.Shape(), b.Value.Dim(-1))...) {
		misfit(op, "a (..,A)  b (..,B)", a, b)
	}
	return sides{a, b}
}

// channels is A+B.
func (s sides) channels() int {
	if s.beside == nil {
		return s.x.Value.Dim(-1)
	}
	return s.x.Value.Dim(-1) + s.beside.Value.Dim(-1)
}

// values are the numbers of both.
func (s sides) values() kernel.Sides {
	if s.beside == nil {
		return s.of(s.x.Value, nil)
	}
	return s.of(s.x.Value, s.beside.Value)
}

// of are other numbers of the same shapes.
func (s sides) of(x, beside *tensor.Tensor) kernel.Sides {
	k := kernel.Sides{X: x.Data, A: x.Dim(-1)}
	if beside != nil {
		k.Beside, k.B = beside.Data, beside.Dim(-1)
	}
	return k
}

// gradients are places for those of both, that of x alone over dy if it can be.
func (s sides) gradients(t *Tape, dy *tensor.Tensor) (x, beside *tensor.Tensor) {
	if s.beside == nil {
		return t.over(dy, s.x.Shape()), nil
	}
	return t.New(s.x.Shape()...), t.New(s.beside.Shape()...)
}

// PointwiseJoined is Conv2D of Concat(a, b) with a window of one pixel, as the
// shortcut of a UNet's block on the way up, without the joined tensor:
//
//	a (N,H,W,A)  b (N,H,W,B)  w (1,1,A+B,O)  bias (O) or nil -> y (N,H,W,O)
func (t *Tape) PointwiseJoined(a, b, w, bias *Var) *Var {
	s := sidesOf("PointwiseJoined", a, b)
	if a.Value.Rank() != 4 || w.Value.Rank() != 4 || !w.dimsAre(1, 1, s.channels(), w.Value.Dim(3)) ||
		bias != nil && !bias.dimsAre(w.Value.Dim(3)) {
		misfit("PointwiseJoined", "a (N,H,W,A)  b (N,H,W,B)  w (1,1,A+B,O)  bias (O)", a, b, w, bias)
	}
	o := w.Value.Dim(3)
	y := t.New(withLast(a.Shape(), o)...)
	kernel.PointwiseSides(t.pool, y.Data, s.values(), w.Value.Data, dataOf(bias), y.Rows(), o, t.Precision)
	reads(a, b, w)
	return t.record(y, func(dy *tensor.Tensor) {
		split := a.Value.Dim(-1) * o
		t.pointwiseBackward(a, w, dy, 0)
		t.pointwiseBackward(b, w, dy, split)
		t.biasAndShift(bias, nil, dy)
	}, a, b, w, bias)
}

// pointwiseBackward adds the gradients of one side and its part of w, from split on.
func (t *Tape) pointwiseBackward(x, w *Var, dy *tensor.Tensor, split int) {
	shape := x.Shape()
	s := kernel.Conv{N: shape[0], H: shape[1], W: shape[2], C: shape[3], O: dy.Dim(-1), K: 1, Stride: 1, Precision: t.Precision}
	size := s.C * s.O
	if x.NeedsGrad() {
		dx := t.New(shape...)
		s.BackwardData(t.pool, dx.Data, dy.Data, w.Value.Data[split:][:size])
		t.Accumulate(x, dx)
	}
	if dw := t.GradOf(w); dw != nil {
		s.BackwardWeight(t.pool, dw.Data[split:][:size], x.Value.Data, dy.Data)
	}
}
