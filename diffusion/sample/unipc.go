package sample

import (
	"fmt"

	"ebb/engine/kernel/elementary"
)

// UniPC is the unified predictor-corrector (Zhao et al. 2023, arXiv 2302.04867,
// algorithms 5 to 8): UniP of Order p predicts, and UniC-p corrects with the next
// step's evaluation, which raises the order to p+1 at no cost. Solved for its
// weights (eq. 5), the method is the polynomial through the predictions,
// integrated exactly; the paper's function B(h) remains only where two
// predictions share one slope:
//
//	b_1 = B/2,  B1(h) = z,  B2(h) = e^z - 1,   z = -h for the data, h for the noise.
//
// Deterministic, one evaluation a step.
type UniPC struct {
	Order int   // 1, 2 or 3; 0 means 2
	Limit Limit // of the predicted x0

	Noise bool // of the predicted noise instead of the data
	B1    bool // the paper's B1 instead of B2
	// Uncorrected are the steps, counted from 0, that stay as predicted: the
	// first ones with strong guidance, say.
	Uncorrected []int
	// FullOrder keeps the order in the last steps, which otherwise falls to 1.
	FullOrder bool
}

var (
	_ Sampler = UniPC{}
	_ Checker = UniPC{}
)

// Check implements [Checker].
func (m UniPC) Check(p Plan) error {
	for _, k := range m.Uncorrected {
		if k < 0 {
			return fmt.Errorf("sample: unipc is not to correct step %d; steps are counted from 0", k)
		}
	}
	return checkOrder("unipc", m.Order, 3)
}

// Begin implements [Sampler].
func (m UniPC) Begin(p Plan) Step {
	v := ofData
	if m.Noise {
		v = ofNoise
	}
	slope := func(z float64) float64 { return elementary.Expm1(z) / 2 }
	if m.B1 {
		slope = func(z float64) float64 { return z / 2 }
	}
	order := orderOr2(m.Order)
	return predictorCorrector{predict: order, correct: order + 1, view: v, limit: m.Limit, slope: slope,
		tau: func(float64) float64 { return 0 }, uncorrected: m.Uncorrected, fullOrder: m.FullOrder}.begin(p)
}
