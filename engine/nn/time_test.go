package nn

import (
	"math"
	"testing"
)

// TestTimeEmbeddingIsTheFormula recomputes every number with package math. Both
// are correct to a few float64 ulps of an angle below 1e3, 1e-13, before the
// rounding to float32, so only a value at a rounding boundary may differ, by one
// float32 ulp: 6e-8.
func TestTimeEmbeddingIsTheFormula(t *testing.T) {
	times := []float64{0, 1, 17.5, 999}
	for _, c := range []struct {
		name             string
		dim              int
		flip             bool
		shift, maxPeriod float64
	}{
		{"DDPM", 128, false, 1, 10000},
		{"UNet2DModel", 32, true, 0, 10000},
		{"odd", 7, false, 0, 100},
	} {
		got := make([]float32, len(times)*c.dim)
		for i := range got {
			got[i] = 99
		}
		TimeEmbedding(nil, got, times, c.dim, c.flip, c.shift, c.maxPeriod)
		half := c.dim / 2
		for n, time := range times {
			for i := range half {
				angle := time * math.Exp(-math.Log(c.maxPeriod)*float64(i)/(float64(half)-c.shift))
				sin, cos := math.Sincos(angle)
				if c.flip {
					sin, cos = cos, sin
				}
				if a, b := got[n*c.dim+i], got[n*c.dim+half+i]; math.Abs(float64(a)-sin) > 1e-7 || math.Abs(float64(b)-cos) > 1e-7 {
					t.Errorf("%s, t = %v, i = %d: (%v, %v), want (%v, %v)", c.name, time, i, a, b, sin, cos)
				}
			}
			if c.dim%2 == 1 && got[(n+1)*c.dim-1] != 0 {
				t.Errorf("%s: an odd dimension ends in %v, want 0", c.name, got[(n+1)*c.dim-1])
			}
		}
	}
}
