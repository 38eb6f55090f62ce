package nn

import "ebb/engine/autograd"

// Conv2D is a convolution of images with square windows.
type Conv2D struct {
	W        *Param // name.weight (K,K,C,O), stored (O,C,K,K)
	B        *Param // name.bias (O), or nil
	Geometry autograd.Geometry
}

// Conv2D makes a convolution from in to out channels with windows of width k,
// initialised by FanIn, stride 1 and the padding that keeps the size. Set
// Geometry for another. Options: NoBias, ZeroInit.
func (b *Builder) Conv2D(name string, in, out, k int, options ...Option) *Conv2D {
	at, init := b.At(name), weightInit(in*k*k, options)
	c := &Conv2D{W: at.Param("weight", ConvHWIO, init, k, k, in, out), Geometry: autograd.Same(k)}
	if !given(options, NoBias) {
		c.B = at.Param("bias", Plain, init, out)
	}
	return c
}

// Forward: x (N,H,W,C) -> y (N,OH,OW,O).
func (c *Conv2D) Forward(t *autograd.Tape, x *autograd.Var) *autograd.Var {
	return c.ForwardShift(t, x, nil)
}

// ForwardAdd also adds a tensor like the result: x (N,H,W,C)  add (N,OH,OW,O) -> y (N,OH,OW,O).
func (c *Conv2D) ForwardAdd(t *autograd.Tape, x, add *autograd.Var) *autograd.Var {
	return t.Conv2DAdd(x, c.W.Var, c.B.v(), nil, add, c.Geometry)
}

// ForwardJoined is Forward of a and b joined, of a convolution whose window is one
// pixel: a (N,H,W,A)  b (N,H,W,B) -> y (N,H,W,O).
func (c *Conv2D) ForwardJoined(t *autograd.Tape, a, b *autograd.Var) *autograd.Var {
	return t.PointwiseJoined(a, b, c.W.Var, c.B.v())
}

// ForwardShift also adds to each channel of each image its own number:
// x (N,H,W,C)  shift (N,O) or nil -> y (N,OH,OW,O).
func (c *Conv2D) ForwardShift(t *autograd.Tape, x, shift *autograd.Var) *autograd.Var {
	return t.Conv2D(x, c.W.Var, c.B.v(), shift, c.Geometry)
}
