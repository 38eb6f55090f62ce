package gauss_test

import (
	"math"
	"testing"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
)

func bimodal() *gauss.Mixture {
	m, err := gauss.Mix([]float64{0.3, 0.7}, []*gauss.Gaussian{
		mustNew([]float64{-1.5}, 0.09),
		mustNew([]float64{0.8}, 0.4),
	})
	if err != nil {
		panic(err)
	}
	return m
}

// integrate sums f over [-12, 12], far beyond the data; for smooth functions
// that vanish at the ends equal steps converge faster than any power.
func integrate(f func(x float64) float64) float64 {
	const h = 1e-3
	sum := 0.0
	for i := -12000; i <= 12000; i++ {
		sum += h * f(float64(i)*h)
	}
	return sum
}

func logNormal(x, mean, v float64) float64 {
	return -(x-mean)*(x-mean)/(2*v) - math.Log(2*math.Pi*v)/2
}

// The mixture's marginal and denoiser are integrals over the data it came
// from: q(x_t) = int q(x_t|x0) p(x0) dx0, E[x0|x_t] = int x0 q(x_t|x0) p(x0)/q(x_t).
func TestMixtureIsItsIntegrals(t *testing.T) {
	m := bimodal()
	for _, at := range []float64{0.05, 0.2, 0.5, 0.9} {
		alpha, sigma := linear.At(at)
		for _, xt := range []float64{-2, -0.4, 0.1, 1.7} {
			joint := func(x0 float64) float64 {
				return math.Exp(m.LogDensity([]float64{x0}, 1, 0) + logNormal(xt, alpha*x0, sigma*sigma))
			}
			total := integrate(joint)
			if got := m.LogDensity([]float64{xt}, alpha, sigma); !near(got, math.Log(total), 1e-9) {
				t.Errorf("t = %v, x_t = %v: log-density %v, integral %v", at, xt, got, math.Log(total))
			}
			mean := integrate(func(x float64) float64 { return x * joint(x) }) / total
			got := make([]float64, 1)
			m.Denoise(got, []float64{xt}, alpha, sigma)
			if !near(got[0], mean, 1e-9) {
				t.Errorf("t = %v, x_t = %v: denoised %v, integral %v", at, xt, got[0], mean)
			}
			// The variance, by way of the denoiser's own: at s = 0 the
			// reverse step's variance is that of x0 given x_t.
			variance := integrate(func(x float64) float64 { return (x - mean) * (x - mean) * joint(x) }) / total
			x, v := process.NewState(1, 1), process.NewState(1, 1)
			x.Data[0] = xt
			gauss.Denoiser{Data: m, Sch: linear}.DenoiseVariance(process.NewState(1, 1), v, x, []float64{at}, []float64{0})
			if !near(v.Data[0], variance, 1e-9) {
				t.Errorf("t = %v, x_t = %v: variance %v, integral %v", at, xt, v.Data[0], variance)
			}
		}
	}
}

// The mixture's reverse kernel is Bayes' rule: q(x_s|x_t) = q(x_t|x_s) q(x_s)/q(x_t).
func TestMixtureReverseIsBayes(t *testing.T) {
	m := bimodal()
	for _, jump := range [][2]float64{{0.5, 0.4}, {0.9, 0.1}, {0.2, 0.02}} {
		at, to := jump[0], jump[1]
		k := process.Jump(linear, to, at)
		alphaT, sigmaT := linear.At(at)
		alphaS, sigmaS := linear.At(to)
		for _, xt := range []float64{-1, 0.3} {
			reverse, err := m.Reverse(linear, at, to, []float64{xt})
			if err != nil {
				t.Fatal(err)
			}
			for _, xs := range []float64{-1.4, -0.2, 0.5} {
				want := logNormal(xt, k.Scale*xs, k.Var) + m.LogDensity([]float64{xs}, alphaS, sigmaS) - m.LogDensity([]float64{xt}, alphaT, sigmaT)
				if got := reverse.LogDensity([]float64{xs}, 1, 0); !near(got, want, 1e-9) {
					t.Errorf("%v to %v, x_t = %v, x_s = %v: %v, Bayes says %v", at, to, xt, xs, got, want)
				}
			}
		}
	}
}

func TestBadMixturesAreRefused(t *testing.T) {
	one := mustNew([]float64{0}, 1)
	two := mustNew([]float64{0, 0}, 1, 0, 0, 1)
	for _, c := range []struct {
		weight []float64
		parts  []*gauss.Gaussian
	}{
		{nil, nil},
		{[]float64{1}, []*gauss.Gaussian{one, one}},
		{[]float64{1, 0}, []*gauss.Gaussian{one, one}},
		{[]float64{1, 1}, []*gauss.Gaussian{one, two}},
	} {
		if _, err := gauss.Mix(c.weight, c.parts); err == nil {
			t.Errorf("weights %v of %d parts were accepted", c.weight, len(c.parts))
		}
	}
}
