package scheduler

import (
	"fmt"

	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// planPNDM is the textbook's where the list of time steps has strides of T/n and
// the network says the noise: then every step, which goes T/n back as DDIM's
// does (strideTargets), ends where the next begins. Otherwise it is played call
// by call (pndmcalls.go).
func planPNDM(c Config, o Options) (Plan, error) {
	p, err := c.tablePlan(o)
	if err != nil {
		return Plan{}, err
	}
	if c.Prediction != "epsilon" && c.Prediction != "v_prediction" {
		return Plan{}, fmt.Errorf("prediction_type %q is unknown; epsilon and v_prediction are understood", c.Prediction)
	}
	steps := p.Timesteps
	if n := len(steps); n < 4 && !c.SkipPRK {
		return Plan{}, fmt.Errorf("%d steps with Runge-Kutta steps at the start; choose at least 4, or skip_prk_steps", n)
	}
	table := p.Schedule.(*schedule.Table)
	calls := c.pndmCalls(steps)
	if c.Prediction == "epsilon" && len(steps) > 1 && c.evenStrides(steps) {
		p.Sampler = onto{sample.PNDM{RungeKutta: !c.SkipPRK}, c.strideTargets(table, steps)}
	} else {
		p.Sampler = pndmPlayer{table, calls, c.Prediction == "v_prediction", c.endTime(table)}
	}
	p.Timesteps = nil
	for _, call := range calls {
		p.Timesteps = append(p.Timesteps, float64(call.at))
	}
	return p, nil
}

// evenStrides says that all strides are T/n, and that they have a middle where
// one is looked at.
func (c Config) evenStrides(steps []float64) bool {
	stride := c.TrainTimesteps / len(steps)
	for k := range len(steps) - 1 {
		if int(steps[k])-int(steps[k+1]) != stride {
			return false
		}
	}
	return c.SkipPRK || stride%2 == 0
}

// endTime is that of any step below the first.
func (c Config) endTime(table *schedule.Table) float64 {
	if c.SetAlphaOne {
		return 0
	}
	return table.Time(1)
}
