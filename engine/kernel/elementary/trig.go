package elementary

import (
	"math"
	"math/bits"
)

const (
	halfPiHi = 0x1.921fb54442d18p+0
	halfPiLo = 0x1.1a62633145c07p-54
)

// twoOverPi holds the binary digits of 2/π after the point, 1280 of them: enough for the largest
// float64. Never written.
var twoOverPi = [20]uint64{
	0xa2f9836e4e441529, 0xfc2757d1f534ddc0, 0xdb6295993c439041, 0xfe5163abdebbc561,
	0xb7246e3a424dd2e0, 0x06492eea09d1921c, 0xfe1deb1cb129a73e, 0xe88235f52ebb4484,
	0xe99c7026b45f7e41, 0x3991d639835339f4, 0x9c845f8bbdf9283b, 0x1ff897ffde05980f,
	0xef2f118b5a0a6d1f, 0x6d367ecf27cb09b7, 0x4f463f669e5fea2d, 0x7527bac7ebe5f17b,
	0x3d0739f78a5292ea, 0x6bfb5fb11f8d5d08, 0x56033046fc7b6bab, 0xf0cfbc209af4361d,
}

// digits returns 64 bits of 2/π from bit i on (bit 0 has weight 1/2); zeros stand before the point.
func digits(i int) uint64 {
	word, shift := i>>6, uint(i&63)
	at := func(w int) uint64 {
		if w < 0 || w >= len(twoOverPi) {
			return 0
		}
		return twoOverPi[w]
	}
	if shift == 0 {
		return at(word)
	}
	return at(word)<<shift | at(word+1)>>(64-shift)
}

// quadrant writes x = q π/2 + (rh+rl), |rh| <= π/4, for finite x >= π/4, and returns q mod 4.
//
// x is M 2^e with an integer M of 53 bits, and only x·2/π mod 4 matters. Digits of 2/π whose
// product with 2^e is a multiple of 4 drop out; of the rest, 192 are multiplied by M exactly. What
// lies below changes the fraction by less than 2^-137, while no float64 comes nearer than 2^-62 to a
// multiple of π/2 (M. Payne, R. Hanek, SIGNUM Newsletter 18, 1983).
func quadrant(x float64) (q int, rh, rl float64) {
	b := math.Float64bits(x)
	m := b&(1<<52-1) | 1<<52
	e := int(b>>52) - 1075
	// (p2 p1 p0) = M · digits mod 2^192: two bits of quadrant, then the fraction.
	h0, p0 := bits.Mul64(m, digits(e+126))
	h1, p1 := bits.Mul64(m, digits(e+62))
	p2 := m * digits(e-2)
	p1, carry := bits.Add64(p1, h0, 0)
	p2 += h1 + carry
	q = int(p2 >> 62)
	p2 = p2<<2 | p1>>62
	p1 = p1<<2 | p0>>62
	p0 <<= 2
	sign := 1.0
	if p2>>63 == 1 { // fraction above one half: count down from the next quadrant
		q++
		sign = -1
		p0, carry = bits.Add64(^p0, 1, 0)
		p1, carry = bits.Add64(^p1, 0, carry)
		p2 = ^p2 + carry
	}
	fh, fl := fraction(p2, p1, p0)
	rh, rl = pairProd(sign*fh, sign*fl, halfPiHi, halfPiLo)
	return q & 3, rh, rl
}

// fraction returns the 192-bit binary fraction 0.(p2 p1 p0) as a pair of about 106 bits.
func fraction(p2, p1, p0 uint64) (hi, lo float64) {
	k := -53
	if p2 == 0 {
		p2, p1, p0, k = p1, p0, 0, -53-64
	}
	n := uint(bits.LeadingZeros64(p2))
	k -= int(n)
	p2 = p2<<n | p1>>(64-n)
	p1 = p1<<n | p0>>(64-n)
	return float64(p2>>11) * pow2(k), float64((p2&(1<<11-1))<<42|p1>>22) * pow2(k-53)
}

// sinSmall returns sin(r+rl) for |r| <= π/4: r - r³/6 + …, Taylor to degree 17, remainder 2^-63.
func sinSmall(r, rl float64) float64 {
	z := float64(r * r)
	q := 1.0 / 355687428096000
	q = math.FMA(q, z, -1.0/1307674368000)
	q = math.FMA(q, z, 1.0/6227020800)
	q = math.FMA(q, z, -1.0/39916800)
	q = math.FMA(q, z, 1.0/362880)
	q = math.FMA(q, z, -1.0/5040)
	q = math.FMA(q, z, 1.0/120)
	q = math.FMA(q, z, -1.0/6)
	return r + math.FMA(float64(r*z), q, float64(rl*(1-float64(z/2))))
}

// cosSmall returns cos(r+rl) for |r| <= π/4: 1 - r²/2 + r⁴/24 - …, Taylor to degree 18. The rounding
// of r² is carried along.
func cosSmall(r, rl float64) float64 {
	z, e := twoProd(r, r)
	q := -1.0 / 6402373705728000
	q = math.FMA(q, z, 1.0/20922789888000)
	q = math.FMA(q, z, -1.0/87178291200)
	q = math.FMA(q, z, 1.0/479001600)
	q = math.FMA(q, z, -1.0/3628800)
	q = math.FMA(q, z, 1.0/40320)
	q = math.FMA(q, z, -1.0/720)
	q = math.FMA(q, z, 1.0/24)
	hi, lo := fastTwoSum(1, -z/2)
	lo -= math.FMA(r, rl, e/2)
	return hi + math.FMA(float64(z*z), q, lo)
}

// Sin returns the sine of x radians with exact reduction of any finite x. Error below 0.75 ulp.
func Sin(x float64) float64 {
	a := math.Abs(x)
	switch {
	case a < 0x1p-27 || x != x:
		return x
	case math.IsInf(x, 0):
		return math.NaN()
	case a <= math.Pi/4:
		return sinSmall(x, 0)
	}
	q, r, rl := quadrant(a)
	if x < 0 {
		q ^= 2 // sin(-x) = -sin x = sin(x+π), whatever the quadrant
	}
	return sinQuadrant(q, r, rl)
}

// Cos returns the cosine of x radians with exact reduction of any finite x. Error below 0.75 ulp.
func Cos(x float64) float64 {
	a := math.Abs(x)
	switch {
	case x != x || math.IsInf(x, 0):
		return math.NaN()
	case a <= math.Pi/4:
		return cosSmall(a, 0)
	}
	q, r, rl := quadrant(a)
	return sinQuadrant((q+1)&3, r, rl)
}

// SinCos returns Sin(x) and Cos(x), the same bits, for one reduction of x.
func SinCos(x float64) (sin, cos float64) {
	a := math.Abs(x)
	if a <= math.Pi/4 || x != x || math.IsInf(x, 0) {
		return Sin(x), Cos(x)
	}
	q, r, rl := quadrant(a)
	s, c := sinSmall(r, rl), cosSmall(r, rl)
	if q&1 == 1 {
		s, c = c, -s
	}
	if q&2 == 2 {
		s, c = -s, -c
	}
	if x < 0 {
		s = -s
	}
	return s, c
}

// sinQuadrant returns sin(q π/2 + r).
func sinQuadrant(q int, r, rl float64) float64 {
	switch q {
	case 0:
		return sinSmall(r, rl)
	case 1:
		return cosSmall(r, rl)
	case 2:
		return -sinSmall(r, rl)
	}
	return -cosSmall(r, rl)
}
