package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// Geometry places the window of a convolution: its stride in both directions
// and the zeros around the image. The zero value is stride 1 without padding.
type Geometry struct {
	Stride                               int // 0 means 1
	PadTop, PadLeft, PadBottom, PadRight int
}

// Same is the geometry of stride 1 that keeps the image's size under a window
// of odd width k.
func Same(k int) Geometry { return Padded(1, (k-1)/2) }

// Padded is the geometry with one padding on all four sides.
func Padded(stride, pad int) Geometry {
	return Geometry{Stride: stride, PadTop: pad, PadLeft: pad, PadBottom: pad, PadRight: pad}
}

// Conv2D is the cross-correlation of images with square windows, the
// convolution of deep learning:
//
//	x (N,H,W,C)  w (K,K,C,O)  b (O) or nil  shift (N,O) or nil -> y (N,OH,OW,O)
//
// b is the bias of a channel; shift is a bias of one image's channel, the place
// where a time embedding enters. OH = (H + PadTop + PadBottom - K)/Stride + 1.
func (t *Tape) Conv2D(x, w, b, shift *Var, g Geometry) *Var {
	y, backward := t.convolve(x, w, b, shift, nil, g)
	return t.record(y, backward, x, w, b, shift)
}

// Conv2DAdd is Conv2D plus a tensor of the shape of its result, as at the end of
// a residual block: what Add(add, Conv2D(..)) gives, without a pass over both.
func (t *Tape) Conv2DAdd(x, w, b, shift, add *Var, g Geometry) *Var {
	y, backward := t.convolve(x, w, b, shift, add, g)
	return t.record(y, func(dy *tensor.Tensor) {
		t.Pass(add, dy)
		backward(dy)
	}, x, w, b, shift, add)
}

// convolve gives the result of Conv2D or Conv2DAdd and the derivative by all but
// add, which may be nil.
func (t *Tape) convolve(x, w, b, shift, add *Var, g Geometry) (*tensor.Tensor, func(dy *tensor.Tensor)) {
	s := convShape(x, w, b, shift, g)
	s.Exact, s.Precision = t.ExactConv, t.Precision
	y := t.New(s.N, s.OutH(), s.OutW(), s.O)
	if add != nil && !tensor.SameShape(y, add.Value) {
		misfit("Conv2DAdd", "add like the result (N,OH,OW,O)", y, add)
	}
	t.correlate(s, y, x, w, b, shift, add)
	reads(x, w)
	return y, func(dy *tensor.Tensor) {
		if x.NeedsGrad() {
			dx := t.New(x.Shape()...)
			s.BackwardData(t.pool, dx.Data, dy.Data, w.Value.Data)
			t.Accumulate(x, dx)
		}
		if dw := t.GradOf(w); dw != nil {
			s.BackwardWeight(t.pool, dw.Data, x.Value.Data, dy.Data)
		}
		t.biasAndShift(b, shift, dy)
	}
}

// biasAndShift adds the gradients of what was added to each channel. Sums over
// the pixels of an image serve the shift and, summed again, the bias.
func (t *Tape) biasAndShift(b, shift *Var, dy *tensor.Tensor) {
	n, o := dy.Dim(0), dy.Dim(-1)
	if !shift.NeedsGrad() {
		if db := t.GradOf(b); db != nil {
			kernel.SumRows(t.pool, db.Data, dy.Data, dy.Rows(), o)
		}
		return
	}
	sums := t.New(n, o)
	sums.Zero()
	kernel.SumMiddle(t.pool, sums.Data, dy.Data, n, dy.Rows()/n, o)
	if db := t.GradOf(b); db != nil {
		kernel.SumRows(t.pool, db.Data, sums.Data, n, o)
	}
	t.Accumulate(shift, sums)
}

func convShape(x, w, b, shift *Var, g Geometry) kernel.Conv {
	const rule = "x (N,H,W,C)  w (K,K,C,O)  b (O)  shift (N,O)"
	if x.Value.Rank() != 4 || w.Value.Rank() != 4 || w.Value.Dim(0) != w.Value.Dim(1) ||
		x.Value.Dim(3) != w.Value.Dim(2) || b != nil && !b.dimsAre(w.Value.Dim(3)) ||
		shift != nil && !shift.dimsAre(x.Value.Dim(0), w.Value.Dim(3)) {
		misfit("Conv2D", rule, x, w, b, shift)
	}
	s := kernel.Conv{
		N: x.Value.Dim(0), H: x.Value.Dim(1), W: x.Value.Dim(2), C: x.Value.Dim(3),
		O: w.Value.Dim(3), K: w.Value.Dim(0), Stride: max(g.Stride, 1),
		PadTop: g.PadTop, PadLeft: g.PadLeft, PadBottom: g.PadBottom, PadRight: g.PadRight,
	}
	if s.H+s.PadTop+s.PadBottom < s.K || s.W+s.PadLeft+s.PadRight < s.K {
		misfit("Conv2D", "a padded image no smaller than the window", x, w)
	}
	return s
}
