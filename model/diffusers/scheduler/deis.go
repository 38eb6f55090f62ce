package scheduler

import (
	"fmt"

	"ebb/diffusion/sample"
)

// planDEIS is DEIS in log rho, which the class's other names all stand for.
func planDEIS(c Config, o Options) (Plan, error) {
	p, err := lambdaClass{rounds: karras, last: repeated}.plan(c, o)
	if err != nil {
		return Plan{}, err
	}
	if c.SolverOrder < 1 || c.SolverOrder > 3 {
		return Plan{}, fmt.Errorf("solver_order is %d; 1, 2 and 3 are understood", c.SolverOrder)
	}
	p.Sampler = sample.DEIS{Order: c.SolverOrder, Limit: c.threshold(), FullOrder: !c.LowerOrderFinal}
	return p, nil
}
