package kernel

import (
	"math"
	"testing"
)

func TestLogarithmIsCloseToTheLibrary(t *testing.T) {
	check := func(x float32) {
		want := math.Log(float64(x))
		if got := logarithm(x); math.Abs(got-want) > 1e-14+1e-15*math.Abs(want) {
			t.Errorf("logarithm(%x) = %v, math.Log gives %v", x, got, want)
		}
	}
	for bits := uint32(1); bits < 0x7f800000; bits += 7919 {
		check(math.Float32frombits(bits))
	}
	for _, x := range []float32{1, 0x1.6a09e6p-1, 0x1.6a09e8p-1, 0x1.6a09e6p0, 0x1.6a09e8p0, 2, math.MaxFloat32, math.SmallestNonzeroFloat32} {
		check(x)
	}
}

func TestLogarithmOfSpecialValues(t *testing.T) {
	inf := float32(math.Inf(1))
	if got := logarithm(0); !math.IsInf(got, -1) {
		t.Errorf("logarithm(0) = %v", got)
	}
	if got := logarithm(inf); !math.IsInf(got, 1) {
		t.Errorf("logarithm(+Inf) = %v", got)
	}
	for _, x := range []float32{-1, -inf, float32(math.NaN())} {
		if got := logarithm(x); got == got {
			t.Errorf("logarithm(%v) = %v", x, got)
		}
	}
}
