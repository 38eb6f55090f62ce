package sample_test

import (
	"context"
	"math"
	"testing"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

// few samples rows of the joint data in few steps, with the columns' dependence if that is given, and returns
// the shares of its combinations.
func (j *joint) few(t *testing.T, rows, steps int, depend [][]float64) []float64 {
	t.Helper()
	c := process.NewCells(rows, j.card)
	m := sample.Mixed{Numeric: sample.DPMpp{}, Cells: c, Noise: rng.Rows{Stream: rng.New(6, rng.Cells)}, Depend: depend}
	x := process.NewState(rows, 1)
	process.Fill(x, rng.Rows{Stream: rng.New(6, rng.Prior)}, 0)
	if err := sample.Run(context.Background(), m, j, x, mustGrid(schedule.Uniform(steps)), noises(6)); err != nil {
		t.Fatal(err)
	}
	share := make([]float64, len(j.prob))
	for i := range rows {
		r := c.Row(i)
		share[6*r[0]+2*r[1]+r[2]] += 1 / float64(rows)
	}
	return share
}

// Of two columns of which one decides the other and a third beside them, two steps reveal one cell and two, or two
// and one, as often. The two that depend are then together in one third of the rows, and lose half of their
// joint distribution: a total variation of 1/6. If it is known which they are, they are together only where the third
// came first alone: 1/12.
func TestCellsThatDependAreNotRevealedTogether(t *testing.T) {
	// The second column is twice the first; the third says nothing of them, nor does the number.
	j := &joint{card: []int{2, 3, 2}, sd: 0.3, sch: schedule.Cosine{}, prob: make([]float64, 12), mean: make([]float64, 12)}
	for c := range j.prob {
		j.prob[c] = 1e-9 // so that no conditional is undefined
	}
	j.prob[0], j.prob[1], j.prob[10], j.prob[11] = 0.25, 0.25, 0.25, 0.25
	depend := [][]float64{{0, 1, 0}, {1, 0, 0}, {0, 0, 0}}
	const rows = 8000
	// Shares of combinations have standard errors below 0.005, four of them count.
	if d := j.distance(j.few(t, rows, 2, nil)); math.Abs(d-1./6) > 0.02 {
		t.Errorf("total variation %.3f from the joint where nothing is known of dependence, want 1/6", d)
	}
	if d := j.distance(j.few(t, rows, 2, depend)); math.Abs(d-1./12) > 0.02 {
		t.Errorf("total variation %.3f from the joint, want 1/12", d)
	}
}

// With as many steps as cells each is revealed alone, having seen the others, and in that few steps the joint
// distribution of the cells is exact.
func TestAsManyStepsAsCellsLoseNoDependence(t *testing.T) {
	j := &joint{card: []int{2, 3, 2}, sd: 0.3, sch: schedule.Cosine{}, prob: jointModel().prob, mean: make([]float64, 12)}
	const rows = 6000
	// 12 combinations, each with a standard error below 0.006: half their sum stays below 0.03.
	if d := j.distance(j.few(t, rows, 3, nil)); d > 0.03 {
		t.Errorf("total variation %.3f from the joint in 3 steps of 3 cells", d)
	}
}
