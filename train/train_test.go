package train_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/optim"
	"ebb/engine/rng"
	"ebb/engine/tensor"
	"ebb/model/checkpoint"
	"ebb/train"
)

// regression fits a linear map to rows drawn by the step's number: y = (x0 + 2 x1, -x0).
type regression struct {
	layer *nn.Linear
	b     *nn.Builder
	step  func(step int) // called before each step; may be nil
	scale float32
	seen  []float32 // nil, or one number: how many steps were seen, which the target goes by
}

// Memory implements train.Remembering.
func (r *regression) Memory() []optim.Slot {
	if r.seen == nil {
		return nil
	}
	return []optim.Slot{{Name: "seen", Data: r.seen}}
}

func newRegression() *regression {
	b := nn.NewBuilder(rng.New(1, rng.Init))
	return &regression{layer: b.Linear("layer", 2, 2), b: b, scale: 1}
}

func (r *regression) Params() nn.Params { return r.b.Params() }

func (r *regression) Loss(t *autograd.Tape, step int) *autograd.Var {
	if r.step != nil {
		r.step(step)
	}
	const n = 32
	scale := r.scale
	if r.seen != nil {
		scale += r.seen[0] / 10
		r.seen[0]++
	}
	x, y := tensor.New(n, 2), tensor.New(n, 2)
	rng.New(2, rng.Noise).Normals32(x.Data, uint64(step), 0)
	for i := range n {
		y.Data[2*i] = (x.Data[2*i] + 2*x.Data[2*i+1]) * scale
		y.Data[2*i+1] = -x.Data[2*i]
	}
	return t.MSE(r.layer.Forward(t, t.Const(x)), y, nil)
}

func settings(steps int) train.Settings {
	return train.Settings{Rate: 0.05, Floor: 0.1, Warmup: 5, Clip: 1, EMA: 0.9, Seed: 3,
		Budget: train.Budget{Steps: steps}, Checkpoint: time.Hour}
}

// fit trains in dir, from its last checkpoint if it has one.
func fit(t *testing.T, ctx context.Context, dir string, r train.Objective, s train.Settings, threads int, options ...func(*train.Trainer)) (train.Progress, error) {
	t.Helper()
	run, err := checkpoint.Create(dir, []byte("format: 1\n"))
	if err != nil {
		if run, err = checkpoint.Resume(dir); err != nil {
			t.Fatal(err)
		}
	}
	defer run.Close()
	saved, err := checkpoint.ReadState(dir)
	if err != nil && !errors.Is(err, checkpoint.ErrNoCheckpoint) {
		t.Fatal(err)
	}
	pool := parallel.New(threads)
	defer pool.Close()
	tr := train.Trainer{Objective: r, Settings: s, Pool: pool, Run: run}
	for _, o := range options {
		o(&tr)
	}
	return tr.Fit(ctx, saved)
}

func weights(t *testing.T, dir string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// A problem that a linear map solves exactly is solved: with exact gradients the loss falls to
// nothing but the last learning rate's noise.
func TestTrainingSolvesASolvableProblem(t *testing.T) {
	last, err := fit(t, t.Context(), t.TempDir(), newRegression(), settings(400), 1)
	if err != nil {
		t.Fatal(err)
	}
	if last.Step != 400 || last.Loss > 1e-3 || math.IsNaN(last.Loss) {
		t.Errorf("after step %d the loss is %g, want at most 1e-3", last.Step, last.Loss)
	}
}

// A run stopped at any step and resumed has the bytes of one that was never stopped, on any
// number of threads.
func TestResumeGivesTheSameBytes(t *testing.T) {
	t.Run("a loss of the step", func(t *testing.T) { resumeGivesTheSameBytes(t, newRegression) })
	t.Run("a loss that remembers", func(t *testing.T) {
		resumeGivesTheSameBytes(t, func() *regression {
			r := newRegression()
			r.seen = []float32{0}
			return r
		})
	})
}

func resumeGivesTheSameBytes(t *testing.T, newRegression func() *regression) {
	whole := t.TempDir()
	if _, err := fit(t, t.Context(), whole, newRegression(), settings(60), 1); err != nil {
		t.Fatal(err)
	}
	parts := t.TempDir()
	for i, stop := range []int{7, 8, 33} {
		ctx, cancel := context.WithCancel(t.Context())
		r := newRegression()
		r.step = func(step int) {
			if step == stop {
				cancel()
			}
		}
		if _, err := fit(t, ctx, parts, r, settings(60), i+1); err != nil && !errors.Is(err, context.Canceled) {
			t.Fatal(err)
		}
	}
	if _, err := fit(t, t.Context(), parts, newRegression(), settings(60), 2); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(weights(t, whole), weights(t, parts)) {
		t.Error("the weights of a stopped and resumed run differ from those of a whole one")
	}
	steps := -1
	for _, line := range metrics(t, parts) {
		var m struct{ Step int }
		if err := json.Unmarshal([]byte(line), &m); err != nil || m.Step <= steps {
			t.Errorf("metrics after step %d go on with %s (%v)", steps, line, err)
		}
		steps = m.Step
	}
	if steps != 60 {
		t.Errorf("the metrics end at step %d", steps)
	}
}

func metrics(t *testing.T, dir string) []string {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "metrics.jsonl"))
	if err != nil {
		t.Fatal(err)
	}
	return strings.Split(strings.TrimSpace(string(b)), "\n")
}

// A run of a time budget equals a run of as many steps as it turned out to have: here a budget
// of 300 ms on a clock that every step moves by 2 ms.
func TestATimeBudgetIsANumberOfSteps(t *testing.T) {
	timed, counted := t.TempDir(), t.TempDir()
	s := settings(0)
	s.Budget = train.Budget{Time: 300 * time.Millisecond}
	now := time.Unix(0, 0)
	r := newRegression()
	r.step = func(int) { now = now.Add(2 * time.Millisecond) }
	last, err := fit(t, t.Context(), timed, r, s, 1, func(tr *train.Trainer) { train.SetClock(tr, func() time.Time { return now }) })
	if err != nil {
		t.Fatal(err)
	}
	if last.Step != 150 || last.Total != 150 {
		t.Errorf("%d of %d steps, want 150", last.Step, last.Total)
	}
	s.Budget = train.Budget{Steps: last.Step}
	if _, err := fit(t, t.Context(), counted, newRegression(), s, 1); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(weights(t, timed), weights(t, counted)) {
		t.Errorf("a run of 300 ms and one of its %d steps differ", last.Step)
	}
}

// A loss that is not finite stops the run with the step and the parameter, and leaves the last
// checkpoint whole.
func TestANonFiniteLossStops(t *testing.T) {
	dir := t.TempDir()
	if _, err := fit(t, t.Context(), dir, newRegression(), settings(10), 1); err != nil {
		t.Fatal(err)
	}
	before := weights(t, dir)
	r := newRegression()
	r.step = func(step int) {
		if step == 15 {
			r.scale = float32(math.Inf(1))
		}
	}
	_, err := fit(t, t.Context(), dir, r, settings(20), 1)
	if err == nil || !strings.Contains(err.Error(), "step 15") || !strings.Contains(err.Error(), "layer.weight") {
		t.Errorf("error %v, want one that names step 15 and layer.weight", err)
	}
	if !bytes.Equal(before, weights(t, dir)) {
		t.Error("the checkpoint changed")
	}
}
