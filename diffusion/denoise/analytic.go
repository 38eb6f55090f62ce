package denoise

import (
	"context"
	"fmt"
	"sort"

	"ebb/diffusion/process"
)

// Analytic gives any denoiser the variance of the reverse step that is best for
// it, measured instead of learned (Analytic-DPM, Bao et al. 2022,
// arXiv 2201.06503, theorem 1; for a denoiser that is not exact, 2206.07309,
// theorem 3):
//
//	V(t -> s) = Var + X0^2 E (x0 - x0hat(x_t))^2
//
// with Var and X0 of the posterior q(x_s | x_t, x0). The expectation is one
// number for each time, or one for each time and dimension. It implements
// sample.Variance; [FitAnalytic] makes it.
type Analytic struct {
	Denoiser
	times  []float64   // rising
	errors [][]float64 // at each time: one number, or one for each dimension
}

// FitAnalytic measures the squared error of d at the times of a grid (0 left
// out) on rows of data, with one draw of x_t for each row and time. perDim
// keeps one error for each dimension instead of their mean.
func FitAnalytic(ctx context.Context, d Denoiser, x0 *process.State, grid []float64, noise process.Noise, perDim bool) (*Analytic, error) {
	if x0.Rows < 1 {
		return nil, fmt.Errorf("denoise: the best variance is measured on data; there are no rows")
	}
	a := &Analytic{Denoiser: d}
	xt, pred := process.NewState(x0.Rows, x0.Dim), process.NewState(x0.Rows, x0.Dim)
	tt := make([]float64, x0.Rows)
	for k := len(grid) - 1; k >= 0; k-- {
		t := grid[k]
		if t == 0 {
			continue
		}
		if n := len(a.times); n > 0 && t <= a.times[n-1] || !(t > 0 && t <= 1) {
			return nil, fmt.Errorf("denoise: the grid of a variance must fall within [0, 1]; time %d is %v", k, t)
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		for i := range xt.Rows {
			tt[i] = t
			noise.Normals(xt.Row(i), k, i)
			process.Perturb(d.Schedule(), t).ApplyRow(xt.Row(i), x0.Row(i), xt.Row(i))
		}
		d.Denoise(pred, xt, tt)
		a.times = append(a.times, t)
		a.errors = append(a.errors, meanSquares(x0, pred, perDim))
	}
	if len(a.times) == 0 {
		return nil, fmt.Errorf("denoise: the grid of a variance has no time above 0")
	}
	return a, nil
}

// meanSquares is the mean of (x-y)^2 over the rows, for each dimension or over
// them too.
func meanSquares(x, y *process.State, perDim bool) []float64 {
	out := make([]float64, x.Dim)
	for i := range x.Rows {
		other := y.Row(i)
		for j, v := range x.Row(i) {
			gap := v - other[j]
			out[j] += float64(gap*gap) / float64(x.Rows)
		}
	}
	if perDim {
		return out
	}
	sum := 0.0
	for _, v := range out {
		sum += v
	}
	return []float64{sum / float64(x.Dim)}
}

// DenoiseVariance is Denoise, and sets v to the variance of each dimension of
// p(x_s | x_t). The error at a time between two measured ones is interpolated;
// below the first it falls to 0 with t.
func (a *Analytic) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	a.Denoise(x0, xt, t)
	v.MustMatch(xt)
	for i := range xt.Rows {
		bridge := process.Posterior(a.Schedule(), t[i], s[i])
		share := float64(bridge.X0 * bridge.X0)
		row := v.Row(i)
		for j := range row {
			row[j] = bridge.Var + float64(share*a.errorAt(t[i], j))
		}
	}
}

func (a *Analytic) errorAt(t float64, dim int) float64 {
	at := func(k int) float64 {
		if len(a.errors[k]) == 1 {
			return a.errors[k][0]
		}
		return a.errors[k][dim]
	}
	k := sort.SearchFloat64s(a.times, t)
	switch {
	case k == len(a.times):
		return at(k - 1)
	case a.times[k] == t:
		return at(k)
	case k == 0:
		return at(0) * t / a.times[0]
	}
	w := (t - a.times[k-1]) / (a.times[k] - a.times[k-1])
	return at(k-1) + float64(w*(at(k)-at(k-1)))
}
