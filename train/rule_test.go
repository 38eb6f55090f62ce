package train

import (
	"math"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/optim"
	"ebb/engine/tensor"
)

// script is held-out losses that were written down, two groups each.
type script struct {
	losses [][]float32
	at     int
}

func (s *script) HeldOut() (rows, groups int) { return 2, 2 }

func (s *script) HeldOutLoss(*autograd.Tape) []float32 {
	s.at++
	return s.losses[s.at-1]
}

// Weights give way to others whose loss is less by more than the standard error of the difference, which is large
// where one group gains what the other loses; the last weights of a run to others that are no worse.
func TestWeightsGiveWayToBetterOnesBeyondChance(t *testing.T) {
	for _, c := range []struct {
		name   string
		losses [][]float32
		kept   int
	}{
		{"all groups gain", [][]float32{{4, 8}, {3, 7}, {5, 9}}, 2},
		{"one group gains more than the other loses", [][]float32{{4, 8}, {2, 9}, {5, 9}}, 1},
		{"small gains add up", [][]float32{{4, 8}, {3.9, 8}, {3, 7.5}, {5, 9}}, 3},
		{"the last is less by chance", [][]float32{{4, 8}, {2, 9}}, 2},
		{"the last is as good", [][]float32{{4, 8}, {4, 8}}, 2},
		{"the last is worse", [][]float32{{4, 8}, {4, 8.5}}, 1},
	} {
		ema := optim.NewEMA(nn.Params{{Name: "w", Var: autograd.Param(tensor.New(1))}}, 0.9)
		g := &judge{objective: &script{losses: c.losses}, every: 1, kept: make([]float32, 2), least: make([]float32, 2)}
		for step := 1; step < len(c.losses); step++ {
			g.after(step, ema)
		}
		g.end(len(c.losses), ema)
		if g.bestStep != c.kept {
			t.Errorf("%s: the weights of step %d are kept, want those of %d", c.name, g.bestStep, c.kept)
		}
	}
}

// The standard error of differences of 1 and 3 is their standard deviation sqrt(2) over sqrt(2).
func TestDifferenceOfGroups(t *testing.T) {
	if d, se := difference([]float32{2, 4}, []float32{1, 1}); d != 2 || math.Abs(se-1) > 1e-15 {
		t.Errorf("difference %v ± %v, want 2 ± 1", d, se)
	}
	if d, se := difference([]float32{2}, []float32{1}); d != 1 || se != 0 {
		t.Errorf("of one group: %v ± %v, want 1 ± 0", d, se)
	}
}
