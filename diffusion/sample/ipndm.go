package sample

import "ebb/diffusion/process"

// IPNDM is the improved pseudo-numerical method (Zhang and Chen 2022,
// arXiv 2204.13902, "iPNDM", which starts Liu et al. 2022, arXiv 2202.09778, by
// lower orders): the slopes eps of the last Order times, mixed by the weights of
// the Adams method for equal steps, and then one step of DDIM with the mixture.
//
// Order 1 to 4 (0 means 4), 1 evaluation a step. The order is reached where
// steps are equal in sigma/alpha; on other grids it is 2 at most, since the
// weights do not ask how wide the steps were ([LMS] does).
type IPNDM struct {
	Order int
	Limit Limit // of the predicted x0
}

var (
	_ Sampler = IPNDM{}
	_ Checker = IPNDM{}
)

// Check implements [Checker].
func (m IPNDM) Check(Plan) error { return checkOrder("ipndm", m.Order, 4) }

// Begin implements [Sampler].
func (m IPNDM) Begin(p Plan) Step {
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
		q.look(past.push(t), x, t)
		if alpha, _ := p.at(t); alpha == 0 { // the first step
			p.flow(x, q.x0, t, s)
			return
		}
		past.mix(slope, adams(len(past.eps)))
		p.carry(x, x, slope, t, s)
	}
}
