package process_test

import (
	"encoding/json"
	"math"
	"os"
	"testing"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

func tables(t *testing.T) map[string]*schedule.Table {
	t.Helper()
	out := map[string]*schedule.Table{}
	for _, c := range []struct {
		name string
		make func() (*schedule.Table, error)
	}{
		{"linear", func() (*schedule.Table, error) { return schedule.Linear(1000, 1e-4, 0.02) }},
		{"scaled linear", func() (*schedule.Table, error) { return schedule.ScaledLinear(1000, 0.00085, 0.012) }},
		{"cosine", func() (*schedule.Table, error) { return schedule.CosineTable(1000) }},
		{"coarse", func() (*schedule.Table, error) { return schedule.Linear(10, 0.05, 0.6) }},
	} {
		table, err := c.make()
		if err != nil {
			t.Fatal(err)
		}
		out[c.name] = table
	}
	return out
}

func near(a, b, tol float64) bool { return math.Abs(a-b) <= tol*max(1, math.Abs(b)) }

// q(x_t | x_s) is the steps s+1..t one after another, and q(x_t | x_0) all of
// them: the coefficients agree to 1e-12.
func TestStepsComposeToTheJumpAndTheClosedForm(t *testing.T) {
	for name, table := range tables(t) {
		steps := table.Steps()
		for _, from := range []int{0, 1, steps / 3, steps - 2} {
			k := process.Affine{Scale: 1}
			for i := from + 1; i <= steps; i++ {
				k = k.Then(process.Step(table.Beta(i)))
				jump := process.Jump(table, table.Time(from), table.Time(i))
				if !near(k.Scale, jump.Scale, 1e-12) || !near(k.Var, jump.Var, 1e-12) {
					t.Fatalf("%s: steps %d..%d are %+v, the jump is %+v", name, from+1, i, k, jump)
				}
			}
			if from > 0 {
				continue
			}
			if closed := process.Perturb(table, 1); !near(k.Scale, closed.Scale, 1e-12) || !near(k.Var, closed.Var, 1e-12) {
				t.Errorf("%s: all steps are %+v, the closed form is %+v", name, k, closed)
			}
		}
	}
}

// The covariance of x_t is alphaBar Sigma_0 + (1-alphaBar) I: every step takes a
// share beta of it away and puts beta I in its place. Drawn step by step, with
// the noise multiplied by sqrt(beta); the founding text has beta there, which
// would end with a covariance far too small.
func TestStepsMoveMeanAndCovarianceAsTheClosedFormSays(t *testing.T) {
	table := tables(t)["coarse"]
	const rows = 40000
	mean := [2]float64{1.5, -0.5}
	lower := [2][2]float64{{1.2, 0}, {-0.9, 0.4}} // Sigma_0 = lower lower'
	noise := rng.Rows{Stream: rng.New(1, rng.Test)}
	x, z := process.NewState(rows, 2), process.NewState(rows, 2)
	process.Fill(z, noise, 0)
	for i := range rows {
		e := z.Row(i)
		x.Row(i)[0] = mean[0] + lower[0][0]*e[0]
		x.Row(i)[1] = mean[1] + lower[1][0]*e[0] + lower[1][1]*e[1]
	}
	sigma0 := func(a, b int) float64 { return lower[a][0]*lower[b][0] + lower[a][1]*lower[b][1] }
	for i := 1; i <= table.Steps(); i++ {
		process.Fill(z, noise, i)
		process.Step(table.Beta(i)).Apply(x, x, z)
		bar := table.AlphaBar(i)
		var got [2]float64
		for r := range rows {
			got[0] += x.Row(r)[0] / rows
			got[1] += x.Row(r)[1] / rows
		}
		want := func(a, b int) float64 {
			v := bar * sigma0(a, b)
			if a == b {
				v += 1 - bar
			}
			return v
		}
		for a := range 2 {
			if se := math.Sqrt(want(a, a) / rows); math.Abs(got[a]-math.Sqrt(bar)*mean[a]) > 4*se {
				t.Errorf("step %d: mean %v, want %v within 4 x %v", i, got[a], math.Sqrt(bar)*mean[a], se)
			}
			for b := range a + 1 {
				cov := 0.0
				for r := range rows {
					cov += (x.Row(r)[a] - got[a]) * (x.Row(r)[b] - got[b]) / rows
				}
				// Var of a sample covariance: (S_aa S_bb + S_ab^2)/n.
				se := math.Sqrt((want(a, a)*want(b, b) + want(a, b)*want(a, b)) / rows)
				if math.Abs(cov-want(a, b)) > 4*se {
					t.Errorf("step %d: covariance %d,%d is %v, want %v within 4 x %v", i, a, b, cov, want(a, b), se)
				}
			}
		}
	}
}

// q(x_s | x_t, x_0) is Bayes' rule: q(x_t | x_s) q(x_s | x_0) as a function of
// x_s is a normal whose precision is the sum of the two, and whose mean weighs
// both by their precision.
func TestPosteriorIsBayes(t *testing.T) {
	for name, table := range tables(t) {
		steps := table.Steps()
		for _, pair := range [][2]int{{2, 1}, {steps, steps - 1}, {steps, 1}, {steps / 2, steps / 3}, {7, 2}} {
			at, to := table.Time(pair[0]), table.Time(pair[1])
			prior, jump := process.Perturb(table, to), process.Jump(table, to, at)
			precision := 1/prior.Var + jump.Scale*jump.Scale/jump.Var
			got := process.Posterior(table, at, to)
			want := process.Bridge{
				X0:  prior.Scale / prior.Var / precision,
				Xt:  jump.Scale / jump.Var / precision,
				Var: 1 / precision,
			}
			if !near(got.X0, want.X0, 1e-12) || !near(got.Xt, want.Xt, 1e-12) || !near(got.Var, want.Var, 1e-12) {
				t.Errorf("%s, %d to %d: %+v, Bayes says %+v", name, pair[0], pair[1], got, want)
			}
			// And averaged over q(x_t | x_0) it is q(x_s | x_0) again.
			end := process.Perturb(table, at)
			if scale := got.X0 + got.Xt*end.Scale; !near(scale, prior.Scale, 1e-12) {
				t.Errorf("%s: the posterior's mean over x_t is %v x0, want %v", name, scale, prior.Scale)
			}
			if v := got.Var + got.Xt*got.Xt*end.Var; !near(v, prior.Var, 1e-12) {
				t.Errorf("%s: the posterior's variance over x_t is %v, want %v", name, v, prior.Var)
			}
		}
	}
}

// beta-tilde of DDPM (eq. 7), as the paper writes it.
func TestPosteriorOfOneStepIsDDPMs(t *testing.T) {
	table := tables(t)["linear"]
	for i := 2; i <= table.Steps(); i++ {
		bar, before, beta := table.AlphaBar(i), table.AlphaBar(i-1), table.Beta(i)
		got := process.Posterior(table, table.Time(i), table.Time(i-1))
		want := process.Bridge{
			X0:  math.Sqrt(before) * beta / (1 - bar),
			Xt:  math.Sqrt(1-beta) * (1 - before) / (1 - bar),
			Var: (1 - before) / (1 - bar) * beta,
		}
		// 1-alphaBar as the paper writes it cancels near t = 0: 1e-16 of
		// 1 is 1e-12 of alphaBar_1's 1e-4.
		if !near(got.X0, want.X0, 3e-12) || !near(got.Xt, want.Xt, 3e-12) || !near(got.Var, want.Var, 3e-12) {
			t.Fatalf("step %d: %+v, DDPM eq. 7: %+v", i, got, want)
		}
	}
}

// At its two ends the posterior is certain.
func TestPosteriorAtItsEnds(t *testing.T) {
	table := tables(t)["linear"]
	if b := process.Posterior(table, 0.5, 0.5); b != (process.Bridge{Xt: 1}) {
		t.Errorf("from t to t: %+v, want x_t", b)
	}
	if b := process.Posterior(table, 0.5, 0); b != (process.Bridge{X0: 1}) {
		t.Errorf("from t to 0: %+v, want x_0", b)
	}
	if b := process.Posterior(table.ZeroTerminal(), 1, 0.5); b.Xt != 0 {
		t.Errorf("from a time without signal: %+v, want no part of x_t", b)
	}
}

// The closed form applied to recorded data and noise gives the recorded x_t.
func TestPerturbIsTheRecordedOne(t *testing.T) {
	var cases []struct {
		Config struct {
			Schedule string  `json:"beta_schedule"`
			Start    float64 `json:"beta_start"`
			End      float64 `json:"beta_end"`
			ZeroSNR  bool    `json:"rescale_betas_zero_snr"`
		} `json:"config"`
		Steps []int           `json:"timesteps"`
		X0    [][][][]float64 `json:"x0"`
		Noise [][][][]float64 `json:"noise"`
		Want  [][][][]float64 `json:"add_noise_float64"`
	}
	b, err := os.ReadFile("testdata/add_noise.json")
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &cases); err != nil {
		t.Fatal(err)
	}
	for _, c := range cases {
		var table *schedule.Table
		switch c.Config.Schedule {
		case "linear":
			table, err = schedule.Linear(1000, c.Config.Start, c.Config.End)
		case "scaled_linear":
			table, err = schedule.ScaledLinear(1000, c.Config.Start, c.Config.End)
		case "squaredcos_cap_v2":
			table, err = schedule.CosineTable(1000)
		default:
			t.Fatalf("schedule %q", c.Config.Schedule)
		}
		if err != nil {
			t.Fatal(err)
		}
		if c.Config.ZeroSNR {
			table = table.ZeroTerminal()
		}
		for i, step := range c.Steps {
			k := process.Perturb(table, table.Time(step+1))
			x0, noise, want := flat(c.X0[i]), flat(c.Noise[i]), flat(c.Want[i])
			got := make([]float64, len(x0))
			k.ApplyRow(got, x0, noise)
			for j := range got {
				if math.Abs(got[j]-want[j]) > 1e-12 {
					t.Fatalf("%+v, step %d: %v, recorded %v", c.Config, step, got[j], want[j])
				}
			}
		}
	}
}

func flat(x [][][]float64) []float64 {
	var out []float64
	for _, a := range x {
		for _, b := range a {
			out = append(out, b...)
		}
	}
	return out
}
