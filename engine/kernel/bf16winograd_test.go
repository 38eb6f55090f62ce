package kernel

import (
	"fmt"
	"testing"
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

var _ = fmt.Sprint
