package denoise

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// Observed is a denoiser of rows of which linear observations are known (moment
// matching: Boys et al. 2023, arXiv 2310.06721):
//
//	E[x0 | x_t, y] = m + C A' (A C A' + SD^2 I)^-1 (y - A m),
//	m = E[x0 | x_t],   C = sigma^2/alpha dm/dx_t = Cov[x0 | x_t]   (Tweedie).
//
// It takes x0 given x_t for a Gaussian, with the true covariance, so that for
// Gaussian data it is exact, and any sampler then draws from the posterior;
// for other data it errs by what their posteriors differ from Gaussians, which
// vanishes with the noise. It costs a vector-Jacobian product for each
// measurement. Where there is no signal at all C can't be told, and Answers
// refuses. It implements sample.Denoiser.
type Observed struct {
	Inner Differentiable
	process.Observation
}

// Schedule is the noise schedule.
func (d Observed) Schedule() schedule.Schedule { return d.Inner.Schedule() }

// Answers implements sample.Reluctant.
func (d Observed) Answers(t float64) error {
	if alpha, _ := d.Schedule().At(t); alpha == 0 {
		return fmt.Errorf("at t = %v there is no signal, from which observations can't be carried over; choose a grid that starts later", t)
	}
	if r, ok := d.Inner.(interface{ Answers(float64) error }); ok {
		return r.Answers(t)
	}
	return nil
}

// Denoise sets x0 to E[x0 | x_t, y]. It panics if the observations are not of
// the rows' size.
func (d Observed) Denoise(x0, xt *process.State, t []float64) {
	x0.MustMatch(xt)
	if err := d.Check(xt.Rows, xt.Dim); err != nil {
		panic(err.Error())
	}
	measured := len(d.A)
	g := make([]*process.State, measured) // (M): rows of A J
	for m := range g {
		g[m] = process.NewState(xt.Rows, xt.Dim)
		d.Inner.DenoiseVJP(x0, g[m], xt, t, func(_ int, v, _ []float64) { copy(v, d.A[m]) })
	}
	r, k := make([]float64, measured), make([][]float64, measured)
	for m := range k {
		k[m] = make([]float64, measured)
	}
	for i := range xt.Rows {
		alpha, sigma := d.Schedule().At(t[i])
		scale := float64(sigma*sigma) / alpha
		for m := range measured {
			for n := range measured {
				// A network's Jacobian is symmetric only nearly; A C A' is.
				half := process.Dot(g[m].Row(i), d.A[n]) + process.Dot(g[n].Row(i), d.A[m])
				k[m][n] = float64(scale * half / 2)
			}
			k[m][m] += float64(d.SD * d.SD)
		}
		d.Residual(r, i, x0.Row(i))
		solve(k, r)
		for m, u := range r {
			for j, v := range g[m].Row(i) {
				x0.Row(i)[j] += float64(float64(scale*u) * v)
			}
		}
	}
}

// solve sets b to the solution x of a x = b, by elimination with the largest
// pivot of each column; a is destroyed. What a says nothing of is 0.
func solve(a [][]float64, b []float64) {
	n := len(b)
	for c := range n {
		p := c
		for i := c + 1; i < n; i++ {
			if math.Abs(a[i][c]) > math.Abs(a[p][c]) {
				p = i
			}
		}
		a[c], a[p], b[c], b[p] = a[p], a[c], b[p], b[c]
		if a[c][c] == 0 {
			continue
		}
		for i := c + 1; i < n; i++ {
			f := a[i][c] / a[c][c]
			for j := c; j < n; j++ {
				a[i][j] -= float64(f * a[c][j])
			}
			b[i] -= float64(f * b[c])
		}
	}
	for i := n - 1; i >= 0; i-- {
		for j := i + 1; j < n; j++ {
			b[i] -= float64(a[i][j] * b[j])
		}
		if a[i][i] == 0 {
			b[i] = 0
			continue
		}
		b[i] /= a[i][i]
	}
}
