package kernel

import (
	"math"

	"ebb/engine/kernel/parallel"
)

// The exponential e^x = 2^n e^r with n = round(x log2 e) and r = x - n ln2, |r| < 0.347. The
// polynomial 1 + r + r²(c2 + c3 r + … + c6 r⁴) is minimax for the relative error, 2^-28.3.
const (
	expLow   = -104           // e^x rounds to 0 at and below
	expHigh  = 89             // and to +Inf at and above
	expMagic = 0x1.8p23       // adding it rounds to an integer, kept in the low bits
	expBias  = 0x4b400000     // its bits
	expLog2e = 0x1.715476p+0  // log2 e
	expLn2Hi = 0x1.62e4p-1    // 15 bits of ln 2, so that n*expLn2Hi is exact
	expLn2Lo = 0x1.7f7d1cp-20 // the rest

	expC2 = 0x1.fffffcp-2
	expC3 = 0x1.55549p-3
	expC4 = 0x1.5558f6p-5
	expC5 = 0x1.123a8ep-7
	expC6 = 0x1.6a231ep-10
)

// exp32 is e^x within 1 ulp; 0 and +Inf out of range, gradual underflow between.
func exp32(x float32) float32 {
	if x < expLow {
		x = expLow
	}
	if x > expHigh {
		x = expHigh
	}
	t := fma32(x, expLog2e, expMagic)
	n := t - expMagic
	q := expPoly(fma32(-n, expLn2Lo, x-float32(n*expLn2Hi)))
	k := int32(math.Float32bits(t) - expBias)
	half := k >> 1
	// Two steps keep every factor normal; only the second one can round.
	return float32(float32(q*pow2(half)) * pow2(k-half))
}

// expPoly is e^r.
func expPoly(r float32) float32 {
	q := fma32(expC6, r, expC5)
	q = fma32(q, r, expC4)
	q = fma32(q, r, expC3)
	q = fma32(q, r, expC2)
	q = fma32(q, r, 1)
	return fma32(q, r, 1)
}

// pow2 is 2^k for -126 <= k <= 127.
func pow2(k int32) float32 { return math.Float32frombits(uint32(k+127) << 23) }

// sigmoid32 is 1/(1+e^-x) within 3 ulp; below x = -88.7, where the result is denormal, it is 0.
func sigmoid32(x float32) float32 { return 1 / (1 + exp32(-x)) }

// tanh32 is tanh x within 4 ulp: E/(E+2) with E = e^(2|x|) - 1, where E = 2^n (e^r - 1) + (2^n - 1)
// keeps small arguments exact.
func tanh32(x float32) float32 {
	a := float32(math.Abs(float64(x))) * 2
	if a > tanhHigh {
		a = tanhHigh
	}
	t := fma32(a, expLog2e, expMagic)
	n := t - expMagic
	r := fma32(-n, expLn2Lo, a-float32(n*expLn2Hi))
	q := fma32(expC6, r, expC5)
	q = fma32(q, r, expC4)
	q = fma32(q, r, expC3)
	q = fma32(q, r, expC2)
	q = float32(fma32(q, r, 1) * r)
	s := pow2(int32(math.Float32bits(t) - expBias))
	e := fma32(s, q, s-1)
	return float32(math.Copysign(float64(e/(e+2)), float64(x)))
}

const tanhHigh = 40 // tanh(20) rounds to 1

// Exp sets dst to e^x within 1 ulp, over the whole range. dst may be x.
func Exp(p *parallel.Pool, dst, x []float32) { apply(p, "Exp", expSlice, dst, x) }

// Sigmoid sets dst to 1/(1+e^-x) within 3 ulp (0 below x = -88.7). dst may be x.
func Sigmoid(p *parallel.Pool, dst, x []float32) { apply(p, "Sigmoid", sigmoidSlice, dst, x) }

// Tanh sets dst to the hyperbolic tangent of x within 4 ulp. dst may be x.
func Tanh(p *parallel.Pool, dst, x []float32) { apply(p, "Tanh", tanhSlice, dst, x) }

func expGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = exp32(v)
	}
}

func sigmoidGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = sigmoid32(v)
	}
}

func tanhGeneric(dst, x []float32) {
	for i, v := range x {
		dst[i] = tanh32(v)
	}
}
