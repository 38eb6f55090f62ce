package elementary

import (
	"math"
	"testing"
)

// One reduction for both gives the bits of each alone, in every quadrant and for
// what is not a number.
func TestSinCosIsSinAndCos(t *testing.T) {
	x := append(between(-1e4, 1e4, 5000), anyFinite(2000, false)...)
	x = append(x, nearMultiplesOfPi()...)
	x = append(x, 0, math.Copysign(0, -1), math.Inf(1), math.Inf(-1), math.NaN(), 0x1p-30, math.Pi/4)
	for _, v := range x {
		sin, cos := SinCos(v)
		for _, c := range []struct {
			name      string
			got, want float64
		}{{"sine", sin, Sin(v)}, {"cosine", cos, Cos(v)}} {
			if math.Float64bits(c.got) != math.Float64bits(c.want) {
				t.Fatalf("SinCos(%v): %s %v, alone %v", v, c.name, c.got, c.want)
			}
		}
	}
}
