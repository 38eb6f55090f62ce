package scheduler

import "ebb/diffusion/sample"

// planHeun asks the network twice at each time but the first: where a step ends
// and where the next begins.
func planHeun(c Config, o Options) (Plan, error) {
	p, err := c.sigmaPlan(o)
	p.Sampler = sample.Heun{Limit: c.limit()}
	p.Timesteps = doubled(p.Timesteps)
	return p, err
}

// doubled repeats all entries but the first.
func doubled(steps []float64) []float64 {
	var out []float64
	for i, s := range steps {
		if i > 0 {
			out = append(out, s)
		}
		out = append(out, s)
	}
	return out
}
