package sample_test

import (
	"context"
	"fmt"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

// The samplers against data whose denoiser is known exactly.

func mustTable(table *schedule.Table, err error) *schedule.Table {
	if err != nil {
		panic(err)
	}
	return table
}

func mustGrid(grid []float64, err error) []float64 {
	if err != nil {
		panic(err)
	}
	return grid
}

// tilted is a Gaussian in three dimensions with all correlations, one strong.
func tilted() *gauss.Gaussian {
	g, err := gauss.New([]float64{0.8, -1.2, 0.3}, mat.NewSymDense(3, []float64{
		1.5, 1.1, -0.3,
		1.1, 1.0, 0.1,
		-0.3, 0.1, 0.6}))
	if err != nil {
		panic(err)
	}
	return g
}

func noises(seed uint64) rng.Rows { return rng.Rows{Stream: rng.New(seed, rng.Sampler)} }

// draw samples rows from noise along the grid.
func draw(t *testing.T, m sample.Sampler, d sample.Denoiser, rows, dim int, grid []float64) *process.State {
	t.Helper()
	x := process.NewState(rows, dim)
	process.Fill(x, rng.Rows{Stream: rng.New(7, rng.Prior)}, 0)
	wide := schedule.Start(d.Schedule(), grid[0])
	for i := range x.Data {
		x.Data[i] *= wide
	}
	if err := sample.Run(context.Background(), m, d, x, grid, noises(7)); err != nil {
		t.Fatal(err)
	}
	return x
}

// odeEnd is the exact end of the probability-flow ODE of Gaussian data: along
// each eigenvector of Sigma, x - alpha mean keeps its place in units of its
// standard deviation sqrt(alpha^2 e + sigma^2).
func odeEnd(g *gauss.Gaussian, x []float64, alpha, sigma float64) []float64 {
	white := g.At(alpha, sigma)
	// Sigma_0^{1/2} Sigma_t^{-1/2} (x - alpha mean) + mean, in the eigenbasis.
	var es mat.EigenSym
	es.Factorize(g.Cov(), true)
	var q mat.Dense
	es.VectorsTo(&q)
	mean, out := g.Mean(), g.Mean()
	for k, e := range es.Values(nil) {
		along := 0.0
		for i := range x {
			along += q.At(i, k) * (x[i] - alpha*mean[i])
		}
		along *= math.Sqrt(e / white.Eigenvalues()[k])
		for i := range out {
			out[i] += q.At(i, k) * along
		}
	}
	return out
}

// DDIM without noise solves the probability-flow ODE with order 1: it is Euler's
// method in sigma/alpha. That grows as sqrt(t) from the data, so steps that grow
// with t^2 are equal in it, and show order 1; with equal steps in t the error is
// h log(1/h), which looks like a little less.
func TestDDIMConvergesWithOrderOne(t *testing.T) {
	g := tilted()
	uniform := func(n int) []float64 { return mustGrid(schedule.Uniform(n)) }
	quadratic := func(n int) []float64 {
		grid := uniform(n)
		for i, u := range grid {
			grid[i] = u * u
		}
		return grid
	}
	linear := mustTable(schedule.Linear(1000, 1e-4, 0.02))
	for _, c := range []struct {
		name  string
		sch   schedule.Schedule
		grid  func(n int) []float64
		least float64
	}{
		{"cosine", schedule.Cosine{}, quadratic, 0.97},
		{"linear rate", schedule.LinearRate{}, quadratic, 0.97},
		{"table between its steps", linear, quadratic, 0.97},
		{"linear rate, equal steps", schedule.LinearRate{}, uniform, 0.85},
		{"table, equal steps", linear, uniform, 0.85},
	} {
		start := []float64{0.3, -1.1, 0.8}
		alpha, sigma := c.sch.At(1)
		want := odeEnd(g, start, alpha, sigma)
		counts := []int{32, 256, 512}
		errors := make([]float64, len(counts))
		for i, n := range counts {
			x := &process.State{Rows: 1, Dim: 3, Data: append([]float64(nil), start...)}
			if err := sample.Run(context.Background(), sample.DDIM{}, gauss.Denoiser{Data: g, Sch: c.sch}, x, c.grid(n), noises(1)); err != nil {
				t.Fatal(err)
			}
			for j, v := range x.Data {
				errors[i] = max(errors[i], math.Abs(v-want[j]))
			}
		}
		order := math.Log2(errors[1] / errors[2])
		t.Logf("ddim, %-25s error %.3g in 32 steps, %.3g in 512, order %.2f", c.name+":", errors[0], errors[2], order)
		if order < c.least || order > 1.1 {
			t.Errorf("%s: order %.3f, want 1", c.name, order)
		}
	}
}

// With eta = 1 DDIM is DDPM with the small variance, on any subset of steps and
// with the same noise: the same formula written twice.
func TestDDIMWithFullNoiseIsDDPM(t *testing.T) {
	table := mustTable(schedule.Linear(1000, 1e-4, 0.02))
	d := gauss.Denoiser{Data: tilted(), Sch: table}
	for _, n := range []int{3, 10, 77} {
		grid := mustGrid(schedule.Trailing(table, n))
		a := draw(t, sample.DDIM{Eta: 1}, d, 4, 3, grid)
		b := draw(t, sample.DDPM{}, d, 4, 3, grid)
		for i := range a.Data {
			if math.Abs(a.Data[i]-b.Data[i]) > 1e-10 {
				t.Fatalf("%d steps: ddim %v, ddpm %v", n, a.Data[i], b.Data[i])
			}
		}
	}
}

// Ancestral sampling ends where the composed linear maps of gauss.Ancestral say,
// for every variance and for few steps, where the answer is not the data's: so
// the test has no error but that of sampling.
func TestAncestralSamplingEndsWhereTheLinearMapsSay(t *testing.T) {
	g := tilted()
	table := mustTable(schedule.Linear(1000, 1e-4, 0.02))
	const rows = 10000
	for _, c := range []struct {
		name  string
		m     sample.Sampler
		d     gauss.Denoiser
		noise gauss.StepNoise
	}{
		{"ddpm, fixed-small", sample.DDPM{}, gauss.Denoiser{Data: g, Sch: table}, gauss.Small},
		{"ddpm, fixed-large", sample.DDPM{Variance: sample.FixedLarge}, gauss.Denoiser{Data: g, Sch: table}, gauss.Large},
		{"ddpm, learned, each dimension", sample.DDPM{Variance: sample.Learned}, gauss.Denoiser{Data: g, Sch: table}, gauss.Diagonal},
		{"ddpm, learned, isotropic", sample.DDPM{Variance: sample.Learned}, gauss.Denoiser{Data: g, Sch: table, Isotropic: true}, gauss.Isotropic},
		{"ddim, eta 1", sample.DDIM{Eta: 1}, gauss.Denoiser{Data: g, Sch: table}, gauss.Small},
	} {
		for _, n := range []int{4, 25} {
			grid := mustGrid(schedule.Linspace(table, n))
			x := draw(t, c.m, c.d, rows, 3, grid)
			mean, cov := g.Ancestral(table, grid, c.noise)
			worst := checkMoments(t, fmt.Sprintf("%s, %d steps", c.name, n), x, mean, cov)
			t.Logf("%-30s %3d steps: %.1f standard errors at most; covariance %.3f from the data's", c.name, n, worst, gauss.Distance(cov, g.Cov()))
		}
	}
}

// With all the steps of DDPM's schedule, ancestral sampling recovers the mean and
// the full covariance of the data within standard errors.
func TestAncestralSamplingRecoversTheFullCovariance(t *testing.T) {
	g := tilted()
	table := mustTable(schedule.Linear(1000, 1e-4, 0.02))
	// Few enough rows that the 1/T error of the steps, below 0.005, hides.
	const rows = 1000
	for _, c := range []struct {
		name string
		m    sample.Sampler
	}{
		{"fixed-small", sample.DDPM{}},
		{"fixed-large", sample.DDPM{Variance: sample.FixedLarge}},
		{"learned", sample.DDPM{Variance: sample.Learned}},
	} {
		x := draw(t, c.m, gauss.Denoiser{Data: g, Sch: table}, rows, 3, schedule.AllSteps(table))
		worst := checkMoments(t, c.name, x, g.Mean(), g.Cov())
		fit, err := gauss.Fit(x)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-12s 1000 steps, %d rows: covariance %.3f from Sigma_0, at most %.1f standard errors", c.name, rows, gauss.Distance(fit.Cov(), g.Cov()), worst)
	}
}

// checkMoments wants the rows' mean and full covariance within 4 standard errors
// of those given, and returns the largest deviation in standard errors.
func checkMoments(t *testing.T, name string, x *process.State, mean []float64, cov mat.Symmetric) (worst float64) {
	t.Helper()
	gotMean, got := gauss.Moments(x)
	n := float64(x.Rows)
	deviate := func(what string, got, want, se float64) {
		z := math.Abs(got-want) / se
		worst = max(worst, z)
		if !(z <= 4) {
			t.Errorf("%s: %s is %v, want %v: %.1f standard errors", name, what, got, want, z)
		}
	}
	for i, m := range gotMean {
		deviate(fmt.Sprintf("mean %d", i), m, mean[i], math.Sqrt(cov.At(i, i)/n))
		for j := range i + 1 {
			se := math.Sqrt((cov.At(i, i)*cov.At(j, j) + cov.At(i, j)*cov.At(i, j)) / n)
			deviate(fmt.Sprintf("covariance %d,%d", i, j), got.At(i, j), cov.At(i, j), se)
		}
	}
	return worst
}

// On data with two modes ancestral sampling finds both, with their weights and
// spreads: its distribution function agrees with the mixture's.
func TestAncestralSamplingFindsBothModes(t *testing.T) {
	parts := make([]*gauss.Gaussian, 2)
	weight, mean, variance := []float64{0.3, 0.7}, []float64{-1.5, 0.8}, []float64{0.04, 0.25}
	for k := range parts {
		var err error
		if parts[k], err = gauss.New(mean[k:k+1], mat.NewSymDense(1, variance[k:k+1])); err != nil {
			t.Fatal(err)
		}
	}
	m, err := gauss.Mix(weight, parts)
	if err != nil {
		t.Fatal(err)
	}
	table := mustTable(schedule.CosineTable(1000))
	const rows = 2000
	x := draw(t, sample.DDPM{Variance: sample.Learned}, gauss.Denoiser{Data: m, Sch: table}, rows, 1, mustGrid(schedule.Trailing(table, 200)))
	for _, at := range []float64{-1.8, -1.5, -1.2, -0.5, 0.3, 0.8, 1.4} {
		want := 0.0
		for k := range parts {
			want += weight[k] * (1 + math.Erf((at-mean[k])/math.Sqrt(2*variance[k]))) / 2
		}
		got := 0.0
		for _, v := range x.Data {
			if v <= at {
				got += 1.0 / rows
			}
		}
		// 4 standard errors, and 0.005 for the 200 steps.
		if se := math.Sqrt(want * (1 - want) / rows); math.Abs(got-want) > 4*se+0.005 {
			t.Errorf("a share of %v lies below %v, want %v within 4 x %v", got, at, want, se)
		}
	}
}
