package scheduler

import "ebb/diffusion/sample"

// planLMS is the textbook's, but for coefficients that the library integrates
// numerically.
func planLMS(c Config, o Options) (Plan, error) {
	p, err := c.sigmaPlan(o)
	p.Sampler = sample.LMS{Order: o.Order, Limit: c.limit()}
	return p, err
}
