package scheduler

import (
	"fmt"
	"slices"

	"ebb/diffusion/sample"
)

// planSASolver is SA-Solver with the library's own tau: noise in steps from
// time steps 200 to 800, none elsewhere.
func planSASolver(c Config, o Options) (Plan, error) {
	p, err := lambdaClass{clipsLambda: true, rounds: karras, last: repeated}.plan(c, o)
	if err != nil {
		return Plan{}, err
	}
	tau := func(t float64) float64 {
		k := min(slices.Index(p.Grid, t), len(p.Timesteps)-1)
		if k >= 0 && p.Timesteps[k] >= 200 && p.Timesteps[k] <= 800 {
			return 1
		}
		return 0
	}
	m := sample.SASolver{Predictor: c.PredictorOrder, Corrector: c.CorrectorOrder, Limit: c.threshold(), Tau: tau, FullOrder: !c.LowerOrderFinal}
	switch c.Algorithm {
	case "data_prediction":
	case "noise_prediction":
		m.Noise = true
	default:
		return Plan{}, fmt.Errorf("algorithm_type %q is unknown; data_prediction and noise_prediction are understood", c.Algorithm)
	}
	if min(c.PredictorOrder, c.CorrectorOrder) < 1 || max(c.PredictorOrder, c.CorrectorOrder) > 4 {
		return Plan{}, fmt.Errorf("predictor_order and corrector_order are %d and %d; 1 to 4 are understood", c.PredictorOrder, c.CorrectorOrder)
	}
	p.Sampler = m
	return p, nil
}
