package elementary

import "math"

// twoSum returns a+b exactly as hi+lo, for any order of magnitude (Knuth).
func twoSum(a, b float64) (hi, lo float64) {
	hi = a + b
	c := hi - a
	return hi, (a - (hi - c)) + (b - c)
}

// fastTwoSum is twoSum for |a| >= |b| or a = 0 (Dekker).
func fastTwoSum(a, b float64) (hi, lo float64) {
	hi = a + b
	return hi, b - (hi - a)
}

// twoProd returns a*b exactly as hi+lo, barring underflow.
func twoProd(a, b float64) (hi, lo float64) {
	hi = float64(a * b)
	return hi, math.FMA(a, b, -hi)
}

// pairProd returns (ah+al)*(bh+bl) to about 2^-104.
func pairProd(ah, al, bh, bl float64) (hi, lo float64) {
	p, e := twoProd(ah, bh)
	return fastTwoSum(p, math.FMA(al, bh, math.FMA(ah, bl, e)))
}

// pairQuo returns (ah+al)/(bh+bl) to about 2^-102.
func pairQuo(ah, al, bh, bl float64) (hi, lo float64) {
	q := ah / bh
	r := math.FMA(-q, bh, ah) + math.FMA(-q, bl, al)
	return fastTwoSum(q, r/bh)
}

// scale returns x * 2^k for x of ordinary size, rounding once: a result below the normal range is
// reached in one multiplication from a number within it.
func scale(x float64, k int) float64 {
	switch {
	case k > 1023:
		return float64(x * 0x1p1023 * pow2(min(k-1023, 1023)))
	case k < -1022:
		return float64(x * pow2(max(k, -1600)+600) * 0x1p-600)
	}
	return float64(x * pow2(k))
}

// pow2 returns 2^k for -1022 <= k <= 1023.
func pow2(k int) float64 { return math.Float64frombits(uint64(1023+k) << 52) }
