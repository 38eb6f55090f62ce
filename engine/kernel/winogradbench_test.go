package kernel

import (
	"fmt"
	"runtime"
	"slices"
	"testing"
	"time"

	"ebb/engine/kernel/parallel"
)

// BenchmarkWinogradTransforms gives nanoseconds per tile and 16 channels, of
// numbers that lie in L2.
func BenchmarkWinogradTransforms(b *testing.B) {
	for _, c := range []int{32, 64, 128} {
		const n = 24
		s := winogradCase(2, 16, 16, c, c)
		v := newConvData(s, newDraw(1).floats)
		g := newWinograd(s.N, s.H, s.W, s.C, s.O, s.Precision)
		g.tables(make([]int32, winoTableLen))
		g.zero = make([]float32, max(c, 32))
		mem, m := make([]float32, n*g.vStep), make([]float32, n*winoMStep)
		dump := make([]float32, winoDump)
		isa := active()
		measure := func(name string, groups int, f func(t int)) {
			b.Run(name, func(b *testing.B) {
				runtime.LockOSThread()
				defer runtime.UnlockOSThread()
				var times []float64
				for b.Loop() {
					start := threadTime()
					for t := range n {
						f(t)
					}
					times = append(times, float64(threadTime()-start))
				}
				slices.Sort(times)
				b.ReportMetric(times[len(times)/2]/float64(n*groups), "ns/group")
			})
		}
		table := func(all []int32, at winoPlace, n int) []int32 { return all[at.shape*n:][:n] }
		measure("input", c/16, func(t int) { g.input(isa, mem[t*g.vStep:][:g.vStep], v.x, nil, g.tile(t)) })
		measure("output", c/16, func(t int) {
			at := g.tile(t)
			for panel := range panelsOf(c) {
				winogradOutput(isa, v.y, nil, at.pixel*c+panel*32, dump, m[t*winoMStep:], v.bias, table(g.outputs, at, 16), c, 32)
			}
		})
		measure("gradient", c/16, func(t int) {
			at := g.tile(t)
			for panel := range panelsOf(c) {
				winogradGradient(isa, m[t*winoMStep:], v.y, at.pixel*c+panel*32, g.zero, table(g.outputs, at, 16), c, 32)
			}
		})
	}
}

// BenchmarkWinogradGain times both ways in turns and gives the median of the
// ratios, and the speed as if all products were computed.
func BenchmarkWinogradGain(b *testing.B) {
	for _, s := range []Conv{
		winogradCase(64, 32, 32, 32, 32), winogradCase(64, 32, 32, 64, 64), winogradCase(64, 28, 28, 16, 16), winogradCase(64, 28, 28, 32, 32),
		winogradCase(64, 16, 16, 16, 16), winogradCase(64, 16, 16, 64, 64), winogradCase(64, 16, 16, 128, 128), winogradCase(64, 14, 14, 16, 16),
		winogradCase(64, 14, 14, 64, 64), winogradCase(64, 10, 10, 64, 64), winogradCase(64, 8, 8, 128, 128), winogradCase(64, 7, 7, 16, 16),
		winogradCase(64, 7, 7, 64, 64), winogradCase(64, 7, 7, 128, 128), winogradCase(64, 4, 4, 256, 256), winogradCase(1, 16, 16, 64, 64),
		winogradCase(1, 7, 7, 64, 64), winogradCase(1, 8, 8, 128, 128), winogradCase(1, 4, 4, 256, 256),
	} {
		v := newConvData(s, newDraw(1).floats)
		flops := float64(2*s.N*s.H*s.W) * float64(9*s.C*s.O)
		passes := map[string]func(s Conv, p *parallel.Pool){
			"forward": func(s Conv, p *parallel.Pool) { s.Forward(p, v.y, v.x, v.w, v.bias, nil) },
			"data":    func(s Conv, p *parallel.Pool) { s.BackwardData(p, v.x, v.y, v.w) },
			"weight":  func(s Conv, p *parallel.Pool) { s.BackwardWeight(p, v.w, v.x, v.y) },
		}
		for _, pass := range []string{"forward", "data", "weight"} {
			name := fmt.Sprintf("%dx%dx%dx%d-%d/%s", s.N, s.H, s.W, s.C, s.O, pass)
			benchPools(b, name, func(b *testing.B, p *parallel.Pool) {
				exact := s
				exact.Exact = true
				gain(b, p, flops, func() { passes[pass](exact, p) }, func() { passes[pass](s, p) })
			})
			clear(v.w)
		}
	}
}

func gain(b *testing.B, p *parallel.Pool, flops float64, plain, fast func()) {
	now := func() int64 { return time.Now().UnixNano() }
	if p.Threads() == 1 {
		runtime.LockOSThread()
		defer runtime.UnlockOSThread()
		now = threadTime
	}
	took := func(f func()) float64 {
		start := now()
		f()
		return float64(now() - start)
	}
	took(plain)
	took(fast)
	var ratios, speeds []float64
	for b.Loop() {
		slow, t := took(plain), took(fast)
		ratios = append(ratios, slow/t)
		speeds = append(speeds, flops/t)
	}
	slices.Sort(ratios)
	slices.Sort(speeds)
	b.ReportMetric(ratios[len(ratios)/2], "x")
	b.ReportMetric(speeds[len(speeds)/2], "GFLOPS")
}
