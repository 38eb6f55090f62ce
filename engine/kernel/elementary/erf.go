package elementary

import "math"

const (
	twoOverSqrtPiHi = 0x1.20dd750429b6dp+0
	twoOverSqrtPiLo = 0x1.1ae3a914fed80p-56
)

// erfcxCoef are the coefficients in t of (1+2x) e^(x²) erfc(x) with t = (x-4)/(x+4), which maps
// [0, ∞) to [-1, 1): a Chebyshev interpolant of degree 27, computed with 300 bits and then
// expanded, relative error below 2^-57 (M. Shepherd, J. Laframboise, Math. Comp. 36, 1981, with
// other constants). Never written.
var erfcxCoef = [28]float64{
	0x1.3ba5916e9fd7fp+0, -0x1.1df1ad154a28ep-3, 0x1.f7f5df66fd7b4p-7, 0x1.16ecefcfa5395p-4,
	-0x1.9ddb23c3e90c3p-4, 0x1.7fee004e1257bp-4, -0x1.0fb06dfe490c3p-4, 0x1.3079edf682110p-5,
	-0x1.0962388538971p-6, 0x1.49c6728655506p-8, -0x1.8d4a999e8c9a9p-11, -0x1.a1df256980c3cp-13,
	0x1.3be033ce3982ap-13, -0x1.9959511d5ab6dp-16, -0x1.7881b584b07b2p-17, 0x1.7f2a52ef41159p-18,
	0x1.38669fea939c9p-22, -0x1.bb468cf4dff68p-21, 0x1.52c97e7ca5febp-24, 0x1.dcfb7c98a894ep-24,
	-0x1.77ab5f11dc2b0p-26, -0x1.0b2374ec65bc8p-26, 0x1.0f6f8cf940331p-28, 0x1.37c31c710d2edp-29,
	-0x1.276d07fd3fc07p-31, -0x1.46551477d9fbbp-32, 0x1.6f4b2c594b63fp-35, 0x1.9f3a824328aabp-36,
}

// erfcx returns e^(x²) erfc(x) for 0 <= x < 1e15.
func erfcx(x float64) float64 {
	t := (x - 4) / (x + 4)
	q := erfcxCoef[27]
	for i := 26; i >= 0; i-- {
		q = math.FMA(q, t, erfcxCoef[i])
	}
	return q / math.FMA(2, x, 1)
}

// erfSmall returns erf(x) for |x| <= 0.8 by its Taylor series, (2/√π) x (1 + z q) with z = x² and
// q = Σ_{k>=1} (-1)^k z^(k-1) / (k! (2k+1)), remainder 2^-70.
func erfSmall(x float64) float64 {
	z := float64(x * x)
	q := erfTaylor[len(erfTaylor)-1]
	for i := len(erfTaylor) - 2; i >= 0; i-- {
		q = math.FMA(q, z, erfTaylor[i])
	}
	n, nl := twoProd(x, twoOverSqrtPiHi)
	return n + math.FMA(float64(n*z), q, math.FMA(x, twoOverSqrtPiLo, nl))
}

// erfTaylor holds (-1)^k / (k! (2k+1)) for k = 1..18. Never written.
var erfTaylor = [18]float64{
	-1.0 / 3, 1.0 / (2 * 5), -1.0 / (6 * 7), 1.0 / (24 * 9), -1.0 / (120 * 11), 1.0 / (720 * 13),
	-1.0 / (5040 * 15), 1.0 / (40320 * 17), -1.0 / (362880 * 19), 1.0 / (3628800 * 21),
	-1.0 / (39916800 * 23), 1.0 / (479001600 * 25), -1.0 / (6227020800 * 27),
	1.0 / (87178291200 * 29), -1.0 / (1307674368000 * 31), 1.0 / (20922789888000 * 33),
	-1.0 / (355687428096000 * 35), 1.0 / (6402373705728000 * 37),
}

// gaussTail returns exp(-(h+l)) erfcx(z) c.
func gaussTail(z, h, l, c float64) float64 {
	if h > 800 {
		return 0
	}
	eh, el, k := expPair(-h, -l)
	return scale(float64(float64(eh+el)*erfcx(z))*c, k)
}

// Erf returns the error function (2/√π) ∫_0^x e^(-t²) dt. Error below 1 ulp.
func Erf(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x || x == 0:
		return x
	case a <= 0.8:
		return erfSmall(x)
	case a > 6:
		return math.Copysign(1, x)
	}
	h, l := twoProd(a, a)
	return math.Copysign(1-gaussTail(a, h, l, 1), x)
}

// Erfc returns 1 - Erf(x), accurate in its right tail, which vanishes beyond 27.2. Error below
// 3 ulp for normal results.
func Erfc(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x:
		return x
	case a < 0.5:
		return 1 - erfSmall(x)
	case x > 30:
		return 0
	case x < -6:
		return 2
	}
	h, l := twoProd(a, a)
	tail := gaussTail(a, h, l, 1)
	if x < 0 {
		return 2 - tail
	}
	return tail
}
