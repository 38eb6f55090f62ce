package sample

import "ebb/diffusion/process"

// FlowEuler is Euler's method along the velocity of flow matching (Liu et al.
// 2022, arXiv 2209.03003, eq. 1; Lipman et al. 2022, arXiv 2210.02747). On the
// straight path x = (1-u) x0 + u eps that is
//
//	x_s = x_t + (u_s - u_t) (eps - x0),
//
// and for any schedule the same with u = sigma/(alpha + sigma) and x divided by
// alpha + sigma. It keeps x0 and eps through the step, so it is [Euler], and
// DDIM, in other words. Order 1, 1 evaluation a step.
//
// Stochastic takes fresh noise for eps, x_s = alpha_s x0 + sigma_s z: that is
// [LCM], for flows distilled to few steps.
type FlowEuler struct {
	Stochastic bool
	Limit      Limit // of the predicted x0
}

var _ Sampler = FlowEuler{}

// Begin implements [Sampler].
func (m FlowEuler) Begin(p Plan) Step {
	if m.Stochastic {
		return LCM{Limit: m.Limit}.Begin(p)
	}
	return Euler{Limit: m.Limit}.Begin(p)
}

// FlowHeun is Heun's method along the velocity of flow matching: the mean of
// eps - x0 at both ends of the step, in u = sigma/(alpha + sigma) with x
// divided by alpha + sigma (see [FlowEuler]),
//
//	x_s = x'_s + c (u_s - u_t)/2 ((eps - x0)'_s - (eps - x0)_t),   c = alpha_s + sigma_s,
//
// with x'_s the end of Euler's step. Unlike [Heun], which steps in sigma/alpha,
// it has full order from alpha = 0. Order 2, 2 evaluations a step; a step to
// sigma = 0, where no noise is to be seen, is Euler's.
type FlowHeun struct {
	Limit Limit // of the predicted x0
}

var _ Sampler = FlowHeun{}

// Begin implements [Sampler].
func (m FlowHeun) Begin(p Plan) Step {
	q := p.probe(m.Limit)
	first, second := p.state(), p.state()
	velocity := func(v, x *process.State, t float64) {
		q.look(v, x, t)
		for i, d := range q.x0.Data {
			v.Data[i] -= d
		}
	}
	return func(x *process.State, t, s float64) {
		if p.still(t, s) {
			return
		}
		velocity(first, x, t)
		p.flow(x, q.x0, t, s)
		alphaT, sigmaT := p.at(t)
		alphaS, sigmaS := p.at(s)
		if sigmaS == 0 {
			return
		}
		velocity(second, x, s)
		c := alphaS + sigmaS
		half := (sigmaS - float64(c*(sigmaT/(alphaT+sigmaT)))) / 2
		for i, v := range second.Data {
			x.Data[i] += float64(half * (v - first.Data[i]))
		}
	}
}
