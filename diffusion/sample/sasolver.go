package sample

import "fmt"

// SASolver is the stochastic Adams method (Xue et al. 2023, arXiv 2309.05019,
// algorithm 1): the predictor and corrector of [UniPC] for the family of
// reverse SDEs with tau(t) times the usual noise, eq. 11-13. tau = 0 is the
// ODE, tau = 1 the reverse SDE. With kappa = 1 + tau^2,
//
//	x_s = sigma_s/sigma_t e^(-tau^2 h) x_t + alpha_s sum_k kappa h phi_(k+1)(-kappa h) D_k
//	      + sigma_s sqrt(1 - e^(-2 tau^2 h)) noise,
//
// and the corrector repeats the step with its noise and the new evaluation.
// Where two predictions share one slope, it weighs -z/2, B1 of UniPC, as in the
// authors' code.
//
// Stochastic, one evaluation a step. Of the ODE (tau = 0) the order is the
// larger of Predictor and Corrector, one less without the last step corrected.
type SASolver struct {
	Predictor int   // predictions that a step is predicted from: 1 to 4; 0 means 2
	Corrector int   // that it is corrected from, with the next: 1 to 4; 0 means 2
	Limit     Limit // of the predicted x0

	Noise bool // of the predicted noise instead of the data
	// Tau is the share of noise in the step that begins at time t; nil is 1.
	Tau func(t float64) float64
	// FullOrder keeps the order in the last steps, which otherwise falls to 1.
	FullOrder bool
}

var (
	_ Sampler = SASolver{}
	_ Checker = SASolver{}
)

// Check implements [Checker].
func (m SASolver) Check(p Plan) error {
	for _, t := range p.Grid {
		if tau := m.tau(t); !(tau >= 0) || tau-tau != 0 {
			return fmt.Errorf("sample: sa-solver: tau is %v at t = %v; it must be at least 0, 0 for none and 1 for all of the noise", tau, t)
		}
	}
	if err := checkOrder("the predictor of sa-solver", m.Predictor, 4); err != nil {
		return err
	}
	return checkOrder("the corrector of sa-solver", m.Corrector, 4)
}

// Begin implements [Sampler].
func (m SASolver) Begin(p Plan) Step {
	pc := predictorCorrector{predict: orderOr2(m.Predictor), correct: orderOr2(m.Corrector), view: ofData, limit: m.Limit,
		tau: m.tau, draws: true, slope: func(z float64) float64 { return z / 2 }, fullOrder: m.FullOrder}
	if m.Noise {
		pc.view, pc.slope = ofNoise, nil
	}
	return pc.begin(p)
}

func (m SASolver) tau(t float64) float64 {
	if m.Tau == nil {
		return 1
	}
	return m.Tau(t)
}
