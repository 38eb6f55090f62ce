package sample

// DPMpp is multistep DPM-Solver++ (Lu et al. 2022, arXiv 2211.01095, algorithm
// 2 for order 2; appendix B for order 3): an exponential integrator in
// lambda = log(alpha/sigma) for the predicted data. With h the width of a step
// and D_k the k-th derivative of the data over lambda times h^k, from the
// predictions of up to Order steps,
//
//	x_s = sigma_s/sigma_t x_t + alpha_s sum_k h phi_(k+1)(-h) D_k.
//
// Deterministic, one evaluation a step. Order 1 is DDIM with Eta = 0. A step to
// sigma = 0, or from alpha = 0, is of order 1. The first steps have lower
// orders for want of history, and so do the last of a run of fewer than 15
// steps.
type DPMpp struct {
	Order int   // 1, 2 or 3; 0 means 2
	Limit Limit // of the predicted x0

	// Heun integrates the slope of order 2 exactly; otherwise it weighs half
	// of what the value does, the midpoint rule. Both are of order 2.
	Heun bool
	// FullOrder keeps the order in the last steps of a short run.
	FullOrder bool
	// EulerLast makes the last step one of order 1.
	EulerLast bool
	// Released takes order 3 as the authors' code and those after it have
	// it, with half of the second derivative: it then converges with order 2
	// like the others, though with a smaller error.
	Released bool
}

var (
	_ Sampler = DPMpp{}
	_ Checker = DPMpp{}
)

// Check implements [Checker].
func (m DPMpp) Check(Plan) error { return checkOrder("dpm-solver++", m.Order, 3) }

// Begin implements [Sampler].
func (m DPMpp) Begin(p Plan) Step {
	return multistep{order: orderOr2(m.Order), view: ofData, limit: m.Limit,
		midpoint: !m.Heun, fullOrder: m.FullOrder, eulerLast: m.EulerLast, released: m.Released}.begin(p)
}
