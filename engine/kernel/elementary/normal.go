package elementary

import "math"

const (
	sqrtHalf      = 0.70710678118654752440084436210484904
	invSqrtTwoPi  = 0.39894228040143267793994605993438187
	logSqrtTwoPi  = 0.91893853320467274178032973640561764
	logTwo        = 0.69314718055994530941723212145817657
	normalUnderfl = 39.0 // NormCDF(-x) is zero beyond
)

// NormPDF returns the standard normal density e^(-x²/2)/√(2π). Error below 2.5 ulp for normal results.
func NormPDF(x float64) float64 {
	if x != x {
		return x
	}
	if math.Abs(x) > normalUnderfl {
		return 0
	}
	h, l := twoProd(x, x)
	eh, el, k := expPair(-h/2, -l/2)
	return scale(float64(eh+el)*invSqrtTwoPi, k)
}

// NormCDF returns the standard normal distribution function Φ(x) = erfc(-x/√2)/2, accurate in its
// left tail. The square in the exponent is taken from x itself, so rounding x/√2 does no harm.
// Error below 3.5 ulp for normal results.
func NormCDF(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x:
		return x
	case a < 0.7:
		return 0.5 + float64(0.5*erfSmall(x*sqrtHalf))
	case x < -normalUnderfl:
		return 0
	case x > 9:
		return 1
	}
	tail := normalTail(a)
	if x < 0 {
		return tail
	}
	return 1 - tail
}

// normalTail returns Φ(-a) for 0.7 <= a <= 39.
func normalTail(a float64) float64 {
	h, l := twoProd(a, a)
	return gaussTail(float64(a*sqrtHalf), h/2, l/2, 0.5)
}

// quantileCoef are the coefficients in u = q² of Φ^-1(1/2+q)/q for |q| <= 1/4: a Chebyshev
// interpolant of degree 16, relative error below 2^-58. Never written.
var quantileCoef = [17]float64{
	0x1.40d931ff62706p+1, 0x1.4ffddeaa22dc8p+1, 0x1.71713082d9a52p+2, 0x1.f55d0d78f7830p+3,
	0x1.78494af32ea79p+5, 0x1.2ba8dafc31f68p+7, 0x1.f046145d6e46ep+8, 0x1.a6767aff79612p+10,
	0x1.6f2e91f548348p+12, 0x1.438094f2d77d2p+14, 0x1.2784eafaf8e7ep+16, 0x1.c4a854e51f377p+17,
	0x1.94642acc5da32p+20, -0x1.4f9ca9af53dfap+22, 0x1.7326130d03ab4p+26, -0x1.a669238cc3f35p+28,
	0x1.8d77e8921d27ap+30,
}

// NormQuantile returns Φ^-1(p), the x with NormCDF(x) = p; ±Inf at 0 and 1, NaN outside [0,1].
// Error below 3.5 ulp.
func NormQuantile(p float64) float64 {
	switch {
	case p != p || p < 0 || p > 1:
		return math.NaN()
	case p == 0:
		return math.Inf(-1)
	case p == 1:
		return math.Inf(1)
	case p < 0.25:
		return -tailQuantile(p)
	case p > 0.75:
		return tailQuantile(1 - p) // 1-p is exact here
	}
	q := p - 0.5 // exact
	u := float64(q * q)
	r := quantileCoef[16]
	for i := 15; i >= 0; i-- {
		r = math.FMA(r, u, quantileCoef[i])
	}
	return float64(q * r)
}

// tailQuantile returns the x > 0 with Φ(-x) = p for 0 < p <= 1/4: a rational guess (M. Abramowitz,
// I. Stegun, 26.2.23, error 4.5e-4) and two steps of Halley on log Φ(-x) = log p, which
// stay well conditioned down to the smallest p.
func tailQuantile(p float64) float64 {
	lh, ll := logPair(p)
	t := math.Sqrt(-2 * lh)
	num := math.FMA(math.FMA(0.010328, t, 0.802853), t, 2.515517)
	den := math.FMA(math.FMA(math.FMA(0.001308, t, 0.189269), t, 1.432788), t, 1)
	x := t - num/den
	for range 2 {
		// f = log Φ(-x) - log p; f' = -m, f'' = m(x-m) with the inverse Mills ratio m = φ/Φ(-x).
		e := erfcx(float64(x * sqrtHalf))
		sh, sl := twoProd(x, x)
		f := ((-sh/2 - lh) - (sl/2 + ll)) + Log(float64(e/2))
		m := 2 * invSqrtTwoPi / e
		d := f / m
		x += d / (1 + float64(float64(d*(m-x))/2))
	}
	return x
}
