package kernel

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ebb/engine/kernel/parallel"
)

// Rounded products have errors of 2^-9 or so of each factor: 2.3e-3 of a result's
// size in plain sums, whatever the number of channels. The transforms of
// Winograd's algorithm spread numbers of different sizes over the points and
// subtract most of them again.
func TestBF16IsCloseToFloat64(t *testing.T) {
	d := newDraw(41)
	for _, s := range []Conv{
		winogradCase(2, 16, 16, 32, 32), winogradCase(2, 14, 14, 64, 64), winogradCase(3, 8, 8, 128, 64), winogradCase(4, 8, 8, 256, 32),
	} {
		s.Precision = BF16
		v := newConvData(s, d.floats)
		want := s.forward64(v.x, v.w)
		exact := s
		exact.Exact = true
		y := make([]float32, len(v.y))
		exact.Forward(nil, y, v.x, v.w, nil, nil)
		plain, plainWorst := relativeError(y, want)
		s.Forward(nil, y, v.x, v.w, nil, nil)
		rms, worst := relativeError(y, want)
		t.Logf("%dx%dx%d-%d: rms %.2g, worst %.2g; summed plainly %.2g, %.2g", s.H, s.W, s.C, s.O, rms, worst, plain, plainWorst)
		g := make([]float32, len(v.w))
		wantG := s.weights64(v.x, v.y)
		s.BackwardWeight(nil, g, v.x, v.y)
		rms, worst = relativeError(g, wantG)
		t.Logf("weights: rms %.2g, worst %.2g", rms, worst)
	}
}

func BenchmarkBF16Conv(b *testing.B) {
	for _, s := range []Conv{
		winogradCase(64, 32, 32, 32, 32), winogradCase(64, 32, 32, 64, 64), winogradCase(64, 16, 16, 64, 64), winogradCase(64, 16, 16, 128, 128),
		winogradCase(64, 8, 8, 128, 128), winogradCase(64, 4, 4, 256, 256),
	} {
		v := newConvData(s, newDraw(1).floats)
		flops := float64(2*s.N*s.H*s.W) * float64(9*s.C*s.O)
		passes := map[string]func(s Conv, p *parallel.Pool){
			"forward": func(s Conv, p *parallel.Pool) { s.Forward(p, v.y, v.x, v.w, v.bias, nil) },
			"weight":  func(s Conv, p *parallel.Pool) { s.BackwardWeight(p, v.w, v.x, v.y) },
		}
		for _, pass := range []string{"forward", "weight"} {
			name := fmt.Sprintf("%dx%dx%dx%d-%d/%s", s.N, s.H, s.W, s.C, s.O, pass)
			p := parallel.New(2)
			b.Run(name, func(b *testing.B) {
				f := func(exact bool, pr Precision) float64 {
					s := s
					s.Exact, s.Precision = exact, pr
					start := time.Now()
					passes[pass](s, p)
					return float64(time.Since(start).Nanoseconds())
				}
				var t [4][]float64
				for b.Loop() {
					for i := range t {
						t[i] = append(t[i], flops/f(i&1 == 0, Precision(i/2)))
					}
				}
				for i, n := range []string{"direct32", "wino32", "direct16", "wino16"} {
					slices.Sort(t[i])
					b.ReportMetric(t[i][len(t[i])/2], n)
				}
			})
			p.Close()
			clear(v.w)
		}
	}
}
