package sample

// DEIS is the exponential integrator of Zhang and Chen (2023, arXiv
// 2204.13902, the Adams-Bashforth family of section 3) with its polynomial in
// log rho, rho = sigma/alpha: through the predicted noise of up to Order steps,
//
//	x_s/alpha_s = x_t/alpha_t + int over rho from rho_t to rho_s of that polynomial.
//
// As log rho = -lambda, the integrals that the paper's code writes with powers
// of logarithms are those of [DPM] with Heun, the phi functions at h; order 3
// is exact here. Deterministic, one evaluation a step.
type DEIS struct {
	Order     int   // 1, 2 or 3; 0 means 2
	Limit     Limit // of the predicted x0, from which the noise then follows
	FullOrder bool  // as in DPMpp
}

var (
	_ Sampler = DEIS{}
	_ Checker = DEIS{}
)

// Check implements [Checker].
func (m DEIS) Check(Plan) error { return checkOrder("deis", m.Order, 3) }

// Begin implements [Sampler].
func (m DEIS) Begin(p Plan) Step {
	return multistep{order: orderOr2(m.Order), view: ofNoise, limit: m.Limit, fullOrder: m.FullOrder}.begin(p)
}
