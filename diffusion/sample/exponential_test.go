package sample

import (
	"math"
	"testing"
)

// integral is int_0^1 z exp((1-u) z) f(u) du by Simpson's rule.
func integral(z float64, f func(u float64) float64) float64 {
	const n = 4000
	at := func(i int) float64 {
		u := float64(i) / n
		return z * math.Exp((1-u)*z) * f(u)
	}
	sum := at(0) + at(n)
	for i := 1; i < n; i++ {
		sum += at(i) * float64(2+2*(i%2))
	}
	return sum / (3 * n)
}

// The moments are the integrals of the powers of u, on both sides of where the
// series gives way to the closed form, and for steps of almost no width.
func TestMomentsAreIntegralsOfPowers(t *testing.T) {
	for _, z := range []float64{-12, -3, -1, -0.999999, -0.3, -1e-9, 0, 1e-7, 0.2, 0.999999, 1, 2.5, 7} {
		for k, b := range moments(z, 5) {
			want := integral(z, func(u float64) float64 { return math.Pow(u, float64(k)) }) / factorial(k)
			if math.Abs(b-want) > 1e-11*max(math.Abs(want), 1e-3*math.Abs(z)) {
				t.Errorf("z = %v: moment %d is %v, want %v", z, k, b, want)
			}
		}
	}
}

// The weights integrate every polynomial of lower degree than there are places
// exactly, wherever those lie.
func TestWeightsIntegratePolynomials(t *testing.T) {
	for _, u := range [][]float64{{0}, {0, -1}, {1, 0}, {0, -0.3, -2}, {1, 0, -0.7, -4}, {2.0 / 3, 1.0 / 3, 0}} {
		for _, z := range []float64{-8, -0.1, 0.4, 3} {
			w := weights(u, moments(z, len(u)))
			for p := range u {
				got := 0.0
				for i, v := range u {
					got += w[i] * math.Pow(v, float64(p))
				}
				want := integral(z, func(u float64) float64 { return math.Pow(u, float64(p)) })
				if math.Abs(got-want) > 1e-10*max(1, math.Abs(want)) {
					t.Errorf("places %v, z = %v: u^%d integrates to %v, want %v", u, z, p, got, want)
				}
			}
		}
	}
}
