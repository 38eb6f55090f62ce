package elementary

import "math"

// LogGamma returns log Γ(x) for x > 0, +Inf at 0 and NaN below. Absolute error below 1e-15 up to
// x = 3 and relative error below 4e-16 above.
//
// Stirling's series needs a large argument: smaller ones are raised by Γ(x+1) = x Γ(x).
func LogGamma(x float64) float64 {
	switch {
	case x != x || math.IsInf(x, 1):
		return x
	case x < 0:
		return math.NaN()
	case x == 0:
		return math.Inf(1)
	}
	n, sh, sl := 0.0, 1.0, 0.0
	for ; x+n < 12; n++ {
		fh, fl := twoSum(x, n)
		sh, sl = pairProd(sh, sl, fh, fl)
	}
	// With X = x+n: (X-1/2) log X - X + log √(2π) + Σ B_2k / (2k(2k-1) X^(2k-1))
	xh, xl := twoSum(x, n)
	lh, ll := logPair(xh)
	ah, al := twoSum(xh, -0.5)
	ph, pl := pairProd(lh, ll+xl/xh, ah, al+xl)
	hi, lo := twoSum(ph, -xh)
	lo += pl - xl + logSqrtTwoPi + stirling(1/xh)
	if n > 0 {
		gh, gl := logPair(sh)
		var e float64
		hi, e = twoSum(hi, -gh)
		lo += e - (gl + sl/sh)
	}
	return hi + lo
}

// stirling returns the series of Bernoulli numbers in r = 1/x <= 1/12.
func stirling(r float64) float64 {
	z := float64(r * r)
	q := -3617.0 / 122400
	q = math.FMA(q, z, 1.0/156)
	q = math.FMA(q, z, -691.0/360360)
	q = math.FMA(q, z, 1.0/1188)
	q = math.FMA(q, z, -1.0/1680)
	q = math.FMA(q, z, 1.0/1260)
	q = math.FMA(q, z, -1.0/360)
	q = math.FMA(q, z, 1.0/12)
	return float64(q * r)
}
