package kernel

import (
	"testing"
	"time"
)

// peakGFLOPS measures what one core does with FMAs on registers alone. Shares
// of it are comparable between machines and when others use the cores too.
func peakGFLOPS() float64 {
	best := time.Duration(1 << 62)
	const n = 20000
	for range 50 {
		start := time.Now()
		peakAVX512(n)
		best = min(best, time.Since(start))
	}
	return n * 24 * 16 * 2 / float64(best.Nanoseconds())
}

func BenchmarkTile(b *testing.B) {
	for _, c := range []struct{ rows, cols, k int }{{12, 32, 576}, {12, 32, 288}, {12, 32, 27}, {8, 32, 576}, {4, 32, 576}, {12, 16, 576}} {
		for _, isa := range []ISA{AVX512, AVX2} {
			b.Run(isa.String(), func(b *testing.B) {
				a := make([]float32, 12*c.k)
				bb := make([]float32, 32*c.k)
				cc := make([]float32, 12*32)
				rowA, rowC, rowS := make([]int32, 12), make([]int32, 12), make([]int32, 12)
				for i := range 12 {
					rowA[i] = int32(min(i, c.rows-1) * c.k)
					rowC[i] = int32(min(i, c.rows-1) * 32)
				}
				t := tile{a: a, b: bb, c: cc, start: make([]float32, 32), rowA: rowA, rowC: rowC, rowS: rowS,
					k: c.k, stepA: 1, stepB: 32, segments: 1, cols: c.cols}
				for b.Loop() {
					t.run(isa, c.rows)
				}
				gflops := float64(2*c.rows*c.cols*c.k) * float64(b.N) / float64(b.Elapsed().Nanoseconds())
				b.ReportMetric(gflops, "GFLOPS")
				b.ReportMetric(100*gflops/peakGFLOPS(), "%peak")
			})
		}
	}
}
