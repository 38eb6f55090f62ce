package gauss

import (
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// Data is a distribution whose denoiser is known: a *Gaussian or a *Mixture.
type Data interface {
	Dim() int
	// Denoise sets x0 to E[x0 | x_t = xt], for one point.
	Denoise(x0, xt []float64, alpha, sigma float64)
	// variance sets v to the diagonal of Cov[x0 | x_t = xt].
	variance(v, xt []float64, alpha, sigma float64)
}

var (
	_ Data = (*Gaussian)(nil)
	_ Data = (*Mixture)(nil)
)

// Denoiser is the exact denoiser of known data under a schedule. It is a
// sample.Denoiser and a sample.Variance.
type Denoiser struct {
	Data Data
	Sch  schedule.Schedule
	// Isotropic gives one variance per row, the mean over dimensions: the
	// best that isotropic noise can do. Otherwise each has its own.
	Isotropic bool
}

// Schedule is the noise schedule.
func (d Denoiser) Schedule() schedule.Schedule { return d.Sch }

// Denoise sets each row of x0 to E[x0 | x_t].
func (d Denoiser) Denoise(x0, xt *process.State, t []float64) {
	x0.MustMatch(xt)
	for i := range xt.Rows {
		alpha, sigma := d.Sch.At(t[i])
		d.Data.Denoise(x0.Row(i), xt.Row(i), alpha, sigma)
	}
}

// puller is Data that knows the denoiser's Jacobian: all is.
type puller interface {
	// Pull sets g to v'J, J = dE[x0 | x_t]/dx_t at xt, for one point.
	Pull(g, v, xt []float64, alpha, sigma float64)
}

var (
	_ puller = (*Gaussian)(nil)
	_ puller = (*Mixture)(nil)
)

// DenoiseVJP sets x0 to E[x0 | x_t], and each row of g to the vector-Jacobian
// product v'J, J = dE[x0 | x_t]/dx_t = alpha/sigma^2 Cov[x0 | x_t], with the v
// that seed makes from zeros and the row's x0. It is denoise.Differentiable.
func (d Denoiser) DenoiseVJP(x0, g, xt *process.State, t []float64, seed func(row int, v, x0 []float64)) {
	d.Denoise(x0, xt, t)
	g.MustMatch(xt)
	v := make([]float64, xt.Dim)
	for i := range xt.Rows {
		alpha, sigma := d.Sch.At(t[i])
		clear(v)
		seed(i, v, x0.Row(i))
		d.Data.(puller).Pull(g.Row(i), v, xt.Row(i), alpha, sigma)
	}
}

// DenoiseVariance is Denoise and the true variance of each dimension of
// q(x_s | x_t): Var + X0^2 Var[x0|x_t], the optimum of Analytic-DPM
// (arXiv 2201.06503) at this very x_t.
func (d Denoiser) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	d.Denoise(x0, xt, t)
	v.MustMatch(xt)
	for i := range xt.Rows {
		alpha, sigma := d.Sch.At(t[i])
		bridge := process.Posterior(d.Sch, t[i], s[i])
		row := v.Row(i)
		d.Data.variance(row, xt.Row(i), alpha, sigma)
		sum := 0.0
		for j, c := range row {
			row[j] = bridge.Var + bridge.X0*bridge.X0*c
			sum += row[j]
		}
		if d.Isotropic {
			for j := range row {
				row[j] = sum / float64(len(row))
			}
		}
	}
}
