package kernel

import (
	"fmt"
	"math"
	"testing"
)

// forward64 is the convolution in float64.
func (s Conv) forward64(x, w []float32) []float64 {
	y := make([]float64, s.N*s.OutH()*s.OutW()*s.O)
	s.taps(func(n, oy, ox, ky, kx, c int) {
		v := float64(s.pixel(x, n, oy+ky-1, ox+kx-1, c))
		row := y[((n*s.H+oy)*s.W+ox)*s.O:][:s.O]
		for o, u := range w[((ky*3+kx)*s.C+c)*s.O:][:s.O] {
			row[o] += v * float64(u)
		}
	})
	return y
}

// relativeError is the root mean square and the largest of y's errors, as parts
// of the root mean square of want.
func relativeError(y []float32, want []float64) (rms, worst float64) {
	size := 0.0
	for i, v := range want {
		e := math.Abs(float64(y[i]) - v)
		rms += e * e
		size += v * v
		worst = max(worst, e)
	}
	return math.Sqrt(rms / size), worst / math.Sqrt(size/float64(len(want)))
}

// With the points 0, ±5/8, ±3/2, ∞ the error of Winograd's algorithm is about
// twice that of summing the products: a prototype in C measured 5.9e-7 for 32
// channels and 1.5e-6 for 256, where the plain sums gave 3.0e-7 and 8.5e-7. The
// gradient of the data is the same sum over the outputs' channels.
func TestWinogradIsCloseToFloat64(t *testing.T) {
	d := newDraw(21)
	for _, s := range []Conv{
		winogradCase(2, 16, 16, 16, 32), winogradCase(2, 16, 16, 32, 32), winogradCase(1, 28, 28, 32, 16),
		winogradCase(2, 14, 14, 64, 64), winogradCase(3, 7, 7, 128, 64), winogradCase(4, 8, 8, 256, 32), winogradCase(4, 4, 4, 256, 48),
	} {
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
		if !(rms < 2.5*plain && rms < 2e-6 && worst < 2e-5) {
			t.Errorf("%+v: error %.3g, at worst %.3g of the output's size; summed plainly %.3g", s, rms, worst, plain)
		}
	}
}

// weights64 is the gradient of the weights in float64.
func (s Conv) weights64(x, dy []float32) []float64 {
	dw := make([]float64, 9*s.C*s.O)
	s.taps(func(n, oy, ox, ky, kx, c int) {
		v := float64(s.pixel(x, n, oy+ky-1, ox+kx-1, c))
		row := dw[((ky*3+kx)*s.C+c)*s.O:][:s.O]
		for o, g := range dy[((n*s.H+oy)*s.W+ox)*s.O:][:s.O] {
			row[o] += v * float64(g)
		}
	})
	return dw
}

// A weight's gradient sums over the pixels of all images. The plain way has up
// to 32 chunks, hence short sums and errors of 1e-7 to 5e-7; the transforms lose
// more than that, so Winograd's error is about 1e-6 for any number of terms.
func TestWinogradWeightGradientIsCloseToFloat64(t *testing.T) {
	d := newDraw(24)
	for _, s := range []Conv{
		winogradCase(8, 16, 16, 16, 32), winogradCase(3, 28, 28, 32, 16), winogradCase(7, 14, 14, 32, 48),
		winogradCase(40, 7, 7, 32, 32), winogradCase(40, 4, 4, 48, 32), winogradCase(1, 8, 8, 64, 32),
	} {
		v := newConvData(s, d.floats)
		want := s.weights64(v.x, v.y)
		exact := s
		exact.Exact = true
		dw := make([]float32, len(v.w))
		exact.BackwardWeight(nil, dw, v.x, v.y)
		plain, _ := relativeError(dw, want)
		clear(dw)
		s.BackwardWeight(nil, dw, v.x, v.y)
		rms, worst := relativeError(dw, want)
		t.Logf("%d of %dx%dx%d-%d: rms %.2g, worst %.2g; summed plainly %.2g", s.N, s.H, s.W, s.C, s.O, rms, worst, plain)
		if !(rms < 1.5e-6 && worst < 1e-5) {
			t.Errorf("%+v: error %.3g, at worst %.3g of the gradient's size; summed plainly %.3g", s, rms, worst, plain)
		}
	}
}

// BackwardData is Forward with the weights turned and transposed, to the bit.
func TestWinogradDataGradientIsAForward(t *testing.T) {
	d := newDraw(22)
	for _, s := range []Conv{winogradCase(2, 7, 9, 16, 48), winogradCase(2, 8, 8, 80, 32)} {
		v := newConvData(s, d.floats)
		turned := make([]float32, len(v.w))
		for i, w := range v.w {
			o, c, tap := i%s.O, i/s.O%s.C, i/s.O/s.C
			turned[((8-tap)*s.O+o)*s.C+c] = w
		}
		dx, want := make([]float32, len(v.x)), make([]float32, len(v.x))
		s.BackwardData(nil, dx, v.y, v.w)
		back := s
		back.C, back.O = s.O, s.C
		back.Forward(nil, want, v.y, turned, nil, nil)
		wantSame(t, fmt.Sprintf("%+v", s), dx, want)
	}
}

// An infinity reaches only the tiles whose 6x6 inputs contain it; in these it
// may make NaN of every number.
func TestWinogradInfinityStaysInItsTiles(t *testing.T) {
	s := winogradCase(2, 12, 12, 16, 16)
	v := newConvData(s, newDraw(23).floats)
	clean, y := make([]float32, len(v.y)), make([]float32, len(v.y))
	s.Forward(nil, clean, v.x, v.w, v.bias, nil)
	const row, col = 4, 6 // seen by the tiles of rows 0 and 4, and of column 4
	v.x[(row*s.W+col)*s.C+3] = float32(math.Inf(1))
	s.Forward(nil, y, v.x, v.w, v.bias, nil)
	for i := range y {
		n, oy, ox := i/(s.H*s.W*s.O), i/(s.W*s.O)%s.H, i/s.O%s.W
		switch {
		case n > 0 || oy >= 8 || ox/4 != 1:
			if !sameBits(y[i], clean[i]) {
				t.Fatalf("output (%d,%d,%d) changed from %v to %v", n, oy, ox, clean[i], y[i])
			}
		case max(oy-row, row-oy) <= 1 && max(ox-col, col-ox) <= 1:
			if !math.IsNaN(float64(y[i])) && !math.IsInf(float64(y[i]), 0) {
				t.Fatalf("output (%d,%d,%d) sees an infinity and is %v", n, oy, ox, y[i])
			}
		}
	}
}

// Which algorithm computes a row must not depend on the rows beside it.
func TestWinogradIsChosenByTheShapeOfARow(t *testing.T) {
	for _, tc := range []struct {
		s    Conv
		want bool
	}{
		{winogradCase(1, 4, 4, 16, 16), true},
		{winogradCase(1, 28, 28, 32, 64), true},
		{winogradCase(1, 7, 7, 32, 32), true},
		{winogradCase(1, 2, 2, 64, 64), false},   // 4 of 16 outputs of a tile exist
		{winogradCase(1, 5, 5, 64, 64), false},   // 25 of 64
		{winogradCase(1, 32, 32, 3, 32), false},  // no 16 channels
		{winogradCase(1, 32, 32, 32, 3), false},  //
		{winogradCase(1, 32, 32, 24, 32), false}, // not groups of 16
		{Conv{H: 8, W: 8, C: 16, O: 16, K: 3, Stride: 1, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1, Exact: true}, false},
		{Conv{H: 8, W: 8, C: 16, O: 16, K: 3, Stride: 2, PadTop: 1, PadLeft: 1, PadBottom: 1, PadRight: 1}, false},
		{Conv{H: 8, W: 8, C: 16, O: 16, K: 3, Stride: 1}, false},
		{Conv{H: 8, W: 8, C: 16, O: 16, K: 1, Stride: 1}, false},
	} {
		for _, n := range []int{0, 1, 7, 64} {
			tc.s.N = n
			if got := tc.s.byWinograd(); got != tc.want {
				t.Errorf("%+v: by Winograd %v, want %v", tc.s, got, tc.want)
			}
		}
	}
}
