package model

import (
	"math"
	"slices"
	"testing"

	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/engine/rng"
)

// A number whose sampled margin is bent is N(0,1) once it is straightened: another sample of the same
// margin has its quantiles, also beyond the last that was noted, and the order of the rows stays.
func TestMarginsAreStraightened(t *testing.T) {
	bent := func(z float64) float64 { return 0.3 + 0.8*z + 0.05*z*z } // rising from -8 on
	draw := func(step uint64) []float64 {
		z := make([]float64, 50_000)
		rng.New(3, rng.Test).Normals(z, step, 0)
		for i, v := range z {
			z[i] = bent(v)
		}
		return z
	}
	g := &margins{}
	g.add(draw(0))
	other := draw(1)
	slices.Sort(other)
	x := &process.State{Rows: len(other), Dim: 1, Data: slices.Clone(other)}
	g.apply(x, nil)
	if !slices.IsSorted(x.Data) {
		t.Error("the map does not rise")
	}
	for _, q := range []struct{ share, z, by float64 }{ // of N(0,1); 4 standard errors of both samples
		{0.5, 0, 0.03}, {0.1, -1.2816, 0.05}, {0.9, 1.2816, 0.05}, {0.999, 3.0902, 0.25}, {0.0002, -3.5401, 0.5},
	} {
		if got := x.Data[int(q.share*float64(len(x.Data)))]; math.Abs(got-q.z) > q.by {
			t.Errorf("the quantile at %v is %v, want %v within %v", q.share, got, q.z, q.by)
		}
	}
	raw := other[int(0.9*float64(len(other)))]
	if math.Abs(raw-1.2816) < 0.1 {
		t.Errorf("the sample's own quantile is %v: it is not bent, and the test sees nothing", raw)
	}
}

// Numbers that are given stay, and of a column with few rows nothing is known.
func TestMarginsLeaveWhatIsGivenAndWhatIsRare(t *testing.T) {
	g := &margins{}
	wide := make([]float64, 4*leastMargin)
	rng.New(4, rng.Test).Normals(wide, 0, 0)
	for i := range wide {
		wide[i] = 2*wide[i] + 1
	}
	g.add(wide)
	g.add(wide[:leastMargin-1])
	given := denoise.NewGiven(2, 2)
	given.Is[0] = true
	x := &process.State{Rows: 2, Dim: 2, Data: []float64{3, 3, 3, 3}}
	g.apply(x, given)
	if x.Data[0] != 3 || math.Abs(x.Data[1]-3) > 1e-9 || math.Abs(x.Data[3]-3) > 1e-9 {
		t.Errorf("%v: what is given or rare has moved", x.Data)
	}
	if math.Abs(x.Data[2]-1) > 0.15 { // (3-1)/2, the quantile of 4000 rows
		t.Errorf("the free number is %v, want 1", x.Data[2])
	}
}
