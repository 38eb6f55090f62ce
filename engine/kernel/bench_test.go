package kernel

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"ebb/engine/kernel/parallel"
)

// peakRounds take about 75 µs.
const peakRounds = 20000

func sumOf(x []float64) (sum float64) {
	for _, v := range x {
		sum += v
	}
	return sum
}

// speed runs f b.N times and reports GFLOPS and its share of what the same
// threads reach with FMAs on registers alone, measured in between. Both are
// medians. One thread is timed by its own clock, which stops while others have
// the core; with several, load on the machine counts, and "best" (the fastest
// call against the fastest loop) is the better guide.
func speed(b *testing.B, p *parallel.Pool, flops float64, f func()) {
	b.Helper()
	now := func() int64 { return time.Now().UnixNano() }
	if p.Threads() == 1 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		now = threadTime
	}
	f() // warm up
	var calls, peaks []float64
	for b.Loop() {
		start := now()
		f()
		calls = append(calls, flops/float64(now()-start))
		start = now()
		var done [64]float64
		p.Run(min(p.Threads(), len(done)), func(_, piece int) { done[piece] = PeakFMA(peakRounds) })
		peaks = append(peaks, sumOf(done[:])/float64(now()-start))
	}
	slices.Sort(calls)
	slices.Sort(peaks)
	middle, peak := calls[len(calls)/2], peaks[len(peaks)/2]
	b.ReportMetric(middle, "GFLOPS")
	b.ReportMetric(100*middle/peak, "%peak")
	b.ReportMetric(100*calls[len(calls)-1]/peaks[len(peaks)-1], "%best")
}

// benchPools runs f with one thread and, if the machine has more, with all.
func benchPools(b *testing.B, name string, f func(b *testing.B, p *parallel.Pool)) {
	counts := []int{1}
	if n := parallel.New(0); n.Threads() > 1 {
		counts = append(counts, n.Threads())
		n.Close()
	}
	for _, threads := range counts {
		b.Run(fmt.Sprintf("%s/threads=%d", name, threads), func(b *testing.B) {
			p := parallel.New(threads)
			defer p.Close()
			f(b, p)
		})
	}
}

func BenchmarkTile(b *testing.B) {
	for _, c := range []struct{ rows, cols, k int }{
		{12, 32, 1152}, {12, 32, 576}, {12, 32, 288}, {12, 32, 27}, {8, 32, 576}, {4, 32, 576}, {12, 16, 576}, {4, 16, 576},
	} {
		d := newDraw(1)
		t := tile{
			a: d.floats(12 * c.k), b: d.floats(32 * c.k), c: make([]float32, 12*32), start: zeros[:],
			rowA: make([]int32, 12), rowC: make([]int32, 12), rowS: make([]int32, 12),
			k: c.k, stepA: 1, stepB: 32, segments: 1, cols: c.cols,
		}
		for i := range 12 {
			t.rowA[i], t.rowC[i] = int32(min(i, c.rows-1)*c.k), int32(min(i, c.rows-1)*32)
		}
		b.Run(fmt.Sprintf("%dx%dx%d", c.rows, c.cols, c.k), func(b *testing.B) {
			speed(b, nil, 100*float64(2*c.rows*c.cols*c.k), func() {
				for range 100 {
					t.run(active(), c.rows)
				}
			})
		})
	}
}

func BenchmarkGemm(b *testing.B) {
	d := newDraw(1)
	for _, s := range []struct {
		m, n, k        int
		transA, transB bool
	}{
		{1024, 512, 512, false, false}, {1024, 512, 512, false, true}, {512, 512, 1024, true, false},
		{1024, 256, 256, false, false}, {1024, 256, 256, false, true}, {256, 256, 1024, true, false},
		{512, 512, 512, false, false}, {1024, 1024, 1024, false, false}, {64, 512, 128, false, false},
		{16384, 64, 64, false, false}, {65536, 64, 64, false, false}, {64, 64, 16384, true, false}, {64, 64, 65536, true, false}, {1, 512, 512, false, false},
	} {
		g := gemmCase(d, s.m, s.n, s.k, s.transA, s.transB, 0, d.floats)
		g.LDA, g.LDB, g.LDC = s.k, s.n, s.n
		if s.transA {
			g.LDA = s.m
		}
		if s.transB {
			g.LDB = s.k
		}
		kind := map[bool]string{false: "N", true: "T"}
		name := fmt.Sprintf("%s%s_%dx%dx%d", kind[s.transA], kind[s.transB], s.m, s.n, s.k)
		benchPools(b, name, func(b *testing.B, p *parallel.Pool) {
			speed(b, p, float64(2*s.m*s.n*s.k), func() { g.Run(p) })
		})
	}
}

func BenchmarkConv(b *testing.B) {
	same := func(n, size, c, o int) Conv {
		return Conv{N: n, H: size, W: size, C: c, O: o, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}
	}
	down := same(64, 32, 64, 64)
	down.Stride = 2
	one := Conv{N: 64, H: 16, W: 16, C: 128, O: 64, K: 1, Stride: 1}
	for _, s := range []Conv{
		same(64, 32, 32, 32), same(64, 32, 64, 64), same(64, 16, 64, 64), same(64, 16, 128, 128), same(64, 8, 128, 128), same(64, 8, 256, 256),
		same(64, 28, 32, 32), same(64, 14, 64, 64), same(64, 7, 128, 128),
		same(1, 32, 64, 64), same(1, 16, 128, 128), same(1, 8, 128, 128), same(64, 32, 3, 64), same(64, 32, 64, 3), same(64, 28, 1, 32), down, one,
	} {
		v := newConvData(s, newDraw(1).floats)
		flops := float64(2*s.N*s.OutH()*s.OutW()) * float64(s.K*s.K*s.C*s.O)
		name := fmt.Sprintf("%dx%dx%dx%d-%d_k%ds%d", s.N, s.H, s.W, s.C, s.O, s.K, s.Stride)
		benchPools(b, name+"/forward", func(b *testing.B, p *parallel.Pool) {
			speed(b, p, flops, func() { s.Forward(p, v.y, v.x, v.w, v.bias, nil) })
		})
		benchPools(b, name+"/data", func(b *testing.B, p *parallel.Pool) {
			speed(b, p, flops, func() { s.BackwardData(p, v.x, v.y, v.w) })
		})
		benchPools(b, name+"/weight", func(b *testing.B, p *parallel.Pool) {
			speed(b, p, flops, func() { s.BackwardWeight(p, v.w, v.x, v.y) })
		})
		clear(v.w) // grew by the gradients
	}
}

func BenchmarkAttention(b *testing.B) {
	for _, c := range [][4]int{{64, 256, 1, 64}, {64, 64, 4, 32}, {64, 64, 16, 8}, {8, 1024, 1, 64}, {1, 256, 2, 64}} {
		s := Attention{N: c[0], T: c[1], Heads: c[2], D: c[3]}
		d := newAttentionData(s, newDraw(1).floats)
		y, dq, dk, dv := make([]float32, len(d.q)), make([]float32, len(d.q)), make([]float32, len(d.q)), make([]float32, len(d.q))
		lse := make([]float32, s.N*s.Heads*s.T)
		flops := 4 * float64(s.N*s.Heads*s.T) * float64(s.T*s.D)
		name := fmt.Sprintf("%dx%dx%dx%d", s.N, s.T, s.Heads, s.D)
		benchPools(b, name+"/forward", func(b *testing.B, p *parallel.Pool) {
			speed(b, p, flops, func() { s.Forward(p, y, lse, d.q, d.k, d.v) })
		})
		benchPools(b, name+"/backward", func(b *testing.B, p *parallel.Pool) {
			speed(b, p, 2.5*flops, func() { s.Backward(p, dq, dk, dv, d.dy, y, lse, d.q, d.k, d.v) })
		})
	}
}
