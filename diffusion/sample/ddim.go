package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
)

// DDIM follows the diffusion's marginals with as much noise as asked for (Song
// et al. 2021, arXiv 2010.02502, eq. 12 and 16):
//
//	x_s = alpha_s x0 + sqrt(sigma_s^2 - V) eps + sqrt(V) z,   V = eta^2 beta-tilde,
//
// with eps = (x_t - alpha_t x0)/sigma_t the noise that x_t is seen to hold.
// Eta = 0 is deterministic, a first-order solver of the probability-flow ODE;
// Eta = 1 has the variance of DDPM's fixed-small. Any subset of steps will do.
type DDIM struct {
	Eta   float64
	Limit Limit // of the predicted x0
	// LimitNoise takes eps from the limited x0 instead of the predicted one.
	LimitNoise bool
}

var (
	_ Sampler = DDIM{}
	_ Checker = DDIM{}
)

// Check implements [Checker].
func (m DDIM) Check(Plan) error {
	if !(m.Eta >= 0 && m.Eta <= 1) {
		return fmt.Errorf("sample: ddim: eta %v is outside [0, 1]; 0 is deterministic, 1 as noisy as ddpm", m.Eta)
	}
	return nil
}

// Begin implements [Sampler].
func (m DDIM) Begin(p Plan) Step {
	d, rows, dim, noise := p.Denoiser, p.Rows, p.Dim, p.Noise
	x0 := p.state()
	eps := make([]float64, dim)
	z := make([]float64, dim)
	tt := make([]float64, rows)
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		d.Denoise(x0, x, times(tt, t))
		if t == s {
			return
		}
		alphaT, sigmaT := d.Schedule().At(t)
		alphaS, sigmaS := d.Schedule().At(s)
		v := float64(m.Eta * m.Eta * process.Posterior(d.Schedule(), t, s).Var)
		// With no signal at t (zero terminal SNR) rounding may leave
		// sigma_s^2 - V a little below 0.
		direction := math.Sqrt(max(float64(sigmaS*sigmaS)-v, 0))
		for i := range rows {
			row, pred := x.Row(i), x0.Row(i)
			if m.LimitNoise {
				m.Limit.each(pred, dim)
			}
			for j, p := range pred {
				eps[j] = (row[j] - float64(alphaT*p)) / sigmaT
			}
			if !m.LimitNoise {
				m.Limit.each(pred, dim)
			}
			for j, p := range pred {
				row[j] = float64(alphaS*p) + float64(direction*eps[j])
			}
			if v == 0 {
				continue
			}
			noise.Normals(z, k, i)
			sd := math.Sqrt(v)
			for j, e := range z {
				row[j] += float64(sd * e)
			}
		}
	}
}
