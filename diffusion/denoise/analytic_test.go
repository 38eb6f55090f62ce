package denoise_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/denoise"
	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// For Gaussian data and the exact denoiser the measured variance of a reverse
// step is the true one, q(x_s | x_t)'s own, for each dimension and on average.
func TestTheAnalyticVarianceIsTheTrueOne(t *testing.T) {
	g, err := gauss.New([]float64{0.5, -1}, mat.NewSymDense(2, []float64{1.4, 0.6, 0.6, 0.5}))
	if err != nil {
		t.Fatal(err)
	}
	sch := schedule.Cosine{}
	const rows = 20000
	x0 := process.NewState(rows, 2)
	g.Draw(x0, testNoise(11), 0)
	grid, err := schedule.Uniform(8)
	if err != nil {
		t.Fatal(err)
	}
	for _, perDim := range []bool{false, true} {
		exact := gauss.Denoiser{Data: g, Sch: sch, Isotropic: !perDim}
		a, err := denoise.FitAnalytic(context.Background(), exact, x0, grid, testNoise(12), perDim)
		if err != nil {
			t.Fatal(err)
		}
		xt, m := process.NewState(1, 2), process.NewState(1, 2)
		got, want := process.NewState(1, 2), process.NewState(1, 2)
		for k, at := range grid[:len(grid)-1] {
			to := grid[k+1]
			a.DenoiseVariance(m, got, xt, []float64{at}, []float64{to})
			exact.DenoiseVariance(m, want, xt, []float64{at}, []float64{to})
			for j, v := range got.Data {
				// The mean of n squares of normals has a relative standard error of sqrt(2/n) = 0.01.
				if math.Abs(v-want.Data[j]) > 4*math.Sqrt(2.0/rows)*want.Data[j] {
					t.Errorf("per dimension %v, from %v to %v: variance %d is %v, want %v", perDim, at, to, j, v, want.Data[j])
				}
			}
		}
	}
}

// A grid that does not fall, or no data, is refused.
func TestBadGridsOfAVarianceAreErrors(t *testing.T) {
	x0 := process.NewState(3, 2)
	g, err := gauss.New([]float64{0, 0}, mat.NewSymDense(2, []float64{1, 0, 0, 1}))
	if err != nil {
		t.Fatal(err)
	}
	d := gauss.Denoiser{Data: g, Sch: schedule.Cosine{}}
	for _, grid := range [][]float64{{0}, {0.2, 0.5, 0}, {1.5, 0}} {
		if _, err := denoise.FitAnalytic(context.Background(), d, x0, grid, testNoise(1), true); err == nil {
			t.Errorf("grid %v is taken", grid)
		}
	}
	if _, err := denoise.FitAnalytic(context.Background(), d, process.NewState(0, 2), []float64{1, 0}, testNoise(1), true); err == nil {
		t.Error("no data is taken")
	}
}
