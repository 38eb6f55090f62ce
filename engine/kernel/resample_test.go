package kernel

import (
	"fmt"
	"testing"

	"ebb/engine/kernel/parallel"
)

func TestConcatAndSplitAreInverse(t *testing.T) {
	d := newDraw(31)
	for _, s := range [][3]int{{1, 1, 1}, {3, 2, 5}, {700, 33, 64}, {5, 0, 4}, {0, 3, 3}} {
		rows, ca, cb := s[0], s[1], s[2]
		a, b := d.floats(rows*ca), d.floats(rows*cb)
		everyPool(func(name string, p *parallel.Pool) {
			y := newGuarded(make([]float32, rows*(ca+cb)))
			ConcatLast(p, y.slice(), a, b, rows, ca, cb)
			y.check(t, name)
			for r := range rows {
				row := y.slice()[r*(ca+cb):][:ca+cb]
				wantSame(t, "left part", row[:ca], a[r*ca:][:ca])
				wantSame(t, "right part", row[ca:], b[r*cb:][:cb])
			}
			a2, b2 := newGuarded(make([]float32, rows*ca)), newGuarded(make([]float32, rows*cb))
			SplitLast(p, a2.slice(), b2.slice(), y.slice(), rows, ca, cb)
			a2.check(t, name)
			b2.check(t, name)
			wantSame(t, "split left", a2.slice(), a)
			wantSame(t, "split right", b2.slice(), b)
		})
	}
}

// TestUpsampleRepeatsPixels on images wider than one pixel, and its backward pass is the adjoint:
// <up(x), y> = <x, down(y)> up to rounding, exact here because the numbers are small integers.
func TestUpsampleRepeatsPixels(t *testing.T) {
	d := newDraw(32)
	n, h, w, c := 2, 3, 5, 7
	integers := func(k int) []float32 {
		x := make([]float32, k)
		for i := range x {
			x[i] = float32(d.IntN(15) - 7)
		}
		return x
	}
	x, dy := integers(n*h*w*c), integers(4*n*h*w*c)
	everyISA(t, func(t *testing.T) {
		y, dx := make([]float32, len(dy)), make([]float32, len(x))
		Upsample2(nil, y, x, n, h, w, c)
		Upsample2Backward(nil, dx, dy, n, h, w, c)
		var up, down float32
		for i, v := range y {
			ch, ox, oy, img := i%c, i/c%(2*w), i/c/(2*w)%(2*h), i/c/(2*w)/(2*h)
			if want := x[((img*h+oy/2)*w+ox/2)*c+ch]; v != want {
				t.Fatalf("pixel (%d,%d,%d,%d) is %v, want %v", img, oy, ox, ch, v, want)
			}
			up += v * dy[i]
		}
		for i, v := range dx {
			down += v * x[i]
		}
		if up != down {
			t.Errorf("<up(x), y> = %v but <x, down(y)> = %v", up, down)
		}
	})
}

func TestGatherAndScatter(t *testing.T) {
	d := newDraw(33)
	const k, width, n = 11, 70, 400
	table, dy, start := d.floats(k*width), d.floats(n*width), d.floats(k*width)
	ids := make([]int32, n)
	for i := range ids {
		ids[i] = int32(d.IntN(k+1)) - 1
	}
	want := append([]float32(nil), start...)
	for i, id := range ids {
		if id >= 0 {
			for j := range width {
				want[int(id)*width+j] += dy[i*width+j]
			}
		}
	}
	everyISA(t, func(t *testing.T) {
		everyPool(func(name string, p *parallel.Pool) {
			y := newGuarded(d.floats(n * width))
			Gather(p, y.slice(), table, ids, width)
			y.check(t, name)
			zero := make([]float32, width)
			for i, id := range ids {
				row := zero
				if id >= 0 {
					row = table[int(id)*width:][:width]
				}
				wantSame(t, fmt.Sprintf("%s: row %d", name, i), y.slice()[i*width:][:width], row)
			}
			got := newGuarded(start)
			ScatterAdd(p, got.slice(), dy, ids, width)
			got.check(t, name)
			wantSame(t, name+": scatter", got.slice(), want)
		})
	})
}

func TestVectorKernelsRefuseWrongShapes(t *testing.T) {
	f := func(n int) []float32 { return make([]float32, n) }
	norm := GroupNorm{N: 2, T: 3, C: 4, Groups: 2}
	layer := LayerNorm{Rows: 2, D: 3}
	for name, run := range map[string]func(){
		"Exp":           func() { Exp(nil, f(3), f(4)) },
		"Add":           func() { Add(nil, f(3), f(3), f(4)) },
		"SiLUBackward":  func() { SiLUBackward(nil, f(3), f(2), f(3)) },
		"Lerp":          func() { Lerp(nil, f(3), f(4), 1) },
		"SoftmaxRows":   func() { SoftmaxRows(nil, f(6), f(6), 2, 4) },
		"Upsample2":     func() { Upsample2(nil, f(15), f(4), 1, 2, 2, 1) },
		"ConcatLast":    func() { ConcatLast(nil, f(9), f(4), f(6), 2, 2, 3) },
		"SplitLast":     func() { SplitLast(nil, f(4), f(5), f(10), 2, 2, 3) },
		"Gather id":     func() { Gather(nil, f(2), f(6), []int32{3}, 2) },
		"Gather":        func() { Gather(nil, f(3), f(6), []int32{1}, 2) },
		"ScatterAdd":    func() { ScatterAdd(nil, f(6), f(2), []int32{5}, 2) },
		"AdamW":         func() { AdamW{Step: 1}.Update(nil, f(2), f(2), f(3), f(2)) },
		"AdamW step":    func() { AdamW{}.Update(nil, f(2), f(2), f(2), f(2)) },
		"GroupNorm":     func() { norm.Forward(nil, f(24), f(4), f(3), f(24), f(4), f(4)) },
		"GroupNorm x":   func() { norm.Forward(nil, f(24), f(4), f(4), f(23), f(4), f(4)) },
		"GroupNorm C":   func() { GroupNorm{1, 1, 4, 3, 0, false}.Forward(nil, f(4), f(3), f(3), f(4), nil, nil) },
		"gamma alone":   func() { norm.Forward(nil, f(24), f(4), f(4), f(24), f(4), nil) },
		"GroupNorm dy":  func() { norm.Backward(nil, f(24), f(4), f(4), f(20), f(24), f(4), f(4), f(4), f(4)) },
		"dgamma":        func() { norm.Backward(nil, f(24), f(3), f(4), f(24), f(24), f(4), f(4), f(4), f(4)) },
		"LayerNorm":     func() { layer.Forward(nil, f(6), f(1), f(2), f(6), nil, nil) },
		"LayerNorm bwd": func() { layer.Backward(nil, f(6), nil, f(3), f(6), f(6), f(2), f(2), f(3), f(3)) },
	} {
		wantPanic(t, name, run)
	}
}

// TestEmptyTensors: kernels of nothing do nothing.
func TestEmptyTensors(t *testing.T) {
	everyISA(t, func(t *testing.T) {
		for _, op := range vectorOps {
			s := size{n: 0, t: 3, c: 4, groups: 2}
			op.run(nil, s, op.buffers(s, newDraw(1).floats))
		}
	})
}

// TestKernelsAllocateNextToNothing: at most the closures of a call, never a buffer.
func TestKernelsAllocateNextToNothing(t *testing.T) {
	p := parallel.New(2)
	defer p.Close()
	for _, op := range vectorOps {
		s := size{n: 9, t: 64, c: 64, groups: 8}
		b := op.buffers(s, newDraw(1).floats)
		op.run(p, s, b)
		if n := testing.AllocsPerRun(less(20), func() { op.run(p, s, b) }); n > 4 {
			t.Errorf("%s: %v allocations per call", op.name, n)
		}
	}
	x, y := make([]float32, 64), make([]float32, 64)
	if n := testing.AllocsPerRun(20, func() { AddTo(p, x, y) }); n != 0 {
		t.Errorf("AddTo of a row: %v allocations", n)
	}
}
