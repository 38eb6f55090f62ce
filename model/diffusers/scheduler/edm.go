package scheduler

import (
	"fmt"
	"math"

	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// planEDMEuler is Euler's method on EDM's levels; the network is told a quarter
// of the level's logarithm.
func planEDMEuler(c Config, o Options) (Plan, error) {
	if c.SigmaMin == nil || c.SigmaMax == nil {
		return Plan{}, fmt.Errorf("sigma_min and sigma_max are needed, such as 0.002 and 80")
	}
	if c.Prediction != "epsilon" && c.Prediction != "v_prediction" {
		return Plan{}, fmt.Errorf("prediction_type %q is unknown; epsilon and v_prediction are understood", c.Prediction)
	}
	list, err := c.edmLevels(o.Steps)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Start: math.Sqrt(float64(*c.SigmaMax**c.SigmaMax) + 1)}
	for _, level := range list {
		p.Timesteps = append(p.Timesteps, elementary.Log(level)/4)
	}
	end, err := c.last(list[len(list)-1:])
	if err != nil {
		return Plan{}, err
	}
	if p.Schedule, p.Grid, err = explode(append(list, end)); err != nil {
		return Plan{}, err
	}
	p.Sampler, err = churned(c, o, readEDM(c.SigmaData))
	return p, err
}

// edmLevels are the n falling levels of the two EDM classes.
func (c Config) edmLevels(n int) ([]float64, error) {
	switch c.SigmaSchedule {
	case "karras":
		return schedule.Karras(n, *c.SigmaMax, *c.SigmaMin, c.Rho)
	case "exponential":
		return schedule.Exponential(n, *c.SigmaMax, *c.SigmaMin)
	}
	return nil, fmt.Errorf("sigma_schedule %q is unknown; karras and exponential are understood", c.SigmaSchedule)
}
