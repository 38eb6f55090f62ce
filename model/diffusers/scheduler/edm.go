package scheduler

import (
	"fmt"
	"math"

	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// planEDMEuler is Euler's method on EDM's levels.
func planEDMEuler(c Config, o Options) (Plan, error) {
	if c.Prediction != "epsilon" && c.Prediction != "v_prediction" {
		return Plan{}, fmt.Errorf("prediction_type %q is unknown; epsilon and v_prediction are understood", c.Prediction)
	}
	p, err := c.edmPlan(o)
	if err != nil {
		return Plan{}, err
	}
	p.Sampler, err = churned(c, o, readEDM(c.SigmaData))
	return p, err
}

// planEDMDPM is multistep DPM-Solver++ on EDM's levels.
func planEDMDPM(c Config, o Options) (Plan, error) {
	if kind, _, err := c.solver(); err != nil || kind.noise {
		return Plan{}, fmt.Errorf("algorithm_type %q; dpmsolver++ and sde-dpmsolver++ are understood", c.Algorithm)
	}
	p, err := c.edmPlan(o)
	if err != nil {
		return Plan{}, err
	}
	p.Sampler, err = c.multistep()
	return p, err
}

// edmEnds are the ends of EDM's noise levels.
func edmEnds(c *Config) {
	least, most := 0.002, 80.0
	c.SigmaMin, c.SigmaMax = &least, &most
}

// edmPlan is what the two classes share: everything but the sampler. The
// network is told a quarter of the level's logarithm.
func (c Config) edmPlan(o Options) (Plan, error) {
	list, err := c.edmLevels(o.Steps)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Start: math.Sqrt(float64(*c.SigmaMax**c.SigmaMax) + 1)} // the library counts the data's own variance in
	for _, level := range list {
		p.Timesteps = append(p.Timesteps, elementary.Log(level)/4)
	}
	end, err := c.last(list[len(list)-1:])
	if err != nil {
		return Plan{}, err
	}
	p.Schedule, p.Grid, err = explode(fallTo(list, end))
	return p, err
}

// edmLevels are n falling noise levels by the classes' own schedule.
func (c Config) edmLevels(n int) ([]float64, error) {
	if c.SigmaMin == nil || c.SigmaMax == nil {
		return nil, fmt.Errorf("sigma_min or sigma_max is null; a noise level is needed, such as 0.002 and 80")
	}
	switch c.SigmaSchedule {
	case "karras":
		return schedule.Karras(n, *c.SigmaMax, *c.SigmaMin, c.Rho)
	case "exponential":
		return schedule.Exponential(n, *c.SigmaMax, *c.SigmaMin)
	}
	return nil, fmt.Errorf("sigma_schedule %q is unknown; karras and exponential are understood", c.SigmaSchedule)
}
