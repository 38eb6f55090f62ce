package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
)

// TCD is the strategic stochastic sampling of trajectory consistency
// distillation (Zheng et al. 2024, arXiv 2402.19159, section 4.2): each step goes down along
// the path past s, to u = (1 - Eta) s, and back up to s with fresh noise,
//
//	x_u = alpha_u x0 + sigma_u eps,   x_s ~ q(x_s | x_u).
//
// Eta (the paper's gamma) = 0 is deterministic, [Euler]; 1 goes all the way to
// the data, [LCM]; 0.3 is usual. 1 evaluation a step, 2 to 20 steps. With a
// denoiser that says E[x0 | x_t] and Eta above 0 its samples lack variance in any
// number of steps, since the way down to u does not shorten with them.
type TCD struct {
	Eta   float64
	Limit Limit // of the predicted x0
}

var (
	_ Sampler = TCD{}
	_ Checker = TCD{}
)

// Check implements [Checker].
func (m TCD) Check(Plan) error {
	if !(m.Eta >= 0 && m.Eta <= 1) {
		return fmt.Errorf("sample: tcd: eta %v is outside [0, 1]; 0 is deterministic, 0.3 usual, 1 goes back to data in each step", m.Eta)
	}
	return nil
}

// Begin implements [Sampler].
func (m TCD) Begin(p Plan) Step {
	q := p.probe(m.Limit)
	eps := p.state()
	z := make([]float64, p.Dim)
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		if p.still(t, s) {
			return
		}
		q.look(eps, x, t)
		u := float64((1 - m.Eta) * s)
		p.flow(x, q.x0, t, u)
		up := process.Jump(p.Denoiser.Schedule(), u, s)
		for i, v := range x.Data {
			x.Data[i] = up.Scale * v
		}
		p.addNoise(x, z, k, math.Sqrt(up.Var))
	}
}
