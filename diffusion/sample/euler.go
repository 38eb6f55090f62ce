package sample

import "ebb/diffusion/process"

// Euler is Euler's method for the probability-flow ODE in the noise level
// r = sigma/alpha (Karras et al. 2022, arXiv 2206.00364, eq. 3 and 4 with the
// state divided by alpha):
//
//	d(x/alpha)/dr = (x - alpha x0)/sigma.
//
// It is DDIM with Eta = 0 and Limit on x0, of order 1.
type Euler struct {
	Limit Limit // of the predicted x0
}

var _ Sampler = Euler{}

// Begin implements [Sampler].
func (m Euler) Begin(p Plan) Step {
	x0, tt := p.state(), make([]float64, p.Rows)
	return func(x *process.State, t, s float64) {
		p.Denoiser.Denoise(x0, x, times(tt, t))
		m.Limit.each(x0.Data, p.Dim)
		p.flow(x, x0, t, s)
	}
}

// flow moves x from t to s as if x0 stayed what it is: along the straight line
// of x/alpha in sigma/alpha.
//
//	x_s = alpha_s x0 + sigma_s (x_t - alpha_t x0)/sigma_t
func (p Plan) flow(x, x0 *process.State, t, s float64) {
	if t == s {
		return
	}
	alphaT, sigmaT := p.at(t)
	alphaS, sigmaS := p.at(s)
	for i, d := range x0.Data {
		noise := (x.Data[i] - float64(alphaT*d)) / sigmaT
		x.Data[i] = float64(alphaS*d) + float64(sigmaS*noise)
	}
}
