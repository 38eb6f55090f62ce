package scheduler

import (
	"fmt"
	"math"

	"ebb/diffusion/sample"
	"ebb/engine/kernel/elementary"
)

// planFlowEuler is Euler's method along the velocity, or with fresh noise in
// every step.
func planFlowEuler(c Config, o Options) (Plan, error) {
	p, err := c.flowPlan(o)
	p.Sampler = sample.FlowEuler{Stochastic: c.Stochastic}
	return p, err
}

// planFlowHeun asks the network twice at each time but the first.
func planFlowHeun(c Config, o Options) (Plan, error) {
	if o.Churn != 0 {
		return Plan{}, fmt.Errorf("s_churn is %v; the class adds its noise as if the signal did not fall with it, which no sampler here does: leave it 0", o.Churn)
	}
	p, err := c.flowPlan(o)
	p.Sampler = sample.FlowHeun{}
	p.Timesteps = doubled(p.Timesteps)
	return p, err
}

// flowPlan is what the two classes share: everything but the sampler.
func (c Config) flowPlan(o Options) (Plan, error) {
	list, err := c.flowSigmas(o)
	if err != nil {
		return Plan{}, err
	}
	p := Plan{Start: 1}
	for _, sigma := range list {
		if c.InvertSigmas { // the network counts the signal
			sigma = 1 - sigma
		}
		p.Timesteps = append(p.Timesteps, sigma*float64(c.TrainTimesteps))
	}
	p.Schedule, p.Grid, err = straight(append(list, 0))
	return p, err
}

// flowSigmas are n falling sigmas from the largest of the training list to its
// least. Without a dynamic shift that list is shifted, and what is laid between
// its ends is shifted once more.
func (c Config) flowSigmas(o Options) ([]float64, error) {
	n := o.Steps
	if n < 1 {
		return nil, fmt.Errorf("%d sampling steps; at least 1 is needed", n)
	}
	if !(c.Shift > 0) {
		return nil, fmt.Errorf("shift is %v; it must be positive", c.Shift)
	}
	shift := func(s float64) float64 { return c.Shift * s / (1 + float64((c.Shift-1)*s)) }
	most, least := 1.0, 1/float64(c.TrainTimesteps)
	if c.DynamicShifting {
		var err error
		if shift, err = c.dynamicShift(o.Mu); err != nil {
			return nil, err
		}
	} else {
		most, least = shift(most), shift(least)
	}
	out := make([]float64, n)
	for i := range out {
		out[i] = most
		if n > 1 {
			out[i] = shift(most + float64(float64(i)/float64(n-1)*(least-most)))
		}
	}
	out[0] = shift(most)
	if c.ShiftTerminal != nil && *c.ShiftTerminal != 0 {
		if err := stretch(out, *c.ShiftTerminal); err != nil {
			return nil, err
		}
	}
	respaced, err := c.respaced(n, out[0], out[n-1])
	if respaced != nil {
		out = respaced
	}
	for i, s := range out { // a power of 1 may round to above it
		out[i] = min(s, 1)
	}
	return out, err
}

// dynamicShift is by e^mu or by mu itself; mu goes by the size of a picture.
func (c Config) dynamicShift(mu *float64) (func(float64) float64, error) {
	if mu == nil {
		return nil, fmt.Errorf("use_dynamic_shifting needs mu, which goes by the size of the picture")
	}
	factor := *mu
	switch c.TimeShift {
	case "exponential":
		factor = elementary.Exp(factor)
	case "linear":
	default:
		return nil, fmt.Errorf("time_shift_type %q is unknown; exponential and linear are understood", c.TimeShift)
	}
	if !(factor > 0) || math.IsInf(factor, 1) {
		return nil, fmt.Errorf("mu is %v; with time_shift_type %s the shift must be positive and finite", *mu, c.TimeShift)
	}
	return func(s float64) float64 { return factor / (factor + (1/s - 1)) }, nil
}

// stretch scales what is missing to 1 so that the last sigma is terminal.
func stretch(sigmas []float64, terminal float64) error {
	missing := 1 - sigmas[len(sigmas)-1]
	if !(terminal > 0 && terminal < 1) || missing == 0 {
		return fmt.Errorf("shift_terminal is %v with sigmas from %v to %v; it must lie between 0 and 1, and there must be at least 2 steps", terminal, sigmas[0], sigmas[len(sigmas)-1])
	}
	scale := missing / (1 - terminal)
	for i, s := range sigmas {
		sigmas[i] = 1 - (1-s)/scale
	}
	return nil
}
