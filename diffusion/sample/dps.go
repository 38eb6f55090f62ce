package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
)

// Differentiable is a Denoiser that knows the products of vectors with its
// derivative. denoise.Differentiable says it in full.
type Differentiable interface {
	Denoiser
	// DenoiseVJP is Denoise, and sets each row of g to v'J for J =
	// dE[x0 | x_t]/dx_t and the v that seed makes of zeros and the row's x0.
	DenoiseVJP(x0, g, xt *process.State, t []float64, seed func(row int, v, x0 []float64))
}

// DPS draws rows of which linear observations are known (diffusion posterior
// sampling, Chung et al. 2022, arXiv 2209.14687, algorithm 1): after each step
// of a sampler it goes down the slope of the misfit,
//
//	x_s <- x_s - Scale/|r| grad |r|^2,   r = y - A E[x0 | x_t],
//
// the gradient with respect to x_t, through the denoiser. It needs one
// vector-Jacobian product a step whatever the number of measurements, and does
// not know how far E[x0 | x_t] is to be trusted: what it draws fits y, but is
// not the posterior, also for Gaussian data. denoise.Observed is, there. (The
// authors' program takes the gradient of |r|, half of this one.)
type DPS struct {
	Sampler Sampler
	Slope   Differentiable // the run's denoiser
	process.Observation
	Scale float64 // zeta'; 0: 1. The paper takes 0.3 to 1
}

var (
	_ Sampler = DPS{}
	_ Checker = DPS{}
)

// Check implements [Checker].
func (m DPS) Check(p Plan) error {
	if m.Slope == nil {
		return fmt.Errorf("sample: dps needs a denoiser that can be differentiated")
	}
	if !(m.Scale >= 0) || math.IsInf(m.Scale, 0) {
		return fmt.Errorf("sample: dps: a scale of %v; it is above 0, and about 1", m.Scale)
	}
	if err := m.Observation.Check(p.Rows, p.Dim); err != nil {
		return fmt.Errorf("sample: dps: %w", err)
	}
	if c, ok := m.Sampler.(Checker); ok {
		return c.Check(p)
	}
	return nil
}

// Begin implements [Sampler].
func (m DPS) Begin(p Plan) Step {
	scale := m.Scale
	if scale == 0 {
		scale = 1
	}
	step, x0, g := m.Sampler.Begin(p), p.state(), p.state()
	tt, size := make([]float64, p.Rows), make([]float64, p.Rows)
	return func(x *process.State, t, s float64) {
		m.Slope.DenoiseVJP(x0, g, x, times(tt, t), func(row int, v, x0 []float64) {
			r := make([]float64, len(m.A)) // rows may be seeded at once
			size[row] = math.Sqrt(m.Residual(r, row, x0))
			for k, a := range m.A {
				for j, w := range a {
					v[j] += float64(r[k] * w)
				}
			}
		})
		step(x, t, s)
		for i, n := range size {
			if n == 0 {
				continue
			}
			// g is -1/2 grad |r|^2.
			factor := 2 * scale / n
			for j, v := range g.Row(i) {
				x.Row(i)[j] += float64(factor * v)
			}
		}
	}
}
