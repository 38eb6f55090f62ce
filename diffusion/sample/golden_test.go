package sample_test

import (
	"context"
	"encoding/json"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/model/diffusers/scheduler"
)

// Recorded runs of another library (see testdata/README.md) replayed: the
// configuration is translated by model/diffusers/scheduler, the noise is the
// recorded one, the denoiser the exact one of the recording's Gaussian data.
// More folders of the same form may be named in EBB_GOLDENS.

type golden struct {
	Scheduler       string          `json:"scheduler"`
	Config          json.RawMessage `json:"config"`
	SetTimesteps    goldenSet       `json:"set_timesteps_kwargs"`
	Step            goldenStep      `json:"step_kwargs"`
	Model           string          `json:"model"`
	LearnedVariance string          `json:"learned_variance"`
	Shape           []int           `json:"shape"`
	Mean            nested          `json:"m"`
	SD              nested          `json:"s"`
	Runs32          []goldenRun     `json:"runs"`
	Runs            []goldenRun     `json:"runs_float64"`
}

type goldenSet struct {
	Timesteps []int    `json:"timesteps"`
	Mu        *float64 `json:"mu"`
}

type goldenStep struct {
	Eta        float64 `json:"eta"`
	UseClipped bool    `json:"use_clipped_model_output"`
	Churn      float64 `json:"s_churn"`
	ChurnMin   float64 `json:"s_tmin"`
	ChurnMax   number  `json:"s_tmax"`
	ChurnNoise float64 `json:"s_noise"`
	Order      int     `json:"order"`
}

type goldenRun struct {
	N         *int      `json:"num_inference_steps"`
	Timesteps []float64 `json:"timesteps"`
	XT        nested    `json:"x_T"`
	Steps     []struct {
		Noise nested `json:"noise"`
		X     nested `json:"x"`
	} `json:"steps"`
}

// number is a JSON number or one of the words inf, -inf and nan.
type number float64

func (n *number) UnmarshalJSON(b []byte) error {
	var flat nested
	if err := flat.UnmarshalJSON(b); err != nil {
		return err
	}
	*n = number(flat[0])
	return nil
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
	case string:
		words := map[string]float64{"inf": math.Inf(1), "-inf": math.Inf(-1), "nan": math.NaN()}
		f, ok := words[v]
		if !ok {
			return fmt.Errorf("%q in a tensor", v)
		}
		*n = append(*n, f)
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
	folders := append([]string{"testdata/schedulers"}, filepath.SplitList(os.Getenv("EBB_GOLDENS"))...)
	var matched, failed, unsupported int
	worst := 0.0
	for _, folder := range folders {
		files, err := filepath.Glob(filepath.Join(folder, "*.json"))
		if err != nil || len(files) == 0 {
			t.Errorf("no recorded runs in %s: %v", folder, err)
		}
		deviations := float32Deviations(t, folder)
		for _, file := range files {
			name := filepath.Base(file)
			if name == "index.json" {
				continue
			}
			understood := true
			ok := t.Run(name, func(t *testing.T) {
				g := readGolden(t, file)
				config, err := scheduler.Parse(g.Scheduler, g.Config)
				if err != nil {
					understood = false
					t.Skip(err)
				}
				for i := range g.Runs {
					worst = max(worst, g.replay(t, config, &g.Runs[i], tolerance64(g.Scheduler)))
				}
				for i := range g.Runs32 {
					g.replay(t, config, &g.Runs32[i], tolerance32(deviations[name]))
				}
			})
			switch {
			case !understood:
				unsupported++
			case ok:
				matched++
			default:
				failed++
			}
		}
	}
	t.Logf("goldens: %d matched, %d failed, %d unsupported; furthest off %.2g of the largest value", matched, failed, unsupported, worst)
	if unsupported > 0 {
		t.Errorf("%d recorded configurations are not understood", unsupported)
	}
}

func readGolden(t *testing.T, file string) *golden {
	t.Helper()
	var g golden
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(b, &g); err != nil {
		t.Fatal(err)
	}
	return &g
}

// tolerance64 is for the float64 runs, relative to a trajectory's largest
// value: rounding alone, but these two classes integrate or fit their
// coefficients numerically.
func tolerance64(class string) float64 {
	if class == "LMSDiscreteScheduler" || class == "DEISMultistepScheduler" {
		return 1e-6
	}
	return 1e-9
}

// tolerance32 is for the float32 runs: the recording says how far they are from
// the float64 ones. Its figures have two digits; without one, 1e-4.
func tolerance32(deviation float64) float64 {
	if deviation == 0 {
		return 1e-4
	}
	return 1.05*deviation + 1e-9
}

// float32Deviations reads the deviations that a folder's index states, by file.
func float32Deviations(t *testing.T, folder string) map[string]float64 {
	t.Helper()
	out := map[string]float64{}
	b, err := os.ReadFile(filepath.Join(folder, "index.json"))
	if os.IsNotExist(err) {
		return out
	}
	var index []struct {
		File      string  `json:"file"`
		Deviation float64 `json:"float32_deviation"`
	}
	if err == nil {
		err = json.Unmarshal(b, &index)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range index {
		out[e.File] = e.Deviation
	}
	return out
}

// replay runs our sampler along a recorded run and returns the largest
// difference, relative to the largest value of the trajectory. The state must
// agree at each call of the model, and in the end.
func (g *golden) replay(t *testing.T, config scheduler.Config, run *goldenRun, tolerance float64) (furthest float64) {
	t.Helper()
	o := scheduler.Options{Timesteps: g.SetTimesteps.Timesteps, Mu: g.SetTimesteps.Mu, Eta: g.Step.Eta, UseClipped: g.Step.UseClipped,
		Churn: g.Step.Churn, ChurnMin: g.Step.ChurnMin, ChurnMax: float64(g.Step.ChurnMax), ChurnNoise: g.Step.ChurnNoise, Order: g.Step.Order}
	if run.N != nil {
		o.Steps = *run.N
	}
	p, err := config.Plan(o)
	if err != nil {
		t.Fatal(err)
	}
	checkTimesteps(t, p.Timesteps, run.Timesteps)
	path := newTrajectory(run)
	compare := func(what string, got *process.State) {
		want := path.next()
		if want == nil {
			t.Fatalf("%d steps, %s: the recording has no further call", len(p.Grid)-1, what)
		}
		off := 0.0
		for i, v := range got.Data {
			if d := math.Abs(v - want[i]); !(d <= off) {
				off = d
			}
		}
		furthest = max(furthest, off/path.largest)
		if !(off <= tolerance*path.largest) {
			t.Fatalf("%d steps, %s: off by %.3g of %.3g", len(p.Grid)-1, what, off, path.largest)
		}
	}
	d := &recordedModel{golden: g, sch: p.Schedule, see: func(x *process.State) {
		compare(fmt.Sprintf("call %d of the model", path.calls+1), x)
	}}
	x := &process.State{Rows: g.Shape[0], Dim: len(run.XT) / g.Shape[0], Data: append([]float64(nil), run.XT...)}
	if err := sample.Run(context.Background(), p.Sampler, d, x, p.Grid, newRecordedNoise(run, x.Dim)); err != nil {
		t.Fatal(err)
	}
	compare("the end", x)
	if path.calls != len(run.Steps)+1 {
		t.Errorf("%d steps: %d calls of the model, %d recorded", len(p.Grid)-1, path.calls-1, len(run.Steps))
	}
	return furthest
}

// checkTimesteps compares what the network is told at each call. Steps that
// were computed back from noise levels differ in the last digits between
// float32 and float64, and by one where they were cut to whole numbers.
func checkTimesteps(t *testing.T, got, want []float64) {
	t.Helper()
	if len(got) != len(want) {
		t.Fatalf("%d time steps %v, recorded are %d: %v", len(got), got, len(want), want)
	}
	for i, w := range want {
		slack := 2e-3
		if w == math.Trunc(w) && got[i] == math.Trunc(got[i]) {
			slack = 1
		}
		if math.Abs(got[i]-w) > slack {
			t.Fatalf("time step %d is %v, recorded %v", i, got[i], w)
		}
	}
}

// trajectory is the states of a recorded run: before each call of the model,
// and at the end.
type trajectory struct {
	run     *goldenRun
	calls   int
	largest float64
}

func newTrajectory(run *goldenRun) *trajectory {
	p := &trajectory{run: run, largest: 1}
	for _, v := range run.XT {
		p.largest = max(p.largest, math.Abs(v))
	}
	for _, s := range run.Steps {
		for _, v := range s.X {
			p.largest = max(p.largest, math.Abs(v))
		}
	}
	return p
}

func (p *trajectory) next() []float64 {
	p.calls++
	switch k := p.calls - 1; {
	case k == 0:
		return p.run.XT
	case k <= len(p.run.Steps):
		return p.run.Steps[k-1].X
	}
	return nil
}

// recordedNoise plays the noise of a recorded run: each new key of a step takes
// the next tensor that was drawn.
type recordedNoise struct {
	drawn []nested
	dim   int
	keys  map[int]int
}

func newRecordedNoise(run *goldenRun, dim int) *recordedNoise {
	r := &recordedNoise{dim: dim, keys: map[int]int{}}
	for _, s := range run.Steps {
		if s.Noise != nil {
			r.drawn = append(r.drawn, s.Noise)
		}
	}
	return r
}

func (r *recordedNoise) Normals(dst []float64, step, row int) {
	k, ok := r.keys[step]
	if !ok {
		k = len(r.keys)
		r.keys[step] = k
	}
	if k >= len(r.drawn) {
		panic(fmt.Sprintf("step %d: noise drawn where none was recorded", step))
	}
	copy(dst, r.drawn[k][row*r.dim:(row+1)*r.dim])
}

func (r *recordedNoise) Uniforms([]float64, int, int) { panic("no uniforms were recorded") }

// recordedModel is the exact denoiser of data N(m, diag(s^2)), which the
// recording's model formulas all come from.
type recordedModel struct {
	*golden
	sch schedule.Schedule
	see func(x *process.State)
}

func (d *recordedModel) Schedule() schedule.Schedule { return d.sch }

func (d *recordedModel) Denoise(x0, xt *process.State, t []float64) {
	d.see(xt)
	for r := range xt.Rows {
		alpha, sigma := d.sch.At(t[r])
		for j, x := range xt.Row(r) {
			i := r*xt.Dim + j
			m, s := d.Mean[i], d.SD[i]
			x0.Data[i] = m + alpha*s*s*(x-alpha*m)/(alpha*alpha*s*s+sigma*sigma)
		}
	}
}

// DenoiseVariance gives the recording's made-up second half of the output.
func (d *recordedModel) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	d.Denoise(x0, xt, t)
	steps := float64(d.sch.(*schedule.Table).Steps())
	for r := range xt.Rows {
		step := math.Round(t[r]*steps) - 1
		bridge := process.Posterior(d.sch, t[r], s[r])
		_, beta := schedule.Between(d.sch, s[r], t[r])
		for j := range xt.Dim {
			// Its flat index counts the block of second halves alone.
			wave := math.Sin(0.01*step + float64(r*xt.Dim+j))
			switch d.LearnedVariance {
			case "range":
				f := (wave + 1) / 2
				v.Row(r)[j] = math.Exp(f*math.Log(beta) + (1-f)*math.Log(max(bridge.Var, 1e-20)))
			case "direct":
				v.Row(r)[j] = 0.002 + 0.001*wave
			default:
				panic(strings.TrimSpace("no variance was recorded " + d.LearnedVariance))
			}
		}
	}
}
