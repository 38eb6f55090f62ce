package train_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"math"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/tensor"
	"ebb/model/checkpoint"
	"ebb/train"
)

// walk trains one weight to follow a goal, and holds out four examples that want it to be 1.
type walk struct {
	w      *nn.Param
	goal   func(step int) float32
	groups int
	step   func(step int) // called before each step; may be nil
}

func newWalk(goal func(step int) float32) *walk {
	return &walk{w: &nn.Param{Name: "w", Var: autograd.Param(tensor.New(1))}, goal: goal, groups: 4}
}

func (w *walk) Params() nn.Params { return nn.Params{w.w} }

func (w *walk) Loss(t *autograd.Tape, step int) *autograd.Var {
	if w.step != nil {
		w.step(step)
	}
	return t.MSE(w.w.Var, tensor.From([]float32{w.goal(step)}, 1), nil)
}

// HeldOut is as many rows as make a loss due every 12 steps.
func (w *walk) HeldOut() (rows, groups int) { return w.groups, w.groups }

func (w *walk) HeldOutLoss(*autograd.Tape) []float32 {
	out := make([]float32, w.groups)
	for i := range out {
		d := w.w.Value().Data[0] - 1
		out[i] = 1 + d*d*(1+0.1*float32(i))
	}
	return out
}

// past goes slowly from 0 to 2, beyond what the held-out examples want.
func past(step int) float32 { return min(float32(step)/150, 2) }

// kept is the weight in the run's model file.
func kept(t *testing.T, dir string) float64 {
	t.Helper()
	f, err := checkpoint.OpenModel(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w, err := f.Float32("w")
	if err != nil {
		t.Fatal(err)
	}
	return float64(w[0])
}

// A run whose held-out loss falls and then rises stops early and keeps the weights from near its least;
// without patience it goes on to its end, but keeps the same. One whose loss falls to the end, or comes to
// stand still, is not stopped.
func TestTheHeldOutLossStopsARunThatItRisesIn(t *testing.T) {
	for _, c := range []struct {
		name     string
		patience float64
		goal     func(step int) float32
		stopped  bool
	}{
		{"past the goal", 0.5, past, true},
		{"past the goal, without patience", 0, past, false},
		{"to the goal and still there", 0.5, func(step int) float32 { return min(float32(step)/150, 1) }, false},
		{"to the goal at the end", 0.5, func(step int) float32 { return float32(step) / 600 }, false},
	} {
		dir, s := t.TempDir(), settings(600)
		s.Patience = c.patience
		last, err := walkOn(t, t.Context(), dir, newWalk(c.goal), s)
		if err != nil {
			t.Fatal(err)
		}
		if last.Stopped != c.stopped || (last.Step < 600) != c.stopped {
			t.Errorf("%s: it ended after step %d, stopped: %v", c.name, last.Step, last.Stopped)
		}
		// Losses are found every 12 steps, in which the goal moves by 0.08, and the weight lags behind it.
		if w := kept(t, dir); math.Abs(w-1) > 0.1 {
			t.Errorf("%s: the weight kept is %v, want 1", c.name, w)
		}
		if c.name == "to the goal at the end" && last.Best != 600 {
			t.Errorf("%s: the weights of step %d are kept, want those of the last", c.name, last.Best)
		}
		if last.HeldOut == 0 || last.Best == 0 {
			t.Errorf("%s: progress ends with a held-out loss of %v, the best at step %d", c.name, last.HeldOut, last.Best)
		}
	}
}

// A run that was stopped by its held-out loss is complete: going on from it, even with more steps, changes nothing.
func TestAStoppedRunStaysStopped(t *testing.T) {
	dir, s := t.TempDir(), settings(600)
	s.Patience = 0.5
	if _, err := walkOn(t, t.Context(), dir, newWalk(past), s); err != nil {
		t.Fatal(err)
	}
	before := weights(t, dir)
	s.Budget.Steps = 900
	last, err := walkOn(t, t.Context(), dir, newWalk(past), s)
	if err != nil || !last.Stopped || last.Step != 0 || !bytes.Equal(before, weights(t, dir)) {
		t.Errorf("going on: %+v, %v; the weights are the same: %v", last, err, bytes.Equal(before, weights(t, dir)))
	}
}

// Interrupted before the first held-out loss, between two, after the best and while it waits, and gone on with
// each time, a run ends with the same bytes, after the same step and with the same held-out losses.
func TestAJudgedRunResumesToTheSameBytes(t *testing.T) {
	s := settings(600)
	s.Patience = 0.5
	whole, parts := t.TempDir(), t.TempDir()
	want, err := walkOn(t, t.Context(), whole, newWalk(past), s)
	if err != nil {
		t.Fatal(err)
	}
	for _, stop := range []int{5, 12, 100, 170, want.Step - 20, want.Step - 1} {
		ctx, cancel := context.WithCancel(t.Context())
		w := newWalk(past)
		w.step = func(step int) {
			if step == stop-1 {
				cancel()
			}
		}
		if _, err := walkOn(t, ctx, parts, w, s); !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted after step %d: %v", stop, err)
		}
	}
	got, err := walkOn(t, t.Context(), parts, newWalk(past), s)
	if err != nil || got.Step != want.Step || got.Best != want.Best {
		t.Errorf("it ends after step %d with the weights of %d (%v), a whole one after %d with those of %d", got.Step, got.Best, err, want.Step, want.Best)
	}
	if !bytes.Equal(weights(t, whole), weights(t, parts)) {
		t.Error("the weights differ from those of a whole run")
	}
	a, b := heldOutLosses(t, whole), heldOutLosses(t, parts)
	if len(a) != len(b) || len(a) < 20 {
		t.Fatalf("%d held-out losses, in a whole run %d", len(b), len(a))
	}
	for i := range a {
		if a[i] != b[i] {
			t.Errorf("held-out loss %d is %v, in a whole run %v", i, b[i], a[i])
		}
	}
}

// still goes to what the held-out examples want, and stays there.
func still(step int) float32 { return min(float32(step)/150, 1) }

// Where the held-out loss of a run that falls stands still, its rate falls to the floor over the given share of
// its steps and it ends, complete. Interrupted before the fall, in it and near its end it has the same bytes.
func TestTheRateFallsWhereTheHeldOutLossStandsStill(t *testing.T) {
	s := settings(900)
	s.Patience, s.Fall = 0.5, 0.4
	whole, parts := t.TempDir(), t.TempDir()
	want, err := walkOn(t, t.Context(), whole, newWalk(still), s)
	if err != nil {
		t.Fatal(err)
	}
	if want.Step >= 900 || want.Stopped || want.Best != want.Step {
		t.Errorf("it ends after step %d, stopped: %v, with the weights of step %d; want it to end early with the last", want.Step, want.Stopped, want.Best)
	}
	// The cosine's last step is a hair above the floor: by (pi/2/steps of the fall)^2 of the rate.
	if floor := s.Rate * s.Floor; want.Rate > floor+0.001*s.Rate {
		t.Errorf("the last rate is %v, want %v", want.Rate, floor)
	}
	begun := int(float64(want.Step) / (1 + s.Fall))
	for _, stop := range []int{begun - 3, begun + 1, begun + 30, want.Step - 1} {
		ctx, cancel := context.WithCancel(t.Context())
		w := newWalk(still)
		w.step = func(step int) {
			if step == stop-1 {
				cancel()
			}
		}
		if _, err := walkOn(t, ctx, parts, w, s); !errors.Is(err, context.Canceled) {
			t.Fatalf("interrupted after step %d: %v", stop, err)
		}
	}
	got, err := walkOn(t, t.Context(), parts, newWalk(still), s)
	if err != nil || got.Step != want.Step || !bytes.Equal(weights(t, whole), weights(t, parts)) {
		t.Errorf("gone on with it ends after step %d (%v), a whole run after %d; or the weights differ", got.Step, err, want.Step)
	}
}

// An objective that holds nothing out is trained as one that can't.
func TestNothingHeldOutNothingJudged(t *testing.T) {
	dir := t.TempDir()
	w := newWalk(past)
	w.groups = 0
	s := settings(600)
	s.Patience = 0.5
	last, err := walkOn(t, t.Context(), dir, w, s)
	if err != nil || last.Step != 600 || last.Stopped || last.Best != 0 || math.Abs(kept(t, dir)-2) > 0.1 {
		t.Errorf("%+v, %v, weight %v; want all steps and the last weight, 2", last, err, kept(t, dir))
	}
}

func walkOn(t *testing.T, ctx context.Context, dir string, w *walk, s train.Settings) (train.Progress, error) {
	t.Helper()
	s.EMA = 0.5
	return fit(t, ctx, dir, w, s, 1)
}

// heldOutLosses are those in the run's metrics.
func heldOutLosses(t *testing.T, dir string) []float64 {
	t.Helper()
	var out []float64
	for _, line := range metrics(t, dir) {
		var m struct {
			HeldOut float64 `json:"held_out_loss"`
		}
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatal(err)
		}
		if m.HeldOut != 0 {
			out = append(out, m.HeldOut)
		}
	}
	return out
}
