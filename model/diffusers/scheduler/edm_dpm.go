package scheduler

import (
	"fmt"
	"math"

	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

func edmDPMDefaults(c *Config) {
	dpmDefaults(c)
	least, most := 0.002, 80.0
	c.SigmaMin, c.SigmaMax = &least, &most
}

// planEDMDPM is multistep DPM-Solver++ on the process of EDM, alpha = 1.
func planEDMDPM(c Config, o Options) (Plan, error) {
	if kind, _, err := c.solver(); err != nil || kind.noise {
		return Plan{}, fmt.Errorf("algorithm_type %q; dpmsolver++ and sde-dpmsolver++ are understood", c.Algorithm)
	}
	list, err := c.edmLevels(o.Steps)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Start: math.Sqrt(float64(*c.SigmaMax**c.SigmaMax) + 1)} // the library counts the data's own variance in
	for _, level := range list {
		p.Timesteps = append(p.Timesteps, elementary.Log(level)/4)
	}
	end, err := c.last([]float64{*c.SigmaMin})
	if err != nil {
		return Plan{}, err
	}
	if p.Schedule, p.Grid, err = explode(fallTo(list, end)); err != nil {
		return Plan{}, err
	}
	p.Sampler, err = c.multistep()
	return p, err
}

// edmLevels are n noise levels by the class's own schedule.
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
