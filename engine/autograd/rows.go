package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// AddRows adds one vector per example to every position of it:
//
//	x (N,..,C)  s (N,C) -> y (N,..,C) = x + s
//
// A convolution takes such a vector itself, as its shift.
func (t *Tape) AddRows(x, s *Var) *Var {
	r := rowsOf("AddRows", x, s)
	y := t.New(x.Shape()...)
	t.eachRow(r, func(n, lo, hi int) {
		kernel.Add(nil, y.Data[lo:hi], x.Value.Data[lo:hi], r.vector(s, n))
	})
	return t.Record(y, func(dy *tensor.Tensor) {
		t.Pass(x, dy)
		t.sumOverRows(s, dy, r)
	}, x, s)
}

// MulRows multiplies every position of an example by one vector: the gate of a
// residual branch.
//
//	x (N,..,C)  s (N,C) -> y (N,..,C) = x·s
func (t *Tape) MulRows(x, s *Var) *Var {
	r := rowsOf("MulRows", x, s)
	y := t.New(x.Shape()...)
	t.eachRow(r, func(n, lo, hi int) {
		kernel.Mul(nil, y.Data[lo:hi], x.Value.Data[lo:hi], r.vector(s, n))
	})
	return t.Record(y, func(dy *tensor.Tensor) {
		t.mulRowsBackward(x, s, dy, r, func(n int) []float32 { return r.vector(s, n) })
	}, x, s)
}

// ScaleShift modulates every position of an example by two vectors, the
// scale_shift conditioning of a resnet block and the adaptive norm of a
// transformer (Improved DDPM, arXiv 2102.09672; DiT, arXiv 2212.09748):
//
//	x (N,..,C)  scale (N,C)  shift (N,C) -> y (N,..,C) = x·(1 + scale) + shift
func (t *Tape) ScaleShift(x, scale, shift *Var) *Var {
	r := rowsOf("ScaleShift", x, scale)
	if !tensor.SameShape(scale.Value, shift.Value) {
		misfit("ScaleShift", "x (N,..,C)  scale (N,C)  shift (N,C)", x, scale, shift)
	}
	factor := t.New(scale.Shape()...)
	for i, s := range scale.Value.Data {
		factor.Data[i] = 1 + s
	}
	row := func(n int) []float32 { return factor.Data[n*r.c : (n+1)*r.c] }
	y := t.New(x.Shape()...)
	t.eachRow(r, func(n, lo, hi int) {
		kernel.Mul(nil, y.Data[lo:hi], x.Value.Data[lo:hi], row(n))
		kernel.AddTo(nil, y.Data[lo:hi], r.vector(shift, n))
	})
	v := t.Record(y, func(dy *tensor.Tensor) {
		t.mulRowsBackward(x, scale, dy, r, row)
		t.sumOverRows(shift, dy, r)
		t.Free(factor)
	}, x, scale, shift)
	if !v.needs {
		t.Free(factor)
	}
	return v
}

// rowShape reads x (N,..,C) as N examples of T positions of C channels.
type rowShape struct{ n, t, c int }

func rowsOf(op string, x, s *Var) rowShape {
	if x.Value.Rank() < 2 || !s.dimsAre(x.Value.Dim(0), x.Value.Dim(-1)) {
		misfit(op, "x (N,..,C)  s (N,C)", x, s)
	}
	shape := x.Shape()
	return rowShape{shape[0], tensor.Size(shape[1 : len(shape)-1]), shape[len(shape)-1]}
}

// vector is the row of s (N,C) that belongs to example n.
func (r rowShape) vector(s *Var, n int) []float32 { return s.Value.Data[n*r.c : (n+1)*r.c] }

// eachRow calls f for the C numbers [lo,hi) of every position of every example
// n, in pieces of some thousand numbers.
func (t *Tape) eachRow(r rowShape, f func(n, lo, hi int)) {
	per := max(1, 4096/max(r.c, 1))
	rows := r.n * r.t
	t.pool.Run(blocks(rows, per), func(_, piece int) {
		for i := piece * per; i < min(rows, (piece+1)*per); i++ {
			f(i/r.t, i*r.c, (i+1)*r.c)
		}
	})
}

// mulRowsBackward is the derivative of x·factor: dx = dy·factor, and ds, the
// gradient of s on which factor depends with slope 1, sums dy·x over positions.
func (t *Tape) mulRowsBackward(x, s *Var, dy *tensor.Tensor, r rowShape, factor func(n int) []float32) {
	if x.NeedsGrad() {
		dx := t.New(x.Shape()...)
		t.eachRow(r, func(n, lo, hi int) { kernel.Mul(nil, dx.Data[lo:hi], dy.Data[lo:hi], factor(n)) })
		t.Accumulate(x, dx)
	}
	if s.NeedsGrad() {
		prod := t.New(x.Shape()...)
		kernel.Mul(t.pool, prod.Data, dy.Data, x.Value.Data)
		t.sumOverRows(s, prod, r)
		t.Free(prod)
	}
}

// sumOverRows adds to the gradient of s (N,C) the sums of d (N,T,C) over T.
func (t *Tape) sumOverRows(s *Var, d *tensor.Tensor, r rowShape) {
	if ds := t.GradOf(s); ds != nil {
		kernel.SumMiddle(t.pool, ds.Data, d.Data, r.n, r.t, r.c)
	}
}
