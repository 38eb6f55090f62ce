package scheduler

import (
	"fmt"
	"math"

	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// planEuler is Euler's method in the noise level, on samples divided by alpha.
func planEuler(c Config, o Options) (Plan, error) {
	output, err := readVP(c.Prediction)
	if err != nil {
		return Plan{}, err
	}
	p, err := c.sigmaPlan(o)
	if err != nil {
		return Plan{}, err
	}
	p.Sampler, err = churned(c, o, output)
	return p, err
}

// planEulerAncestral is the same with fresh noise.
func planEulerAncestral(c Config, o Options) (Plan, error) {
	p, err := c.sigmaPlan(o)
	p.Sampler = sample.EulerAncestral{Limit: c.limit()}
	return p, err
}

// sigmaPlan is what the classes that step in noise levels share: everything but
// the sampler.
func (c Config) sigmaPlan(o Options) (Plan, error) {
	table, err := c.table()
	if err != nil {
		return Plan{}, err
	}
	all := levels(table)
	list, steps, err := c.sigmas(all, o)
	if err != nil {
		return Plan{}, err
	}
	end, err := c.last(all)
	if err != nil {
		return Plan{}, err
	}
	if len(list) == len(steps) {
		list = append(list, end)
	}
	p := Plan{Timesteps: steps, Start: list[0]}
	if c.Spacing == "leading" { // the library counts the data's own variance in
		p.Start = math.Sqrt(float64(list[0]*list[0]) + 1)
	}
	p.Schedule, p.Grid, err = explode(list)
	return p, err
}

// sigmas are the levels visited, and the time steps that the network is told.
func (c Config) sigmas(all []float64, o Options) (list, steps []float64, err error) {
	if steps, err = c.spaced(o.Steps); err != nil {
		return nil, nil, err
	}
	for _, s := range steps {
		list = append(list, at(all, s))
	}
	respaced, err := c.respaced(len(list), list[0], list[len(list)-1])
	switch {
	case err != nil:
		return nil, nil, err
	case respaced != nil:
		list, steps = respaced, stepsOf(all, respaced)
	case c.Interpolation == "log_linear":
		// One level more than steps: the run ends at the least one.
		list, err = schedule.Exponential(len(list)+1, all[len(all)-1], all[0])
	case c.Interpolation != "linear":
		err = fmt.Errorf("interpolation_type %q is unknown; linear and log_linear are understood", c.Interpolation)
	}
	if c.TimestepType == "continuous" && c.Prediction == "v_prediction" {
		steps = make([]float64, len(steps))
		for i := range steps {
			steps[i] = elementary.Log(list[i]) / 4
		}
	}
	return list, steps, err
}
