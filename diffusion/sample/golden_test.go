package sample_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"testing"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// The recorded runs of testdata (see its README) replayed: the same schedule,
// the same steps, the same noise, the exact denoiser of the same Gaussian data.
// A whole trajectory must agree with the float64 run to 1e-9 of its largest
// value.

type golden struct {
	Scheduler       string       `json:"scheduler"`
	Config          goldenConfig `json:"config"`
	StepKwargs      goldenStep   `json:"step_kwargs"`
	Prediction      string       `json:"prediction_type"`
	Model           string       `json:"model"`
	LearnedVariance string       `json:"learned_variance"`
	Shape           []int        `json:"shape"`
	Mean            nested       `json:"m"`
	SD              nested       `json:"s"`
	Runs            []goldenRun  `json:"runs_float64"`
}

type goldenConfig struct {
	Steps       int       `json:"num_train_timesteps"`
	BetaStart   float64   `json:"beta_start"`
	BetaEnd     float64   `json:"beta_end"`
	Beta        string    `json:"beta_schedule"`
	Trained     []float64 `json:"trained_betas"`
	Variance    string    `json:"variance_type"`
	Clip        bool      `json:"clip_sample"`
	ClipRange   float64   `json:"clip_sample_range"`
	Threshold   bool      `json:"thresholding"`
	Ratio       float64   `json:"dynamic_thresholding_ratio"`
	Most        float64   `json:"sample_max_value"`
	Spacing     string    `json:"timestep_spacing"`
	Offset      int       `json:"steps_offset"`
	ZeroSNR     bool      `json:"rescale_betas_zero_snr"`
	SetAlphaOne *bool     `json:"set_alpha_to_one"`
}

type goldenStep struct {
	Eta        float64 `json:"eta"`
	UseClipped bool    `json:"use_clipped_model_output"`
}

type goldenRun struct {
	N         *int   `json:"num_inference_steps"`
	Timesteps []int  `json:"timesteps"`
	XT        nested `json:"x_T"`
	Steps     []struct {
		Noise nested `json:"noise"`
		X     nested `json:"x"`
	} `json:"steps"`
}

// nested is a tensor written as nested lists, read flat in row-major order.
type nested []float64

func (n *nested) UnmarshalJSON(b []byte) error {
	var v any
	if err := json.Unmarshal(b, &v); err != nil {
		return err
	}
	*n = nil
	return n.flatten(v)
}

func (n *nested) flatten(v any) error {
	switch v := v.(type) {
	case nil:
	case float64:
		*n = append(*n, v)
	case []any:
		for _, e := range v {
			if err := n.flatten(e); err != nil {
				return err
			}
		}
	default:
		return fmt.Errorf("%T in a tensor", v)
	}
	return nil
}

func TestRecordedTrajectories(t *testing.T) {
	files, err := filepath.Glob("testdata/schedulers/*.json")
	if err != nil || len(files) == 0 {
		t.Fatal("no recorded runs in testdata/schedulers", err)
	}
	var matched, failed, unsupported int
	worst := 0.0
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			var g golden
			b, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			if err := json.Unmarshal(b, &g); err != nil {
				t.Fatal(err)
			}
			if why := g.unsupported(); why != "" {
				unsupported++
				t.Skip(why)
			}
			for i := range g.Runs {
				worst = max(worst, g.replay(t, &g.Runs[i]))
			}
			if t.Failed() {
				failed++
			} else {
				matched++
			}
		})
	}
	t.Logf("goldens: %d matched, %d failed, %d unsupported; furthest off %.2g of the largest value", matched, failed, unsupported, worst)
	if unsupported > 0 {
		t.Errorf("%d recorded configurations are not understood", unsupported)
	}
}

func (g *golden) unsupported() string {
	switch {
	case g.Scheduler != "DDPMScheduler" && g.Scheduler != "DDIMScheduler":
		return "scheduler " + g.Scheduler
	case g.Model != "vp_alphas_cumprod":
		return "model " + g.Model
	case len(g.Config.Trained) > 0:
		return "trained betas"
	}
	return ""
}

// table is the schedule of a recorded configuration.
func (c goldenConfig) table() (*schedule.Table, error) {
	var table *schedule.Table
	var err error
	switch c.Beta {
	case "linear":
		table, err = schedule.Linear(c.Steps, c.BetaStart, c.BetaEnd)
	case "scaled_linear":
		table, err = schedule.ScaledLinear(c.Steps, c.BetaStart, c.BetaEnd)
	case "squaredcos_cap_v2":
		table, err = schedule.CosineTable(c.Steps)
	case "sigmoid":
		table, err = schedule.Sigmoid(c.Steps, c.BetaStart, c.BetaEnd)
	default:
		err = fmt.Errorf("beta schedule %q", c.Beta)
	}
	if err == nil && c.ZeroSNR {
		table = table.ZeroTerminal()
	}
	return table, err
}

// grid is our own choice of steps for a recorded configuration.
func (c goldenConfig) grid(table *schedule.Table, run *goldenRun) ([]float64, error) {
	if run.N == nil { // a list of the user's own
		steps := make([]int, len(run.Timesteps))
		for i, s := range run.Timesteps {
			steps[i] = s + 1
		}
		return table.Grid(steps)
	}
	switch c.Spacing {
	case "leading":
		return schedule.Leading(table, *run.N, c.Offset)
	case "trailing":
		return schedule.Trailing(table, *run.N)
	case "linspace":
		return schedule.Linspace(table, *run.N)
	}
	return nil, fmt.Errorf("spacing %q", c.Spacing)
}

func (g *golden) sampler() sample.Sampler {
	var limit sample.Limit
	switch {
	case g.Config.Threshold:
		limit = sample.DynamicThreshold(g.Config.Ratio, g.Config.Most)
	case g.Config.Clip:
		limit = sample.Clip(g.Config.ClipRange)
	}
	if g.Scheduler == "DDIMScheduler" {
		return sample.DDIM{Eta: g.StepKwargs.Eta, Limit: limit, LimitNoise: g.StepKwargs.UseClipped}
	}
	kinds := map[string]sample.ReverseVariance{
		"fixed_small": sample.FixedSmall, "fixed_small_log": sample.FixedSmall,
		"fixed_large": sample.FixedLarge, "learned_range": sample.Learned, "learned": sample.Learned,
	}
	return sample.DDPM{Variance: kinds[g.Config.Variance], Limit: limit}
}

// replay runs our sampler along a recorded run and returns the largest
// difference, relative to the largest value of the trajectory.
func (g *golden) replay(t *testing.T, run *goldenRun) (furthest float64) {
	t.Helper()
	table, err := g.Config.table()
	if err != nil {
		t.Fatal(err)
	}
	grid, err := g.Config.grid(table, run)
	if err != nil {
		t.Fatal(err)
	}
	for i, step := range run.Timesteps {
		if want := table.Time(step + 1); grid[i] != want {
			t.Fatalf("step %d stands at t = %v, recorded %v", i, grid[i], want)
		}
	}
	m := g.sampler()
	if g.Scheduler == "DDIMScheduler" {
		m = ddimTargets{m, g.ddimTargets(table, run)}
	}
	x := &process.State{Rows: g.Shape[0], Dim: len(run.XT) / g.Shape[0], Data: append([]float64(nil), run.XT...)}
	largest := largestOf(run)
	k := 0
	watch := func(p sample.Progress) {
		want := run.Steps[k].X
		k++
		worst := 0.0
		for i, v := range p.X.Data {
			worst = max(worst, math.Abs(v-want[i]))
		}
		furthest = max(furthest, worst/largest)
		if !(worst <= 1e-9*largest) {
			t.Errorf("%d steps, after step %d: off by %.3g of %.3g", len(run.Steps), k, worst, largest)
		}
	}
	d := &recordedModel{golden: g, table: table}
	if err := sample.Run(context.Background(), m, d, x, grid, recordedNoise{run, x.Dim}, watch); err != nil {
		t.Fatal(err)
	}
	if k != len(run.Steps) {
		t.Errorf("%d steps made, %d recorded", k, len(run.Steps))
	}
	return furthest
}

func largestOf(run *goldenRun) float64 {
	largest := 1.0
	for _, s := range run.Steps {
		for _, v := range s.X {
			largest = max(largest, math.Abs(v))
		}
	}
	return largest
}

// ddimTargets are the times that the recorded DDIM steps to: T/n steps back,
// which is not the next entry of the list when n does not divide T; and at the
// end either data or, without set_alpha_to_one, step 1.
func (g *golden) ddimTargets(table *schedule.Table, run *goldenRun) []float64 {
	out := make([]float64, len(run.Timesteps))
	for i, step := range run.Timesteps {
		to := step + 1 - table.Steps() / *run.N
		if to < 1 {
			to = 0
			if set := g.Config.SetAlphaOne; set != nil && !*set {
				to = 1
			}
		}
		out[i] = table.Time(to)
	}
	return out
}

// ddimTargets is a sampler whose steps end at times of its own.
type ddimTargets struct {
	sample.Sampler
	to []float64
}

func (m ddimTargets) Begin(d sample.Denoiser, rows, dim int, noise process.Noise) sample.Step {
	step := m.Sampler.Begin(d, rows, dim, noise)
	k := 0
	return func(x *process.State, t, _ float64) {
		step(x, t, m.to[k])
		k++
	}
}

// recordedNoise plays the noise of a recorded run.
type recordedNoise struct {
	run *goldenRun
	dim int
}

func (r recordedNoise) Normals(dst []float64, step, row int) {
	noise := r.run.Steps[step].Noise
	if noise == nil {
		panic(fmt.Sprintf("step %d: noise drawn where none was recorded", step))
	}
	copy(dst, noise[row*r.dim:(row+1)*r.dim])
}

func (r recordedNoise) Uniforms([]float64, int, int) { panic("no uniforms were recorded") }

// recordedModel is the exact minimiser for data N(m, diag(s^2)) in the
// parameterisation of the recording, turned back into x0 as a network's output
// would be.
type recordedModel struct {
	*golden
	table *schedule.Table
}

func (d *recordedModel) Schedule() schedule.Schedule { return d.table }

func (d *recordedModel) Denoise(x0, xt *process.State, t []float64) {
	for r := range xt.Rows {
		a, b := d.table.At(t[r])
		for j, x := range xt.Row(r) {
			i := r*xt.Dim + j
			m, s := d.Mean[i], d.SD[i]
			v := a*a*s*s + b*b
			eps := b * (x - a*m) / v
			pred := m + s*s*a*(x-a*m)/v
			switch d.Prediction {
			case "epsilon":
				x0.Data[i] = (x - b*eps) / a
			case "v_prediction":
				x0.Data[i] = a*x - b*(a*eps-b*pred)
			case "sample":
				x0.Data[i] = pred
			}
		}
	}
}

// DenoiseVariance gives the recording's made-up second half of the output.
func (d *recordedModel) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	d.Denoise(x0, xt, t)
	for r := range xt.Rows {
		step := math.Round(t[r]*float64(d.table.Steps())) - 1
		bridge := process.Posterior(d.table, t[r], s[r])
		_, beta := schedule.Between(d.table, s[r], t[r])
		for j := range xt.Dim {
			// Its flat index counts the block of second halves alone.
			wave := math.Sin(0.01*step + float64(r*xt.Dim+j))
			switch d.LearnedVariance {
			case "range":
				f := (wave + 1) / 2
				v.Row(r)[j] = math.Exp(f*math.Log(beta) + (1-f)*math.Log(max(bridge.Var, 1e-20)))
			case "direct":
				v.Row(r)[j] = 0.002 + 0.001*wave
			}
		}
	}
}
