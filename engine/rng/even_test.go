package rng

import (
	"math"
	"testing"
)

// Of 256 points from a multiple of 256 on each interval of length 1/256 holds one, in every
// coordinate, and of 256^2 points each of length 256^-2.
func TestEveryCoordinateOfEvenPointsHasOnePointAnInterval(t *testing.T) {
	const dims = 5
	e := Even{New(7, Prior)}
	u := make([]float64, dims)
	for _, n := range []uint64{1 << 8, 1 << 16} {
		for _, from := range []uint64{0, n, 37 * n, 1<<32 + n} {
			seen := make([]bool, n*dims)
			for i := range n {
				e.Uniforms(u, from+i)
				for j, v := range u {
					k := uint64(j)*n + uint64(v*float64(n))
					if seen[k] {
						t.Fatalf("coordinate %d, from point %d: two points in an interval of length 1/%d", j, from, n)
					}
					seen[k] = true
				}
			}
		}
	}
}

// Planes of even points are as random ones: over the cells of a 16x16 grid chi-square has 15*15 = 225
// degrees of freedom (the margins are fixed), so a mean of 225 over 780 planes with a standard error
// of 21.2/√780 = 0.76, were they independent, and no plane passes 400, 8 deviations.
func TestPlanesOfEvenPointsAreAsThoseOfRandomOnes(t *testing.T) {
	const n, dims, side = 4096, 40, 16
	e := Even{New(3, Prior)}
	points := make([]float64, n*dims)
	for i := range n {
		e.Uniforms(points[i*dims:(i+1)*dims], uint64(i))
	}
	total, pairs := 0.0, 0
	for a := range dims {
		for b := range a {
			var count [side * side]float64
			for i := range n {
				count[int(points[i*dims+a]*side)*side+int(points[i*dims+b]*side)]++
			}
			chi := 0.0
			for _, c := range count {
				chi += (c - n/side/side) * (c - n/side/side) / (n / side / side)
			}
			if chi > 400 {
				t.Errorf("coordinates %d and %d: chi-square %.1f", a, b, chi)
			}
			total += chi
			pairs++
		}
	}
	if mean := total / float64(pairs); math.Abs(mean-225) > 6 {
		t.Errorf("mean chi-square %.1f over all planes, want 225", mean)
	}
}

// A point alone is uniform: over seeds its mean is 1/2 and its variance 1/12, and two points of one
// sequence do not correlate by more than evenness asks for.
func TestAnEvenPointIsUniformOverSeeds(t *testing.T) {
	const seeds = 4000
	for _, point := range []uint64{0, 1, 5, 1000, 1<<32 + 3} {
		sum, square := 0.0, 0.0
		for seed := range uint64(seeds) {
			u := make([]float64, 3)
			Even{New(seed, Prior)}.Uniforms(u, point)
			sum += u[2]
			square += u[2] * u[2]
		}
		mean := sum / seeds
		variance := square/seeds - mean*mean
		if se := math.Sqrt(1.0 / 12 / seeds); math.Abs(mean-0.5) > 4*se {
			t.Errorf("point %d: mean %v, want 1/2 within 4 x %v", point, mean, se)
		}
		if math.Abs(variance-1.0/12) > 0.005 { // 4 standard errors: 4 sqrt((1/80-1/144)/4000)
			t.Errorf("point %d: variance %v, want 1/12", point, variance)
		}
	}
}

// The margin of n points, which need not be a power of two, is closer to uniform than that of random
// points by far: their Kolmogorov distance is 0.87/√n on average.
func TestMarginsOfEvenPointsAreCloserThanRandom(t *testing.T) {
	const n, dims = 17117, 30
	e := Even{New(1, Prior)}
	bins := make([][]int, dims)
	for j := range bins {
		bins[j] = make([]int, 1000)
	}
	u := make([]float64, dims)
	for i := range uint64(n) {
		e.Uniforms(u, i)
		for j, v := range u {
			bins[j][int(v*1000)]++
		}
	}
	for j := range bins {
		below, far := 0, 0.0
		for k, c := range bins[j] {
			below += c
			far = max(far, math.Abs(float64(below)/n-float64(k+1)/1000))
		}
		if far > 0.2*0.87/math.Sqrt(n) {
			t.Errorf("coordinate %d: Kolmogorov distance %v, a fifth of random points' is %v", j, far, 0.2*0.87/math.Sqrt(n))
		}
	}
}
