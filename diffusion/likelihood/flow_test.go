package likelihood_test

import (
	"context"
	"math"
	"testing"

	"ebb/diffusion/gauss"
	"ebb/diffusion/likelihood"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"

	"gonum.org/v1/gonum/mat"
)

func noiseOf(seed uint64) rng.Rows { return rng.Rows{Stream: rng.New(seed, rng.Test)} }

// dependent is a Gaussian of d dimensions with a full covariance and means that
// are not zero.
func dependent(d int) *gauss.Gaussian {
	mean := make([]float64, d)
	a := mat.NewDense(d, d, nil)
	z := make([]float64, d)
	for i := range d {
		mean[i] = 0.3 * math.Sin(float64(i))
		rng.New(4, rng.Test).Normals(z, 1, uint64(i))
		for j, v := range z {
			a.Set(i, j, v/math.Sqrt(float64(d)))
		}
	}
	var square mat.Dense
	square.Mul(a, a.T())
	cov := mat.NewSymDense(d, nil)
	for i := range d {
		for j := range d {
			cov.SetSym(i, j, 0.8*square.At(i, j))
		}
		cov.SetSym(i, i, cov.At(i, i)+0.1)
	}
	g, err := gauss.New(mean, cov)
	if err != nil {
		panic(err)
	}
	return g
}

func schedules() map[string]schedule.Schedule {
	return map[string]schedule.Schedule{
		"cosine": schedule.Cosine{}, "VE": schedule.VE{Min: 0.01, Max: 1000}, "flow": schedule.Flow{},
	}
}

// The probability-flow ODE of the exact denoiser gives the exact log-density of
// Gaussian data, within the solver's own estimate of its error, the standard
// error over draws, and how far the end of the process is from the normal that
// stands for it.
func TestFlowIsTheDensityOfGaussianData(t *testing.T) {
	for _, dim := range []int{1, 2, 5, 16} {
		g := dependent(dim)
		x := process.NewState(6, dim)
		g.Draw(x, noiseOf(2), 0)
		for c := range x.Row(5) {
			x.Row(5)[c] *= 3 // far out
		}
		for name, sch := range schedules() {
			values, err := likelihood.Flow{}.Evaluate(context.Background(), gauss.Denoiser{Data: g, Sch: sch}, x, noiseOf(3))
			if err != nil {
				t.Fatal(err)
			}
			worst, stated, evals := 0.0, 0.0, 0
			for i, v := range values {
				gap := math.Abs(v.LogLikelihood - g.LogDensity(x.Row(i), 1, 0))
				worst, stated, evals = max(worst, gap), max(stated, v.SolverError+v.StandardError), max(evals, v.Evaluations)
			}
			t.Logf("%2d dimensions, %-6s: error %.1e, stated %.1e, %d evaluations", dim, name, worst, stated, evals)
		}
	}
}
