package sample

import "ebb/diffusion/process"

// Singlestep is DPM-Solver++, or with Noise DPM-Solver, in its singlestep form
// (Lu et al. 2022, arXiv 2211.01095, algorithm 1, and arXiv 2206.00927,
// algorithms 1 and 2): Order steps of the grid are a block, whose last point is
// computed with that order from the block's first and the predictions within.
// A block has no use for those before it.
//
// Deterministic, unless with SDE; one evaluation a step, Order of them a block.
// Steps even in lambda place the inner points where the papers do, at a half or
// at thirds. Order 3 goes through the block's first and latest point only and
// needs such steps; with Heun it goes through all three, and any will do. When
// the last block is cut short, it has a lower order.
type Singlestep struct {
	Order int   // 1, 2 or 3; 0 means 2
	Limit Limit // of the predicted x0

	Noise bool // of the predicted noise: DPM-Solver
	Heun  bool // integrates the slopes of order 2 and 3 exactly
	// SDE solves the reverse SDE, with Order 1 or 2. The noise of an inner
	// point is drawn apart from that of its block, as others do, and so the
	// law converges with order 1 only: DPMppSDE is the better one.
	SDE bool
	// FullOrder keeps the order of a last block that is whole; otherwise its
	// last step begins anew, with order 1.
	FullOrder bool
}

var (
	_ Sampler = Singlestep{}
	_ Checker = Singlestep{}
)

// Check implements [Checker].
func (m Singlestep) Check(Plan) error {
	if m.SDE {
		return checkOrder("singlestep dpm-solver of the reverse sde", m.Order, 2)
	}
	return checkOrder("singlestep dpm-solver", m.Order, 3)
}

// Begin implements [Sampler].
func (m Singlestep) Begin(p Plan) Step {
	order, v, tau := orderOr2(m.Order), ofData, noisy(m.SDE)
	if m.Noise {
		v = ofNoise
	}
	r := newLambdaRun(p, order, v, m.Limit, m.SDE)
	first, begun := p.state(), 0.0 // where the block begins, and when
	k, fresh := -1, true
	return func(x *process.State, t, s float64) {
		k++
		now := r.look(x, t)
		if inBlock := m.inBlock(k, p.Steps()); fresh || inBlock == 0 {
			r.forget()
			copy(first.Data, x.Data)
			begun, fresh = t, false
		}
		r.remember(now)
		if t == s {
			return
		}
		st, ok := p.stride(v, tau, begun, s)
		if !ok {
			r.atTheEnd(x, t, s, tau, k)
			fresh = true
			return
		}
		through := r.past
		b := moments(st.z, len(through))
		if !m.Heun {
			if len(through) == 2 {
				b[1] = b[0] / 2
			}
			if len(through) == 3 {
				through = []seen{through[0], through[2]}
			}
		}
		r.move(x, first, st, b, through, k)
	}
}

// inBlock is the place of step k in its block, from 0.
func (m Singlestep) inBlock(k, steps int) int {
	order := orderOr2(m.Order)
	if k == steps-1 && steps%order == 0 && !m.FullOrder {
		return 0
	}
	return k % order
}
