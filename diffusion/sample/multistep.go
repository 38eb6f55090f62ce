package sample

import "ebb/diffusion/process"

// fewSteps is the number of steps below which the multistep solvers lower the
// order of their last ones, which makes short runs steadier (DPM-Solver++,
// arXiv 2211.01095, as its authors' code does it).
const fewSteps = 15

// multistep is what DPM-Solver, DPM-Solver++ and DEIS have in common: one
// evaluation a step, and a polynomial through it and those of the steps before.
// The first steps have as low an order as there are evaluations.
type multistep struct {
	order     int
	view      view
	tau       float64
	midpoint  bool // of order 2: the slope weighs half of what the value does
	released  bool
	fullOrder bool
	eulerLast bool
	limit     Limit
}

func (m multistep) begin(p Plan) Step {
	r := newLambdaRun(p, m.order, m.view, m.limit, m.tau > 0)
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		r.remember(r.look(x, t))
		if t == s {
			return
		}
		st, ok := p.stride(m.view, m.tau, t, s)
		if !ok {
			r.atTheEnd(x, t, s, m.tau, k)
			return
		}
		through := r.newest(m.orderAt(k, p.Steps()))
		r.move(x, x, st, m.moments(st.z, len(through)), through, k)
	}
}

// orderAt is the order of step k, if there is enough history.
func (m multistep) orderAt(k, steps int) int {
	switch {
	case m.eulerLast && k == steps-1:
		return 1
	case !m.fullOrder && steps < fewSteps:
		return lowered(m.order, k, steps)
	}
	return m.order
}

// moments of a step through so many predictions.
func (m multistep) moments(z float64, through int) []float64 {
	b := moments(z, through)
	switch {
	case through == 2 && m.midpoint:
		b[1] = b[0] / 2
	case through == 3 && m.released && m.tau > 0:
		b[2] = (b[2] + 1) / 2
	case through == 3 && m.released:
		b[2] /= 2
	}
	return b
}
