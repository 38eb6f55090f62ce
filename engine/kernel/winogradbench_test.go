package kernel

import (
	"runtime"
	"slices"
	"testing"
)

// BenchmarkWinogradTransforms gives nanoseconds per tile and 16 channels, of
// numbers that lie in L2.
func BenchmarkWinogradTransforms(b *testing.B) {
	for _, c := range []int{32, 64, 128} {
		const n = 24
		s := winogradCase(2, 16, 16, c, c)
		v := newConvData(s, newDraw(1).floats)
		g := newWinograd(s.N, s.H, s.W, s.C, s.O)
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
		measure("input", c/16, func(t int) { g.input(isa, mem[t*g.vStep:][:g.vStep], v.x, g.tile(t)) })
		measure("output", c/16, func(t int) {
			at := g.tile(t)
			for panel := range panelsOf(c) {
				winogradOutput(isa, v.y, at.pixel*c+panel*32, dump, m[t*winoMStep:], v.bias, table(g.outputs, at, 16), c, 32)
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
