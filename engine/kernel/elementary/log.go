package elementary

import "math"

const (
	sqrtHalfBits = 0x3fe6a09e667f3bcd // √½
	log2eHi      = 0x1.71547652b82fep+0
	log2eLo      = 0x1.777d0ffda0d24p-56
)

// split writes a positive finite x as m 2^k with √½ <= m < √2.
func split(x float64) (m float64, k int) {
	if x < 0x1p-1022 {
		m, k = split(x * 0x1p54)
		return m, k - 54
	}
	b := math.Float64bits(x)
	k = int(int64(b-sqrtHalfBits) >> 52)
	return math.Float64frombits(b - uint64(k)<<52), k
}

// logSmall returns log(1+fh+fl) as a pair with a relative error of about 2^-65, for 1+fh within
// [√½, √2]: with s = f/(2+f), log(1+f) = 2 atanh s = 2s + (2/3)s³ + (2/5)s⁵ + …
func logSmall(fh, fl float64) (hi, lo float64) {
	dh, dl := twoSum(2, fh)
	sh, sl := pairQuo(fh, fl, dh, dl+fl)
	zh, zl := pairProd(sh, sl, sh, sl)
	ch, cl := pairProd(zh, zl, sh, sl)
	ch, cl = pairProd(ch, cl, 0x1.5555555555555p-1, 0x1.5555555555555p-55)
	q := 2.0 / 25
	q = math.FMA(q, zh, 2.0/23)
	q = math.FMA(q, zh, 2.0/21)
	q = math.FMA(q, zh, 2.0/19)
	q = math.FMA(q, zh, 2.0/17)
	q = math.FMA(q, zh, 2.0/15)
	q = math.FMA(q, zh, 2.0/13)
	q = math.FMA(q, zh, 2.0/11)
	q = math.FMA(q, zh, 2.0/9)
	q = math.FMA(q, zh, 2.0/7)
	q = math.FMA(q, zh, 2.0/5)
	tail := float64(float64(zh*zh)*sh) * q
	hi, lo = fastTwoSum(2*sh, ch)
	return fastTwoSum(hi, lo+float64(2*sl)+cl+float64(tail))
}

// addLn2 returns k ln2 + (h+l) as a pair.
func addLn2(k int, h, l float64) (hi, lo float64) {
	n := float64(k)
	hi, lo = twoSum(float64(n*ln2Hi), h)
	return fastTwoSum(hi, lo+(float64(n*ln2Lo)+l))
}

// logPair returns log x as a pair for positive finite x.
func logPair(x float64) (hi, lo float64) {
	m, k := split(x)
	h, l := logSmall(m-1, 0)
	return addLn2(k, h, l)
}

// logEdge answers the arguments for which a logarithm needs no arithmetic.
func logEdge(x float64) (y float64, done bool) {
	switch {
	case x != x || x > math.MaxFloat64:
		return x, true
	case x < 0:
		return math.NaN(), true
	case x == 0:
		return math.Inf(-1), true
	}
	return 0, false
}

// Log returns the natural logarithm. Error below 0.51 ulp.
func Log(x float64) float64 {
	if y, done := logEdge(x); done {
		return y
	}
	hi, lo := logPair(x)
	return hi + lo
}

// Log2 returns the binary logarithm, exact at powers of two. Error below 0.51 ulp.
func Log2(x float64) float64 {
	if y, done := logEdge(x); done {
		return y
	}
	m, k := split(x)
	h, l := logSmall(m-1, 0)
	h, l = pairProd(h, l, log2eHi, log2eLo)
	hi, lo := twoSum(float64(k), h)
	return hi + (lo + l)
}

// Log1p returns log(1+x), accurate near 0. Error below 0.51 ulp.
func Log1p(x float64) float64 {
	if math.Abs(x) < 0x1p-54 {
		return x
	}
	if y, done := logEdge(1 + x); done {
		return y
	}
	u, c := twoSum(1, x)
	m, k := split(u)
	fh, fl := twoSum(m-1, scale(c, -k))
	h, l := logSmall(fh, fl)
	hi, lo := addLn2(k, h, l)
	return hi + lo
}

// Pow returns x^y with the special cases of IEEE 754 (pow). Error below 0.6 ulp for normal results.
func Pow(x, y float64) float64 {
	switch {
	case y == 0 || x == 1:
		return 1
	case y == 1:
		return x
	case x != x || y != y:
		return math.NaN()
	case x == 0 || math.IsInf(x, 0) || math.IsInf(y, 0):
		return powEdge(x, y)
	}
	sign := 1.0
	if x < 0 {
		if y != math.Floor(y) {
			return math.NaN()
		}
		if isOdd(y) {
			sign = -1
		}
	}
	lh, ll := logPair(math.Abs(x))
	ph, pl := twoProd(y, lh)
	switch {
	case ph > 710:
		return sign * math.Inf(1)
	case ph < -746:
		return sign * 0
	case math.Abs(ph) < 0x1p-60:
		return sign
	}
	hi, lo, k := expPair(ph, pl+float64(y*ll))
	return sign * scale(hi+lo, k)
}

// powEdge is Pow for x zero or infinite, or y infinite.
func powEdge(x, y float64) float64 {
	a := math.Abs(x)
	if math.IsInf(y, 0) {
		switch {
		case a == 1:
			return 1
		case (a > 1) == (y > 0):
			return math.Inf(1)
		}
		return 0
	}
	r := 0.0
	if (a > 1) == (y > 0) {
		r = math.Inf(1)
	}
	if math.Signbit(x) && isOdd(y) {
		return -r
	}
	return r
}

// isOdd reports whether y is an odd integer.
func isOdd(y float64) bool {
	return math.Abs(y) < 0x1p53 && y == math.Floor(y) && int64(y)&1 == 1
}
