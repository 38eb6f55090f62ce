package sample

import "ebb/diffusion/process"

// Heun is Heun's method for the probability-flow ODE in the noise level
// r = sigma/alpha (Karras et al. 2022, arXiv 2206.00364, algorithm 1, with the
// state divided by alpha): the mean of the slopes at both ends of a step, the
// later seen from where Euler's method would end.
//
//	y_s = y_t + (r_s - r_t) (eps_t + eps'_s)/2
//
// Order 2, 2 evaluations a step. A step to sigma = 0 is Euler's, as in the
// paper, and so is one from alpha = 0 or next to it, over which r falls by more
// than steepest: the mean of its slopes would carry what the later one saw
// better back over all of r. Each takes 1.
type Heun struct {
	Limit Limit // of the predicted x0
}

var _ Sampler = Heun{}

// Begin implements [Sampler].
func (m Heun) Begin(p Plan) Step { return p.heun(m.Limit) }

// steepest is the fall of the noise level over which Heun's method is sound. Steps of schedules in
// use fall by less than 10, but for the first of a variance-preserving one: by 1,600 in 20 of the cosine.
const steepest = 50

func (p Plan) heun(limit Limit) Step {
	q := p.probe(limit)
	first, second := p.state(), p.state()
	return func(x *process.State, t, s float64) {
		if p.still(t, s) {
			return
		}
		q.look(first, x, t)
		p.flow(x, q.x0, t, s)
		alphaT, sigmaT := p.at(t)
		alphaS, sigmaS := p.at(s)
		if sigmaS == 0 || alphaT == 0 || sigmaT*alphaS > steepest*sigmaS*alphaT {
			return
		}
		q.look(second, x, s)
		_, add := p.carriage(t, s)
		for i, e := range second.Data {
			x.Data[i] += float64(add / 2 * (e - first.Data[i]))
		}
	}
}
