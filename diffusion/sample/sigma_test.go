package sample_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

// The samplers that step in the noise level r = sigma/alpha.

// sigmaSamplers are they, in all their variants, and how often each looks at
// the denoiser in five steps down to sigma = 0.
func sigmaSamplers() map[string]sample.Sampler {
	out := map[string]sample.Sampler{}
	for name, c := range sigmaLooks() {
		out[name] = c.m
	}
	return out
}

type looks struct {
	m    sample.Sampler
	want int
}

func sigmaLooks() map[string]looks {
	return map[string]looks{
		"euler":           {sample.Euler{Limit: sample.Clip(3)}, 5},
		"euler-ancestral": {sample.EulerAncestral{}, 5},
		"heun":            {sample.Heun{}, 8}, // of the cosine schedule the first step is Euler's too
		"dpm2":            {sample.DPM2{}, 9},
		"dpm2-ancestral":  {sample.DPM2{Ancestral: true}, 9},
		"lms":             {sample.LMS{}, 5},
		"lms 2":           {sample.LMS{Order: 2, Limit: sample.Clip(3)}, 5},
		"ipndm":           {sample.IPNDM{}, 5},
		"pndm, plms":      {sample.PNDM{}, 6},
		"pndm, prk":       {sample.PNDM{RungeKutta: true}, 14},
		"edm":             {sample.EDM{Churn: 1, Max: 50, Noise: 1.003}, 8},
		"lcm":             {sample.LCM{}, 5},
		"tcd":             {sample.TCD{Eta: 0.3}, 5},
		"flow-euler":      {sample.FlowEuler{}, 5},
		"flow-stochastic": {sample.FlowEuler{Stochastic: true}, 5},
		"flow-heun":       {sample.FlowHeun{}, 9},
		"langevin":        {sample.Langevin{}, 9},
		"langevin, twice": {sample.Langevin{Predictor: sample.Euler{}, Steps: 2, SNR: 0.1}, 13},
	}
}

// odeMap is the exact probability-flow ODE of Gaussian data (see odeEnd) between
// any two points of a schedule, with the eigenvectors kept.
type odeMap struct {
	mean, values []float64
	q            mat.Dense
}

func newODE(g *gauss.Gaussian) *odeMap {
	var es mat.EigenSym
	es.Factorize(g.Cov(), true)
	m := &odeMap{mean: g.Mean(), values: es.Values(nil)}
	es.VectorsTo(&m.q)
	return m
}

func (m *odeMap) between(x []float64, alphaT, sigmaT, alphaS, sigmaS float64) []float64 {
	out := make([]float64, len(x))
	for i, c := range m.mean {
		out[i] = alphaS * c
	}
	for k, e := range m.values {
		along := 0.0
		for i := range x {
			along += m.q.At(i, k) * (x[i] - alphaT*m.mean[i])
		}
		along *= math.Sqrt((alphaS*alphaS*e + sigmaS*sigmaS) / (alphaT*alphaT*e + sigmaT*sigmaT))
		for i := range out {
			out[i] += m.q.At(i, k) * along
		}
	}
	return out
}

// Steps even in log(sigma/alpha), from where nothing but noise is seen to where
// the noise is small: methods that grow into their order begin where the slope
// does not bend, so that what is seen is the order they grow into.
func logGrid(n int) (schedule.Schedule, []float64) {
	sch := schedule.Cosine{End: 5e-5}
	const most, least = 1e4, 0.05
	grid := make([]float64, n+1)
	for i := range grid {
		w := float64(i) / float64(n)
		grid[i] = schedule.Time(sch, -(math.Log(most)*(1-w) + math.Log(least)*w))
	}
	return sch, grid
}

// Steps even in sigma/alpha itself, which here is 1000 t.
func levelGrid(n int) (schedule.Schedule, []float64) {
	const end = 0.0005
	grid := make([]float64, n+1)
	for i := range grid {
		grid[i] = 1 - (1-end)*float64(i)/float64(n)
	}
	return schedule.EDM{Max: 1000, Rho: 1}, grid
}

// The same where the slope bends from the start, so that the start shows.
func bentGrid(n int) (schedule.Schedule, []float64) {
	grid := make([]float64, n+1)
	for i := range grid {
		grid[i] = 1 - 0.4*float64(i)/float64(n)
	}
	return schedule.EDM{Max: 1, Rho: 1}, grid
}

// Each deterministic sampler converges to the exact solution with its order:
// halving the steps divides the error by 2^order. The Adams weights of ipndm and
// pndm, and the middle of pndm's Runge-Kutta steps, are for equal steps, so there
// is a second order on other grids and the full one on equal steps. A start by
// Euler, Heun or Runge-Kutta steps leaves the order at 2, 3 or 4.
func TestSigmaSamplersConvergeWithTheirOrder(t *testing.T) {
	g := tilted()
	ode := newODE(g)
	type grids func(n int) (schedule.Schedule, []float64)
	for _, c := range []struct {
		name string
		m    sample.Sampler
		grid grids
		n    int // the fewer steps; the others are twice as many
		want float64
	}{
		{"euler", sample.Euler{}, logGrid, 400, 1},
		{"heun", sample.Heun{}, logGrid, 200, 2},
		{"dpm2", sample.DPM2{}, logGrid, 200, 2},
		{"lms 1", sample.LMS{Order: 1}, logGrid, 400, 1},
		{"lms 2", sample.LMS{Order: 2}, logGrid, 200, 2},
		{"lms 3", sample.LMS{Order: 3}, logGrid, 200, 3},
		{"lms 4", sample.LMS{Order: 4}, logGrid, 200, 4},
		{"ipndm 1", sample.IPNDM{Order: 1}, logGrid, 400, 1},
		{"ipndm 2", sample.IPNDM{Order: 2}, logGrid, 200, 2},
		{"ipndm 3", sample.IPNDM{Order: 3}, logGrid, 400, 2},
		{"ipndm 4", sample.IPNDM{Order: 4}, logGrid, 400, 2},
		{"pndm, plms", sample.PNDM{}, logGrid, 400, 2},
		{"pndm, prk", sample.PNDM{RungeKutta: true}, logGrid, 400, 2},
		{"edm without churn", sample.EDM{}, logGrid, 200, 2},
		{"tcd, eta 0", sample.TCD{}, logGrid, 400, 1},
		{"flow-euler", sample.FlowEuler{}, logGrid, 400, 1},
		{"flow-heun", sample.FlowHeun{}, logGrid, 200, 2},
		{"ipndm 2, equal steps", sample.IPNDM{Order: 2}, levelGrid, 8000, 2},
		{"ipndm 3, equal steps", sample.IPNDM{Order: 3}, levelGrid, 8000, 3},
		{"ipndm 4, equal steps", sample.IPNDM{}, levelGrid, 8000, 4},
		{"pndm, plms, equal steps", sample.PNDM{}, levelGrid, 8000, 4},
		{"pndm, prk, equal steps", sample.PNDM{RungeKutta: true}, levelGrid, 8000, 4},
		{"lms 4, bent start", sample.LMS{}, bentGrid, 400, 2},
		{"ipndm 4, bent start", sample.IPNDM{}, bentGrid, 400, 2},
		{"pndm, plms, bent start", sample.PNDM{}, bentGrid, 100, 3},
		{"pndm, prk, bent start", sample.PNDM{RungeKutta: true}, bentGrid, 100, 4},
	} {
		var errors [2]float64
		for i := range errors {
			n := c.n << i
			sch, grid := c.grid(n)
			alphaT, sigmaT := sch.At(grid[0])
			alphaS, sigmaS := sch.At(grid[n])
			x := &process.State{Rows: 1, Dim: 3, Data: []float64{0.3 * sigmaT, -1.1 * sigmaT, 0.8 * sigmaT}}
			want := ode.between(x.Data, alphaT, sigmaT, alphaS, sigmaS)
			if err := sample.Run(context.Background(), c.m, gauss.Denoiser{Data: g, Sch: sch}, x, grid, noises(1)); err != nil {
				t.Fatal(err)
			}
			for j, v := range x.Data {
				errors[i] = max(errors[i], math.Abs(v-want[j]))
			}
		}
		order := math.Log2(errors[0] / errors[1])
		t.Logf("%-25s error %.2g in %d steps, %.2g in %d, order %.2f, of %v", c.name+":", errors[0], c.n, errors[1], 2*c.n, order, c.want)
		if math.Abs(order-c.want) > 0.15 {
			t.Errorf("%s: order %.3f, want %v within 0.15", c.name, order, c.want)
		}
	}
}

// On equal steps the polynomials of lms have the weights of ipndm; the two are
// written apart.
func TestOnEqualStepsLMSIsIPNDM(t *testing.T) {
	sch := schedule.EDM{Max: 4, Rho: 1}
	d := gauss.Denoiser{Data: tilted(), Sch: sch}
	grid := mustGrid(schedule.Uniform(12))
	for order := 1; order <= 4; order++ {
		a := draw(t, sample.LMS{Order: order}, d, 3, 3, grid)
		b := draw(t, sample.IPNDM{Order: order}, d, 3, 3, grid)
		for i, v := range a.Data {
			if math.Abs(v-b.Data[i]) > 1e-12 {
				t.Fatalf("order %d: lms %v, ipndm %v", order, a.Data, b.Data)
			}
		}
	}
}

// What is Euler's method in other words gives what Euler's method gives.
func TestSamplersThatAreEuler(t *testing.T) {
	d := exact()
	grid := mustGrid(schedule.Uniform(9))
	want := draw(t, sample.Euler{}, d, 3, 3, grid)
	for name, m := range map[string]sample.Sampler{
		"ddim": sample.DDIM{}, "tcd": sample.TCD{}, "flow-euler": sample.FlowEuler{},
		"lms 1": sample.LMS{Order: 1}, "ipndm 1": sample.IPNDM{Order: 1},
	} {
		for i, v := range draw(t, m, d, 3, 3, grid).Data {
			if math.Abs(v-want.Data[i]) > 1e-12 {
				t.Errorf("%s: value %d is %v, Euler's %v", name, i, v, want.Data[i])
			}
		}
	}
}

// Runs may begin where no signal is left, sigma/alpha infinite, and end at
// sigma = 0: nothing becomes NaN, and the deterministic samplers come as near
// to the exact end as the first step, which is Euler's, allows.
func TestRunsBeginWithoutSignal(t *testing.T) {
	g := tilted()
	ode := newODE(g)
	deterministic := []string{"heun", "dpm2", "lms", "ipndm", "pndm, plms", "pndm, prk", "flow-euler", "flow-heun"}
	zero := mustTable(schedule.Linear(1000, 1e-4, 0.02)).ZeroTerminal()
	for _, sch := range []schedule.Schedule{schedule.Flow{}, schedule.Flow{Shift: 3}, zero} {
		grid := mustGrid(schedule.Uniform(250))
		if alpha, _ := sch.At(1); alpha != 0 {
			t.Fatalf("%T has alpha %v at t = 1", sch, alpha)
		}
		for name, m := range sigmaSamplers() {
			// draw fails where a value is not finite.
			x := draw(t, m, gauss.Denoiser{Data: g, Sch: sch}, 2, 3, grid)
			if !slices.Contains(deterministic, name) {
				continue
			}
			start := process.NewState(2, 3)
			process.Fill(start, rng.Rows{Stream: rng.New(7, rng.Prior)}, 0)
			for i := range start.Rows {
				want := ode.between(start.Row(i), 0, 1, 1, 0)
				for j, v := range x.Row(i) {
					if math.Abs(v-want[j]) > 0.05 {
						t.Errorf("%T, %s: row %d is %v, want %v", sch, name, i, x.Row(i), want)
						break
					}
				}
			}
		}
	}
}

// A step from a time to itself leaves x as it is, at either end and between,
// and does not trouble the steps around it.
func TestStepsOfNoWidthChangeNothing(t *testing.T) {
	for _, sch := range []schedule.Schedule{schedule.Flow{}, schedule.Cosine{}, schedule.EDM{}} {
		d := gauss.Denoiser{Data: tilted(), Sch: sch}
		for name, m := range sigmaSamplers() {
			for _, at := range []float64{1, 0.4, 0} {
				x := draw(t, m, d, 2, 3, []float64{at, at, at})
				want := process.NewState(2, 3)
				process.Fill(want, rng.Rows{Stream: rng.New(7, rng.Prior)}, 0)
				wide := schedule.Start(sch, at)
				for i, v := range want.Data {
					if v *= wide; x.Data[i] != v {
						t.Errorf("%T, %s: at %v to itself %v became %v", sch, name, at, want.Data, x.Data)
						break
					}
				}
			}
		}
		for _, m := range []sample.Sampler{sample.Euler{}, sample.Heun{}, sample.DPM2{}, sample.LMS{}, sample.IPNDM{}, sample.PNDM{}, sample.PNDM{RungeKutta: true}, sample.FlowHeun{}} {
			a := draw(t, m, d, 2, 3, []float64{0.9, 0.7, 0.5, 0.4, 0.3, 0.1, 0})
			b := draw(t, m, d, 2, 3, []float64{0.9, 0.9, 0.7, 0.5, 0.5, 0.5, 0.4, 0.3, 0.3, 0.1, 0, 0})
			for i, v := range a.Data {
				if v != b.Data[i] {
					t.Errorf("%T, %T: %v, with steps of no width between %v", sch, m, a.Data, b.Data)
					break
				}
			}
		}
	}
}

// The denoiser is asked as often as each sampler's doc says.
func TestEvaluationsOfTheSigmaSamplers(t *testing.T) {
	grid := mustGrid(schedule.Uniform(5))
	for name, c := range sigmaLooks() {
		got := 0
		x := process.NewState(2, 3)
		if err := sample.Run(context.Background(), c.m, exact(), x, grid, noises(1), func(p sample.Progress) { got = p.Evaluations }); err != nil {
			t.Fatal(err)
		}
		if got != c.want {
			t.Errorf("%s: %d evaluations in 5 steps, want %d", name, got, c.want)
		}
	}
}

// Settings that cannot work are refused, with what would.
func TestImpossibleSigmaSamplersAreRefused(t *testing.T) {
	for _, c := range []struct {
		m    sample.Sampler
		want string
	}{
		{sample.LMS{Order: 5}, "orders 1 to 4"},
		{sample.IPNDM{Order: -1}, "orders 1 to 4"},
		{sample.EDM{Churn: -1}, "0 is deterministic"},
		{sample.EDM{Churn: math.NaN()}, "0 is deterministic"},
		{sample.EDM{Churn: 1, Noise: math.NaN()}, "standard deviation"},
		{sample.EDM{Churn: 1, Min: 2, Max: 1}, "min <= max"},
		{sample.TCD{Eta: 1.1}, "outside [0, 1]"},
		{sample.Langevin{SNR: 0.5}, "below 0.5"},
		{sample.Langevin{SNR: math.NaN()}, "below 0.5"},
		{sample.Langevin{Steps: -1}, "1 is usual"},
		{sample.Langevin{Predictor: sample.DDIM{Eta: 2}}, "eta 2"},
	} {
		d := gauss.Denoiser{Data: tilted(), Sch: schedule.Flow{}}
		err := sample.Run(context.Background(), c.m, d, process.NewState(2, 3), mustGrid(schedule.Uniform(4)), noises(1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: got %v, want an error with %q", fmt.Sprintf("%T%+v", c.m, c.m), err, c.want)
		}
	}
}

// Every sampler serves for the numbers of rows that hold categories too, where
// each step looks at the model at least once, or is of no width.
func TestSigmaSamplersServeMixedRows(t *testing.T) {
	for name, m := range sigmaSamplers() {
		c := cells(2, 2, 3, 2)
		err := sample.Run(context.Background(), mixed(m, c), jointModel(), process.NewState(2, 1), []float64{1, 0.6, 0.6, 0.3, 0, 0}, noises(1))
		if err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, v := range c.Data {
			if v == process.Mask {
				t.Errorf("%s: cells %v at time 0, some still masked", name, c.Data)
				break
			}
		}
	}
}
