package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// Linear is the affine map of the last axis:
//
//	x (..,D)  w (D,K)  b (K) or nil -> y (..,K) = x w + b
//
// dx = dy wᵀ, dw = xᵀ dy, db = column sums of dy.
func (t *Tape) Linear(x, w, b *Var) *Var {
	if w.Value.Rank() != 2 || x.Value.Rank() == 0 || x.Value.Dim(-1) != w.Value.Dim(0) ||
		b != nil && !b.dimsAre(w.Value.Dim(1)) {
		misfit("Linear", "x (..,D)  w (D,K)  b (K)", x, w, b)
	}
	rows, d, k := x.Value.Rows(), w.Value.Dim(0), w.Value.Dim(1)
	y := t.New(withLast(x.Shape(), k)...)
	(&kernel.Gemm{
		M: rows, N: k, K: d,
		A: x.Value.Data, LDA: d, B: w.Value.Data, LDB: k, C: y.Data, LDC: k,
		Bias: dataOf(b), Precision: t.Precision,
	}).Run(t.pool)
	reads(x, w)
	return t.record(y, func(dy *tensor.Tensor) {
		if x.NeedsGrad() {
			dx := t.New(x.Shape()...)
			(&kernel.Gemm{
				M: rows, N: d, K: k,
				A: dy.Data, LDA: k, B: w.Value.Data, LDB: k, TransB: true, C: dx.Data, LDC: d,
				Precision: t.Precision,
			}).Run(t.pool)
			t.Accumulate(x, dx)
		}
		if dw := t.GradOf(w); dw != nil {
			(&kernel.Gemm{
				M: d, N: k, K: rows,
				A: x.Value.Data, LDA: d, TransA: true, B: dy.Data, LDB: k, C: dw.Data, LDC: k,
				Accumulate: true, Precision: t.Precision,
			}).Run(t.pool)
		}
		if db := t.GradOf(b); db != nil {
			kernel.SumRows(t.pool, db.Data, dy.Data, rows, k)
		}
	}, x, w, b)
}

// dataOf is the numbers of an optional variable.
func dataOf(v *Var) []float32 {
	if v == nil {
		return nil
	}
	return v.Value.Data
}

// withLast is shape with another last axis.
func withLast(shape []int, last int) []int {
	s := append([]int(nil), shape...)
	s[len(s)-1] = last
	return s
}
