package elementary

import (
	"math"
	"math/big"
)

// The reference: the same functions in arithmetic of `prec` bits, by plain series.

const prec = 320

func newBig(p uint) *big.Float { return new(big.Float).SetPrec(p) }

func bigOf(x float64) *big.Float { return newBig(prec).SetFloat64(x) }

func add(a, b *big.Float) *big.Float { return newBig(maxPrec(a, b)).Add(a, b) }
func sub(a, b *big.Float) *big.Float { return newBig(maxPrec(a, b)).Sub(a, b) }
func mul(a, b *big.Float) *big.Float { return newBig(maxPrec(a, b)).Mul(a, b) }
func quo(a, b *big.Float) *big.Float { return newBig(maxPrec(a, b)).Quo(a, b) }

func maxPrec(a, b *big.Float) uint { return max(a.Prec(), b.Prec(), prec) }

// scaled returns x 2^k.
func scaled(x *big.Float, k int) *big.Float { return newBig(x.Prec()).SetMantExp(x, k) }

// bigPi is Machin's formula, 16 atan(1/5) - 4 atan(1/239), with p bits.
func bigPi(p uint) *big.Float {
	atanInv := func(n int64) *big.Float {
		sum, term := newBig(p), newBig(p).Quo(newBig(p).SetInt64(1), newBig(p).SetInt64(n))
		sq := newBig(p).SetInt64(n * n)
		for k := int64(1); term.MantExp(nil) > -int(p)-8; k += 2 {
			t := newBig(p).Quo(term, newBig(p).SetInt64(k))
			if k%4 == 3 {
				t.Neg(t)
			}
			sum.Add(sum, t)
			term.Quo(term, sq)
		}
		return sum
	}
	return sub(scaled(atanInv(5), 4), scaled(atanInv(239), 2))
}

// bigLn2 is Σ 1/(k 2^k).
func bigLn2() *big.Float {
	sum := newBig(prec + 64)
	for k := int64(1); k < prec+64; k++ {
		sum.Add(sum, scaled(newBig(prec+64).Quo(newBig(prec+64).SetInt64(1), newBig(prec+64).SetInt64(k)), -int(k)))
	}
	return sum
}

var (
	refPi  = bigPi(1500)
	refLn2 = bigLn2()
)

// bigExp halves the argument until it is small, sums the series and squares back.
func bigExp(x *big.Float) *big.Float {
	if x.Sign() == 0 {
		return bigOf(1)
	}
	n := max(x.MantExp(nil)+8, 0)
	r := newBig(prec + 64).Set(scaled(x, -n))
	sum, term := newBig(prec+64).SetInt64(1), newBig(prec+64).SetInt64(1)
	for k := int64(1); term.Sign() != 0 && term.MantExp(nil) > -prec-64; k++ {
		term.Quo(term.Mul(term, r), newBig(prec+64).SetInt64(k))
		sum.Add(sum, term)
	}
	for range n {
		sum.Mul(sum, sum)
	}
	return sum
}

func bigExpm1(x *big.Float) *big.Float {
	return sub(bigExp(x), bigOf(1)) // 64 guard bits and more: tests keep |x| above 2^-60
}

// bigLog solves exp(y) = m by Newton's method, where x = m 2^k.
func bigLog(x *big.Float) *big.Float {
	m := newBig(max(x.Prec(), prec))
	k := x.MantExp(m)
	f, _ := m.Float64()
	if f < math.Sqrt2/2 {
		m, k = scaled(m, 1), k-1
		f *= 2
	}
	y := bigOf(math.Log(f))
	for range 4 {
		e := bigExp(newBig(prec).Neg(y))
		y = add(y, sub(mul(m, e), bigOf(1)))
	}
	return add(y, mul(refLn2, bigOf(float64(k))))
}

// bigSin reduces by a π of 1500 bits, which suffices for every float64.
func bigSin(x *big.Float) *big.Float {
	halfPi := scaled(refPi, -1)
	n, _ := quo(newBig(1500).Set(x), halfPi).Int(nil)
	r := sub(newBig(1500).Set(x), mul(halfPi, newBig(1500).SetInt(n)))
	q := new(big.Int).Mod(n, big.NewInt(4)).Int64()
	r = newBig(prec + 100).Set(r)
	first := int64(1 - q%2) // sine series from r, cosine series from 1
	term := newBig(prec + 100).SetInt64(1)
	if first == 1 {
		term.Set(r)
	}
	sq, sum := mul(r, r), newBig(prec+100)
	for k := first; term.Sign() != 0 && term.MantExp(nil) > r.MantExp(nil)-prec-100; k += 2 {
		sum.Add(sum, term)
		term.Quo(term.Mul(term, sq), newBig(prec+100).SetInt64(-(k+1)*(k+2)))
	}
	if q >= 2 {
		sum.Neg(sum)
	}
	return sum
}

func bigCos(x *big.Float) *big.Float {
	return bigSin(add(newBig(1500).Set(x), scaled(refPi, -1)))
}

// bigErf sums the Taylor series with as many bits as its terms grow.
func bigErf(x *big.Float) *big.Float {
	f, _ := x.Float64()
	p := uint(prec + 100 + 4*f*f)
	sum, term := newBig(p), newBig(p).Set(x)
	sq := newBig(p).Mul(newBig(p).Set(x), x)
	for k := int64(0); term.Sign() != 0 && (float64(k) < 2*f*f || term.MantExp(nil) > -int(p)); k++ {
		sum.Add(sum, newBig(p).Quo(term, newBig(p).SetInt64(2*k+1)))
		term.Quo(term.Mul(term, sq), newBig(p).SetInt64(-(k + 1)))
	}
	root := newBig(p).Sqrt(bigPi(p))
	return newBig(p).Quo(scaled(sum, 1), root)
}

func bigErfc(x *big.Float) *big.Float { return sub(bigOf(1), bigErf(x)) }

func bigNormCDF(x *big.Float) *big.Float {
	z := mul(newBig(4000).Set(x), newBig(4000).Sqrt(newBig(4000).SetFloat64(0.5)))
	return scaled(bigErfc(z.Neg(z)), -1)
}

func bigNormPDF(x *big.Float) *big.Float {
	e := bigExp(scaled(newBig(prec).Neg(mul(x, x)), -1))
	return quo(e, newBig(prec).Sqrt(scaled(newBig(prec).Set(refPi), 1)))
}

// ulps returns |got - want| in units of the last place of want.
func ulps(got float64, want *big.Float) float64 {
	if math.IsNaN(got) || math.IsInf(got, 0) {
		return math.Inf(1)
	}
	w, _ := want.Float64()
	_, e := math.Frexp(w)
	unit := math.Ldexp(1, max(e-53, -1074))
	diff := quo(sub(bigOf(got), want), bigOf(unit))
	d, _ := diff.Float64()
	return math.Abs(d)
}
