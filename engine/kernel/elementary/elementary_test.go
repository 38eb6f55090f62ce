package elementary

import (
	"math"
	"math/big"
	"math/rand/v2"
	"testing"
)

// between draws n numbers from [lo, hi), and as many with both signs and magnitudes spread evenly
// over the powers of two that fit.
func between(lo, hi float64, n int) []float64 {
	r := rand.New(rand.NewPCG(1, 2))
	var x []float64
	for range n {
		x = append(x, lo+(hi-lo)*r.Float64())
	}
	top := math.Log2(math.Max(math.Abs(lo), math.Abs(hi)))
	for len(x) < 2*n {
		v := math.Exp2(-30 + (top+30)*r.Float64())
		if r.IntN(2) == 0 {
			v = -v
		}
		if v >= lo && v < hi {
			x = append(x, v)
		}
	}
	return x
}

// bits draws floats with random bit patterns: every exponent is as likely.
func anyFinite(n int, positive bool) []float64 {
	r := rand.New(rand.NewPCG(3, 4))
	var x []float64
	for len(x) < n {
		v := math.Float64frombits(r.Uint64())
		if positive {
			v = math.Abs(v)
		}
		if !math.IsNaN(v) && !math.IsInf(v, 0) {
			x = append(x, v)
		}
	}
	return x
}

func tiny() []float64 {
	return []float64{0x1p-1074, 0x1p-1050, 0x1p-1022, 0x1.fffffffffffffp-1023, 0x1p-500, -0x1p-1074, -0x1.8p-1022}
}

func positive(x []float64) []float64 {
	var y []float64
	for _, v := range x {
		if v > 0 {
			y = append(y, v)
		}
	}
	return y
}

// some is x, or every eighth of it with -short, for emulators: the reference is slow.
func some(x []float64) []float64 {
	if !testing.Short() {
		return x
	}
	var few []float64
	for i := 0; i < len(x); i += 8 {
		few = append(few, x[i])
	}
	return few
}

func TestErrorInUlp(t *testing.T) {
	bigSigmoid := func(x *big.Float) *big.Float {
		return quo(bigOf(1), add(bigOf(1), bigExp(newBig(prec).Neg(x))))
	}
	bigTanh := func(x *big.Float) *big.Float {
		e := bigExpm1(scaled(x, 1))
		return quo(e, add(e, bigOf(2)))
	}
	bigLog1p := func(x *big.Float) *big.Float { return bigLog(add(newBig(1200).SetInt64(1), x)) }
	tests := []struct {
		name  string
		f     func(float64) float64
		ref   func(*big.Float) *big.Float
		x     []float64
		bound float64
	}{
		{"Exp", Exp, bigExp, between(-708, 709.7, 1500), 0.6},
		{"Exp denormal", Exp, bigExp, between(-745, -708, 100)[:100], 0.8},
		{"Expm1", Expm1, bigExpm1, between(-45, 50, 1500), 0.8},
		{"Tanh", Tanh, bigTanh, between(-21, 21, 1500), 0.7},
		{"Sigmoid", Sigmoid, bigSigmoid, between(-700, 45, 1500), 0.6},
		{"Log", Log, bigLog, append(positive(tiny()), anyFinite(600, true)...), 0.51},
		{"Log near 1", Log, bigLog, between(0.5, 2, 500), 0.51},
		{"Log2", Log2, func(x *big.Float) *big.Float { return quo(bigLog(x), refLn2) },
			append(between(0.5, 2, 500), anyFinite(500, true)...), 0.51},
		{"Log1p", Log1p, bigLog1p, append(between(-1, 3, 700), between(3, 1e300, 50)...), 0.51},
		{"Sin", Sin, bigSin, between(-1e4, 1e4, 1500), 0.75},
		{"Sin everywhere", Sin, bigSin, anyFinite(1000, false), 0.75},
		{"Cos", Cos, bigCos, between(-1e4, 1e4, 1500), 0.75},
		{"Cos everywhere", Cos, bigCos, anyFinite(1000, false), 0.75},
		{"Sin near π", Sin, bigSin, nearMultiplesOfPi(), 0.75},
		{"Cos near π", Cos, bigCos, nearMultiplesOfPi(), 0.75},
		{"Erf", Erf, bigErf, between(-6.5, 6.5, 400), 1},
		{"Erfc", Erfc, bigErfc, between(-6.5, 26, 300), 3},
		{"NormPDF", NormPDF, bigNormPDF, between(-37, 37, 400), 2.5},
		{"NormCDF", NormCDF, bigNormCDF, between(-37, 9, 300), 3.5},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			worst, at := 0.0, 0.0
			for _, x := range some(tc.x) {
				if e := ulps(tc.f(x), tc.ref(bigOf(x))); e > worst {
					worst, at = e, x
				}
			}
			t.Logf("worst error %.4f ulp at %v (%d points)", worst, at, len(tc.x))
			if worst > tc.bound {
				t.Errorf("%s(%v) = %v is off by %.3f ulp, bound %v", tc.name, at, tc.f(at), worst, tc.bound)
			}
		})
	}
}

// nearMultiplesOfPi are the hardest arguments of a reduction: floats next to k π/2, and the one
// nearest of all (W. Kahan's 6381956970095103 2^797).
func nearMultiplesOfPi() []float64 {
	x := []float64{math.Ldexp(6381956970095103, 797), -math.Ldexp(6381956970095103, 797), math.Pi / 4}
	for _, k := range []int64{1, 2, 3, 4, 5, 100, 12345, 1 << 30, 1<<53 - 1} {
		v, _ := scaled(mul(refPi, newBig(1500).SetInt64(k)), -1).Float64()
		x = append(x, v, math.Nextafter(v, 0), math.Nextafter(v, math.Inf(1)))
	}
	return x
}

func TestPowErrorInUlp(t *testing.T) {
	r := rand.New(rand.NewPCG(5, 6))
	worst := 0.0
	for range 1500 {
		x := math.Exp2(r.Float64()*40 - 20)
		y := (r.Float64()*2 - 1) * 700 / math.Max(0.01, math.Abs(math.Log(x)))
		want := bigExp(mul(bigOf(y), bigLog(bigOf(x))))
		e := ulps(Pow(x, y), want)
		if e > worst {
			worst = e
		}
		if e > 0.6 {
			t.Fatalf("Pow(%v, %v) = %v is off by %.3f ulp", x, y, Pow(x, y), e)
		}
	}
	t.Logf("worst error %.4f ulp", worst)
}

// TestNormQuantileInverts measures the error as (Φ(x)-p)/φ(x) in ulp of x.
func TestNormQuantileInverts(t *testing.T) {
	r := rand.New(rand.NewPCG(7, 8))
	p := []float64{0x1p-1074, 3e-320, 1e-308, 1e-300, 1e-17, 0.25, 0.75, 0.2499999, 0.7500001, 0.5 + 1e-12, 1 - 0x1p-53}
	for range 200 {
		p = append(p, r.Float64(), math.Exp(-700*r.Float64()), 0.5+(r.Float64()-0.5)*math.Exp(-20*r.Float64()))
	}
	worst := 0.0
	for _, p := range some(p) {
		x := NormQuantile(p)
		if p == 0.5 {
			continue
		}
		miss := quo(sub(bigNormCDF(bigOf(x)), bigOf(p)), bigNormPDF(bigOf(x)))
		f, _ := miss.Float64()
		_, e := math.Frexp(x)
		u := math.Abs(f) / math.Ldexp(1, e-53)
		worst = math.Max(worst, u)
		if u > 3.5 {
			t.Errorf("NormQuantile(%v) = %v is off by %.2f ulp", p, x, u)
		}
	}
	t.Logf("worst error %.4f ulp", worst)
}

func TestSpecialValues(t *testing.T) {
	inf, nan, zero := math.Inf(1), math.NaN(), math.Copysign(0, -1)
	type fn = func(float64) float64
	tests := []struct {
		name    string
		f       fn
		x, want float64
	}{
		{"Exp", Exp, inf, inf}, {"Exp", Exp, -inf, 0}, {"Exp", Exp, nan, nan}, {"Exp", Exp, 0, 1},
		{"Exp", Exp, 709.782712893384, math.MaxFloat64 * 0.9999999999998}, {"Exp", Exp, 709.8, inf},
		{"Exp", Exp, -745.13, 0x1p-1074}, {"Exp", Exp, -746, 0}, {"Exp", Exp, 0x1p-1074, 1},
		{"Expm1", Expm1, inf, inf}, {"Expm1", Expm1, -inf, -1}, {"Expm1", Expm1, zero, zero}, {"Expm1", Expm1, nan, nan},
		{"Log", Log, 0, -inf}, {"Log", Log, -1, nan}, {"Log", Log, inf, inf}, {"Log", Log, 1, 0}, {"Log", Log, nan, nan},
		{"Log", Log, zero, -inf}, {"Log", Log, -inf, nan},
		{"Log1p", Log1p, -1, -inf}, {"Log1p", Log1p, -2, nan}, {"Log1p", Log1p, inf, inf}, {"Log1p", Log1p, zero, zero},
		{"Log1p", Log1p, 0x1p-1074, 0x1p-1074}, {"Log1p", Log1p, nan, nan},
		{"Log2", Log2, 0x1p-1074, -1074}, {"Log2", Log2, 0x1p1000, 1000}, {"Log2", Log2, 0, -inf}, {"Log2", Log2, 1, 0},
		{"Sin", Sin, inf, nan}, {"Sin", Sin, nan, nan}, {"Sin", Sin, zero, zero}, {"Sin", Sin, 0x1p-1074, 0x1p-1074},
		{"Cos", Cos, -inf, nan}, {"Cos", Cos, nan, nan}, {"Cos", Cos, 0, 1}, {"Cos", Cos, 0x1p-1074, 1},
		{"Tanh", Tanh, inf, 1}, {"Tanh", Tanh, -inf, -1}, {"Tanh", Tanh, zero, zero}, {"Tanh", Tanh, nan, nan},
		{"Sigmoid", Sigmoid, inf, 1}, {"Sigmoid", Sigmoid, -inf, 0}, {"Sigmoid", Sigmoid, 0, 0.5}, {"Sigmoid", Sigmoid, nan, nan},
		{"Erf", Erf, inf, 1}, {"Erf", Erf, -inf, -1}, {"Erf", Erf, zero, zero}, {"Erf", Erf, nan, nan},
		{"Erfc", Erfc, inf, 0}, {"Erfc", Erfc, -inf, 2}, {"Erfc", Erfc, 0, 1}, {"Erfc", Erfc, nan, nan},
		{"NormPDF", NormPDF, inf, 0}, {"NormPDF", NormPDF, nan, nan},
		{"NormCDF", NormCDF, inf, 1}, {"NormCDF", NormCDF, -inf, 0}, {"NormCDF", NormCDF, 0, 0.5}, {"NormCDF", NormCDF, nan, nan},
		{"NormQuantile", NormQuantile, 0, -inf}, {"NormQuantile", NormQuantile, 1, inf}, {"NormQuantile", NormQuantile, 0.5, 0},
		{"NormQuantile", NormQuantile, -0.1, nan}, {"NormQuantile", NormQuantile, 1.1, nan}, {"NormQuantile", NormQuantile, nan, nan},
		{"LogGamma", LogGamma, 0, inf}, {"LogGamma", LogGamma, inf, inf}, {"LogGamma", LogGamma, -1, nan}, {"LogGamma", LogGamma, nan, nan},
	}
	for _, tc := range tests {
		got := tc.f(tc.x)
		same := math.Float64bits(got) == math.Float64bits(tc.want) || got != got && tc.want != tc.want
		if tc.want > 1e308 && tc.want < inf {
			same = got >= tc.want && got < inf
		}
		if !same {
			t.Errorf("%s(%v) = %v, want %v", tc.name, tc.x, got, tc.want)
		}
	}
}

// TestPowSpecialValues follows math.Pow, whose special cases are those of IEEE 754; only NaN may
// differ in its bits.
func TestPowSpecialValues(t *testing.T) {
	inf := math.Inf(1)
	values := []float64{0, math.Copysign(0, -1), 1, -1, 2, -2, 3, -3, 0.5, -0.5, inf, -inf, math.NaN(), 0x1p60, -0x1p60, 1e300, -1e300, 0x1p-1074}
	for _, x := range values {
		for _, y := range values {
			got, want := Pow(x, y), math.Pow(x, y)
			close := math.Abs(got-want) <= 1e-15*math.Abs(want)
			if !close && math.Float64bits(got) != math.Float64bits(want) && !(got != got && want != want) {
				t.Errorf("Pow(%v, %v) = %v, want %v", x, y, got, want)
			}
			if got == 0 && math.Signbit(got) != math.Signbit(want) {
				t.Errorf("Pow(%v, %v) has the wrong zero", x, y)
			}
		}
	}
}

func TestLogGamma(t *testing.T) {
	fact := 0.0
	for n := 1; n < 150; n++ {
		if got := LogGamma(float64(n)); math.Abs(got-fact) > 1e-15*math.Max(2, 4*fact) {
			t.Errorf("LogGamma(%d) = %v, want log (n-1)! = %v", n, got, fact)
		}
		fact += Log(float64(n))
	}
	for _, tc := range [][2]float64{{1.4522290210994795, -0.12144338714233264245}, {0.8523536832801735, 0.10458787725416255062}} {
		if got := LogGamma(tc[0]); math.Abs(got-tc[1]) > 1e-15 {
			t.Errorf("LogGamma(%v) = %v, want %v", tc[0], got, tc[1])
		}
	}
	if got, want := LogGamma(0.5), Log(math.Pi)/2; math.Abs(got-want) > 1e-15 {
		t.Errorf("LogGamma(1/2) = %v, want log √π = %v", got, want)
	}
	for _, x := range between(1e-6, 200, 500) { // math.Lgamma is coarse, but catches a wrong series
		want, _ := math.Lgamma(math.Abs(x))
		if got := LogGamma(math.Abs(x)); math.Abs(got-want) > 1e-14*math.Max(1, math.Abs(want)) {
			t.Errorf("LogGamma(%v) = %v, want %v", math.Abs(x), got, want)
		}
	}
}

func TestLogSumExp(t *testing.T) {
	inf := math.Inf(1)
	tests := []struct {
		x    []float64
		want float64
	}{
		{nil, -inf}, {[]float64{-inf, -inf}, -inf}, {[]float64{3}, 3}, {[]float64{1000, 1000}, 1000 + math.Ln2},
		{[]float64{-2000, -2000, -inf}, -2000 + math.Ln2}, {[]float64{0, inf}, inf}, {[]float64{0, math.NaN(), 1}, math.NaN()},
	}
	for _, tc := range tests {
		got := LogSumExp(tc.x)
		if math.Abs(got-tc.want) > 1e-12 || (got != got) != (tc.want != tc.want) {
			t.Errorf("LogSumExp(%v) = %v, want %v", tc.x, got, tc.want)
		}
	}
}

// TestTwoOverPi holds the table of digits against π itself.
func TestTwoOverPi(t *testing.T) {
	v := scaled(quo(newBig(1500).SetInt64(2), refPi), 1280)
	n, _ := v.Int(nil)
	for i := len(twoOverPi) - 1; i >= 0; i-- {
		word := new(big.Int).And(n, new(big.Int).SetUint64(math.MaxUint64)).Uint64()
		if word != twoOverPi[i] {
			t.Errorf("digits %d of 2/π are %#x, table has %#x", i, word, twoOverPi[i])
		}
		n.Rsh(n, 64)
	}
}

// TestSameBits freezes the bits of every function over a sweep: a build that fuses differently, or
// an architecture that rounds differently, changes them. Run it with GOAMD64=v3 too.
func TestSameBits(t *testing.T) {
	fns := []func(float64) float64{Exp, Expm1, Log, Log1p, Log2, Sin, Cos, Tanh, Sigmoid, Erf, Erfc, NormPDF, NormCDF, NormQuantile, LogGamma,
		func(x float64) float64 { return Pow(math.Abs(x), 1.7) }}
	h := uint64(14695981039346656037)
	state := uint64(1)
	for range 20000 {
		state = state*6364136223846793005 + 1442695040888963407
		x := math.Float64frombits(state>>12|0x3ff0000000000000) - 1 // [0,1)
		x *= math.Float64frombits(uint64(1023-8+int64(state%16)) << 52)
		for i, f := range fns {
			if i%2 == 0 && i < 8 && state>>63 == 1 {
				x = -x
			}
			if y := f(x); y == y {
				h = (h ^ math.Float64bits(y)) * 1099511628211
			}
		}
	}
	const want = 0x4c54096bdac1ad42
	if h != want {
		t.Errorf("hash of all results is %#x, want %#x", h, uint64(want))
	}
}

func BenchmarkFunctions(b *testing.B) {
	fns := []struct {
		name string
		f    func(float64) float64
	}{{"Exp", Exp}, {"Log", Log}, {"Sin", Sin}, {"Tanh", Tanh}, {"Erf", Erf}, {"NormCDF", NormCDF}, {"NormQuantile", NormQuantile}}
	for _, fn := range fns {
		b.Run(fn.name, func(b *testing.B) {
			s := 0.0
			for i := range b.N {
				s += fn.f(0.01 + float64(i&63)/66)
			}
			_ = s
		})
	}
}
