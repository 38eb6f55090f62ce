package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// Conv is the geometry of a 2-D convolution of N images, channels last:
//
//	x (N,H,W,C)  w (K,K,C,O) -> y (N,OH,OW,O)
//	y[n,oy,ox,o] = sum over ky,kx,c of x[n, oy*Stride+ky-PadTop, ox*Stride+kx-PadLeft, c] * w[ky,kx,c,o]
//
// Places outside the image hold zeros (and are multiplied like the others).
//
// 3x3 windows of stride 1 and padding 1 between multiples of 16 channels use
// Winograd's algorithm (arXiv:1509.09308), unless Exact is set or tiles of 4x4
// pixels cover the image badly: two to three times as fast, with errors of about
// 1e-6 of a result's size, twice those of the plain sums or more; an infinity or
// NaN spreads over the tiles that see it. Which is used does not depend on N.
type Conv struct {
	N, H, W, C, O, K, Stride             int
	PadTop, PadLeft, PadBottom, PadRight int
	Exact                                bool // sum the products themselves, always

	// Precision BF16 rounds both factors of the products. Where Winograd's
	// algorithm serves, those are the transformed numbers: see bf16winograd.go.
	// The gradient of the weights stays F32 elsewhere.
	Precision Precision
}

// OutH is the height of the output.
func (s Conv) OutH() int { return (s.H+s.PadTop+s.PadBottom-s.K)/s.Stride + 1 }

// OutW is the width of the output.
func (s Conv) OutW() int { return (s.W+s.PadLeft+s.PadRight-s.K)/s.Stride + 1 }

// Forward sets y (N,OH,OW,O). Every sum starts from bias[o] + shift[n,o]
// (either may be nil: 0) and takes its products by FMA in increasing (ky,kx,c);
// by Winograd's algorithm, the start is added at the end.
// bias is (O), shift is (N,O): a shift of each image's channels, such as the
// embedding of its diffusion time.
func (s Conv) Forward(p *parallel.Pool, y, x, w, bias, shift []float32) {
	s.ForwardAdd(p, y, x, w, bias, shift, nil)
}

// ForwardAdd is Forward, then y += add (N,OH,OW,O), with the same bits as if that
// were done apart. add may be nil.
func (s Conv) ForwardAdd(p *parallel.Pool, y, x, w, bias, shift, add []float32) {
	s.check(y, x, w)
	if s.byWinograd() {
		g := newWinograd(s.N, s.H, s.W, s.C, s.O, s.Precision)
		g.u = p.Borrow(g.weightLen())
		defer p.Return(g.u)
		g.transform(p, active(), w)
		s.forward(p, y, x, panels{data: g.u}, added{bias, shift, add})
		return
	}
	weights, borrowed := s.packWeights(p, w)
	defer p.Return(borrowed)
	s.forward(p, y, x, weights, added{bias, shift, add})
}

// Pack lays the weights w (K,K,C,O) out for ForwardPacked: what Forward does
// anew in each call. By Winograd's algorithm that is 4 times the memory of w,
// otherwise a copy with O padded to a multiple of 32. It does not depend on N.
func (s Conv) Pack(p *parallel.Pool, w []float32) []float32 {
	checkLen("Conv w", w, s.K*s.K*s.C*s.O, false)
	if s.byWinograd() {
		g := newWinograd(s.N, s.H, s.W, s.C, s.O, s.Precision)
		g.u = make([]float32, g.weightLen())
		g.transform(p, active(), w)
		return g.u
	}
	packed := make([]float32, packedLen(s.depth(), s.O))
	s.packInto(p, packed, w)
	return packed
}

// ForwardPacked is ForwardAdd with weights from Pack of the same convolution, of
// any N. It gives the same bits.
func (s Conv) ForwardPacked(p *parallel.Pool, y, x, packed, bias, shift, add []float32) {
	depth := s.depth()
	s.checkImages(y, x)
	if s.byWinograd() {
		checkLen("Conv packed w", packed, newWinograd(s.N, s.H, s.W, s.C, s.O, s.Precision).weightLen(), false)
	} else {
		checkLen("Conv packed w", packed, packedLen(depth, s.O), false)
	}
	s.forward(p, y, x, packedPanels(packed, depth), added{bias, shift, add})
}

// added is what the sums of products start from or end with: (O), (N,O) and
// (N,OH,OW,O), each may be nil.
type added struct {
	bias, shift, all []float32
}

// forward computes y from weights as ForwardAdd lays them out.
func (s Conv) forward(p *parallel.Pool, y, x []float32, weights panels, to added) {
	checkLen("Conv bias", to.bias, s.O, true)
	checkLen("Conv shift", to.shift, s.N*s.O, true)
	checkLen("Conv add", to.all, len(y), true)
	start, perImage := s.starts(p, to.bias, to.shift)
	defer p.Return(start)
	if s.byWinograd() {
		g := newWinograd(s.N, s.H, s.W, s.C, s.O, s.Precision)
		g.u, g.start, g.perImage, g.add = weights.data, start, perImage, to.all
		g.run(p, active(), y, x)
		return
	}
	oh, ow := s.OutH(), s.OutW()
	correlation{
		images: s.N, inH: s.H, inW: s.W, inC: s.C,
		top: s.PadTop, left: s.PadLeft, kh: s.K, kw: s.K, stride: s.Stride,
		outH: oh, outW: ow, outC: s.O,
		imageStep: oh * ow * s.O, rowStep: ow * s.O, pixelStep: s.O, startStep: perImage,
		pairs: s.Precision.pairs(s.C),
	}.run(p, active(), y, x, weights, start)
	if to.all != nil {
		AddTo(p, y, to.all)
	}
}

// packWeights lays w out in panels, in borrowed memory, unless it can serve as
// it is: for one panel, or for so few pixels that a copy is not worth it.
func (s Conv) packWeights(p *parallel.Pool, w []float32) (weights panels, borrowed []float32) {
	const fewPixels = 256
	inPlace := s.O == panelCols || s.O%panelCols == 0 && s.N*s.OutH()*s.OutW() <= fewPixels
	if inPlace && !s.Precision.pairs(s.C) {
		return panels{w, panelCols, s.O}, nil
	}
	packed := p.Borrow(packedLen(s.depth(), s.O))
	s.packInto(p, packed, w)
	return packedPanels(packed, s.depth()), packed
}

// depth is how many words of packed weights an output sums over: a weight, or a
// pair of them.
func (s Conv) depth() int {
	if s.Precision.pairs(s.C) {
		return s.K * s.K * s.C / 2
	}
	return s.K * s.K * s.C
}

func (s Conv) packInto(p *parallel.Pool, packed, w []float32) {
	if s.Precision.pairs(s.C) {
		s.packPairs(p, packed, w)
		return
	}
	depth := s.depth()
	p.Run(panelsOf(s.O), func(_, panel int) {
		dst := panelOf(packed, panel, depth)
		packRows(dst, w[panel*panelCols:], s.O, min(panelCols, s.O-panel*panelCols))
	})
}

// starts gives where the sums of each image start, borrowed, and the distance
// from one image to the next.
func (s Conv) starts(p *parallel.Pool, bias, shift []float32) (start []float32, perImage int) {
	if shift == nil {
		start = p.Borrow(s.O)
		clear(start)
		copy(start, bias)
		return start, 0
	}
	start = p.Borrow(s.N * s.O)
	copy(start, shift)
	if bias != nil {
		for n := range s.N {
			for o := range s.O {
				start[n*s.O+o] = bias[o] + start[n*s.O+o]
			}
		}
	}
	return start, s.O
}

// BackwardData sets dx (N,H,W,C) from dy (N,OH,OW,O):
//
//	dx[n,iy,ix,c] = sum over oy,ox,o of dy[n,oy,ox,o] * w[iy+PadTop-oy*Stride, ix+PadLeft-ox*Stride, c, o]
//
// in increasing (oy,ox,o), by FMA from 0; dy outside its range counts as zeros.
// (By Winograd's algorithm where Forward uses it.)
//
// The places of dx whose (iy+PadTop, ix+PadLeft) leave the same remainders by
// Stride see the same taps of w. For each of these Stride^2 classes this is a
// convolution of dy with those taps, flipped and transposed.
func (s Conv) BackwardData(p *parallel.Pool, dx, dy, w []float32) {
	s.check(dy, dx, w)
	isa := active()
	if s.byWinograd() {
		s.winogradBackwardData(p, isa, dx, dy, w)
		return
	}
	start := p.Borrow(s.C)
	defer p.Return(start)
	clear(start)
	packed := p.Borrow(packedLen(s.K*s.K*s.O, s.C))
	defer p.Return(packed)
	for ry := range s.Stride {
		for rx := range s.Stride {
			s.dataClass(p, isa, ry, rx, dx, dy, w, packed, start)
		}
	}
}

// dataClass sets the places of dx of one class of remainders.
func (s Conv) dataClass(p *parallel.Pool, isa ISA, ry, rx int, dx, dy, w, packed, start []float32) {
	y := s.class(ry, s.H, s.PadTop)
	x := s.class(rx, s.W, s.PadLeft)
	if y.places == 0 || x.places == 0 {
		return
	}
	depth := y.taps * x.taps * s.O
	pairs := s.Precision.pairs(s.O)
	p.Run(panelsOf(s.C), func(worker, panel int) {
		dst := panelOf(packed, panel, depth)
		if pairs {
			s.packPairsTransposed(isa, dst[:len(dst)/2], p.Scratch(worker, s.O*panelCols), panel, ry, rx, y.taps, x.taps, w)
			return
		}
		c, cols := panel*panelCols, min(panelCols, s.C-panel*panelCols)
		for i := range y.taps {
			for j := range x.taps {
				ky := ry + s.Stride*(y.taps-1-i)
				kx := rx + s.Stride*(x.taps-1-j)
				part := dst[(i*x.taps+j)*s.O*panelCols:][:s.O*panelCols]
				packTransposed(isa, part, w[((ky*s.K+kx)*s.C+c)*s.O:], s.O, cols)
			}
		}
	})
	correlation{
		images: s.N, inH: s.OutH(), inW: s.OutW(), inC: s.O,
		top: y.pad, left: x.pad, kh: y.taps, kw: x.taps, stride: 1,
		outH: y.places, outW: x.places, outC: s.C,
		base:      (y.first*s.W + x.first) * s.C,
		imageStep: s.H * s.W * s.C, rowStep: s.Stride * s.W * s.C, pixelStep: s.Stride * s.C,
		pairs: pairs,
	}.run(p, isa, dx, dy, packedPanels(packed, depth), start)
}

// class is what one axis of dx looks like for one remainder r.
type class struct {
	first, places int // first, first+Stride, ... in [0,size)
	taps          int // r, r+Stride, ... in [0,K)
	pad           int // the first place's first tap is at -pad of dy
}

func (s Conv) class(r, size, pad int) class {
	c := class{first: ((r-pad)%s.Stride + s.Stride) % s.Stride}
	if c.first < size {
		c.places = (size-c.first-1)/s.Stride + 1
	}
	if r < s.K {
		c.taps = (s.K-r-1)/s.Stride + 1
	}
	c.pad = c.taps - 1 - (c.first+pad-r)/s.Stride
	return c
}

func (s Conv) check(y, x, w []float32) {
	s.checkImages(y, x)
	checkLen("Conv w", w, s.K*s.K*s.C*s.O, false)
}

func (s Conv) checkImages(y, x []float32) {
	if s.N < 0 || s.C < 1 || s.O < 1 || s.K < 1 || s.Stride < 1 || s.OutH() < 1 || s.OutW() < 1 ||
		min(s.PadTop, s.PadLeft, s.PadBottom, s.PadRight) < 0 ||
		s.H+s.PadTop+s.PadBottom < s.K || s.W+s.PadLeft+s.PadRight < s.K {
		panic(fmt.Sprintf("kernel: impossible convolution %+v", s))
	}
	checkLen("Conv x", x, s.N*s.H*s.W*s.C, false)
	checkLen("Conv y", y, s.N*s.OutH()*s.OutW()*s.O, false)
}

func checkLen(name string, x []float32, want int, mayBeNil bool) {
	if len(x) != want && !(mayBeNil && x == nil) {
		panic(fmt.Sprintf("kernel: %s has %d floats, its shape needs %d", name, len(x), want))
	}
}
