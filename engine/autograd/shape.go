package autograd

import "ebb/engine/tensor"

// Reshape reads the same numbers under another shape of the same size, without
// copying: x (..) -> y (shape).
func (t *Tape) Reshape(x *Var, shape ...int) *Var {
	if tensor.Size(shape) != x.Value.Len() {
		misfit("Reshape", "a shape of the same size", x, shape)
	}
	view := func() *tensor.Tensor {
		y := t.arena.header(x.Value.Data, shape)
		t.arena.retain(y)
		return y
	}
	y := t.record(view(), func(dy *tensor.Tensor) { t.Pass(x, dy) }, x)
	if x.restore != nil {
		t.restorable(CopiesTwice, y, view, x)
	}
	return y
}

// SliceLast keeps the channels [lo,hi) of the last axis: x (..,C) -> y (..,hi-lo).
// The gradient of the others is zero.
func (t *Tape) SliceLast(x *Var, lo, hi int) *Var {
	if x.Value.Rank() == 0 || lo < 0 || hi < lo || hi > x.Value.Dim(-1) {
		misfit("SliceLast", "0 <= lo <= hi <= C of x (..,C)", x, lo, hi)
	}
	rows, c, k := x.Value.Rows(), x.Value.Dim(-1), hi-lo
	y := t.New(withLast(x.Shape(), k)...)
	t.rowBlocks(rows, c, func(r int) {
		copy(y.Data[r*k:(r+1)*k], x.Value.Data[r*c+lo:r*c+hi])
	})
	return t.record(y, func(dy *tensor.Tensor) {
		dx := t.New(x.Shape()...)
		t.rowBlocks(rows, c, func(r int) {
			row := dx.Data[r*c : (r+1)*c]
			clear(row[:lo])
			copy(row[lo:hi], dy.Data[r*k:(r+1)*k])
			clear(row[hi:])
		})
		t.Accumulate(x, dx)
	}, x)
}

// rowBlocks calls f for every row of c numbers, in pieces of some thousand
// numbers.
func (t *Tape) rowBlocks(rows, c int, f func(row int)) {
	per := max(1, 8192/max(c, 1))
	t.pool.Run(blocks(rows, per), func(_, piece int) {
		for r := piece * per; r < min(rows, (piece+1)*per); r++ {
			f(r)
		}
	})
}

// blocks is the number of pieces when n things are cut into blocks of size.
func blocks(n, size int) int { return (n + size - 1) / size }
