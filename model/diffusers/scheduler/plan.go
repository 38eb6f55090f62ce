package scheduler

import (
	"fmt"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// Options are what a pipeline gives the scheduler beside its configuration.
type Options struct {
	Steps     int      // num_inference_steps
	Timesteps []int    // a falling list of the user's own instead of Steps
	Mu        *float64 // log of the dynamic shift of a flow

	Eta        float64 // DDIM and TCD: how much noise
	UseClipped bool    // DDIM: the noise is seen through the clipped x0

	// Euler: noise put back before a step (EDM, arXiv 2206.00364, algorithm 2).
	Churn, ChurnMin, ChurnMax, ChurnNoise float64

	Order int // LMS: 0 means 4
}

// Plan is a scheduler in our terms. x starts as Start times unit noise at
// Grid[0]; Timesteps[k] is what the network is told at the k-th call of it.
type Plan struct {
	Schedule  schedule.Schedule
	Grid      []float64
	Timesteps []float64
	Sampler   sample.Sampler
	Start     float64
}

// Plan works out what the scheduler does.
func (c Config) Plan(o Options) (Plan, error) {
	k, err := find(c.Class)
	if err != nil {
		return Plan{}, err
	}
	p, err := k.plan(c, o)
	if err != nil {
		return Plan{}, fmt.Errorf("%s: %w", c.Class, err)
	}
	return p, nil
}

// limit is how the configuration bounds x0.
func (c Config) limit() sample.Limit {
	switch {
	case c.Thresholding:
		return sample.DynamicThreshold(c.ThresholdRatio, c.SampleMax)
	case c.ClipSample:
		return sample.Clip(c.ClipRange)
	}
	return nil
}

// onto makes the k-th step of a sampler end at time to[k], where the library
// does not step to the next time of its list.
type onto struct {
	sample.Sampler
	to []float64
}

func (m onto) Begin(p sample.Plan) sample.Step {
	step, k := m.Sampler.Begin(p), -1
	return func(x *process.State, t, _ float64) {
		k++
		step(x, t, m.to[k])
	}
}
