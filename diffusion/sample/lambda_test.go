package sample_test

import (
	"context"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// The solvers in lambda = log(alpha/sigma) against Gaussian data, whose
// probability-flow ODE has a closed form.

// evenInLambda is n equal steps of lambda from one value up to another.
func evenInLambda(sch schedule.Schedule, n int, from, to float64) []float64 {
	grid := make([]float64, n+1)
	for i := range grid {
		grid[i] = schedule.Time(sch, from+(to-from)*float64(i)/float64(n))
	}
	return grid
}

// odeBetween is the exact solution of the probability-flow ODE of Gaussian data
// at time s, from x at time t: along each eigenvector of Sigma the place in
// standard deviations stays.
func odeBetween(g *gauss.Gaussian, sch schedule.Schedule, x []float64, t, s float64) []float64 {
	alphaT, sigmaT := sch.At(t)
	alphaS, sigmaS := sch.At(s)
	var es mat.EigenSym
	es.Factorize(g.Cov(), true)
	var q mat.Dense
	es.VectorsTo(&q)
	mean := g.Mean()
	out := make([]float64, len(x))
	for i, m := range mean {
		out[i] = alphaS * m
	}
	for k, e := range es.Values(nil) {
		along := 0.0
		for i := range x {
			along += q.At(i, k) * (x[i] - alphaT*mean[i])
		}
		along *= math.Sqrt((alphaS*alphaS*e + sigmaS*sigmaS) / (alphaT*alphaT*e + sigmaT*sigmaT))
		for i := range out {
			out[i] += q.At(i, k) * along
		}
	}
	return out
}

// Each deterministic solver in lambda converges with its order. The steps are
// even in lambda. They begin where there is almost no signal and the prediction
// hardly changes, so that the first steps, which have a lower order for want of
// history, do not show; and no method lowers its last ones. UniPC's corrector
// raises its order by one, but the last step stays uncorrected.
func TestSolversInLambdaConvergeWithTheirOrder(t *testing.T) {
	g := tilted()
	sch := schedule.Cosine{}
	const from, to = -11, 3
	none := func(float64) float64 { return 0 }
	for _, c := range []struct {
		name  string
		m     sample.Sampler
		order float64
	}{
		{"dpm-solver++, order 1", sample.DPMpp{Order: 1}, 1},
		{"dpm-solver++, order 2, midpoint", sample.DPMpp{}, 2},
		{"dpm-solver++, order 2, heun", sample.DPMpp{Heun: true}, 2},
		{"dpm-solver++, order 3", sample.DPMpp{Order: 3}, 3},
		{"dpm-solver++, order 3 as released", sample.DPMpp{Order: 3, Released: true}, 2},
		{"dpm-solver, order 1", sample.DPM{Order: 1}, 1},
		{"dpm-solver, order 2, midpoint", sample.DPM{}, 2},
		{"dpm-solver, order 2, heun", sample.DPM{Heun: true}, 2},
		{"dpm-solver, order 3", sample.DPM{Order: 3}, 3},
		{"dpm-solver, order 3 as released", sample.DPM{Order: 3, Released: true}, 2},
		{"singlestep dpm-solver++, order 1", sample.Singlestep{Order: 1, FullOrder: true}, 1},
		{"singlestep dpm-solver++, order 2, midpoint", sample.Singlestep{FullOrder: true}, 2},
		{"singlestep dpm-solver++, order 2, heun", sample.Singlestep{FullOrder: true, Heun: true}, 2},
		{"singlestep dpm-solver++, order 3", sample.Singlestep{Order: 3, FullOrder: true}, 3},
		{"singlestep dpm-solver++, order 3, heun", sample.Singlestep{Order: 3, FullOrder: true, Heun: true}, 3},
		{"singlestep dpm-solver, order 2", sample.Singlestep{FullOrder: true, Noise: true}, 2},
		{"singlestep dpm-solver, order 3", sample.Singlestep{Order: 3, FullOrder: true, Noise: true}, 3},
		{"deis, order 1", sample.DEIS{Order: 1}, 1},
		{"deis, order 2", sample.DEIS{}, 2},
		{"deis, order 3", sample.DEIS{Order: 3}, 3},
		{"unipc, order 1, bh1", sample.UniPC{Order: 1, B1: true, FullOrder: true}, 2},
		{"unipc, order 1, bh2", sample.UniPC{Order: 1, FullOrder: true}, 2},
		{"unipc, order 2, bh1", sample.UniPC{B1: true, FullOrder: true}, 3},
		{"unipc, order 2, bh2", sample.UniPC{FullOrder: true}, 3},
		{"unipc, order 2, of the noise", sample.UniPC{FullOrder: true, Noise: true}, 3},
		{"unipc, order 3, bh2", sample.UniPC{Order: 3, FullOrder: true}, 4},
		{"unipc, order 3, of the noise", sample.UniPC{Order: 3, FullOrder: true, Noise: true}, 4},
		{"sa-solver, tau 0, 1 and 1", sample.SASolver{Predictor: 1, Corrector: 1, Tau: none, FullOrder: true}, 1},
		{"sa-solver, tau 0, 2 and 2", sample.SASolver{Tau: none, FullOrder: true}, 2},
		{"sa-solver, tau 0, 2 and 3", sample.SASolver{Corrector: 3, Tau: none, FullOrder: true}, 3},
		{"sa-solver, tau 0, 3 and 4", sample.SASolver{Predictor: 3, Corrector: 4, Tau: none, FullOrder: true}, 4},
		{"sa-solver, tau 0, 2 and 3, of the noise", sample.SASolver{Corrector: 3, Tau: none, FullOrder: true, Noise: true}, 3},
	} {
		counts := []int{192, 384, 768}
		errors := make([]float64, len(counts))
		for i, n := range counts {
			grid := evenInLambda(sch, n, from, to)
			x := &process.State{Rows: 1, Dim: 3, Data: []float64{0.3, -1.1, 0.8}}
			want := odeBetween(g, sch, x.Data, grid[0], grid[n])
			if err := sample.Run(context.Background(), c.m, gauss.Denoiser{Data: g, Sch: sch}, x, grid, noises(1)); err != nil {
				t.Fatal(err)
			}
			for j, v := range x.Data {
				errors[i] = max(errors[i], math.Abs(v-want[j]))
			}
		}
		order := math.Log2(errors[1] / errors[2])
		t.Logf("%-44s error %.2g in %d steps, %.2g in %d: order %.2f", c.name+":", errors[0], counts[0], errors[2], counts[2], order)
		if math.Abs(order-c.order) > 0.2 {
			t.Errorf("%s: order %.3f, want %v within 0.2", c.name, order, c.order)
		}
	}
}

// oneByOne is noise with a single 1: row 0 has none, and each number of the
// start and of every step's noise has a row of its own. For Gaussian data a
// run is an affine map of all of them, whose columns are then the rows less
// row 0.
type oneByOne struct{ dim int }

func (oneByOne) rows(dim, steps int) int { return 1 + dim*(steps+1) }

func (n oneByOne) Normals(dst []float64, step, row int) {
	for j := range dst {
		dst[j] = 0
		if row == 1+n.dim*(step+1)+j {
			dst[j] = 1
		}
	}
}

func (oneByOne) Uniforms([]float64, int, int) { panic("no uniforms here") }

// lawAtTheEnd is the exact mean and covariance with which a sampler ends on
// Gaussian data: no sampling is involved.
func lawAtTheEnd(t *testing.T, m sample.Sampler, d sample.Denoiser, dim int, grid []float64) (mean []float64, cov *mat.SymDense) {
	t.Helper()
	noise := oneByOne{dim}
	x := process.NewState(noise.rows(dim, len(grid)-1), dim)
	process.Fill(x, noise, -1)
	if err := sample.Run(context.Background(), m, d, x, grid, noise); err != nil {
		t.Fatal(err)
	}
	mean, cov = x.Row(0), mat.NewSymDense(dim, nil)
	for row := 1; row < x.Rows; row++ {
		column := make([]float64, dim)
		for j, v := range x.Row(row) {
			column[j] = v - mean[j]
		}
		cov.SymRankOne(cov, 1, mat.NewVecDense(dim, column))
	}
	return mean, cov
}

// stochasticInLambda are the solvers with noise, and the order with which the
// law that they end with converges.
func stochasticInLambda() []struct {
	name  string
	m     sample.Sampler
	order float64
} {
	falling := func(t float64) float64 { return t }
	return []struct {
		name  string
		m     sample.Sampler
		order float64
	}{
		{"sde-dpm-solver++, order 1", sample.DPMppSDE{Order: 1}, 1},
		{"sde-dpm-solver++, order 2, midpoint", sample.DPMppSDE{}, 2},
		{"sde-dpm-solver++, order 2, heun", sample.DPMppSDE{Heun: true}, 2},
		{"sde-dpm-solver++, order 3", sample.DPMppSDE{Order: 3}, 2},
		{"sde-dpm-solver++, order 3 as released", sample.DPMppSDE{Order: 3, Released: true}, 1},
		{"sde-dpm-solver, order 1", sample.DPM{Order: 1, SDE: true}, 1},
		{"sde-dpm-solver, order 2, midpoint", sample.DPM{SDE: true}, 2},
		{"sde-dpm-solver, order 2, heun", sample.DPM{SDE: true, Heun: true}, 2},
		{"singlestep sde-dpm-solver++, order 2", sample.Singlestep{SDE: true}, 1},
		{"singlestep sde-dpm-solver, order 2", sample.Singlestep{SDE: true, Noise: true}, 1},
		{"sa-solver, tau 1", sample.SASolver{}, 2},
		{"sa-solver, tau 1, 3 and 4", sample.SASolver{Predictor: 3, Corrector: 4}, 2},
		{"sa-solver, tau falls with time", sample.SASolver{Tau: falling}, 2},
		{"sa-solver, tau 1, of the noise", sample.SASolver{Noise: true}, 2},
	}
}

// The mean and the covariance with which the stochastic solvers end converge to
// the exact ones: with order 1, or 2 where the drift has that order. A singlestep
// block draws its inner points' noise apart from its own, which costs an order.
func TestStochasticSolversInLambdaConvergeInLaw(t *testing.T) {
	g := tilted()
	sch := schedule.Cosine{}
	const from, to = -9, 2
	for _, c := range stochasticInLambda() {
		counts := []int{64, 128, 256}
		errors := make([]float64, len(counts))
		for i, n := range counts {
			grid := evenInLambda(sch, n, from, to)
			mean, cov := lawAtTheEnd(t, c.m, gauss.Denoiser{Data: g, Sch: sch}, 3, grid)
			alpha, sigma := sch.At(grid[n])
			exact := g.At(alpha, sigma)
			errors[i] = gauss.Distance(cov, exact.Cov())
			for j, v := range exact.Mean() {
				errors[i] += math.Abs(v - mean[j])
			}
		}
		order := math.Log2(errors[1] / errors[2])
		t.Logf("%-44s error %.2g in %d steps, %.2g in %d: order %.2f", c.name+":", errors[0], counts[0], errors[2], counts[2], order)
		// Terms of the next order still help a little at so few steps.
		if order < c.order-0.2 || order > c.order+0.5 {
			t.Errorf("%s: order %.3f, want %v, 0.2 below to 0.5 above", c.name, order, c.order)
		}
	}
}

// The stochastic solvers end with the mean and the full covariance of the data,
// within standard errors.
func TestStochasticSolversInLambdaRecoverTheFullCovariance(t *testing.T) {
	g := tilted()
	table := mustTable(schedule.Linear(1000, 1e-4, 0.02))
	grid := append(evenInLambda(table, 250, schedule.Lambda(table, 1), 3), 0)
	// Few enough rows that the error of the steps, of order 1 in some, hides.
	const rows = 1000
	for _, c := range stochasticInLambda() {
		x := draw(t, c.m, gauss.Denoiser{Data: g, Sch: table}, rows, 3, grid)
		worst := checkMoments(t, c.name, x, g.Mean(), g.Cov())
		fit, err := gauss.Fit(x)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-40s %d steps, %d rows: covariance %.3f from Sigma_0, at most %.1f standard errors",
			c.name+":", len(grid)-1, rows, gauss.Distance(fit.Cov(), g.Cov()), worst)
	}
}

// lambdaSamplers are all solvers in lambda, for what holds of every sampler.
func lambdaSamplers() map[string]sample.Sampler {
	out := map[string]sample.Sampler{
		"dpmpp-2m, lowered":    sample.DPMpp{Heun: true, EulerLast: true, Limit: sample.Clip(3)},
		"dpmpp-3m":             sample.DPMpp{Order: 3, FullOrder: true},
		"dpm-solver-2":         sample.DPM{},
		"dpm-solver-3":         sample.DPM{Order: 3, Limit: sample.Clip(2), FullOrder: true},
		"dpmpp-2s":             sample.Singlestep{},
		"dpmpp-3s":             sample.Singlestep{Order: 3, FullOrder: true},
		"dpm-solver-3s":        sample.Singlestep{Order: 3, Noise: true, Heun: true},
		"deis":                 sample.DEIS{Order: 3, FullOrder: true},
		"unipc":                sample.UniPC{Uncorrected: []int{0, 2}},
		"unipc-3":              sample.UniPC{Order: 3, B1: true, FullOrder: true},
		"unipc-3 of the noise": sample.UniPC{Order: 3, Noise: true, FullOrder: true},
	}
	for _, c := range stochasticInLambda() {
		out[c.name] = c.m
	}
	return out
}

// Schedules with no signal at time 1 and grids that end at the data: the first
// and the last step go from and to an infinite lambda. Two equal times leave x
// as it is, to the bit, once a corrector has done its work on the step before. Nothing
// becomes NaN, and with the denoiser of a single point every solver ends at it.
func TestSolversInLambdaBearInfiniteLambda(t *testing.T) {
	point := []float64{0.7, -0.2, 1.1}
	zero := mustTable(schedule.Linear(1000, 1e-4, 0.02)).ZeroTerminal()
	for _, sch := range []schedule.Schedule{zero, schedule.Flow{}, schedule.Cosine{}, schedule.EDM{}} {
		for _, grid := range [][]float64{
			{1, 0},
			{1, 0.5, 0},
			{1, 1, 0.7, 0.7, 0.4, 0.4, 0.4, 0.1, 0, 0},
			{1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0},
			{0, 0},
		} {
			for name, m := range lambdaSamplers() {
				x := &process.State{Rows: 1, Dim: 3, Data: append([]float64(nil), point...)}
				if grid[0] == 1 {
					alpha, sigma := sch.At(1)
					for j, e := range []float64{1.1, -0.4, 0.2} {
						x.Data[j] = alpha*point[j] + sigma*e
					}
				}
				var before []float64
				corrected := correctsLate(m)
				watch := func(p sample.Progress) {
					if p.T == p.S && !corrected && before != nil && !slices.Equal(before, p.X.Data) {
						t.Errorf("%s, %T: a step of no width from %v moved x", name, sch, p.T)
					}
					corrected = p.T != p.S && correctsLate(m)
					before = append([]float64(nil), p.X.Data...)
				}
				if err := sample.Run(context.Background(), m, onePoint{sch, point}, x, grid, noises(1), watch); err != nil {
					t.Errorf("%s, %T, %v: %v", name, sch, grid, err)
					continue
				}
				for j, v := range x.Data {
					if math.Abs(v-point[j]) > 1e-9 {
						t.Errorf("%s, %T, %v: ends at %v, want %v", name, sch, grid, x.Data, point)
						break
					}
				}
			}
		}
	}
}

// correctsLate says whether a sampler's step begins with a correction of the one
// before.
func correctsLate(m sample.Sampler) bool {
	switch m.(type) {
	case sample.UniPC, sample.SASolver:
		return true
	}
	return false
}

// onePoint is the denoiser of data that is a single point.
type onePoint struct {
	sch   schedule.Schedule
	point []float64
}

func (d onePoint) Schedule() schedule.Schedule { return d.sch }

func (d onePoint) Denoise(x0, xt *process.State, _ []float64) {
	for i := range xt.Rows {
		copy(x0.Row(i), d.point)
	}
}

// What a solver cannot do is refused, with what it can.
func TestImpossibleSolversInLambdaAreRefused(t *testing.T) {
	for _, c := range []struct {
		m    sample.Sampler
		want string
	}{
		{sample.DPMpp{Order: 4}, "orders 1 to 3"},
		{sample.DPM{Order: -1}, "orders 1 to 3"},
		{sample.DPM{Order: 3, SDE: true}, "orders 1 to 2"},
		{sample.DPMppSDE{Order: 4}, "orders 1 to 3"},
		{sample.Singlestep{Order: 4}, "orders 1 to 3"},
		{sample.Singlestep{Order: 3, SDE: true}, "orders 1 to 2"},
		{sample.DEIS{Order: 5}, "orders 1 to 3"},
		{sample.UniPC{Order: 4}, "orders 1 to 3"},
		{sample.UniPC{Uncorrected: []int{-1}}, "counted from 0"},
		{sample.SASolver{Predictor: 5}, "the predictor"},
		{sample.SASolver{Corrector: 5}, "the corrector"},
		{sample.SASolver{Tau: func(float64) float64 { return -1 }}, "at least 0"},
		{sample.SASolver{Tau: func(float64) float64 { return math.NaN() }}, "at least 0"},
	} {
		err := sample.Run(context.Background(), c.m, exact(), process.NewState(2, 3), mustGrid(schedule.Uniform(4)), noises(1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T: got %v, want an error with %q", c.m, err, c.want)
		}
	}
}

// Methods that are one and the same agree: DPM-Solver++ of order 1 is DDIM, its
// SDE form DDIM with full noise, DEIS is DPM-Solver with the slopes integrated,
// and SA-Solver without noise, through two and three, is UniPC with B1.
func TestSolversInLambdaThatAreTheSame(t *testing.T) {
	table := mustTable(schedule.Linear(1000, 1e-4, 0.02))
	d := gauss.Denoiser{Data: tilted(), Sch: table}
	none := func(float64) float64 { return 0 }
	for _, c := range []struct {
		name string
		a, b sample.Sampler
	}{
		{"dpm-solver++ 1 and ddim", sample.DPMpp{Order: 1}, sample.DDIM{}},
		{"dpm-solver 1 and ddim", sample.DPM{Order: 1}, sample.DDIM{}},
		{"sde-dpm-solver++ 1 and ddim with eta 1", sample.DPMppSDE{Order: 1}, sample.DDIM{Eta: 1}},
		{"deis and dpm-solver", sample.DEIS{Order: 3}, sample.DPM{Order: 3, Heun: true}},
		{"sa-solver and unipc", sample.SASolver{Corrector: 3, Tau: none}, sample.UniPC{B1: true}},
		{"singlestep of order 1 and dpm-solver++ 1", sample.Singlestep{Order: 1}, sample.DPMpp{Order: 1}},
	} {
		for _, n := range []int{1, 2, 5, 12, 40} {
			grid := mustGrid(schedule.Trailing(table, n))
			a, b := draw(t, c.a, d, 3, 3, grid), draw(t, c.b, d, 3, 3, grid)
			for i, v := range a.Data {
				if math.Abs(v-b.Data[i]) > 1e-11 {
					t.Fatalf("%s, %d steps: %v and %v", c.name, n, a.Data, b.Data)
				}
			}
		}
	}
}
