package sample_test

import (
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// The stochastic ones among the samplers that step in the noise level.

// Euler's ancestral method is DDPM with the small variance, so it ends where
// the composed linear maps say, in however few steps.
func TestEulerAncestralEndsWhereTheLinearMapsSay(t *testing.T) {
	g := tilted()
	for _, sch := range []schedule.Schedule{schedule.Cosine{}, schedule.VE{Min: 0.01, Max: 1}} {
		for _, n := range []int{4, 25} {
			grid := mustGrid(schedule.Uniform(n))
			x := draw(t, sample.EulerAncestral{}, gauss.Denoiser{Data: g, Sch: sch}, 10000, 3, grid)
			mean, cov := g.Ancestral(sch, grid, gauss.Small)
			worst := checkMoments(t, "euler-ancestral", x, mean, cov)
			t.Logf("euler-ancestral, %T, %d steps: %.1f standard errors at most", sch, n, worst)
		}
	}
}

// With enough steps each stochastic sampler recovers the mean and the full
// covariance of the data within standard errors.
func TestStochasticSigmaSamplersRecoverTheFullCovariance(t *testing.T) {
	g := tilted()
	cosine := schedule.Cosine{End: 1e-3}
	karras := func(n int) []float64 {
		levels, err := schedule.Karras(n, 900, 0.01, 7)
		if err != nil {
			t.Fatal(err)
		}
		return mustGrid(schedule.ByRatio(cosine, levels))
	}
	// Few enough rows that the steps' own error, below 0.01, hides.
	const rows = 2000
	for _, c := range []struct {
		name string
		m    sample.Sampler
		n    int
	}{
		{"euler-ancestral", sample.EulerAncestral{}, 400},
		{"dpm2-ancestral", sample.DPM2{Ancestral: true}, 400},
		{"edm, churn 40", sample.EDM{Churn: 40, Min: 0.05, Max: 50}, 200},
		{"edm, churn everywhere", sample.EDM{Churn: 30}, 200},
		{"langevin after ddpm", sample.Langevin{}, 300},
		{"langevin after euler", sample.Langevin{Predictor: sample.Euler{}, Steps: 2, SNR: 0.1}, 200},
	} {
		x := draw(t, c.m, gauss.Denoiser{Data: g, Sch: cosine}, rows, 3, karras(c.n))
		worst := checkMoments(t, c.name, x, g.Mean(), g.Cov())
		fit, err := gauss.Fit(x)
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%-22s %d steps, %d rows: covariance %.3f from Sigma_0, at most %.1f standard errors", c.name+":", c.n, rows, gauss.Distance(fit.Cov(), g.Cov()), worst)
	}
}

// Langevin dynamics alone, at one time and begun far from it, ends in that time's
// marginal: its corrections do what its predictor did not.
func TestLangevinStepsLeadToTheMarginal(t *testing.T) {
	g := tilted()
	const at = 0.5
	d := gauss.Denoiser{Data: g, Sch: cosine}
	m := sample.Langevin{Predictor: nothing{}, Steps: 1500, SNR: 0.1}
	x := draw(t, m, d, 1000, 3, []float64{0.51, at})
	alpha, sigma := cosine.At(at)
	there := g.At(alpha, sigma)
	worst := checkMoments(t, "langevin", x, there.Mean(), there.Cov())
	t.Logf("langevin, 1500 steps at t = %v: %.1f standard errors at most", at, worst)
}

// nothing is a sampler that does not move.
type nothing struct{}

func (nothing) Begin(sample.Plan) sample.Step { return func(*process.State, float64, float64) {} }

// consistent is the exact consistency model of Gaussian data: the end of the
// path through x_t.
type consistent struct {
	gauss.Denoiser
	ode *odeMap
}

func (d consistent) Denoise(x0, xt *process.State, t []float64) {
	for i := range xt.Rows {
		alpha, sigma := d.Sch.At(t[i])
		copy(x0.Row(i), d.ode.between(xt.Row(i), alpha, sigma, 1, 0))
	}
}

// With an exact consistency model the samplers made for one draw from the data
// itself in any number of steps.
func TestConsistencySamplersDrawFromTheData(t *testing.T) {
	g := tilted()
	d := consistent{gauss.Denoiser{Data: g, Sch: schedule.Flow{}}, newODE(g)}
	for name, m := range map[string]sample.Sampler{
		"lcm": sample.LCM{}, "tcd, eta 1": sample.TCD{Eta: 1}, "flow-euler, stochastic": sample.FlowEuler{Stochastic: true},
	} {
		for _, n := range []int{1, 2, 5} {
			x := draw(t, m, d, 10000, 3, mustGrid(schedule.Uniform(n)))
			worst := checkMoments(t, name, x, g.Mean(), g.Cov())
			t.Logf("%-23s %d steps: %.1f standard errors at most", name+":", n, worst)
		}
	}
}

// rowPoint is the denoiser of data that is one point.
type rowPoint struct{ sch schedule.Schedule }

func (d rowPoint) Schedule() schedule.Schedule { return d.sch }

func (d rowPoint) Denoise(x0, _ *process.State, _ []float64) {
	for i := range x0.Data {
		x0.Data[i] = float64(i%x0.Dim) - 0.7
	}
}

// One step is the denoiser, and data that is one point is met exactly, by every
// sampler, on every schedule.
func TestPointDataIsMetExactly(t *testing.T) {
	for _, sch := range []schedule.Schedule{schedule.Flow{Shift: 2}, schedule.Cosine{}, schedule.EDM{}, schedule.VE{Min: 0.01, Max: 50}} {
		for name, m := range onAnySchedule() {
			for _, n := range []int{1, 2, 6} {
				x := draw(t, m, rowPoint{sch}, 2, 3, mustGrid(schedule.Uniform(n)))
				want := process.NewState(2, 3)
				rowPoint{sch}.Denoise(want, nil, nil)
				for i, v := range x.Data {
					// The rounding of noise of 150 times the signal, which goes.
					if d := v - want.Data[i]; !(d < 1e-10 && d > -1e-10) {
						t.Errorf("%T, %s, %d steps: %v, want %v", sch, name, n, x.Data, want.Data)
						break
					}
				}
			}
		}
	}
}

// TCD's way down and up leaves point data at the right distance: x_s holds the
// signal alpha_s and noise of variance sigma_s^2.
func TestTCDKeepsTheMarginals(t *testing.T) {
	sch := schedule.Cosine{}
	for _, eta := range []float64{0, 0.3, 0.8, 1} {
		x := draw(t, sample.TCD{Eta: eta}, rowPoint{sch}, 20000, 3, []float64{1, 0.6, 0.3})
		alpha, sigma := sch.At(0.3)
		mean := []float64{-0.7 * alpha, 0.3 * alpha, 1.3 * alpha}
		there, err := gauss.New(mean, eye(3, sigma*sigma))
		if err != nil {
			t.Fatal(err)
		}
		checkMoments(t, "tcd", x, mean, there.Cov())
	}
}

func eye(n int, scale float64) *mat.SymDense {
	out := mat.NewSymDense(n, nil)
	for i := range n {
		out.SetSym(i, i, scale)
	}
	return out
}
