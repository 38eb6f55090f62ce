package scheduler

import (
	"encoding/json"
	"math"
	"os"
	"slices"
	"strconv"
	"testing"

	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// tally counts the recorded tables that agree, disagree, and whose scheduler is
// not understood.
type tally struct{ matched, failed, unsupported int }

func (n *tally) count(ok bool) {
	if ok {
		n.matched++
	} else {
		n.failed++
	}
}

// The tables that the library computes beside its sampling: betas, noised
// batches, lists of steps.
func TestRecordedTables(t *testing.T) {
	var n tally
	t.Run("betas", func(t *testing.T) { betas(t, &n) })
	t.Run("add_noise", func(t *testing.T) { noised(t, &n) })
	t.Run("timesteps", func(t *testing.T) { lists(t, &n) })
	t.Logf("tables: %d matched, %d failed, %d unsupported", n.matched, n.failed, n.unsupported)
}

func readTable(t *testing.T, name string, v any) {
	t.Helper()
	text, err := os.ReadFile("testdata/tables/" + name)
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(text, v); err != nil {
		t.Fatal(err)
	}
}

// furthest is the largest difference, of want's entry or, where one is given,
// of that scale. Lists of two lengths are infinitely far.
func furthest(got, want []float64, scale float64) float64 {
	if len(got) != len(want) {
		return math.Inf(1)
	}
	worst := 0.0
	for i, w := range want {
		unit := scale
		if unit == 0 {
			unit = math.Abs(w)
		}
		if got[i] != w {
			worst = max(worst, math.Abs(got[i]-w)/unit)
		}
	}
	return worst
}

// alphaBar is a product of a thousand factors, each rounded, and beta near the
// end of a rescaled table a difference of close ones: 1e-12 of the value. The
// library's float32 tables are good to 1e-6 of 1, the rescaled betas, ratios of
// differences of close numbers, to 3e-6.
func betas(t *testing.T, n *tally) {
	var recorded map[string]struct {
		Config      json.RawMessage `json:"config"`
		Betas32     []float64       `json:"betas"`
		AlphaBars32 []float64       `json:"alphas_cumprod"`
		Betas       []float64       `json:"betas_float64"`
		AlphaBars   []float64       `json:"alphas_cumprod_float64"`
	}
	readTable(t, "betas.json", &recorded)
	for name, r := range recorded {
		ok := t.Run(name, func(t *testing.T) {
			c, err := Parse("DDPMScheduler", r.Config)
			if err != nil {
				t.Fatal(err)
			}
			table, err := c.table()
			if err != nil {
				t.Fatal(err)
			}
			var beta, bar []float64
			for i := 1; i <= table.Steps(); i++ {
				beta, bar = append(beta, table.Beta(i)), append(bar, table.AlphaBar(i))
			}
			coarse := 1e-6
			if c.ZeroSNR {
				coarse = 3e-6
			}
			for what, d := range map[string]float64{
				"betas": furthest(beta, r.Betas, 0) / 1e-12, "alphas_cumprod": furthest(bar, r.AlphaBars, 0) / 1e-12,
				"betas in float32": furthest(beta, r.Betas32, 1) / coarse, "alphas_cumprod in float32": furthest(bar, r.AlphaBars32, 1) / 1e-6,
			} {
				if !(d <= 1) {
					t.Errorf("%s: %.3g times the tolerance away", what, d)
				}
			}
		})
		n.count(ok)
	}
}

// batch is a case of add_noise.json.
type batch struct {
	Scheduler  string          `json:"scheduler"`
	Config     json.RawMessage `json:"config"`
	Steps      int             `json:"num_inference_steps"`
	All        []float64       `json:"all_timesteps"`
	Timesteps  []float64       `json:"timesteps"`
	X0         rows            `json:"x0"`
	Noise      rows            `json:"noise"`
	AddNoise   rows            `json:"add_noise"`
	AddNoise64 rows            `json:"add_noise_float64"`
	Scaled     rows            `json:"scale_noise"`
	Scaled64   rows            `json:"scale_noise_float64"`
	Velocity   rows            `json:"get_velocity"`
	Velocity64 rows            `json:"get_velocity_float64"`
}

// rows are the entries of a batch, each flat.
type rows [][]float64

func (r *rows) UnmarshalJSON(text []byte) error {
	var batch [][][][]float64
	if err := json.Unmarshal(text, &batch); err != nil {
		return err
	}
	for _, entry := range batch {
		var flat []float64
		for _, channel := range entry {
			for _, line := range channel {
				flat = append(flat, line...)
			}
		}
		*r = append(*r, flat)
	}
	return nil
}

// Noised batches: x_t of a Plan's own schedule at the time of the entry's step.
func noised(t *testing.T, n *tally) {
	var recorded []batch
	readTable(t, "add_noise.json", &recorded)
	for _, b := range recorded {
		c, err := Parse(b.Scheduler, b.Config)
		if err != nil {
			n.unsupported++
			continue
		}
		n.count(t.Run(b.Scheduler+string(b.Config), func(t *testing.T) { b.check(t, c) }))
	}
}

func (b *batch) check(t *testing.T, c Config) {
	want64, want32 := b.AddNoise64, b.AddNoise
	if want64 == nil {
		want64, want32 = b.Scaled64, b.Scaled
	}
	if len(want64) == 0 || len(want64) != len(b.Timesteps) {
		t.Fatalf("%d entries for %d times", len(want64), len(b.Timesteps))
	}
	for i, step := range b.Timesteps {
		sch, at := b.place(t, c, step)
		x := make([]float64, len(b.X0[i]))
		process.Perturb(sch, at).ApplyRow(x, b.X0[i], b.Noise[i])
		scale := 0.0
		for _, v := range want64[i] {
			scale = max(scale, math.Abs(v))
		}
		compare(t, step, "x_t", x, want64[i], want32[i], scale)
		if b.Velocity64 == nil {
			continue
		}
		alpha, sigma := sch.At(at)
		for j, x0 := range b.X0[i] {
			x[j] = denoise.Target(denoise.Velocity, x0, b.Noise[i][j], alpha, sigma)
		}
		compare(t, step, "v", x, b.Velocity64[i], b.Velocity[i], 1)
	}
}

// 1e-12 are the roundings of the tables; the library's float32 noise levels are
// good to 1e-5 where they are computed from 1-alphaBar.
func compare(t *testing.T, step float64, what string, got, want64, want32 []float64, scale float64) {
	t.Helper()
	if d := furthest(got, want64, scale); !(d <= 1e-12) {
		t.Errorf("step %v: %s is %.3g away", step, what, d)
	}
	if d := furthest(got, want32, scale); !(d <= 1e-5) {
		t.Errorf("step %v: %s is %.3g away from float32", step, what, d)
	}
}

// place is the schedule of the Plan and the time at which a step stands in it.
// Several calls of the network at one step share its time.
func (b *batch) place(t *testing.T, c Config, step float64) (schedule.Schedule, float64) {
	t.Helper()
	o := Options{Steps: b.Steps}
	if b.Steps == 0 {
		o.Timesteps = []int{int(step)}
	}
	p, err := c.Plan(o)
	if err != nil {
		t.Fatal(err)
	}
	if b.Steps == 0 {
		return p.Schedule, p.Grid[0]
	}
	all, grid := slices.Compact(slices.Clone(b.All)), slices.Compact(slices.Clone(p.Grid))
	if k := slices.Index(all, step); k >= 0 && k < len(grid) && len(p.Timesteps) == len(b.All) {
		return p.Schedule, grid[k]
	}
	t.Fatalf("step %v of %v is not in the plan's %v", step, b.All, p.Timesteps)
	return nil, 0
}

// Lists of steps for every recorded count; where the library refuses a count,
// so do we. The library's lists are in float32.
func lists(t *testing.T, n *tally) {
	var recorded []struct {
		Scheduler string               `json:"scheduler"`
		Config    json.RawMessage      `json:"config"`
		Lists     map[string][]float64 `json:"timesteps"`
	}
	readTable(t, "timesteps.json", &recorded)
	for _, r := range recorded {
		c, err := Parse(r.Scheduler, r.Config)
		if err != nil {
			n.unsupported += len(r.Lists)
			continue
		}
		for count, want := range r.Lists {
			n.count(t.Run(r.Scheduler+string(r.Config)+count, func(t *testing.T) {
				steps, err := strconv.Atoi(count)
				if err != nil {
					t.Fatal(err)
				}
				got, err := c.Timesteps(Options{Steps: steps})
				switch {
				case want == nil && err == nil:
					t.Errorf("accepted: %v", got)
				case want != nil && err != nil:
					t.Error(err)
				case want != nil && !(furthest(got, want, 1000) <= 1e-7):
					t.Errorf("got %v, recorded %v", got, want)
				}
			}))
		}
	}
}

// A list that the library makes although one of its steps lies beyond the
// schedule is refused as a plan, by the step's number.
func TestStepsBeyondTheScheduleMakeNoPlan(t *testing.T) {
	c, err := Parse("DDPMScheduler", []byte(`{"timestep_spacing": "leading", "steps_offset": 1}`))
	if err != nil {
		t.Fatal(err)
	}
	if list, err := c.Timesteps(Options{Steps: 1000}); err != nil || list[0] != 1000 {
		t.Errorf("the list is %v, %v; it starts at 1000", list, err)
	}
	wantError(t, second(c.Plan(Options{Steps: 1000})), "1001, outside the table's 1..1000")
}
