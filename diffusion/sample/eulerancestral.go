package sample

// EulerAncestral is Euler's method with fresh noise (k-diffusion's
// sample_euler_ancestral, after Song et al. 2021, arXiv 2010.02502, eq. 16). In
// the noise level r = sigma/alpha and y = x/alpha each step goes down to less
// noise than it should and puts the rest back:
//
//	up^2 = r_s^2 (r_t^2 - r_s^2)/r_t^2,   down^2 = r_s^2 - up^2,
//	y_s  = x0 + down eps + up z.
//
// alpha_s up is the root of beta-tilde, so this is [DDIM] with Eta = 1 under
// its other name, and has DDPM's marginals. Order 1, 1 evaluation a step.
type EulerAncestral struct {
	Limit Limit // of the predicted x0
}

var _ Sampler = EulerAncestral{}

// Begin implements [Sampler].
func (m EulerAncestral) Begin(p Plan) Step {
	return DDIM{Eta: 1, Limit: m.Limit, LimitNoise: true}.Begin(p)
}
