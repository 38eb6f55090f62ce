package metric

import (
	"fmt"
	"math"

	"ebb/engine/kernel/parallel"
)

// EnergyDistance says how different two sets of points are distributed:
//
//	2 E|x-y| - E|x-x'| - E|y-y'|
//
// over independent points x, x' of a and y, y' of b (Székely and Rizzo 2013,
// "Energy statistics", J. Statistical Planning and Inference 143). It is 0 if
// and only if both distributions are the same, and it sees means, variances,
// dependence and shape at once; its unit is that of the points. This is the
// unbiased estimate: of equal distributions it falls on either side of 0. Each
// set needs two points.
func EnergyDistance(p *parallel.Pool, a, b *Points) float64 {
	if a.N < 2 || b.N < 2 {
		panic(fmt.Sprintf("metric: energy distance of %d and %d points; each set needs two", a.N, b.N))
	}
	between := sumOfDistances(p, a, b) / float64(a.N) / float64(b.N)
	return 2*between - meanWithin(p, a) - meanWithin(p, b)
}

// meanWithin is the mean distance of two different points.
func meanWithin(p *parallel.Pool, a *Points) float64 {
	return sumOfDistances(p, a, a) / float64(a.N) / float64(a.N-1)
}

// sumOfDistances adds up |x-y| over all pairs.
func sumOfDistances(p *parallel.Pool, a, b *Points) float64 {
	parts := make([]float64, (a.N+blockRows-1)/blockRows)
	eachDistance(p, a, b, func(i0, _, _, _ int, d2 []float32) {
		sum := 0.0
		for _, v := range d2 {
			sum += math.Sqrt(float64(v))
		}
		parts[i0/blockRows] += sum // one worker's, in increasing j0
	})
	total := 0.0
	for _, v := range parts {
		total += v
	}
	return total
}
