package scheduler

import (
	"math"

	"ebb/diffusion/sample"
)

// planKDPM2 tells the network fractional steps in the middles, and whole ones
// between where the levels are Karras'. The ancestral class's middle between a
// level and where it goes down to is the next level itself.
func planKDPM2(c Config, o Options) (Plan, error) {
	p, err := c.sigmaPlan(o)
	if err != nil {
		return Plan{}, err
	}
	m := sample.DPM2{Ancestral: c.Class == "KDPM2AncestralDiscreteScheduler", Limit: c.limit()}
	p.Sampler = m
	table, err := c.table()
	if err != nil {
		return Plan{}, err
	}
	var middles []float64
	for k := range len(p.Timesteps) - 1 {
		_, from := p.Schedule.At(p.Grid[k])
		_, to := p.Schedule.At(p.Grid[k+1])
		if m.Ancestral {
			from = to
		}
		middles = append(middles, math.Sqrt(from*to))
	}
	middles = stepsOf(levels(table), middles)
	if c.Karras {
		for i, s := range p.Timesteps {
			p.Timesteps[i] = math.RoundToEven(s)
		}
	}
	steps := p.Timesteps[:1:1]
	for i, s := range p.Timesteps[1:] {
		steps = append(steps, middles[i], s)
	}
	p.Timesteps = steps
	return p, nil
}
