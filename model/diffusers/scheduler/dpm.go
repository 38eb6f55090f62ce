package scheduler

import (
	"fmt"

	"ebb/diffusion/sample"
)

// dpmDefaults are those of the classes of DPM-Solver.
func dpmDefaults(c *Config) { c.Algorithm, c.SolverType = "dpmsolver++", "midpoint" }

// planDPM is multistep DPM-Solver, four algorithms in one class.
func planDPM(c Config, o Options) (Plan, error) {
	// With Karras and Lu levels the steps are rounded, but for cosine betas.
	rounds := func(c Config) bool {
		return (c.Karras || c.LuLambdas) && c.BetaSchedule != "squaredcos_cap_v2"
	}
	p, err := lambdaClass{clipsLambda: true, rounds: rounds, last: lastOrLeast}.plan(c, o)
	if err != nil {
		return Plan{}, err
	}
	p.Sampler, err = c.multistep()
	return p, err
}

// multistep is the sampler of a multistep class.
func (c Config) multistep() (sample.Sampler, error) {
	kind, heun, err := c.solver()
	if err != nil {
		return nil, err
	}
	order, limit, full := c.SolverOrder, c.threshold(), !c.LowerOrderFinal
	switch {
	case order < 1 || order > 3:
		return nil, fmt.Errorf("solver_order is %d; 1, 2 and 3 are understood", order)
	case kind.noise && kind.sde && order == 3:
		return nil, fmt.Errorf("algorithm_type sde-dpmsolver with solver_order 3; it has the orders 1 and 2")
	case kind.noise:
		return sample.DPM{Order: order, Limit: limit, Heun: heun, FullOrder: full, EulerLast: c.EulerAtFinal, Released: true, SDE: kind.sde}, nil
	case kind.sde:
		return sample.DPMppSDE{Order: order, Limit: limit, Heun: heun, FullOrder: full, EulerLast: c.EulerAtFinal, Released: true}, nil
	}
	return sample.DPMpp{Order: order, Limit: limit, Heun: heun, FullOrder: full, EulerLast: c.EulerAtFinal, Released: true}, nil
}

// dpmKind is an algorithm_type of DPM-Solver.
type dpmKind struct{ noise, sde bool }

// solver reads algorithm_type and solver_type, with the library's stand-ins for
// those of other classes.
func (c Config) solver() (kind dpmKind, heun bool, err error) {
	switch c.Algorithm {
	case "dpmsolver++", "deis":
	case "dpmsolver":
		kind.noise = true
	case "sde-dpmsolver":
		kind = dpmKind{noise: true, sde: true}
	case "sde-dpmsolver++":
		kind.sde = true
	default:
		return kind, false, fmt.Errorf("algorithm_type %q is unknown; dpmsolver, dpmsolver++, sde-dpmsolver and sde-dpmsolver++ are understood", c.Algorithm)
	}
	switch c.SolverType {
	case "midpoint", "logrho", "bh1", "bh2":
	case "heun":
		heun = true
	default:
		return kind, false, fmt.Errorf("solver_type %q is unknown; midpoint and heun are understood", c.SolverType)
	}
	return kind, heun, nil
}

// planSinglestep is singlestep DPM-Solver, whose steps are always linspace.
func planSinglestep(c Config, o Options) (Plan, error) {
	p, err := lambdaClass{onlyLinspace: true, clipsLambda: true, rounds: karras, last: lastOrLeast}.plan(c, o)
	if err != nil {
		return Plan{}, err
	}
	kind, heun, err := c.solver()
	if err != nil {
		return Plan{}, err
	}
	order := c.SolverOrder
	if order < 1 || order > 3 || order == 3 && kind.sde {
		return Plan{}, fmt.Errorf("solver_order is %d with algorithm_type %s; 1 and 2 are understood, and 3 without noise", order, c.Algorithm)
	}
	// Without lower_order_final the steps must fill their blocks, and the
	// last level must not be 0; otherwise the library lowers the last order.
	full := !c.LowerOrderFinal && len(p.Timesteps)%order == 0 && c.FinalSigmas != "zero"
	p.Sampler = sample.Singlestep{Order: order, Limit: c.threshold(), Noise: kind.noise, SDE: kind.sde, Heun: heun, FullOrder: full}
	return p, nil
}
