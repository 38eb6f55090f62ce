package kernel

import (
	"fmt"
	"math"

	"ebb/engine/kernel/parallel"
)

// Attention is the geometry of multi-head self-attention. q, k, v and y are
// (N,T,Heads*D), head h in the channels [h*D, (h+1)*D):
//
//	y = softmax(q k^T / sqrt(D)) v      for each image and head
//
// (Vaswani et al., arXiv 1706.03762, equation 1.) The (T,T) matrix of one
// image and head exists only in blocks of rows, and the backward pass computes
// it again from lse, the logarithm of each row's softmax denominator (as in
// FlashAttention, arXiv 2205.14135).
//
// Stride, unless it is 0, is how far the places of q, k, v and of their gradients
// are apart: 3*Heads*D where the three stand side by side in one tensor.
type Attention struct {
	N, T, Heads, D, Stride int

	// Precision BF16 rounds q/sqrt(D), k, the weights and v in the products of
	// Forward: q k^T if D is even and at least 16, that with v if T is. Backward
	// stays F32.
	Precision Precision
}

const (
	attentionFloats = 48 << 10 // floats of a block of rows of the (T,T) matrix
	attentionPieces = 16       // pieces of the forward pass, if the shape allows
)

// Forward sets y and lse (N,Heads,T), which only Backward needs: it may be nil.
//
// The logits are sums over d of (q/sqrt(D)) k; a row's weights are e^(logit -
// its largest), y is their product with v times the reciprocal of their sum.
func (s Attention) Forward(p *parallel.Pool, y, lse, q, k, v []float32) {
	s.check(lse, [][]float32{y}, [][]float32{q, k, v})
	if s.N == 0 {
		return
	}
	isa := active()
	heads, blocks := s.N*s.Heads, (s.T+s.rows()-1)/s.rows()
	// Few heads share the blocks of rows of one head among several pieces, and
	// each packs k and v for itself.
	split := min(blocks, (attentionPieces+heads-1)/heads)
	each := (blocks + split - 1) / split
	p.Run(heads*split, func(worker, piece int) {
		f := attentionForward{Attention: s, isa: isa, memory: p.Scratch(worker, s.forwardLen())}
		head := piece / split
		at, in := s.offset(head), s.offsetIn(head)
		f.pack(k[in:], v[in:])
		for b := piece % split * each; b < min(blocks, (piece%split+1)*each); b++ {
			row, end := b*s.rows(), min(s.T, (b+1)*s.rows())
			f.block(end-row, y[at+row*s.width():], s.lseOf(lse, head, row), q[in+row*s.stride():])
		}
	})
}

// lseOf is lse from a head's row on, or nil.
func (s Attention) lseOf(lse []float32, head, row int) []float32 {
	if lse == nil {
		return nil
	}
	return lse[head*s.T+row:]
}

// rows is the number of rows in a block.
func (s Attention) rows() int {
	return max(tileRows, min(gemmRows, attentionFloats/s.T/tileRows*tileRows))
}

// width is the distance from one place of y to the next.
func (s Attention) width() int { return s.Heads * s.D }

// stride is the same for q, k and v.
func (s Attention) stride() int {
	if s.Stride == 0 {
		return s.width()
	}
	return s.Stride
}

// padded is the distance between the rows of a block of the (T,T) matrix. A
// product that reads its columns finds rows a power of two apart in a few sets
// of the cache only.
func (s Attention) padded() int { return s.T + 16 }

// offset is where an image's head starts in y.
func (s Attention) offset(head int) int {
	return head/s.Heads*s.T*s.width() + head%s.Heads*s.D
}

// offsetIn is the same for q, k and v.
func (s Attention) offsetIn(head int) int {
	return head/s.Heads*s.T*s.stride() + head%s.Heads*s.D
}

func (s Attention) scale() float32 { return float32(1 / math.Sqrt(float64(s.D))) }

// attentionForward is the forward pass of one head.
type attentionForward struct {
	Attention
	isa          ISA
	memory       []float32
	keys, values []float32 // packed
	scaled, prob []float32
	rounded      []float32 // where products keep what they round
}

func (s Attention) forwardLen() int {
	return packedLen(s.D, s.T) + packedLen(s.T, s.D) + s.rows()*(s.D+s.T) + s.roundedLen()
}

// cut takes n floats off the memory.
func (f *attentionForward) cut(n int) []float32 {
	part := f.memory[:n]
	f.memory = f.memory[n:]
	return part
}

// pack lays k^T and v out for the products.
func (f *attentionForward) pack(k, v []float32) {
	f.keys, f.values = f.cut(packedLen(f.D, f.T)), f.cut(packedLen(f.T, f.D))
	f.scaled, f.prob = f.cut(f.rows()*f.D), f.cut(f.rows()*f.T)
	f.rounded = f.cut(f.roundedLen())
	(&Gemm{N: f.T, K: f.D, B: k, LDB: f.stride(), TransB: true, Precision: f.Precision}).packAll(f.isa, f.keys, f.rounded)
	(&Gemm{N: f.D, K: f.T, B: v, LDB: f.stride(), Precision: f.Precision}).packAll(f.isa, f.values, f.rounded)
}

// block computes some rows of one head.
func (f *attentionForward) block(rows int, y, lse, q []float32) {
	width, stride, scale := f.width(), f.stride(), f.scale()
	for i := range rows {
		scaleSlice(f.isa, f.scaled[i*f.D:][:f.D], q[i*stride:][:f.D], scale)
	}
	(&Gemm{M: rows, N: f.T, K: f.D, A: f.scaled, LDA: f.D, C: f.prob, LDC: f.T, Precision: f.Precision}).serial(f.isa, f.keys, f.rounded)
	for i := range rows {
		row := f.prob[i*f.T:][:f.T]
		top, sum := expRow(f.isa, row, row)
		if lse != nil {
			lse[i] = float32(float64(top) + logarithm(sum))
		}
		// The reciprocal of the sum waits here until y is there.
		f.scaled[i] = 1 / sum
	}
	(&Gemm{M: rows, N: f.D, K: f.T, A: f.prob, LDA: f.T, C: y, LDC: width, Precision: f.Precision}).serial(f.isa, f.values, f.rounded)
	for i := range rows {
		out := y[i*width:][:f.D]
		scaleSlice(f.isa, out, out, f.scaled[i])
	}
}

// check panics unless dense tensors have the length of y, and the others hold
// every place.
func (s Attention) check(lse []float32, dense, strided [][]float32) {
	if s.N < 0 || s.T < 1 || s.Heads < 1 || s.D < 1 || s.stride() < s.width() {
		panic(fmt.Sprintf("kernel: impossible attention %+v", s))
	}
	checkLen("Attention lse", lse, s.N*s.Heads*s.T, true)
	if s.Stride == 0 {
		dense, strided = append(dense, strided...), nil
	}
	for _, x := range dense {
		checkLen("Attention tensor", x, s.N*s.T*s.width(), false)
	}
	for _, x := range strided {
		if need := (s.N*s.T-1)*s.stride() + s.width(); s.N > 0 && len(x) < need {
			panic(fmt.Sprintf("kernel: Attention tensor with places %d apart has %d floats, its shape needs %d", s.stride(), len(x), need))
		}
	}
}
