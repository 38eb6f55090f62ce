package sample

// DPMppSDE is DPM-Solver++ for the reverse SDE (Lu et al. 2022, arXiv
// 2211.01095, the section on diffusion SDEs): with the history and derivatives
// of [DPMpp],
//
//	x_s = sigma_s/sigma_t e^-h x_t + alpha_s sum_k 2h phi_(k+1)(-2h) D_k
//	      + sigma_s sqrt(1 - e^-2h) noise.
//
// Stochastic, one evaluation a step. The order is that of the drift; the law of
// what is drawn converges with order 1, 2 and again 2, as the noise of the steps
// makes the predictions rough. Order 1 is DDIM with Eta = 1, that is DDPM.
type DPMppSDE struct {
	Order int   // 1, 2 or 3; 0 means 2
	Limit Limit // of the predicted x0

	Heun      bool // as in DPMpp
	FullOrder bool
	EulerLast bool
	// Released takes order 3 as diffusers has it, where a constant of the
	// second derivative's weight has the wrong sign: its order is then 1.
	Released bool
}

var (
	_ Sampler = DPMppSDE{}
	_ Checker = DPMppSDE{}
)

// Check implements [Checker].
func (m DPMppSDE) Check(Plan) error { return checkOrder("sde-dpm-solver++", m.Order, 3) }

// Begin implements [Sampler].
func (m DPMppSDE) Begin(p Plan) Step {
	return multistep{order: orderOr2(m.Order), view: ofData, tau: 1, limit: m.Limit,
		midpoint: !m.Heun, fullOrder: m.FullOrder, eulerLast: m.EulerLast, released: m.Released}.begin(p)
}
