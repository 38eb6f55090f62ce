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
	l := linearOf("Linear", x, w, b, nil)
	y := t.New(withLast(x.Shape(), l.k)...)
	t.product(l, kernel.Gemm{C: y.Data})
	return t.record(y, func(dy *tensor.Tensor) { t.linearBackward(l, dy) }, x, w, b)
}

// LinearAdd is Linear and the sum of its result with another, in one pass over
// the memory and with the bits of Add:
//
//	x (..,D)  w (D,K)  b (K) or nil  r (..,K) or (K) -> y (..,K) = (x w + b) + r
//
// r of shape (K) is added to every row; dr = dy, or its column sums.
func (t *Tape) LinearAdd(x, w, b, r *Var) *Var {
	l := linearOf("LinearAdd", x, w, b, r)
	y := t.New(withLast(x.Shape(), l.k)...)
	t.product(l, kernel.Gemm{C: y.Data, Add: r.Value.Data})
	return t.record(y, func(dy *tensor.Tensor) {
		t.passRows(l, dy)
		t.linearBackward(l, dy)
	}, x, w, b, r)
}

// LinearAddSiLU is SiLU of LinearAdd, in the same pass and with the same bits.
func (t *Tape) LinearAddSiLU(x, w, b, r *Var) *Var {
	l := linearOf("LinearAddSiLU", x, w, b, r)
	y := t.New(withLast(x.Shape(), l.k)...)
	z := y // what goes into SiLU: only its derivative asks for it
	if t.training {
		z = t.New(y.Shape...)
	}
	t.product(l, kernel.Gemm{C: z.Data, Add: r.Value.Data, SiLU: y.Data})
	v := t.record(y, func(dy *tensor.Tensor) {
		dz := t.over(dy, z.Shape)
		kernel.SiLUBackward(t.pool, dz.Data, dy.Data, z.Data)
		t.Free(z)
		t.passRows(l, dz)
		t.linearBackward(l, dz)
		t.Free(dz)
	}, x, w, b, r)
	if z != y && !v.needs {
		t.Free(z)
	}
	return v
}

// linear is an affine map of so many rows, from d to k numbers; r may be nil.
type linear struct {
	x, w, b, r *Var
	rows, d, k int
}

func linearOf(op string, x, w, b, r *Var) linear {
	if w.Value.Rank() != 2 || x.Value.Rank() == 0 || x.Value.Dim(-1) != w.Value.Dim(0) ||
		b != nil && !b.dimsAre(w.Value.Dim(1)) {
		misfit(op, "x (..,D)  w (D,K)  b (K)", x, w, b)
	}
	l := linear{x: x, w: w, b: b, r: r, rows: x.Value.Rows(), d: w.Value.Dim(0), k: w.Value.Dim(1)}
	if r != nil && !r.dimsAre(l.k) && !r.dimsAre(withLast(x.Shape(), l.k)...) {
		misfit(op, "x (..,D)  w (D,K)  r (..,K) or (K)", x, w, r)
	}
	reads(x, w)
	return l
}

// product computes g, x w + b, and what g does to it.
func (t *Tape) product(l linear, g kernel.Gemm) {
	g.M, g.N, g.K = l.rows, l.k, l.d
	g.A, g.LDA, g.B, g.LDB, g.LDC = l.x.Value.Data, l.d, l.w.Value.Data, l.k, l.k
	g.Bias = dataOf(l.b)
	g.Precision = t.Precision
	if t.Precision == kernel.F32 {
		g.Packed = t.packed(laidOut{weights: l.w}, g.Pack)
	}
	g.Run(t.pool)
}

// linearBackward adds dx = dy wᵀ, dw = xᵀ dy and db, the column sums of dy.
func (t *Tape) linearBackward(l linear, dy *tensor.Tensor) {
	if l.x.NeedsGrad() {
		dx := t.New(l.x.Shape()...)
		(&kernel.Gemm{
			M: l.rows, N: l.d, K: l.k,
			A: dy.Data, LDA: l.k, B: l.w.Value.Data, LDB: l.k, TransB: true, C: dx.Data, LDC: l.d,
			Precision: t.Precision,
		}).Run(t.pool)
		t.Accumulate(l.x, dx)
	}
	if dw := t.GradOf(l.w); dw != nil {
		(&kernel.Gemm{
			M: l.d, N: l.k, K: l.rows,
			A: l.x.Value.Data, LDA: l.d, TransA: true, B: dy.Data, LDB: l.k, C: dw.Data, LDC: l.k,
			Accumulate: true, Precision: t.Precision,
		}).Run(t.pool)
	}
	if db := t.GradOf(l.b); db != nil {
		kernel.SumRows(t.pool, db.Data, dy.Data, l.rows, l.k)
	}
}

// passRows hands dy on to r: as it is, or summed over the rows.
func (t *Tape) passRows(l linear, dy *tensor.Tensor) {
	if l.r.Value.Rank() == dy.Rank() {
		t.Pass(l.r, dy)
	} else if dr := t.GradOf(l.r); dr != nil {
		kernel.SumRows(t.pool, dr.Data, dy.Data, l.rows, l.k)
	}
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
