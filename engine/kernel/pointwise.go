package kernel

import "ebb/engine/kernel/parallel"

// PointwiseSides is a convolution with a window of one pixel whose input may lie in
// two tensors:
//
//	x (rows,A) beside (rows,B)  w (A+B,O)  bias (O) or nil -> y (rows,O) = [x, beside] w + bias
//
// The sums run through x and then through what is beside it, with the bits of a product of
// both joined.
func PointwiseSides(p *parallel.Pool, y []float32, x Sides, w, bias []float32, rows, o int, precision Precision) {
	x.check("PointwiseSides x", rows, 1, x.A+x.B)
	split := x.A * o
	first := Gemm{
		M: rows, N: o, K: x.A, A: x.X, LDA: x.A, B: w[:split], LDB: o, C: y, LDC: o,
		Bias: bias, Precision: precision,
	}
	second := Gemm{
		M: rows, N: o, K: x.B, A: x.Beside, LDA: x.B, B: w[split:], LDB: o, C: y, LDC: o,
		Accumulate: true, Precision: precision,
	}
	const few = 4 * gemmRows // rows that are better cut by columns too
	if rows < few || precision != F32 {
		first.Run(p)
		second.Run(p)
		return
	}
	first.check()
	second.check()
	isa := active()
	packed := p.Borrow(packedLen(x.A+x.B, o))
	defer p.Return(packed)
	upper, lower := packed[:packedLen(x.A, o)], packed[packedLen(x.A, o):]
	first.packInto(p, isa, upper)
	second.packInto(p, isa, lower)
	p.Run((rows+gemmRows-1)/gemmRows, func(_, piece int) {
		row := piece * gemmRows
		first.rowsFrom(row).serial(isa, upper, nil)
		second.rowsFrom(row).serial(isa, lower, nil) // y is still in the cache
	})
}

// rowsFrom is the product of at most gemmRows rows, from row on.
func (g *Gemm) rowsFrom(row int) *Gemm {
	part := *g
	part.M = min(gemmRows, g.M-row)
	part.A, part.C = g.A[row*g.LDA:], g.C[row*g.LDC:]
	return &part
}
