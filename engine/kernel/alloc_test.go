package kernel

import (
	"testing"

	"ebb/engine/kernel/parallel"
)

// A steady state allocates only a few closures a call, whatever the shape.
func TestMatrixKernelsHardlyAllocate(t *testing.T) {
	p := parallel.New(2)
	defer p.Close()
	d := newDraw(1)
	g := gemmCase(d, 400, 100, 50, false, true, 0, d.floats)
	c := Conv{N: 40, H: 8, W: 8, C: 16, O: 20, K: 3, Stride: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	v := newConvData(c, d.floats)
	wino := winogradCase(20, 8, 8, 32, 48)
	u := newConvData(wino, d.floats)
	a := Attention{N: 4, T: 50, Heads: 2, D: 8}
	q := newAttentionData(a, d.floats)
	out, lse := make([]float32, len(q.q)), make([]float32, a.N*a.Heads*a.T)
	for name, f := range map[string]func(){
		"Gemm":                func() { g.Run(p) },
		"Conv.Forward":        func() { c.Forward(p, v.y, v.x, v.w, v.bias, v.shift) },
		"Conv.BackwardData":   func() { c.BackwardData(p, v.x, v.y, v.w) },
		"Winograd forward":    func() { wino.Forward(p, u.y, u.x, u.w, u.bias, u.shift) },
		"Winograd data":       func() { wino.BackwardData(p, u.x, u.y, u.w) },
		"Winograd weight":     func() { wino.BackwardWeight(p, u.w, u.x, u.y) },
		"Conv.BackwardWeight": func() { c.BackwardWeight(p, v.w, v.x, v.y) },
		"Attention.Forward":   func() { a.Forward(p, out, lse, q.q, q.k, q.v) },
		"Attention.Backward":  func() { a.Backward(p, out, q.v, q.k, q.dy, out, lse, q.q, q.k, q.v) },
		"SumRows":             func() { SumRows(p, v.bias, v.y[:20*100], 100, 20) },
	} {
		if n := testing.AllocsPerRun(less(20), f); n > 12 {
			t.Errorf("%s: %v allocations a call", name, n)
		} else {
			t.Logf("%s: %v", name, n)
		}
	}
}
