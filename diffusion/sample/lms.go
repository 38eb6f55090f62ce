package sample

import (
	"ebb/diffusion/process"
)

// LMS is the linear multistep method for the probability-flow ODE in the noise
// level r = sigma/alpha (k-diffusion's sample_lms): the explicit Adams method
// for steps of any width. The slopes of the last Order times are laid under
// their polynomial in r, and that is integrated, exactly:
//
//	y_s = y_t + sum_j eps_j int_{r_t}^{r_s} prod_{m != j} (r - r_m)/(r_j - r_m) dr.
//
// Order 1 to 4 (0 means 4), 1 evaluation a step. It grows into its order from 1
// on, so a run that begins where the slope bends has order 2 in the end. A
// step from alpha = 0 is Euler's, and its slope is not kept.
type LMS struct {
	Order int
	Limit Limit // of the predicted x0
}

var (
	_ Sampler = LMS{}
	_ Checker = LMS{}
)

// Check implements [Checker].
func (m LMS) Check(Plan) error { return checkOrder("lms", m.Order, 4) }

// Begin implements [Sampler].
func (m LMS) Begin(p Plan) Step {
	order := m.Order
	if order == 0 {
		order = 4
	}
	q := p.probe(m.Limit)
	past := &slopes{p: p, most: order}
	slope := p.state()
	return func(x *process.State, t, s float64) {
		if p.still(t, s) {
			return
		}
		if alpha, _ := p.at(t); alpha == 0 {
			q.look(slope, x, t)
			p.flow(x, q.x0, t, s)
			return
		}
		q.look(past.push(t), x, t)
		alpha, sigma := p.at(s)
		past.mix(slope, polynomialWeights(past.level, sigma/alpha))
		p.carry(x, x, slope, t, s)
	}
}

// polynomialWeights are the means of the Lagrange polynomials of the nodes over
// the interval from the first node to end.
func polynomialWeights(nodes []float64, end float64) []float64 {
	// In units in which the interval is [0, 1].
	at := make([]float64, len(nodes))
	for j, r := range nodes {
		at[j] = (r - nodes[0]) / (end - nodes[0])
	}
	weights := make([]float64, len(nodes))
	for j := range weights {
		poly := []float64{1} // rising powers
		for m, root := range at {
			if m == j {
				continue
			}
			poly = timesRoot(poly, root, at[j]-root)
		}
		for k, c := range poly {
			weights[j] += c / float64(k+1)
		}
	}
	return weights
}

// timesRoot is poly(u) (u - root)/scale.
func timesRoot(poly []float64, root, scale float64) []float64 {
	out := make([]float64, len(poly)+1)
	for k, c := range poly {
		out[k+1] += c / scale
		out[k] -= float64(c*root) / scale
	}
	return out
}
