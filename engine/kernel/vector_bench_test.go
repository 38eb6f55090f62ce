package kernel

import (
	"testing"
	"time"

	"ebb/engine/kernel/parallel"
)

// BenchmarkVector gives the speed of the kernels as bytes of every buffer read or written, once each,
// over the time of the fastest call (other load on the machine spoils the mean): [64,32,32,64] images
// in 8 groups, rows of 256, four million weights.
func BenchmarkVector(b *testing.B) {
	image := size{64, 1024, 64, 8}
	sizes := map[string]size{
		"LayerNorm": {1, 16384, 256, 1}, "LayerNorm SiLU": {1, 16384, 256, 1}, "LayerNorm backward": {1, 16384, 256, 1}, "LayerNorm SiLU backward": {1, 16384, 256, 1},
		"SoftmaxRows": {1, 16384, 256, 1}, "AdamW": {1, 1, 1 << 22, 1}, "Lerp": {1, 1, 1 << 22, 1},
	}
	for _, op := range vectorOps {
		s, ok := sizes[op.name]
		if !ok {
			s = image
		}
		benchPools(b, op.name, func(b *testing.B, p *parallel.Pool) {
			bufs := op.buffers(s, newDraw(1).floats)
			bytes := 0
			for _, x := range bufs {
				bytes += 4 * len(x)
			}
			best := time.Hour
			for b.Loop() {
				start := time.Now()
				op.run(p, s, bufs)
				best = min(best, time.Since(start))
			}
			b.ReportMetric(float64(bytes)/float64(best.Nanoseconds()), "GB/s-best")
			b.ReportMetric(float64(best.Microseconds()), "µs-best")
		})
	}
}
