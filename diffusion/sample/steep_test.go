package sample_test

import (
	"math"
	"testing"

	"ebb/diffusion/gauss"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// From nothing but noise of a schedule whose noise level begins at 20,000 and falls to 13 in the first of 20 steps,
// the samplers of two looks give the data's spread: an average of the slopes at both ends of that step would be
// off by hundreds of times it.
func TestSamplersOfTwoLooksBearASteepFirstStep(t *testing.T) {
	grid := mustGrid(schedule.Uniform(20))
	sch, err := schedule.CosineTable(1000)
	if err != nil {
		t.Fatal(err)
	}
	d := gauss.Denoiser{Data: tilted(), Sch: sch}
	exactly := draw(t, sample.DPMpp{}, d, 4, 3, mustGrid(schedule.Uniform(400)))
	for name, m := range map[string]sample.Sampler{"heun": sample.Heun{}, "edm": sample.EDM{}} {
		x := draw(t, m, d, 4, 3, grid)
		for i, v := range x.Data {
			if math.Abs(v-exactly.Data[i]) > 0.1 { // order 2: 20 steps are within a few hundredths
				t.Errorf("%s: number %d is %v, want %v", name, i, v, exactly.Data[i])
			}
		}
	}
}
