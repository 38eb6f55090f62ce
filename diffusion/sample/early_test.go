package sample_test

import (
	"context"
	"testing"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

// Early cells are revealed one a step from the first, before all others.
func TestEarlyCellsComeFirst(t *testing.T) {
	j := jointModel()
	const rows = 200
	c := process.NewCells(rows, j.card)
	m := sample.Mixed{Numeric: sample.DDPM{Variance: sample.FixedLarge}, Cells: c, Noise: rng.Rows{Stream: rng.New(4, rng.Cells)}, Early: []bool{false, true, true}}
	x := process.NewState(rows, 1)
	process.Fill(x, rng.Rows{Stream: rng.New(4, rng.Prior)}, 0)
	err := sample.Run(context.Background(), m, j, x, mustGrid(schedule.Uniform(60)), noises(4), func(p sample.Progress) {
		for i := range rows {
			seen := 0
			for _, v := range c.Row(i)[1:] {
				if v != process.Mask {
					seen++
				}
			}
			if seen < min(p.Step, 2) || p.Step < 2 && c.Row(i)[0] != process.Mask {
				t.Fatalf("step %d, row %d: cells %v", p.Step, i, c.Row(i))
			}
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}
