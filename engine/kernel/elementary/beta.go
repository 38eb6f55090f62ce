package elementary

import "math"

// BetaCDF is the share of a beta distribution with shapes a and b below x, the
// regularised incomplete beta function I_x(a, b), by its continued fraction
// (Abramowitz and Stegun 26.5.8) evaluated from the front. The error is below
// 1e-13 for shapes from 0.1 to 100.
func BetaCDF(x, a, b float64) float64 {
	switch {
	case !(a > 0 && b > 0) || x != x:
		return math.NaN()
	case x <= 0:
		return 0
	case x >= 1:
		return 1
	case x > (a+1)/(a+b+2): // there the fraction of the other tail converges faster
		return 1 - betaTail(1-x, b, a)
	}
	return betaTail(x, a, b)
}

// betaTail is I_x(a, b) for x below about the mean.
func betaTail(x, a, b float64) float64 {
	front := Exp(LogGamma(a+b) - LogGamma(a) - LogGamma(b) + float64(a*Log(x)) + float64(b*Log1p(-x)))
	const tiny, most = 1e-300, 400
	c, d := 1.0, 1-(a+b)*x/(a+1)
	if math.Abs(d) < tiny {
		d = tiny
	}
	d = 1 / d
	h := d
	advance := func(coefficient float64) (ratio float64) {
		if d = 1 + float64(coefficient*d); math.Abs(d) < tiny {
			d = tiny
		}
		if c = 1 + coefficient/c; math.Abs(c) < tiny {
			c = tiny
		}
		d = 1 / d
		ratio = d * c
		h *= ratio
		return ratio
	}
	for m := 1.0; m < most; m++ {
		even := m * (b - m) * x / ((a + 2*m - 1) * (a + 2*m))
		odd := -(a + m) * (a + b + m) * x / ((a + 2*m) * (a + 2*m + 1))
		advance(even)
		if ratio := advance(odd); math.Abs(ratio-1) < 1e-16 {
			break
		}
	}
	return front * h / a
}

// BetaQuantile is the x with BetaCDF(x, a, b) = p, by bisection.
func BetaQuantile(p, a, b float64) float64 {
	switch {
	case !(p >= 0 && p <= 1) || !(a > 0 && b > 0):
		return math.NaN()
	case p == 0 || p == 1:
		return p
	}
	lo, hi := 0.0, 1.0
	for {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			return mid
		}
		if BetaCDF(mid, a, b) < p {
			lo = mid
		} else {
			hi = mid
		}
	}
}
