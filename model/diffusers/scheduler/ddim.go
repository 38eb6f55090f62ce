package scheduler

import (
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// planDDIM steps T/n back, which is not the next entry of the list when n does
// not divide T.
func planDDIM(c Config, o Options) (Plan, error) {
	p, err := c.tablePlan(o)
	if err != nil {
		return Plan{}, err
	}
	m := sample.DDIM{Eta: o.Eta, Limit: c.limit(), LimitNoise: o.UseClipped}
	p.Sampler = onto{m, c.strideTargets(p.Schedule.(*schedule.Table), p.Timesteps)}
	return p, nil
}

// strideTargets are the times that lie T/n below each of n steps; in the end
// data or, without set_alpha_to_one, the first step.
func (c Config) strideTargets(table *schedule.Table, steps []float64) []float64 {
	to := make([]float64, len(steps))
	for i, step := range steps {
		target := int(step) + 1 - table.Steps()/len(steps)
		if target < 1 {
			target = 0
			if !c.SetAlphaOne {
				target = 1
			}
		}
		to[i] = table.Time(target)
	}
	return to
}
