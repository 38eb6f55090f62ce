package elementary

import (
	"math"
	"math/big"
	"testing"

	"gonum.org/v1/gonum/mathext"
)

// betaBound is the error that BetaCDF's documentation claims.
const betaBound = 1e-13

// binomialTail is I_x(a, b) for whole a and b, the chance of at least a
// successes in a+b-1 trials of chance x (Abramowitz and Stegun 26.5.24), in
// exact arithmetic.
func binomialTail(x float64, a, b int) float64 {
	n := a + b - 1
	p := new(big.Rat).SetFloat64(x)
	q := new(big.Rat).Sub(big.NewRat(1, 1), p)
	power := func(v *big.Rat, k int) *big.Rat {
		out := big.NewRat(1, 1)
		for range k {
			out.Mul(out, v)
		}
		return out
	}
	sum := new(big.Rat)
	for j := a; j <= n; j++ {
		term := new(big.Rat).SetInt(new(big.Int).Binomial(int64(n), int64(j)))
		term.Mul(term, power(p, j)).Mul(term, power(q, n-j))
		sum.Add(sum, term)
	}
	out, _ := sum.Float64()
	return out
}

func TestBetaCDFIsTheBinomialTail(t *testing.T) {
	worst := 0.0
	for _, shape := range [][2]int{{1, 1}, {1, 5}, {2, 3}, {7, 2}, {10, 10}, {40, 3}, {30, 45}, {100, 100}, {100, 1}, {1, 100}} {
		for _, x := range []float64{1.0 / 1024, 0.0625, 0.25, 0.5, 0.6875, 0.9375, 1023.0 / 1024} {
			a, b := shape[0], shape[1]
			got, want := BetaCDF(x, float64(a), float64(b)), binomialTail(x, a, b)
			worst = max(worst, math.Abs(got-want))
			if math.Abs(got-want) > betaBound {
				t.Errorf("I_%v(%d, %d) = %v, exactly %v", x, a, b, got, want)
			}
		}
	}
	t.Logf("largest error %.2g", worst)
}

// Closed forms: x^a, 1-(1-x)^b, and the arcsine law.
func TestBetaCDFHasItsClosedForms(t *testing.T) {
	for i := range 201 {
		x := float64(i) / 200
		for _, a := range []float64{0.1, 0.6, 1, 3.5, 20, 100} {
			for _, c := range []struct{ got, want float64 }{
				{BetaCDF(x, a, 1), math.Pow(x, a)},
				{BetaCDF(x, 1, a), -math.Expm1(a * math.Log1p(-x))},
				{BetaCDF(x, 0.5, 0.5), 2 / math.Pi * math.Asin(math.Sqrt(x))},
			} {
				if math.Abs(c.got-c.want) > betaBound {
					t.Errorf("x = %v, a = %v: %v, want %v", x, a, c.got, c.want)
				}
			}
		}
	}
}

// gonum's function is the same to its own 1e-12 or so, for shapes over the
// whole range that is claimed; and the two tails make 1.
func TestBetaCDFIsGonums(t *testing.T) {
	shapes := []float64{0.1, 0.3, 0.6, 1, 2.2, 7, 31.5, 100}
	worst := 0.0
	for _, a := range shapes {
		for _, b := range shapes {
			before := 0.0
			for i := range 101 {
				x := float64(i) / 100
				got := BetaCDF(x, a, b)
				worst = max(worst, math.Abs(got-mathext.RegIncBeta(a, b, x)))
				if got < before-betaBound {
					t.Errorf("shapes %v, %v: it falls at x = %v", a, b, x)
				}
				before = got
				if both := got + BetaCDF(1-x, b, a); math.Abs(both-1) > 2*betaBound {
					t.Errorf("shapes %v, %v, x = %v: the tails make %v", a, b, x, both)
				}
			}
		}
	}
	t.Logf("largest difference from gonum %.2g", worst)
	if worst > 1e-12 {
		t.Errorf("%v away from gonum", worst)
	}
}

// The quantile undoes the distribution, to the density times an ulp of x.
func TestBetaQuantileUndoesBetaCDF(t *testing.T) {
	for _, shape := range [][2]float64{{0.6, 0.6}, {0.3, 2}, {1, 1}, {5, 3}, {100, 100}} {
		a, b := shape[0], shape[1]
		before := 0.0
		for i := range 101 {
			p := float64(i) / 100
			x := BetaQuantile(p, a, b)
			if x < before {
				t.Errorf("shapes %v, %v: the quantile falls at %v", a, b, p)
			}
			before = x
			if got := BetaCDF(x, a, b); math.Abs(got-p) > 2*betaBound {
				t.Errorf("shapes %v, %v: the share below the quantile of %v is %v", a, b, p, got)
			}
		}
	}
	for i := range 101 { // arcsine: x = sin^2(pi p/2)
		p := float64(i) / 100
		want := math.Pow(math.Sin(math.Pi*p/2), 2)
		if got := BetaQuantile(p, 0.5, 0.5); math.Abs(got-want) > 1e-12 {
			t.Errorf("arcsine quantile of %v is %v, want %v", p, got, want)
		}
	}
}

func TestBetaOutsideItsDomainIsNaN(t *testing.T) {
	nan := math.NaN()
	for _, v := range []float64{BetaCDF(0.5, 0, 1), BetaCDF(0.5, 1, -1), BetaCDF(nan, 1, 1), BetaCDF(0.5, nan, 1),
		BetaQuantile(-0.1, 1, 1), BetaQuantile(1.1, 1, 1), BetaQuantile(nan, 1, 1), BetaQuantile(0.5, 0, 1)} {
		if v == v {
			t.Errorf("got %v, want NaN", v)
		}
	}
	if BetaCDF(-1, 2, 3) != 0 || BetaCDF(2, 2, 3) != 1 || BetaQuantile(0, 2, 3) != 0 || BetaQuantile(1, 2, 3) != 1 {
		t.Error("outside [0, 1] the share is 0 or 1")
	}
}
