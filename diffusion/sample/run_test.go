package sample_test

import (
	"context"
	"errors"
	"maps"
	"math"
	"strings"
	"testing"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

var cosine = schedule.Cosine{}

func exact() gauss.Denoiser { return gauss.Denoiser{Data: tilted(), Sch: cosine} }

func samplers() map[string]sample.Sampler {
	all := map[string]sample.Sampler{
		"ddpm":         sample.DDPM{},
		"ddpm large":   sample.DDPM{Variance: sample.FixedLarge, LastNoise: true},
		"ddpm learned": sample.DDPM{Variance: sample.Learned, Limit: sample.Clip(2)},
		"ddim":         sample.DDIM{},
		"ddim half":    sample.DDIM{Eta: 0.5, Limit: sample.DynamicThreshold(0.9, 2), LimitNoise: true},
	}
	maps.Copy(all, sigmaSamplers())
	maps.Copy(all, lambdaSamplers())
	return all
}

// A row is the same, bit for bit, alone and in any batch: its noise goes by
// its identity.
func TestARowDoesNotDependOnItsBatch(t *testing.T) {
	grid := mustGrid(schedule.Uniform(7))
	stream, prior := rng.New(3, rng.Sampler), rng.New(3, rng.Prior)
	for name, m := range samplers() {
		run := func(ids ...uint64) *process.State {
			x := process.NewState(len(ids), 3)
			process.Fill(x, rng.Rows{Stream: prior, IDs: ids}, 0)
			if err := sample.Run(context.Background(), m, exact(), x, grid, rng.Rows{Stream: stream, IDs: ids}); err != nil {
				t.Fatal(err)
			}
			return x
		}
		together := run(10, 11, 12, 13)
		for i, id := range []uint64{10, 11, 12, 13} {
			alone := run(id)
			for j, v := range alone.Data {
				if v != together.Row(i)[j] {
					t.Errorf("%s: row %d alone %v, in a batch %v", name, id, alone.Data, together.Row(i))
					break
				}
			}
		}
		shuffled := run(13, 10)
		for j, v := range shuffled.Row(0) {
			if v != together.Row(3)[j] {
				t.Errorf("%s: row 13 first %v, last %v", name, shuffled.Row(0), together.Row(3))
				break
			}
		}
	}
}

// A run tells of every step, counts the denoiser's evaluations, at least one a
// step, and visits the grid's times.
func TestRunReportsItsSteps(t *testing.T) {
	grid := mustGrid(schedule.Uniform(5))
	for name, m := range samplers() {
		var seen []sample.Progress
		x := process.NewState(2, 3)
		if err := sample.Run(context.Background(), m, exact(), x, grid, noises(1), func(p sample.Progress) { seen = append(seen, p) }); err != nil {
			t.Fatal(err)
		}
		if len(seen) != 5 {
			t.Fatalf("%s: %d reports of 5 steps", name, len(seen))
		}
		for k, p := range seen {
			if p.Step != k+1 || p.Steps != 5 || p.T != grid[k] || p.S != grid[k+1] || p.Evaluations <= k || p.X != x {
				t.Errorf("%s: report %d is %+v", name, k, p)
			}
		}
	}
}

// A cancelled run stops between steps and says where.
func TestRunStopsWhenCancelled(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	steps := 0
	err := sample.Run(ctx, sample.DDIM{}, exact(), process.NewState(1, 3), mustGrid(schedule.Uniform(9)), noises(1), func(p sample.Progress) {
		if steps = p.Step; p.Step == 4 {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) || steps != 4 || !strings.Contains(err.Error(), "step 5 of 9") {
		t.Errorf("after %d steps: %v", steps, err)
	}
}

// broken is a denoiser whose prediction for one row goes wrong at some step.
type broken struct {
	gauss.Denoiser
	value float64
	calls *int
}

func (d broken) Denoise(x0, xt *process.State, t []float64) {
	d.Denoiser.Denoise(x0, xt, t)
	if *d.calls++; *d.calls == 3 {
		x0.Row(1)[2] = d.value
	}
}

// NaN and infinities stop the run with step and row, even where clipping would
// have hidden them.
func TestRunStopsAtTheFirstBadRow(t *testing.T) {
	for _, v := range []float64{math.NaN(), math.Inf(1), math.Inf(-1)} {
		calls := 0
		err := sample.Run(context.Background(), sample.DDPM{Limit: sample.Clip(1)}, broken{exact(), v, &calls},
			process.NewState(3, 3), mustGrid(schedule.Uniform(9)), noises(1))
		if err == nil || !strings.Contains(err.Error(), "step 3 of 9") || !strings.Contains(err.Error(), "row 1") {
			t.Errorf("%v: got %v", v, err)
		}
	}
	x := process.NewState(2, 3)
	x.Row(1)[0] = math.Inf(1)
	err := sample.Run(context.Background(), sample.DDIM{}, exact(), x, mustGrid(schedule.Uniform(2)), noises(1))
	if err == nil || !strings.Contains(err.Error(), "row 1") {
		t.Errorf("a start that is not finite: %v", err)
	}
}

// plain hides the optional interfaces of a denoiser.
type plain struct{ d sample.Denoiser }

func (p plain) Schedule() schedule.Schedule                { return p.d.Schedule() }
func (p plain) Denoise(x0, xt *process.State, t []float64) { p.d.Denoise(x0, xt, t) }
func cells(rows int, card ...int) *process.Cells           { return process.NewCells(rows, card) }
func mixed(numeric sample.Sampler, c *process.Cells) sample.Sampler {
	return sample.Mixed{Numeric: numeric, Cells: c, Noise: noises(2)}
}

// What cannot work is said before the run, with what would.
func TestImpossibleRunsAreRefused(t *testing.T) {
	grid := mustGrid(schedule.Uniform(4))
	for _, c := range []struct {
		m    sample.Sampler
		d    sample.Denoiser
		grid []float64
		want string
	}{
		{sample.DDIM{}, exact(), []float64{1}, "at least 2"},
		{sample.DDIM{}, exact(), []float64{1, 1.5}, "outside [0, 1]"},
		{sample.DDIM{}, exact(), []float64{0.5, math.NaN()}, "outside [0, 1]"},
		{sample.DDIM{}, exact(), []float64{0.5, 0.6, 0}, "must fall"},
		{sample.DDIM{Eta: 2}, exact(), grid, "eta 2"},
		{sample.DDIM{Eta: math.NaN()}, exact(), grid, "eta NaN"},
		{sample.DDPM{Variance: sample.Learned}, plain{exact()}, grid, "choose fixed-small"},
		{sample.DDPM{Variance: 9}, exact(), grid, "unknown variance"},
		{mixed(sample.DDIM{}, cells(2, 3)), exact(), grid, "numbers and categories"},
		{mixed(sample.DDIM{Eta: 2}, cells(2, 3)), jointModel(), grid, "eta 2"},
		{sample.Mixed{Numeric: sample.DDIM{}, Cells: cells(2, 3)}, jointModel(), grid, "noise stream"},
	} {
		err := sample.Run(context.Background(), c.m, c.d, process.NewState(2, 3), c.grid, noises(1))
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%T %v: got %v, want an error with %q", c.m, c.grid, err, c.want)
		}
	}
}

// A limit bounds what it should and nothing else.
func TestLimits(t *testing.T) {
	x := []float64{-3, -0.5, 0, 2}
	sample.Clip(1)(x)
	for i, want := range []float64{-1, -0.5, 0, 1} {
		if x[i] != want {
			t.Errorf("clipped: %v", x)
			break
		}
	}
	if x := []float64{math.NaN()}; true {
		sample.Clip(1)(x)
		if !math.IsNaN(x[0]) {
			t.Error("Clip hid a NaN")
		}
	}
	// Half of {0, 1, 2, 3} lies below 1.5; the rest is cut there, and all
	// divided by it.
	x = []float64{0, 1, -2, 3}
	sample.DynamicThreshold(0.5, 10)(x)
	for i, want := range []float64{0, 1 / 1.5, -1, 1} {
		if math.Abs(x[i]-want) > 1e-15 {
			t.Errorf("thresholded: %v", x)
			break
		}
	}
}
