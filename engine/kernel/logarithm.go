package kernel

import "math"

// logarithm is ln x in float64, within 1e-14 + 1e-15 |ln x|, for a float32:
// enough that rounding the result to float32 is all the error there is, at a
// small part of the cost of elementary.Log. Of 0 it is -Inf, of negative
// numbers and NaN NaN.
func logarithm(x float32) float64 {
	if !(x > 0 && x <= math.MaxFloat32) {
		switch {
		case x == 0:
			return math.Inf(-1)
		case x > 0:
			return math.Inf(1)
		}
		return math.NaN()
	}
	// x = 2^e m with m in [sqrt(1/2), sqrt(2)); a float32 is never denormal
	// as a float64.
	const sqrtHalf = 0x3fe6a09e667f3bcd // bits
	bits := math.Float64bits(float64(x)) - sqrtHalf
	e := float64(int64(bits) >> 52)
	m := math.Float64frombits(bits&(1<<52-1) + sqrtHalf)
	// ln m = 2 artanh s = 2s (1 + s²/3 + s⁴/5 + …), |s| < 0.1716; the first
	// term left out is below 3e-16.
	s := (m - 1) / (m + 1)
	q := float64(s * s)
	sum := 1.0 / 19
	for _, c := range [...]float64{1.0 / 17, 1.0 / 15, 1.0 / 13, 1.0 / 11, 1.0 / 9, 1.0 / 7, 1.0 / 5, 1.0 / 3, 1} {
		sum = float64(sum*q) + c
	}
	return float64(e*math.Ln2) + float64(float64(2*s)*sum)
}
