package gauss_test

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

var linear = mustTable(schedule.Linear(1000, 1e-4, 0.02))

func mustTable(table *schedule.Table, err error) *schedule.Table {
	if err != nil {
		panic(err)
	}
	return table
}

func mustNew(mean []float64, cov ...float64) *gauss.Gaussian {
	g, err := gauss.New(mean, mat.NewSymDense(len(mean), cov))
	if err != nil {
		panic(err)
	}
	return g
}

// tilted is a Gaussian in three dimensions with all correlations, one strong.
func tilted() *gauss.Gaussian {
	return mustNew([]float64{0.8, -1.2, 0.3},
		1.5, 1.1, -0.3,
		1.1, 1.0, 0.1,
		-0.3, 0.1, 0.6)
}

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol*max(1, math.Abs(b)) }

// Sigma_t = alphaBar Sigma_0 + (1-alphaBar) I is what the steps
// Sigma_t = (1-beta_t) Sigma_{t-1} + beta_t I add up to, and the covariance of
// the marginal.
func TestFlowIsTheStepsTogether(t *testing.T) {
	g := tilted()
	sigma := g.Cov()
	for i := 1; i <= linear.Steps(); i++ {
		k := process.Step(linear.Beta(i))
		sigma = gauss.Flow(sigma, k.Scale, math.Sqrt(k.Var))
		at := linear.Time(i)
		if d := gauss.Distance(g.Flow(linear, at), sigma); d > 1e-12 {
			t.Fatalf("after step %d the flow is %v from the steps", i, d)
		}
		if i%100 == 0 {
			alpha, s := linear.At(at)
			if d := gauss.Distance(g.At(alpha, s).Cov(), sigma); d > 1e-12 {
				t.Fatalf("after step %d the marginal is %v from the steps", i, d)
			}
		}
	}
}

// The log-density is the definition's, from Sigma's inverse and determinant.
func TestLogDensityIsTheDefinition(t *testing.T) {
	g := tilted()
	alpha, sigma := linear.At(0.3)
	x := []float64{0.2, 0.4, -1}
	var chol mat.Cholesky
	if !chol.Factorize(g.Flow(linear, 0.3)) {
		t.Fatal("the flow is not positive definite")
	}
	centred := mat.NewVecDense(3, nil)
	for i, m := range g.Mean() {
		centred.SetVec(i, x[i]-alpha*m)
	}
	var solved mat.VecDense
	if err := chol.SolveVecTo(&solved, centred); err != nil {
		t.Fatal(err)
	}
	want := -(mat.Dot(centred, &solved) + chol.LogDet() + 3*math.Log(2*math.Pi)) / 2
	if got := g.LogDensity(x, alpha, sigma); !near(got, want, 1e-12) {
		t.Errorf("log-density %v, by Cholesky %v", got, want)
	}
}

// data are distributions that every identity below holds for.
func data() map[string]interface {
	gauss.Data
	Score(score, xt []float64, alpha, sigma float64)
	LogDensity(xt []float64, alpha, sigma float64) float64
} {
	return map[string]interface {
		gauss.Data
		Score(score, xt []float64, alpha, sigma float64)
		LogDensity(xt []float64, alpha, sigma float64) float64
	}{
		"gaussian": tilted(),
		"mixture":  mixture(),
	}
}

func mixture() *gauss.Mixture {
	m, err := gauss.Mix([]float64{2, 1, 1}, []*gauss.Gaussian{
		tilted(),
		mustNew([]float64{-2, 1, 0}, 0.2, 0.1, 0, 0.1, 0.3, 0, 0, 0, 0.05),
		mustNew([]float64{1, 2, -1}, 1, 0, 0, 0, 1, 0, 0, 0, 1),
	})
	if err != nil {
		panic(err)
	}
	return m
}

// The score is the gradient of the log-density, and Tweedie's formula ties it
// to the denoiser: alpha E[x0|x_t] = x_t + sigma^2 score.
func TestScoreIsTheGradientAndTweedieHolds(t *testing.T) {
	for name, d := range data() {
		for _, at := range []float64{0.02, 0.2, 0.6, 1} {
			alpha, sigma := linear.At(at)
			x := []float64{0.5, -0.7, 0.9}
			score, x0 := make([]float64, 3), make([]float64, 3)
			d.Score(score, x, alpha, sigma)
			d.Denoise(x0, x, alpha, sigma)
			for i := range x {
				const h = 1e-5
				up, down := append([]float64(nil), x...), append([]float64(nil), x...)
				up[i] += h
				down[i] -= h
				slope := (d.LogDensity(up, alpha, sigma) - d.LogDensity(down, alpha, sigma)) / (2 * h)
				// Central differences err by h^2 and by rounding/h.
				if !near(score[i], slope, 1e-7) {
					t.Errorf("%s at t = %v: score %v, gradient %v", name, at, score[i], slope)
				}
				if want := (x[i] + sigma*sigma*score[i]) / alpha; !near(x0[i], want, 1e-9) {
					t.Errorf("%s at t = %v: denoised %v, Tweedie %v", name, at, x0[i], want)
				}
			}
		}
	}
}

// Chapman-Kolmogorov backwards: the reverse kernel takes the marginal at t to
// the marginal at s, exactly, over any jump; the whole grid gives back Sigma_0.
func TestReverseKernelTakesMarginalToMarginal(t *testing.T) {
	g := tilted()
	for _, jump := range [][2]float64{{1, 0.999}, {1, 0.5}, {0.5, 0.3}, {0.01, 0.001}, {0.3, 0}, {1, 0}} {
		from, to := g.At(linear.At(jump[0])), g.At(linear.At(jump[1]))
		mean, cov := g.Reverse(linear, jump[0], jump[1]).Apply(from.Mean(), from.Cov())
		if d := gauss.Distance(cov, to.Cov()); d > 1e-12 {
			t.Errorf("%v: covariance %v from the marginal's", jump, d)
		}
		for i, m := range to.Mean() {
			if !near(mean[i], m, 1e-12) {
				t.Errorf("%v: mean %v, want %v", jump, mean, to.Mean())
			}
		}
	}
}

// The reverse kernel's covariance is full although every forward step adds
// isotropic noise, and its off-diagonal share falls with the step's length: so
// diagonal noise is nearly right in a small step.
func TestReverseCovarianceIsFullAndNearlyDiagonalInSmallSteps(t *testing.T) {
	g := tilted()
	off := func(step float64) float64 {
		cov := g.Reverse(linear, 0.2, 0.2-step).Cov
		diagonal := g.ReverseStep(linear, 0.2, 0.2-step, gauss.Diagonal).Cov
		return gauss.Distance(diagonal, cov)
	}
	if off(0.1) < 0.05 {
		t.Errorf("a long step's covariance is %v from diagonal; it should be full", off(0.1))
	}
	order := math.Log2(off(0.002) / off(0.001))
	t.Logf("share off the diagonal: %.3g in a step of 0.1, %.3g of 0.001, order %.2f", off(0.1), off(0.001), order)
	if math.Abs(order-1) > 0.1 {
		t.Errorf("the share falls with order %v, want 1", order)
	}
}

// The crossing from diagonal to full: with noise that is isotropic or diagonal
// in every step, the covariance after all T steps comes to the full Sigma_0 as
// 1/T.
func TestErrorOfDiagonalStepsVanishesAsTGrows(t *testing.T) {
	g := tilted()
	// Started at the true marginal, so that what is left is the steps' error.
	sch := schedule.Cosine{End: 1e-7}
	run := func(steps int, noise gauss.StepNoise) float64 {
		grid, err := schedule.Uniform(steps)
		if err != nil {
			t.Fatal(err)
		}
		mean, cov := g.Ancestral(sch, grid, noise)
		for i, m := range g.Mean() {
			if math.Abs(mean[i]-m) > 1e-5 {
				t.Errorf("%d steps: mean %v, want %v", steps, mean, g.Mean())
				break
			}
		}
		return gauss.Distance(cov, g.Cov())
	}
	if d := run(4, gauss.Full); d > 1e-12 {
		t.Errorf("four steps of the exact kernel leave an error of %v", d)
	}
	for _, c := range []struct {
		name  string
		noise gauss.StepNoise
	}{{"small", gauss.Small}, {"large", gauss.Large}, {"isotropic", gauss.Isotropic}, {"diagonal", gauss.Diagonal}} {
		var at [3]float64
		for i, steps := range []int{16, 512, 1024} {
			at[i] = run(steps, c.noise)
		}
		order := math.Log2(at[1] / at[2])
		t.Logf("%-9s noise: error %.3g at T = 16, %.3g at 1024, order %.2f", c.name, at[0], at[2], order)
		if order < 0.85 || at[2] > 0.02 {
			t.Errorf("%s noise: error %v at T = 1024, order %v; want it to vanish as 1/T", c.name, at[2], order)
		}
	}
}

// The exact denoiser's variance is that of the reverse kernel: its diagonal, or
// the mean of it.
func TestDenoiserVarianceIsTheReverseKernels(t *testing.T) {
	g := tilted()
	x := process.NewState(2, 3)
	process.Fill(x, rng.Rows{Stream: rng.New(1, rng.Test)}, 0)
	x0, v := process.NewState(2, 3), process.NewState(2, 3)
	times, to := []float64{0.5, 0.2}, []float64{0.4, 0}
	gauss.Denoiser{Data: g, Sch: linear}.DenoiseVariance(x0, v, x, times, to)
	for r := range 2 {
		kernel := g.Reverse(linear, times[r], to[r])
		for i := range 3 {
			if !near(v.Row(r)[i], kernel.Cov.At(i, i), 1e-12) {
				t.Errorf("row %d: variance %v, want %v", r, v.Row(r)[i], kernel.Cov.At(i, i))
			}
		}
		// And the posterior's mean at the denoised x0 is the kernel's.
		bridge := process.Posterior(linear, times[r], to[r])
		for i := range 3 {
			want := kernel.B[i]
			for j, xt := range x.Row(r) {
				want += kernel.A.At(i, j) * xt
			}
			if got := bridge.X0*x0.Row(r)[i] + bridge.Xt*x.Row(r)[i]; !near(got, want, 1e-12) {
				t.Errorf("row %d: mean %v, want %v", r, got, want)
			}
		}
	}
	gauss.Denoiser{Data: g, Sch: linear, Isotropic: true}.DenoiseVariance(x0, v, x, times, to)
	if want := mat.Trace(g.Reverse(linear, 0.5, 0.4).Cov) / 3; !near(v.Row(0)[0], want, 1e-12) || v.Row(0)[2] != v.Row(0)[0] {
		t.Errorf("isotropic variance %v, want %v", v.Row(0), want)
	}
}

// Data drawn from the distribution has its moments.
func TestDrawnDataHasItsMoments(t *testing.T) {
	const rows = 30000
	noise := rng.Rows{Stream: rng.New(5, rng.Test)}
	x := process.NewState(rows, 3)
	g := tilted()
	g.Draw(x, noise, 0)
	fit, err := gauss.Fit(x)
	if err != nil {
		t.Fatal(err)
	}
	checkMoments(t, "gaussian", fit, g.Mean(), g.Cov(), rows)

	m := mixture()
	m.Draw(x, noise, 1)
	fit, err = gauss.Fit(x)
	if err != nil {
		t.Fatal(err)
	}
	mean, cov := make([]float64, 3), mat.NewSymDense(3, nil)
	weight, parts := m.Parts()
	for k, p := range parts {
		for i, v := range p.Mean() {
			mean[i] += weight[k] * v
		}
	}
	for k, p := range parts {
		for i := range 3 {
			for j := i; j < 3; j++ {
				pm := p.Mean()
				cov.SetSym(i, j, cov.At(i, j)+weight[k]*(p.Cov().At(i, j)+(pm[i]-mean[i])*(pm[j]-mean[j])))
			}
		}
	}
	checkMoments(t, "mixture", fit, mean, cov, rows)
}

// checkMoments wants the fit's mean and full covariance within 4 standard
// errors, those of a Gaussian sample.
func checkMoments(t *testing.T, name string, fit *gauss.Gaussian, mean []float64, cov mat.Symmetric, rows int) {
	t.Helper()
	got := fit.Cov()
	for i, m := range fit.Mean() {
		if se := math.Sqrt(cov.At(i, i) / float64(rows)); math.Abs(m-mean[i]) > 4*se {
			t.Errorf("%s: mean %d is %v, want %v within 4 x %v", name, i, m, mean[i], se)
		}
		for j := range i + 1 {
			se := math.Sqrt((cov.At(i, i)*cov.At(j, j) + cov.At(i, j)*cov.At(i, j)) / float64(rows))
			if math.Abs(got.At(i, j)-cov.At(i, j)) > 4*se {
				t.Errorf("%s: covariance %d,%d is %v, want %v within 4 x %v", name, i, j, got.At(i, j), cov.At(i, j), se)
			}
		}
	}
}

// A covariance without full rank is data on a plane: nothing off it comes back.
func TestSingularDataStaysOnItsPlane(t *testing.T) {
	g := mustNew([]float64{0, 0}, 1, 1, 1, 1)
	x0 := make([]float64, 2)
	g.Denoise(x0, []float64{1, -1}, 0.6, 0.8)
	if math.Abs(x0[0]-x0[1]) > 1e-15 {
		t.Errorf("denoised to %v, off the line x = y", x0)
	}
	if _, err := gauss.New([]float64{0, 0}, mat.NewSymDense(2, []float64{1, 2, 2, 1})); err == nil {
		t.Error("a covariance with a negative eigenvalue was accepted")
	}
	if _, err := gauss.New([]float64{0}, mat.NewSymDense(2, []float64{1, 0, 0, 1})); err == nil {
		t.Error("a mean and a covariance of different dimensions were accepted")
	}
}
