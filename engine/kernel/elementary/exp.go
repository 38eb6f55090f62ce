package elementary

import "math"

const (
	log2e  = 1.44269504088896340735992468100189214
	ln2Hi  = 0x1.62e42fefa38p-1       // 42 bits, so that k*ln2Hi is exact for |k| < 2048
	ln2Lo  = 0x1.ef35793c76730p-45    // ln 2 - ln2Hi, to 2^-98
	expMax = 709.782712893383973096   // exp is infinite above
	expMin = -745.13321910194110842   // and zero below
	expOne = 0x1p-54                  // exp(x) rounds to 1 for |x| below
	huge   = 1023 * 0.693147180559946 // beyond this 2^k leaves the range of float64
)

// reduce writes x+xl = k ln2 + (rh+rl) with |rh| <= ln2/2 and an error of about 2^-87.
func reduce(x, xl float64) (k, rh, rl float64) {
	k = math.RoundToEven(float64(x * log2e))
	rh, rl = twoSum(math.FMA(-k, ln2Hi, x), float64(-k*ln2Lo))
	rh, rl = twoSum(rh, rl+xl)
	return k, rh, rl
}

// expm1Small returns exp(rh+rl) - 1 as a pair, for |rh| <= 0.35: r + r²(1/2 + r/6 + …), Taylor to
// degree 14, whose remainder is below 2^-61 of the result.
func expm1Small(rh, rl float64) (hi, lo float64) {
	q := 1.0 / 87178291200
	q = math.FMA(q, rh, 1.0/6227020800)
	q = math.FMA(q, rh, 1.0/479001600)
	q = math.FMA(q, rh, 1.0/39916800)
	q = math.FMA(q, rh, 1.0/3628800)
	q = math.FMA(q, rh, 1.0/362880)
	q = math.FMA(q, rh, 1.0/40320)
	q = math.FMA(q, rh, 1.0/5040)
	q = math.FMA(q, rh, 1.0/720)
	q = math.FMA(q, rh, 1.0/120)
	q = math.FMA(q, rh, 1.0/24)
	q = math.FMA(q, rh, 1.0/6)
	q = math.FMA(q, rh, 1.0/2)
	r2, e := twoProd(rh, rh)
	hi, lo = fastTwoSum(rh, float64(r2*q))
	return hi, lo + math.FMA(rl, rh, rl) + float64(e*q)
}

// expPair returns exp(x+xl) as (hi+lo) 2^k with hi near 1. x+xl within ±2000.
func expPair(x, xl float64) (hi, lo float64, k int) {
	n, rh, rl := reduce(x, xl)
	eh, el := expm1Small(rh, rl)
	hi, lo = fastTwoSum(1, eh)
	return hi, lo + el, int(n)
}

// Exp returns e^x. Error below 0.6 ulp for normal results, 0.8 ulp for denormal ones.
func Exp(x float64) float64 {
	switch {
	case x != x:
		return x
	case x > expMax:
		return math.Inf(1)
	case x < expMin:
		return 0
	}
	hi, lo, k := expPair(x, 0)
	return scale(hi+lo, k)
}

// expm1Pair returns e^x - 1 as a pair for |x| <= 40.
func expm1Pair(x float64) (hi, lo float64) {
	n, rh, rl := reduce(x, 0)
	eh, el := expm1Small(rh, rl)
	if n == 0 {
		return fastTwoSum(eh, el)
	}
	p := pow2(int(n))
	ph, pl := twoSum(p, -1)
	hi, lo = twoSum(ph, float64(p*eh))
	return fastTwoSum(hi, lo+(pl+float64(p*el)))
}

// Expm1 returns e^x - 1, accurate also near 0. Error below 0.8 ulp.
func Expm1(x float64) float64 {
	switch {
	case math.Abs(x) < expOne || x != x:
		return x // also keeps the sign of zero
	case x > 40:
		return Exp(x) - 1 // exact subtraction up to its own rounding: 1 is below one ulp
	case x < -40:
		return -1
	}
	hi, lo := expm1Pair(x)
	return hi + lo
}

// Tanh returns the hyperbolic tangent, -E/(E+2) with E = e^(-2|x|) - 1. Error below 0.7 ulp.
func Tanh(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-30 || x != x:
		return x // x³/3 is below a quarter ulp
	case a > 20:
		return math.Copysign(1, x)
	}
	eh, el := expm1Pair(-2 * a)
	dh, dl := twoSum(2, eh)
	hi, lo := pairQuo(-eh, -el, dh, dl+el)
	return math.Copysign(hi+lo, x)
}

// Sigmoid returns 1/(1+e^-x), accurate in both tails. Error below 0.6 ulp for normal results.
func Sigmoid(x float64) float64 {
	switch {
	case x != x:
		return x
	case x < -40:
		return Exp(x)
	case x > 40:
		return 1
	}
	hi, lo, k := expPair(-math.Abs(x), 0)
	p := pow2(k)
	eh, el := float64(hi*p), float64(lo*p)
	dh, dl := fastTwoSum(1, eh)
	if x < 0 {
		qh, ql := pairQuo(eh, el, dh, dl+el)
		return qh + ql
	}
	qh, ql := pairQuo(1, 0, dh, dl+el)
	return qh + ql
}

// LogSumExp returns log Σ exp(x_i) without overflow; -Inf for an empty slice. The sum runs from the
// first element to the last.
func LogSumExp(x []float64) float64 {
	top := math.Inf(-1)
	for _, v := range x {
		if v > top || v != v {
			top = v
		}
	}
	if math.IsInf(top, 0) || top != top {
		return top
	}
	sum := 0.0
	for _, v := range x {
		sum += Exp(v - top)
	}
	return top + Log(sum)
}
