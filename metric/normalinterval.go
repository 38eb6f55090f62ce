package metric

import (
	"math"

	"ebb/engine/kernel/elementary"
)

// logNormalCDF is log Φ(x), accurate in the far left tail where Φ itself
// underflows: there by the asymptotic series (Abramowitz and Stegun 26.2.12)
//
//	Φ(-z) ~ φ(z)/z (1 - 1/z² + 3/z⁴ - 15/z⁶ + …)
//
// whose error is below its first omitted term, 2e-16 for 8 terms at z = 20.
func logNormalCDF(x float64) float64 {
	if x > -20 {
		return elementary.Log(elementary.NormCDF(x))
	}
	const logSqrtTwoPi = 0.91893853320467274178
	z2 := float64(x * x)
	if math.IsInf(z2, 1) {
		return math.Inf(-1)
	}
	sum, term := 0.0, 1.0
	for n := 1; n <= 8; n++ {
		term *= -float64(2*n-1) / z2
		sum += term
	}
	return -z2/2 - logSqrtTwoPi - elementary.Log(-x) + elementary.Log1p(sum)
}

// logNormalInterval is log(Φ(b)-Φ(a)) for a < b, without cancellation in either
// tail; a may be -Inf and b +Inf.
func logNormalInterval(a, b float64) float64 {
	if a > 0 { // mirror into the left tail, where Φ is accurate
		a, b = -b, -a
	}
	if b <= 0 {
		la, lb := logNormalCDF(a), logNormalCDF(b)
		if math.IsInf(la, -1) {
			return lb
		}
		return lb + elementary.Log(-elementary.Expm1(la-lb))
	}
	// a <= 0 < b: both tails are at most 1/2.
	return elementary.Log1p(-(elementary.NormCDF(a) + elementary.NormCDF(-b)))
}
