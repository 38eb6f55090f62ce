package kernel

import "ebb/engine/kernel/parallel"

// Backward sets dq, dk and dv from dy and from what Forward got and gave.
//
// With p = e^(logit - lse) and delta = dy . y of each row:
//
//	dv = p^T dy     ds = p * (dy v^T - delta)     dq = ds k / sqrt(D)     dk = ds^T q / sqrt(D)
//
// Rows are taken in blocks; dk and dv go on from block to block, so that their
// sums run in increasing row like one product.
func (s Attention) Backward(p *parallel.Pool, dq, dk, dv, dy, y, lse, q, k, v []float32) {
	s.check(lse, [][]float32{dy, y}, [][]float32{dq, dk, dv, q, k, v})
	checkLen("Attention lse", lse, s.N*s.Heads*s.T, false)
	isa := active()
	p.Run(s.N*s.Heads, func(worker, head int) {
		b := newAttentionBackward(s, isa, p.Scratch(worker, s.backwardLen()))
		at, in := s.offset(head), s.offsetIn(head)
		b.pack(k[in:], v[in:])
		for row := 0; row < s.T; row += s.rows() {
			from, fromIn := at+row*s.width(), in+row*s.stride()
			b.weights(row, q[fromIn:], dy[from:], y[from:], lse[head*s.T+row:])
			b.gradients(row, dq[fromIn:], dk[in:], dv[in:], dy[from:])
		}
	})
}

// attentionBackward is the backward pass of one head.
//
// Each row's logits want lse subtracted, each row of dy v^T wants delta
// subtracted. One more channel does both within the products: q and dy get
// -lse and -delta there, k and v a one.
type attentionBackward struct {
	Attention
	isa          ISA
	keys, values []float32 // k and v with their ones, transposed and packed
	keysBack     []float32 // k packed, for dq
	q, dy        []float32 // (rows,D+1): q/sqrt(D) and -lse, dy and -delta
	prob, ds     []float32 // (rows,T), rows padded() apart
	packed       []float32 // q or dy, for dk or dv
}

func (s Attention) backwardLen() int {
	rows := s.rows()
	return 2*packedLen(s.D+1, s.T) + packedLen(s.T, s.D) + 2*rows*(s.D+1) + 2*rows*s.padded() + packedLen(rows, s.D)
}

func newAttentionBackward(s Attention, isa ISA, memory []float32) attentionBackward {
	cut := func(n int) []float32 {
		part := memory[:n]
		memory = memory[n:]
		return part
	}
	rows := s.rows()
	return attentionBackward{
		Attention: s, isa: isa,
		keys: cut(packedLen(s.D+1, s.T)), values: cut(packedLen(s.D+1, s.T)), keysBack: cut(packedLen(s.T, s.D)),
		q: cut(rows * (s.D + 1)), dy: cut(rows * (s.D + 1)),
		prob: cut(rows * s.padded()), ds: cut(rows * s.padded()), packed: cut(packedLen(rows, s.D)),
	}
}

// pack lays k and v out for the products.
func (b *attentionBackward) pack(k, v []float32) {
	width := b.stride()
	for _, x := range []struct{ packed, from []float32 }{{b.keys, k}, {b.values, v}} {
		for panel := range panelsOf(b.T) {
			j := panel * panelCols
			dst := panelOf(x.packed, panel, b.D+1)
			packTransposed(b.isa, dst[:b.D*panelCols], x.from[j*width:], width, min(panelCols, b.T-j))
			ones := dst[b.D*panelCols:]
			for i := range ones {
				ones[i] = 1
			}
		}
	}
	(&Gemm{N: b.D, K: b.T, B: k, LDB: width}).packAll(b.isa, b.keysBack, nil)
}

// weights sets prob and ds of the block of rows that begins at row.
func (b *attentionBackward) weights(row int, q, dy, y, lse []float32) {
	rows, width, scale := min(b.rows(), b.T-row), b.width(), b.scale()
	for i := range rows {
		at := i * (b.D + 1)
		scaleSlice(b.isa, b.q[at:][:b.D], q[i*b.stride():][:b.D], scale)
		b.q[at+b.D] = -lse[i]
		copy(b.dy[at:][:b.D], dy[i*width:])
		b.dy[at+b.D] = -dot(dy[i*width:][:b.D], y[i*width:][:b.D])
	}
	b.product(rows, b.prob, b.q, b.keys)
	b.product(rows, b.ds, b.dy, b.values)
	for i := range rows {
		p, ds := b.prob[i*b.padded():][:b.T], b.ds[i*b.padded():][:b.T]
		expSlice(b.isa, p, p)
		mulSlice(b.isa, ds, ds, p)
	}
}

// product sets out (rows,T) to x (rows,D+1) times packed.
func (b *attentionBackward) product(rows int, out, x, packed []float32) {
	(&Gemm{M: rows, N: b.T, K: b.D + 1, A: x, LDA: b.D + 1, C: out, LDC: b.padded()}).serial(b.isa, packed, nil)
}

// gradients sets the block's rows of dq and adds to dk and dv, which the first
// block sets.
func (b *attentionBackward) gradients(row int, dq, dk, dv, dy []float32) {
	rows, stride := min(b.rows(), b.T-row), b.stride()
	(&Gemm{M: rows, N: b.D, K: b.T, A: b.ds, LDA: b.padded(), C: dq, LDC: stride}).serial(b.isa, b.keysBack, nil)
	for i := range rows {
		out := dq[i*stride:][:b.D]
		scaleSlice(b.isa, out, out, b.scale())
	}
	b.across(row, rows, dv, b.prob, dy, b.width())
	b.across(row, rows, dk, b.ds, b.q, b.D+1)
}

// across adds to out (T,D), or sets it in the first block, the product of the
// transposed p (rows,T) and x (rows,D), whose rows are stride apart.
func (b *attentionBackward) across(row, rows int, out, p, x []float32, stride int) {
	g := Gemm{
		M: b.T, N: b.D, K: rows, A: p, LDA: b.padded(), TransA: true, B: x, LDB: stride,
		C: out, LDC: b.stride(), Accumulate: row > 0,
	}
	g.packAll(b.isa, b.packed, nil)
	g.serial(b.isa, b.packed, nil)
}

// dot is the sum of the products of x and y, in four lanes of float64, where
// products are exact.
func dot(x, y []float32) float32 {
	var lane [4]float64
	for i, v := range x {
		lane[i&3] += float64(v) * float64(y[i])
	}
	return float32((lane[0] + lane[2]) + (lane[1] + lane[3]))
}
