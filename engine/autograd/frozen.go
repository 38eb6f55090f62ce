package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/tensor"
)

// NewFrozen returns an inference tape for weights that nobody writes as long as
// it is used: one run of a sampler. It keeps each weight matrix and large convolution
// as the kernels lay it out, which other tapes do anew in each call, and gives
// the same bits. That takes as much memory again as the weights of linear layers,
// and four times that of 3x3 convolutions (see kernel.Conv). When weights have
// changed, a new tape is needed.
func NewFrozen(p *parallel.Pool) *Tape {
	t := NewInference(p)
	t.frozen = map[laidOut][]float32{}
	return t
}

// laidOut names a layout: of which parameter, and for which convolution of how
// ever many images; the zero Conv stands for a linear layer.
type laidOut struct {
	weights *Var
	conv    kernel.Conv
}

// packed is the layout of a parameter that pack makes, made once; nil if the
// tape is not frozen or w is no parameter.
func (t *Tape) packed(of laidOut, pack func(*parallel.Pool) []float32) []float32 {
	if t.frozen == nil || !of.weights.leaf {
		return nil
	}
	layout, ok := t.frozen[of]
	if !ok {
		layout = pack(t.pool)
		t.frozen[of] = layout
	}
	return layout
}

// keptConv is from how many pairs of channels on the layout of a convolution's
// weights is kept. At batch 1 that made a UNet of up to 256 channels 18 % faster;
// with 64 channels reading 4 times the weights from far away took up to 5 % longer
// than making them anew in the nearest cache.
const keptConv = 128 * 256

// correlate is kernel.Conv.ForwardAdd, with the weights laid out already if that
// pays.
func (t *Tape) correlate(s kernel.Conv, y *tensor.Tensor, x, w, b, shift, add *Var) {
	var packed []float32
	if s.C*s.O >= keptConv {
		anyN := s
		anyN.N = 0
		packed = t.packed(laidOut{w, anyN}, func(p *parallel.Pool) []float32 { return anyN.Pack(p, w.Value.Data) })
	}
	if packed == nil {
		s.ForwardAdd(t.pool, y.Data, x.Value.Data, w.Value.Data, dataOf(b), dataOf(shift), dataOf(add))
		return
	}
	s.ForwardPacked(t.pool, y.Data, x.Value.Data, packed, dataOf(b), dataOf(shift), dataOf(add))
}
