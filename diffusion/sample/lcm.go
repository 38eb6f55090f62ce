package sample

import "ebb/diffusion/process"

// LCM samples a consistency model, whose x0 is not the mean of the data but a
// guess at the end of the path through x_t (Song et al. 2023,
// arXiv 2303.01469, algorithm 1; latent consistency models, Luo et al. 2023,
// arXiv 2310.04378, algorithm 3): each step goes all the way to the data and
// back up with fresh noise,
//
//	x_s = alpha_s x0 + sigma_s z.
//
// 1 evaluation a step, 1 to 8 steps. With a denoiser that says E[x0 | x_t] its
// samples lack variance, in any number of steps: for such there is no order.
type LCM struct {
	Limit Limit // of the predicted x0
}

var _ Sampler = LCM{}

// Begin implements [Sampler].
func (m LCM) Begin(p Plan) Step {
	x0, tt := p.state(), make([]float64, p.Rows)
	z := make([]float64, p.Dim)
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		if p.still(t, s) {
			return
		}
		p.Denoiser.Denoise(x0, x, times(tt, t))
		m.Limit.each(x0.Data, p.Dim)
		alpha, sigma := p.at(s)
		for i, d := range x0.Data {
			x.Data[i] = alpha * d
		}
		p.addNoise(x, z, k, sigma)
	}
}
