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
	t.eachBlock(r, func(lo, hi int, repeat repeater) {
		kernel.Add(nil, y.Data[lo:hi], x.Value.Data[lo:hi], repeat(s.Value.Data))
	})
	return t.record(y, func(dy *tensor.Tensor) {
		t.Pass(x, dy)
		t.sumPositions(s, dy, r)
	}, x, s)
}

// MulRows multiplies every position of an example by one vector, the gate of a
// residual branch:
//
//	x (N,..,C)  s (N,C) -> y (N,..,C) = x·s
func (t *Tape) MulRows(x, s *Var) *Var {
	r := rowsOf("MulRows", x, s)
	y := t.New(x.Shape()...)
	t.mulRows(y, x.Value, s.Value, r)
	reads(x, s)
	return t.record(y, func(dy *tensor.Tensor) { t.mulRowsBackward(x, s, s.Value, dy, r) }, x, s)
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
	y := t.New(x.Shape()...)
	t.eachBlock(r, func(lo, hi int, repeat repeater) {
		kernel.Mul(nil, y.Data[lo:hi], x.Value.Data[lo:hi], repeat(factor.Data))
		kernel.AddTo(nil, y.Data[lo:hi], repeat(shift.Value.Data))
	})
	reads(x)
	v := t.record(y, func(dy *tensor.Tensor) {
		t.mulRowsBackward(x, scale, factor, dy, r)
		t.sumPositions(shift, dy, r)
		t.Free(factor)
	}, x, scale, shift)
	if !v.needs {
		t.Free(factor)
	}
	return v
}

// rowShape reads x (N,..,C) as n examples of t positions of c channels.
type rowShape struct{ n, t, c int }

func rowsOf(op string, x, s *Var) rowShape {
	if x.Value.Rank() < 2 || !s.dimsAre(x.Value.Dim(0), x.Value.Dim(-1)) {
		misfit(op, "x (N,..,C)  s (N,C)", x, s)
	}
	shape := x.Shape()
	return rowShape{shape[0], tensor.Size(shape[1 : len(shape)-1]), shape[len(shape)-1]}
}

// repeater lays the vector of a block's example, from s (N,C), side by side for
// every position of the block. The next call overwrites it.
type repeater func(s []float32) []float32

// eachBlock calls f for blocks [lo,hi) of x (N,T,C), each of whole positions of
// one example and of some thousand numbers, so that a kernel over flat slices
// does the arithmetic.
func (t *Tape) eachBlock(r rowShape, f func(lo, hi int, repeat repeater)) {
	per := min(r.t, max(1, 8192/max(r.c, 1)))
	if per == 0 {
		return
	}
	blocksPer := blocks(r.t, per)
	t.pool.Run(r.n*blocksPer, func(worker, piece int) {
		n, first := piece/blocksPer, piece%blocksPer*per
		lo := (n*r.t + first) * r.c
		hi := (n*r.t + min(first+per, r.t)) * r.c
		f(lo, hi, func(s []float32) []float32 {
			tiled := t.pool.Scratch(worker, hi-lo)
			for at := 0; at < hi-lo; at += r.c {
				copy(tiled[at:at+r.c], s[n*r.c:(n+1)*r.c])
			}
			return tiled
		})
	})
}

// mulRows sets dst = x·s for x (N,T,C) and s (N,C).
func (t *Tape) mulRows(dst, x, s *tensor.Tensor, r rowShape) {
	t.eachBlock(r, func(lo, hi int, repeat repeater) {
		kernel.Mul(nil, dst.Data[lo:hi], x.Data[lo:hi], repeat(s.Data))
	})
}

// mulRowsBackward is the derivative of x·factor: dx = dy·factor, and ds, the
// gradient of s on which factor depends with slope 1, sums dy·x over positions.
func (t *Tape) mulRowsBackward(x, s *Var, factor, dy *tensor.Tensor, r rowShape) {
	if x.NeedsGrad() {
		dx := t.New(x.Shape()...)
		t.mulRows(dx, dy, factor, r)
		t.Accumulate(x, dx)
	}
	if s.NeedsGrad() {
		product := t.New(x.Shape()...)
		kernel.Mul(t.pool, product.Data, dy.Data, x.Value.Data)
		t.sumPositions(s, product, r)
		t.Free(product)
	}
}

// sumPositions adds to the gradient of s (N,C) the sums of d (N,T,C) over T.
func (t *Tape) sumPositions(s *Var, d *tensor.Tensor, r rowShape) {
	if ds := t.GradOf(s); ds != nil {
		kernel.SumMiddle(t.pool, ds.Data, d.Data, r.n, r.t, r.c)
	}
}
