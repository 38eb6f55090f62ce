package model_test

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/model"
)

// file writes a file of a schedule.
func file(t *testing.T, name, text string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

// points is a file of a schedule in between VP and flow.
const points = "t,alpha,sigma\n# a comment\n0.25,0.9,0.2\n0.5; 0.6; 0.5\n\n1\t0.05 0.95\n"

// everySchedule calls f with each schedule's name and a configuration of each kind made for it.
func everySchedule(t *testing.T, f func(t *testing.T, name string, c *model.Config)) {
	var betas strings.Builder
	for i := range 40 {
		fmt.Fprintf(&betas, "%v\n", 0.01+float64(i)/80)
	}
	given := map[string]string{"betas": file(t, "mine.csv", betas.String()), "points": file(t, "mine.txt", points)}
	for _, s := range model.Schedules() {
		name := s.Name
		for kind, c := range configs(t) {
			t.Run(name+"/"+kind, func(t *testing.T) {
				choice := name
				if path, ok := given[name]; ok {
					choice = path
				}
				if err := c.SetSchedule(choice); err != nil {
					t.Fatal(err)
				}
				if c.Process.Schedule != name {
					t.Fatalf("the schedule is %q", c.Process.Schedule)
				}
				f(t, name, c)
			})
		}
	}
}

// Every schedule trains (the loss and all gradients are finite), samples, and its configuration
// comes back as it was, the user's own numbers in every bit.
func TestEveryScheduleTrainsSamplesAndComesBack(t *testing.T) {
	everySchedule(t, func(t *testing.T, name string, c *model.Config) {
		text, err := c.Encode()
		if err != nil {
			t.Fatal(err)
		}
		back, err := model.DecodeConfig(text, "config.yaml")
		if err != nil {
			t.Fatalf("%v\n%s", err, text)
		}
		if diff := cmp.Diff(c, back); diff != "" {
			t.Error(diff)
		}
		m := open(t, c, 1)
		o, err := model.ObjectiveFor(m, &model.Source{Table: people(200)})
		if c.Image != nil {
			o, err = model.ObjectiveFor(m, &model.Source{Images: patches(20)})
		}
		if err != nil {
			t.Fatal(err)
		}
		for step := range 3 {
			tape := autograd.New(nil)
			loss := o.Loss(tape, step)
			if v := float64(loss.Value.Data[0]); v-v != 0 || v <= 0 {
				t.Errorf("step %d: the loss is %v", step, v)
			}
			tape.Backward(loss)
			for k, p := range o.Params() {
				for _, g := range p.Var.Grad.Data {
					if g-g != 0 {
						t.Fatalf("step %d: the gradient of parameter %d is %v", step, k, g)
					}
				}
			}
			o.Params().ZeroGrad()
		}
		if b := draw(t, m, model.DrawOptions{N: 3, Steps: 5, Class: -1}); len(b) == 0 {
			t.Error("nothing was drawn")
		}
	})
}

// The bound is finite on every schedule, with a learned variance or the jump's own, and its
// prior term is small, as sampling starts from where the schedule ends.
func TestEveryScheduleHasABound(t *testing.T) {
	everySchedule(t, func(t *testing.T, name string, c *model.Config) {
		if c.Image == nil {
			return
		}
		r, err := open(t, c, 1).(*model.ImageModel).Bits(t.Context(), patches(2), nil)
		if err != nil {
			t.Fatal(err)
		}
		if !(r.Total > 0 && r.Total < 1e9) || !(r.Prior >= 0 && r.Prior < 0.2) {
			t.Errorf("%+v", r)
		}
	})
}

// Every grid makes the asked number of falling times on a table; in continuous time those that
// count a table's steps, and without signal those that count noise levels, say what would do.
func TestEveryGridOnEveryKindOfSchedule(t *testing.T) {
	levels := []string{"karras", "exponential", "log-snr", "beta"}
	for _, g := range model.Grids() {
		for name, sch := range map[string]struct {
			schedule.Schedule
			ends, steps bool
		}{
			"cosine": {mustSchedule(t, "cosine"), true, true}, "vp": {mustSchedule(t, "vp"), true, false},
			"edm": {mustSchedule(t, "edm"), true, false}, "ve": {mustSchedule(t, "ve"), true, false},
			"flow": {mustSchedule(t, "flow"), false, false}, "zero": {mustSchedule(t, "cosine-zero-snr"), false, true},
		} {
			grid, err := model.NewGrid(g.Name, sch.Schedule, 1000, 12)
			switch {
			case slices.Contains(levels, g.Name) && !sch.ends:
				wantError(t, err, "ends without signal", "choose uniform")
				continue
			case slices.Contains([]string{"trailing", "leading", "linspace"}, g.Name) && !sch.steps:
				wantError(t, err, "continuous", "choose uniform")
				continue
			case err != nil:
				t.Errorf("%s on %s: %v", g.Name, name, err)
				continue
			}
			if len(grid) != 13 || grid[12] != 0 || !slices.IsSortedFunc(grid, func(a, b float64) int {
				if a > b {
					return -1
				}
				return 1
			}) {
				t.Errorf("%s on %s: %v", g.Name, name, grid)
			}
			// All but leading start at the end of the process.
			if g.Name != "leading" && grid[0] != 1 {
				t.Errorf("%s on %s starts at %v", g.Name, name, grid[0])
			}
		}
	}
	// Exponential is uniform in the log signal-to-noise ratio.
	sch := mustSchedule(t, "vp")
	grid, err := model.NewGrid("exponential", sch, 1000, 9)
	if err != nil {
		t.Fatal(err)
	}
	stride := schedule.Lambda(sch, grid[1]) - schedule.Lambda(sch, grid[0])
	for i := 1; i < 9; i++ {
		// Both are good to the rounding of lambda, up to 5 here, in t.
		if got := schedule.Lambda(sch, grid[i]) - schedule.Lambda(sch, grid[i-1]); math.Abs(got-stride) > 1e-11 {
			t.Errorf("step %d is %v of lambda, the first %v", i, got, stride)
		}
	}
}

func mustSchedule(t *testing.T, name string) schedule.Schedule {
	t.Helper()
	sch, err := model.NewSchedule(name, 1000)
	if err != nil {
		t.Fatal(err)
	}
	return sch
}

func wantError(t *testing.T, err error, want ...string) {
	t.Helper()
	for _, w := range want {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("got %v, want an error with %q", err, w)
		}
	}
}

// A user's own list is taken as it is: as times, or as steps of a table.
func TestListedGrids(t *testing.T) {
	cosine, flow := mustSchedule(t, "cosine"), mustSchedule(t, "flow")
	for _, c := range []struct {
		spec string
		sch  schedule.Schedule
		want []float64
	}{
		{"1,0.5,0.1", flow, []float64{1, 0.5, 0.1, 0}},
		{"0.9, 0.25, 0", cosine, []float64{0.9, 0.25, 0}},
		{"1", flow, []float64{1, 0}},
		{"1000,250,1", cosine, []float64{1, 0.25, 0.001, 0}},
	} {
		if got, err := model.NewGrid(c.spec, c.sch, 1000, 0); err != nil || !slices.Equal(got, c.want) {
			t.Errorf("%s: %v, %v, want %v", c.spec, got, err, c.want)
		}
	}
	for _, c := range []struct {
		spec string
		sch  schedule.Schedule
		n    int
		want string
	}{
		{"spiral", flow, 5, "uniform, trailing, leading"},
		{"1,0.5", flow, 3, "makes 2 steps, and 3 are asked for"},
		{"0.5,0.9", flow, 0, "times must fall"},
		{"1,-0.5", flow, 0, "outside (0, 1]"},
		{"NaN1", flow, 0, "not a number"},
		{"0", flow, 0, "outside (0, 1]"},
		{"1,,0.5", flow, 0, "not a number"},
		{"900,100", flow, 0, "continuous"},
		{"1200,100", cosine, 0, "1..1000"},
		{"900.5,100", cosine, 0, "1..1000"},
		{"900,950", cosine, 0, "does not fall"},
		{"uniform", flow, 0, "at least 1"},
		{"trailing", cosine, 1001, "choose 1..1000"},
		{"karras", cosine, -1, "at least 1"},
	} {
		wantError(t, second(model.NewGrid(c.spec, c.sch, 1000, c.n)), c.want)
	}
}

func second[T any](_ T, err error) error { return err }

// What can't go together is an error when the model is built, and says what would.
func TestProcessesThatDisagreeAreErrors(t *testing.T) {
	for name, c := range map[string]struct {
		process model.Process
		want    []string
	}{
		"noise without signal":   {model.Process{Schedule: "flow", Prediction: "epsilon"}, []string{"flow ends without signal", "predicts epsilon", "v_prediction"}},
		"noise at zero snr":      {model.Process{Schedule: "linear-zero-snr", Prediction: "epsilon"}, []string{"ends without signal"}},
		"learned and continuous": {model.Process{Schedule: "edm", Variance: "learned"}, []string{"learned variance needs a schedule of steps", "cosine"}},
		"another's setting":      {model.Process{Schedule: "cosine", Shift: 3}, []string{"process.shift says nothing to the schedule cosine", "no settings"}},
		"a setting of few":       {model.Process{Schedule: "edm", SigmaMin: 1}, []string{"process.sigma_min", "process.sigma_max, process.rho"}},
		"shift":                  {model.Process{Schedule: "flow", Shift: -1}, []string{"must be positive"}},
		"tokens":                 {model.Process{Schedule: "flow-dynamic"}, []string{"0 tokens"}},
		"noise levels":           {model.Process{Schedule: "ve", SigmaMin: 60}, []string{"0 < min < max"}},
		"rho":                    {model.Process{Schedule: "edm", Rho: 0.5}, []string{"rho >= 1"}},
		"beta":                   {model.Process{Schedule: "linear", BetaStart: 0.5, BetaEnd: 0.1}, []string{"start <= end"}},
		"few steps":              {model.Process{Schedule: "linear", Steps: 3}, []string{"end < 1"}},
		"one step":               {model.Process{Schedule: "cosine-zero-snr", Steps: 1}, []string{"at least 2"}},
		"no betas":               {model.Process{Schedule: "betas"}, []string{"process.file"}},
		"count of betas":         {model.Process{Schedule: "betas", Betas: []float64{0.1}}, []string{"process.steps is 1000, process.betas has 1"}},
		"bad betas":              {model.Process{Schedule: "betas", Steps: 2, Betas: []float64{0.1, 3}}, []string{"beta_2 = 3"}},
		"no points":              {model.Process{Schedule: "points"}, []string{"process.file"}},
		"short points":           {model.Process{Schedule: "points", Points: [][]float64{{1, 0}}}, []string{"2 numbers in row 1"}},
		"bad points":             {model.Process{Schedule: "points", Points: [][]float64{{1, 0, 0}}}, []string{"not both 0"}},
		"unread file":            {model.Process{Schedule: "points", File: "x.csv"}, []string{"x.csv has not been read"}},
	} {
		for kind, config := range configs(t) {
			p := c.process
			if p.Steps == 0 {
				p.Steps = 1000
			}
			if p.Prediction == "" {
				p.Prediction = "v_prediction"
			}
			if p.Variance == "" {
				p.Variance = "fixed-small"
			}
			config.Process = p
			if _, err := model.New(config, nil); err == nil {
				t.Errorf("%s, %s: accepted", name, kind)
			} else {
				wantError(t, err, c.want...)
			}
		}
	}
}

// A file of numbers that makes no schedule is an error with the file and the line.
func TestBadScheduleFilesAreErrors(t *testing.T) {
	for text, want := range map[string]string{
		"":                          "no numbers",
		"beta\n":                    "no numbers",
		"0.1\n0.2,0.3\n":            "line 2 has 2 numbers, the lines before it 1",
		"0.1\nx\n":                  "line 2",
		"0.1,0.2\n":                 "2 numbers a line",
		"0.1\n1.5\n":                "beta_2 = 1.5",
		"t,a,s\n1,0.5,1\n0.5,1,1\n": "must rise",
	} {
		c := configs(t)["table"]
		path := file(t, "bad.csv", text)
		wantError(t, c.SetSchedule(path), "bad.csv", want)
	}
	wantError(t, configs(t)["table"].SetSchedule("nowhere/none.csv"), "none.csv")
	wantError(t, configs(t)["table"].SetSchedule("steep"), "linear, scaled-linear, cosine, sigmoid", "flow-dynamic")
}
