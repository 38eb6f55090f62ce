package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// LinearJoined applies several affine maps to one input and lays their results
// side by side, as queries, keys and values are made:
//
//	x (..,D)  w_i (D,K_i)  b_i (K_i) or nil -> y (..,K_1+K_2+..) = [x w_1 + b_1, x w_2 + b_2, ..]
//
// It is Linear with the maps joined into one, so x is read once and its gradient
// is one product.
func (t *Tape) LinearJoined(x *Var, ws, bs []*Var) *Var {
	j := joined{t: t, ws: ws, bs: bs, d: x.Value.Dim(-1)}
	j.check(x)
	rows, d, k := x.Value.Rows(), j.d, j.k
	y := t.New(withLast(x.Shape(), k)...)
	w, b := j.weights(), j.biases()
	(&kernel.Gemm{
		M: rows, N: k, K: d,
		A: x.Value.Data, LDA: d, B: w.Data, LDB: k, C: y.Data, LDC: k, Bias: b.Data,
		Precision: t.Precision,
	}).Run(t.pool)
	t.Free(w, b)
	reads(x)
	reads(ws...)
	inputs := append(append([]*Var{x}, ws...), bs...)
	return t.record(y, func(dy *tensor.Tensor) {
		if x.NeedsGrad() {
			dx, w := t.New(x.Shape()...), j.weights()
			(&kernel.Gemm{
				M: rows, N: d, K: k,
				A: dy.Data, LDA: k, B: w.Data, LDB: k, TransB: true, C: dx.Data, LDC: d,
				Precision: t.Precision,
			}).Run(t.pool)
			t.Free(w)
			t.Accumulate(x, dx)
		}
		j.gradients(x, dy)
	}, inputs...)
}

// joined are maps of d features, to k in all.
type joined struct {
	t      *Tape
	ws, bs []*Var
	d, k   int
}

func (j *joined) check(x *Var) {
	const rule = "x (..,D)  w_i (D,K_i)  b_i (K_i), as many b as w"
	if len(j.ws) != len(j.bs) {
		misfit("LinearJoined", rule, len(j.ws), len(j.bs))
	}
	for i, w := range j.ws {
		if w.Value.Rank() != 2 || w.Value.Dim(0) != j.d || j.bs[i] != nil && !j.bs[i].dimsAre(w.Value.Dim(1)) {
			misfit("LinearJoined", rule, x, w, j.bs[i])
		}
		j.k += w.Value.Dim(1)
	}
}

// weights are [w_1, w_2, ..], (D,K).
func (j *joined) weights() *tensor.Tensor {
	all := j.t.New(j.d, j.k)
	j.each(func(i, first, width int) {
		from := j.ws[i].Value.Data
		for r := range j.d {
			copy(all.Data[r*j.k+first:], from[r*width:][:width])
		}
	})
	return all
}

// biases are [b_1, b_2, ..], zeros where there is none.
func (j *joined) biases() *tensor.Tensor {
	all := j.t.New(j.k)
	all.Zero()
	j.each(func(i, first, _ int) { copy(all.Data[first:], dataOf(j.bs[i])) })
	return all
}

// each calls f with the columns of each map.
func (j *joined) each(f func(i, first, width int)) {
	first := 0
	for i, w := range j.ws {
		f(i, first, w.Value.Dim(1))
		first += w.Value.Dim(1)
	}
}

// gradients adds those of the maps.
func (j *joined) gradients(x *Var, dy *tensor.Tensor) {
	t, rows := j.t, dy.Rows()
	dw, db := t.New(j.d, j.k), t.New(j.k)
	dw.Zero()
	db.Zero()
	kernel.LinearWeight(t.pool, dw.Data, x.Value.Data, dy.Data, rows, j.d, j.k)
	kernel.SumRows(t.pool, db.Data, dy.Data, rows, j.k)
	j.each(func(i, first, width int) {
		if g := t.GradOf(j.ws[i]); g != nil {
			for r := range j.d {
				kernel.AddTo(nil, g.Data[r*width:][:width], dw.Data[r*j.k+first:][:width])
			}
		}
		if g := t.GradOf(j.bs[i]); g != nil {
			kernel.AddTo(nil, g.Data, db.Data[first:][:width])
		}
	})
	t.Free(dw, db)
}

// AttentionJoined is Attention of queries, keys and values that stand side by
// side, as LinearJoined makes them: qkv (N,T,3C) -> y (N,T,C).
func (t *Tape) AttentionJoined(qkv *Var, heads int) *Var {
	if qkv.Value.Rank() != 3 || heads <= 0 || qkv.Value.Dim(2)%(3*heads) != 0 {
		misfit("AttentionJoined", "qkv (N,T,3C), heads that divide C", qkv, heads)
	}
	n, length, c := qkv.Value.Dim(0), qkv.Value.Dim(1), qkv.Value.Dim(2)/3
	s := kernel.Attention{N: n, T: length, Heads: heads, D: c / heads, Stride: 3 * c, Precision: t.Precision}
	y, lse := t.New(n, length, c), &tensor.Tensor{}
	if t.training {
		lse = t.New(n, heads, length)
	}
	x := qkv.Value.Data
	s.Forward(t.pool, y.Data, lse.Data, x, from(x, c), from(x, 2*c))
	reads(qkv)
	out := t.record(y, func(dy *tensor.Tensor) {
		d, x := t.New(qkv.Shape()...), qkv.Value.Data
		s.Backward(t.pool, d.Data, from(d.Data, c), from(d.Data, 2*c), dy.Data, y.Data, lse.Data, x, from(x, c), from(x, 2*c))
		t.Free(lse)
		t.Accumulate(qkv, d)
	}, qkv)
	reads(out)
	if !out.needs {
		t.Free(lse)
	}
	return out
}

// from is x from i on, or nothing of an empty x.
func from(x []float32, i int) []float32 { return x[min(i, len(x)):] }
