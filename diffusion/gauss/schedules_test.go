package gauss

import (
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// everySchedule are the kinds of schedule, each with times between which its
// jumps are looked at: falling, none where the signal is gone but the first.
func everySchedule(t *testing.T) map[string]schedule.Schedule {
	t.Helper()
	ok := func(s schedule.Schedule, err error) schedule.Schedule {
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	table := func(table *schedule.Table, err error) *schedule.Table {
		if err != nil {
			t.Fatal(err)
		}
		return table
	}
	dynamic, err := schedule.DynamicFlow(1024)
	points, err2 := schedule.NewPoints([]float64{0.1, 0.4, 1}, []float64{0.99, 0.7, 0.1}, []float64{0.1, 0.8, 0.9})
	return map[string]schedule.Schedule{
		"linear":             table(schedule.Linear(1000, 1e-4, 0.02)),
		"cosine":             table(schedule.CosineTable(1000)),
		"zero terminal":      table(schedule.ScaledLinear(1000, 0.00085, 0.012)).ZeroTerminal(),
		"sigmoid":            table(schedule.Sigmoid(1000, 1e-4, 0.02)),
		"continuous vp":      schedule.LinearRate{},
		"continuous cosine":  schedule.Cosine{},
		"ve":                 schedule.VE{},
		"edm":                schedule.EDM{},
		"flow":               schedule.Flow{},
		"flow, shift 3":      schedule.Flow{Shift: 3},
		"flow, 1024 tokens":  ok(dynamic, err),
		"points of the user": ok(points, err2),
	}
}

// near tells whether two covariances agree to 1e-12 of the larger: a handful of
// roundings, and the eigenvectors' own orthogonality of about 1e-15.
func near(a, b mat.Symmetric) bool { return Distance(a, b) <= 1e-12 }

func nearVector(a, b []float64, scale float64) bool {
	for i := range a {
		if math.Abs(a[i]-b[i]) > 1e-12*scale {
			return false
		}
	}
	return true
}

// On every schedule the forward jump takes the law of x_s to that of x_t, and
// the exact reverse kernel, made of the posterior's coefficients and the
// denoiser, takes it back, mean and full covariance.
func TestJumpsAndPosteriorsOnEverySchedule(t *testing.T) {
	mean := []float64{0.7, -1.2, 0.1}
	g, err := New(mean, mat.NewSymDense(3, []float64{1.5, 0.9, -0.2, 0.9, 0.8, 0.1, -0.2, 0.1, 0.4}))
	if err != nil {
		t.Fatal(err)
	}
	times := []float64{1, 0.9, 0.75, 0.5, 0.31, 0.2, 0.1}
	scaled := func(c float64) []float64 {
		out := make([]float64, len(mean))
		for i, m := range mean {
			out[i] = c * m
		}
		return out
	}
	for name, sch := range everySchedule(t) {
		for k := range len(times) - 1 {
			e, s := times[k], times[k+1]
			alphaS, sigmaS := sch.At(s)
			alphaT, sigmaT := sch.At(e)
			early, late := g.At(alphaS, sigmaS), g.At(alphaT, sigmaT)

			jump := process.Jump(sch, s, e)
			there := Flow(early.Cov(), jump.Scale, math.Sqrt(jump.Var))
			if !near(there, late.Cov()) || math.Abs(jump.Scale*alphaS-alphaT) > 1e-12*alphaS {
				t.Errorf("%s: the jump from %v to %v ends elsewhere: distance %.3g", name, s, e, Distance(there, late.Cov()))
			}

			m, cov := g.Reverse(sch, e, s).Apply(scaled(alphaT), late.Cov())
			if !near(cov, early.Cov()) || !nearVector(m, scaled(alphaS), alphaS) {
				t.Errorf("%s: the reverse kernel from %v to %v: covariance %.3g away, mean %v, want %v",
					name, e, s, Distance(cov, early.Cov()), m, scaled(alphaS))
			}

			// Bayes for a known x0: precisions add, 1/Var = a/beta + 1/sigma_s^2.
			a, beta := schedule.Between(sch, s, e)
			bridge := process.Posterior(sch, e, s)
			if got, want := 1/bridge.Var, a/beta+1/(sigmaS*sigmaS); math.Abs(got-want) > 1e-12*want {
				t.Errorf("%s: the posterior's precision from %v to %v is %v, want %v", name, e, s, got, want)
			}
			// Its mean is unbiased: alpha_s x0 = X0 x0 + Xt alpha_t x0.
			if got := bridge.X0 + bridge.Xt*alphaT; math.Abs(got-alphaS) > 1e-12*alphaS {
				t.Errorf("%s: the posterior's mean from %v to %v has weight %v, want %v", name, e, s, got, alphaS)
			}
		}
	}
}

// Two jumps make the jump over both, and the jump from the data is the closed
// form.
func TestJumpsChainOnEverySchedule(t *testing.T) {
	for name, sch := range everySchedule(t) {
		whole := process.Perturb(sch, 0.8)
		chain := process.Jump(sch, 0, 0.2).Then(process.Jump(sch, 0.2, 0.55)).Then(process.Jump(sch, 0.55, 0.8))
		if math.Abs(chain.Scale-whole.Scale) > 1e-12*whole.Scale || math.Abs(chain.Var-whole.Var) > 1e-12*whole.Var {
			t.Errorf("%s: three jumps %+v, the closed form %+v", name, chain, whole)
		}
	}
}
