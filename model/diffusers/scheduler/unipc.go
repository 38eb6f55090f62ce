package scheduler

import (
	"fmt"

	"ebb/diffusion/sample"
)

// planUniPC is UniPC; solver types of other classes stand for bh2.
func planUniPC(c Config, o Options) (Plan, error) {
	// A final level of sigma_min is that of the schedule only where steps
	// are visited; with a spacing of levels it repeats the last.
	last := func(c Config, all, visited []float64) (float64, error) {
		if c.FinalSigmas == "sigma_min" {
			return repeated(c, all, visited)
		}
		return c.last(all)
	}
	p, err := lambdaClass{rounds: karras, last: last}.plan(c, o)
	if err != nil {
		return Plan{}, err
	}
	m := sample.UniPC{Order: c.SolverOrder, Noise: !c.PredictX0, B1: c.SolverType == "bh1", Uncorrected: c.DisableCorrector, FullOrder: !c.LowerOrderFinal}
	if c.PredictX0 { // the noise is never limited
		m.Limit = c.threshold()
	}
	switch c.SolverType {
	case "bh1", "bh2", "midpoint", "heun", "logrho":
	default:
		return Plan{}, fmt.Errorf("solver_type %q is unknown; bh1 and bh2 are understood", c.SolverType)
	}
	if c.SolverOrder < 1 || c.SolverOrder > 3 {
		return Plan{}, fmt.Errorf("solver_order is %d; 1, 2 and 3 are understood", c.SolverOrder)
	}
	p.Sampler = m
	return p, nil
}
