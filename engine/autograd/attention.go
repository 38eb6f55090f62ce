package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// Attention is scaled dot-product attention of every position to every
// position, in heads of C/heads neighbouring channels:
//
//	q, k, v (N,T,C) -> y (N,T,C) = softmax(q kᵀ / √(C/heads)) v per head
//
// (Attention Is All You Need, arXiv 1706.03762, eq. 1.) The probabilities are
// never stored: the backward pass rebuilds them from one log-sum-exp a row.
func (t *Tape) Attention(q, k, v *Var, heads int) *Var {
	if q.Value.Rank() != 3 || !tensor.SameShape(q.Value, k.Value) || !tensor.SameShape(q.Value, v.Value) {
		misfit("Attention", "q, k, v (N,T,C)", q, k, v)
	}
	n, length, c := q.Value.Dim(0), q.Value.Dim(1), q.Value.Dim(2)
	if heads <= 0 || c%heads != 0 {
		misfit("Attention", "heads that divide the channels", q, heads)
	}
	s := kernel.Attention{N: n, T: length, Heads: heads, D: c / heads, Precision: t.Precision}
	y, lse := t.New(q.Shape()...), &tensor.Tensor{}
	if t.training {
		lse = t.New(n, heads, length)
	}
	s.Forward(t.pool, y.Data, lse.Data, q.Value.Data, k.Value.Data, v.Value.Data)
	reads(q, k, v)
	out := t.record(y, func(dy *tensor.Tensor) {
		dq, dk, dv := t.New(q.Shape()...), t.New(q.Shape()...), t.New(q.Shape()...)
		s.Backward(t.pool, dq.Data, dk.Data, dv.Data,
			dy.Data, y.Data, lse.Data, q.Value.Data, k.Value.Data, v.Value.Data)
		t.Free(lse)
		t.Accumulate(q, dq)
		t.Accumulate(k, dk)
		t.Accumulate(v, dv)
	}, q, k, v)
	reads(out)
	if !out.needs {
		t.Free(lse)
	}
	return out
}
