package kernel

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"ebb/engine/kernel/parallel"
)

func TestBF16WinogradIsItsPlainLoop(t *testing.T) {
	d := newDraw(42)
	for i := range 12 {
		s := randomWinograd(d)
		s.Precision = BF16
		if i == 0 {
			s = winogradCase(9, 15, 15, 16, 16) // chunks with an odd number of tiles
			s.Precision = BF16
		}
		numbers := d.floats
		if i%4 == 3 {
			numbers = d.nasty
		}
		v := newConvData(s, numbers)
		y, dx := make([]float32, len(v.y)), make([]float32, len(v.x))
		dw := append([]float32(nil), v.w...)
		s.refForward(y, v.x, v.w, v.bias, v.shift)
		s.refBackwardData(dx, v.y, v.w)
		s.refBackwardWeight(dw, v.x, v.y)
		onEveryPairISA(func(name string) {
			name = fmt.Sprintf("%s %+v", name, s)
			gotY, gotDx, gotDw := s.passes(t, nil, name, v)
			wantSame(t, "Forward "+name, gotY, y)
			wantSame(t, "BackwardData "+name, gotDx, dx)
			wantSame(t, "BackwardWeight "+name, gotDw, dw)
		})
	}
}

// A factor rounded to 8 bits is wrong by 1.7e-3 of its size (rms), so a product by 2.4e-3, and a
// plain sum of independent products by as much of its own size, for any number of them.
//
// Winograd's algorithm rounds transformed numbers. For independent inputs the variance of the sum's
// error is that of plain sums times the square of (1/12) the sum over the 6 points of |row of A^T|²
// |row of G|² |row of B^T|², which is 4.78 for the points 0, ±5/8, ±3/2, ∞: five times the error,
// 1.1e-2. (With the points 0, ±1, ±2, ∞ it would be 10.8.) All three passes share that product.
func TestBF16IsCloseToFloat64(t *testing.T) {
	d := newDraw(41)
	for _, s := range []Conv{
		winogradCase(2, 16, 16, 32, 32), winogradCase(2, 14, 14, 64, 64), winogradCase(3, 8, 8, 128, 64), winogradCase(4, 8, 8, 256, 32),
	} {
		s.Precision = BF16
		v := newConvData(s, d.floats)
		within := func(name string, got []float32, want []float64, least, most float64) {
			rms, worst := relativeError(got, want)
			t.Logf("%dx%dx%d-%d %s: rms %.2g, worst %.2g", s.H, s.W, s.C, s.O, name, rms, worst)
			if !(least < rms && rms < most && worst < 10*most) {
				t.Errorf("%+v %s: error %.3g, at worst %.3g of the size", s, name, rms, worst)
			}
		}
		y, want := make([]float32, len(v.y)), s.forward64(v.x, v.w)
		s.Forward(nil, y, v.x, v.w, nil, nil)
		within("forward", y, want, 9e-3, 1.3e-2)
		exact := s
		exact.Exact = true
		exact.Forward(nil, y, v.x, v.w, nil, nil)
		within("forward summed plainly", y, want, 2e-3, 2.7e-3)
		dw := make([]float32, len(v.w))
		s.BackwardWeight(nil, dw, v.x, v.y)
		within("weight gradient", dw, s.weights64(v.x, v.y), 9e-3, 1.3e-2)
	}
}

// BenchmarkBF16Conv times convolutions in turns: GFLOPS, counted as if all products were computed.
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
