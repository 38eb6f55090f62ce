package sample

// DPM is multistep DPM-Solver (Lu et al. 2022, arXiv 2206.00927, proposition
// 3.1; in multistep form in arXiv 2211.01095, appendix B): the exponential
// integrator of [DPMpp] for the predicted noise instead of the data,
//
//	x_s = alpha_s/alpha_t x_t - sigma_s sum_k h phi_(k+1)(h) D_k.
//
// Deterministic, one evaluation a step, order as of DPMpp. It is the one to
// take for studying; a strong guidance or a limit of x0 goes better with DPMpp.
type DPM struct {
	Order int   // 1, 2 or 3; 0 means 2
	Limit Limit // of the predicted x0, from which the noise then follows

	Heun      bool // as in DPMpp
	FullOrder bool
	EulerLast bool
	Released  bool
	// SDE solves the reverse SDE: it is then stochastic, of order 1 or 2.
	SDE bool
}

var (
	_ Sampler = DPM{}
	_ Checker = DPM{}
)

// Check implements [Checker].
func (m DPM) Check(Plan) error {
	if m.SDE {
		return checkOrder("dpm-solver of the reverse sde", m.Order, 2)
	}
	return checkOrder("dpm-solver", m.Order, 3)
}

// Begin implements [Sampler].
func (m DPM) Begin(p Plan) Step {
	return multistep{order: orderOr2(m.Order), view: ofNoise, tau: noisy(m.SDE), limit: m.Limit,
		midpoint: !m.Heun, fullOrder: m.FullOrder, eulerLast: m.EulerLast, released: m.Released}.begin(p)
}

// noisy is the tau of the reverse SDE or of the ODE.
func noisy(sde bool) float64 {
	if sde {
		return 1
	}
	return 0
}
