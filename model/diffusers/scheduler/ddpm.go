package scheduler

import (
	"fmt"

	"ebb/diffusion/sample"
)

// planDDPM is the textbook's ancestral sampler.
func planDDPM(c Config, o Options) (Plan, error) {
	p, err := c.tablePlan(o)
	if err != nil {
		return Plan{}, err
	}
	m := sample.DDPM{Limit: c.limit()}
	name := "fixed_small"
	if c.VarianceType != nil {
		name = *c.VarianceType
	}
	switch name {
	case "fixed_small", "fixed_small_log": // the second computes the same through a logarithm
	case "fixed_large":
		m.Variance = sample.FixedLarge
	case "learned", "learned_range":
		m.Variance = sample.Learned
	default:
		return Plan{}, fmt.Errorf("variance_type %q is unknown; fixed_small, fixed_small_log, fixed_large, learned and learned_range are understood", name)
	}
	p.Sampler = m
	return p, nil
}

// tablePlan is what the classes that visit whole steps of the table share:
// everything but the sampler.
func (c Config) tablePlan(o Options) (Plan, error) {
	table, err := c.table()
	if err != nil {
		return Plan{}, err
	}
	steps, err := c.whole(o)
	if err != nil {
		return Plan{}, err
	}
	grid, err := timesOf(table, steps)
	return Plan{Schedule: table, Grid: grid, Timesteps: steps, Start: 1}, err
}
