package autograd

import (
	"runtime"
	"slices"
	"testing"

	"ebb/engine/tensor"
)

// thriftyBlock has every kind of value that can be restored, in chains, with a
// skip and an input e of every block. It releases what a network would.
func thriftyBlock(t *Tape, w, gamma, beta *Var) func(in []*Var) *Var {
	return func(in []*Var) *Var {
		x, e := in[0], in[1]
		next := func(old, new *Var) *Var {
			t.Release(old)
			return new
		}
		joined := t.Concat(x, x)
		h := t.GroupNorm(joined, gamma, beta, 2, 1e-5, true)
		t.Release(joined)
		h = next(h, t.Conv2D(h, w, nil, e, Same(1)))
		h = next(h, t.SiLU(h))
		h = next(h, t.Upsample2(h))
		h = next(h, t.Conv2D(h, w2(w), nil, nil, Padded(2, 0)))
		h = next(h, t.LayerNorm(h, nil, nil, 1e-5, false))
		flat := t.Reshape(h, h.Shape()[0], 16, 4)
		t.Release(h)
		a := t.Attention(flat, flat, flat, 2)
		t.Release(flat)
		h = next(a, t.Reshape(a, x.Shape()...))
		y := t.Add(x, h)
		t.Release(h)
		return y
	}
}

// w2 is the upper half of w's inputs as a weight of its own.
func w2(w *Var) *Var { return Param(tensor.From(w.Value.Data[:16], 1, 1, 4, 4)) }

// TestThriftChangesNoBit: values, gradients of parameters and of inputs are the
// same whatever is computed twice, with NaN in all that is free, and the more is
// computed twice, the less is held.
func TestThriftChangesNoBit(t *testing.T) {
	type result struct {
		loss  float32
		grads [][]float32
		peak  int
	}
	run := func(thrift Thrift) result {
		tape := New(nil)
		tape.Thrift, tape.arena.poison = thrift, true
		make := func(name string, shape ...int) *Var {
			v := Param(tensor.New(shape...))
			numbers(name, v.Value.Data)
			return v
		}
		x0, e0 := make("x", 2, 4, 4, 4), make("e", 2, 4)
		w, gamma, beta := make("w", 1, 1, 8, 4), make("gamma", 8), make("beta", 8)
		x, e := tape.Scale(x0, 1), tape.Scale(e0, 1)
		skip := x
		for range 6 {
			x = tape.Checkpoint(thriftyBlock(tape, w, gamma, beta), x, e)
		}
		y := tape.Add(x, skip) // skip has a gradient before its block's derivative runs
		target := tensor.New(y.Shape()...)
		loss := tape.MSE(y, target, nil)
		tape.Backward(loss)
		m := tape.Memory()
		if m.Live != 4 {
			t.Errorf("thrift %d: %d bytes live after Backward, want the 4 of the loss", thrift, m.Live)
		}
		r := result{loss: loss.Value.Data[0], peak: m.Peak}
		for _, p := range []*Var{x0, e0, w, gamma, beta} {
			r.grads = append(r.grads, p.Grad.Data)
		}
		return r
	}
	all := run(-1)
	last := all.peak
	for thrift := CopiesTwice; thrift <= BlocksTwice; thrift++ {
		r := run(thrift)
		if r.loss != all.loss || !slices.EqualFunc(r.grads, all.grads, sameBits) {
			t.Errorf("thrift %d gives other bits than keeping everything", thrift)
		}
		if r.peak >= last {
			t.Errorf("thrift %d holds %d bytes, the level below %d", thrift, r.peak, last)
		}
		last = r.peak
	}
}

// TestArenaJoinsNeighbours: what was many small buffers serves one of their
// length together, and the other way round, in whatever order they were freed.
func TestArenaJoinsNeighbours(t *testing.T) {
	for _, order := range [][]int{{0, 1, 2, 3}, {3, 2, 1, 0}, {1, 3, 0, 2}, {0, 2, 1, 3}} {
		tape := New(nil)
		var parts []*tensor.Tensor
		for range 4 {
			parts = append(parts, tape.New(minChunk/4))
		}
		for _, i := range order {
			tape.Free(parts[i])
		}
		whole := tape.New(minChunk)
		if m := tape.Memory(); m.Held != 4*minChunk || m.Live != m.Held {
			t.Errorf("freed in the order %v, four quarters do not make one whole: %+v", order, m)
		}
		tape.Free(whole)
		for range 4 {
			tape.New(minChunk / 4)
		}
		if m := tape.Memory(); m.Held != 4*minChunk || m.Buffers != 4 {
			t.Errorf("one whole does not make four quarters: %+v", m)
		}
	}
}

// TestMemoryDoesNotGrow: ten thousand steps of alternating batches hold what the
// first ones held.
func TestMemoryDoesNotGrow(t *testing.T) {
	tape := New(nil)
	w := Param(tensor.New(4, 4))
	step := func(i int) {
		x := tape.New(1+i%7, 4)
		x.Zero()
		h := tape.LayerNorm(tape.Linear(tape.Const(x), w, nil), nil, nil, 1e-5, true)
		tape.Backward(tape.Sum(h))
		tape.Reset()
	}
	heap := func() uint64 {
		runtime.GC()
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		return m.HeapAlloc
	}
	for i := range 100 {
		step(i)
	}
	held, before := tape.Memory(), heap()
	for i := range 10000 {
		step(i)
	}
	if after := tape.Memory(); after != held {
		t.Errorf("the arena grew from %+v to %+v", held, after)
	}
	// What tests before left behind may be collected meanwhile; growth may not.
	if after := heap(); after > before+1<<16 {
		t.Errorf("the heap grew from %d to %d bytes", before, after)
	}
}
