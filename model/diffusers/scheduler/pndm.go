package scheduler

import (
	"fmt"

	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// planPNDM steps T/n back, as DDIM does (strideTargets), even where the list's
// next step is elsewhere, and mixes what the network says as it is said: noises
// or velocities. The start of either kind looks where its step ends,
// and lists that time twice.
func planPNDM(c Config, o Options) (Plan, error) {
	p, err := c.tablePlan(o)
	if err != nil {
		return Plan{}, err
	}
	steps := p.Timesteps
	if c.Prediction != "epsilon" && c.Prediction != "v_prediction" {
		return Plan{}, fmt.Errorf("prediction_type %q is unknown; epsilon and v_prediction are understood", c.Prediction)
	}
	m := sample.PNDM{RungeKutta: !c.SkipPRK, Velocity: c.Prediction == "v_prediction"}
	p.Sampler = onto{m, c.strideTargets(p.Schedule.(*schedule.Table), steps)}
	switch n := len(steps); {
	case n == 1 && c.SkipPRK:
		p.Sampler = onto{sample.Euler{}, c.strideTargets(p.Schedule.(*schedule.Table), steps)}
	case c.SkipPRK:
		p.Timesteps = append([]float64{steps[0], steps[1]}, steps[1:]...)
	default:
		if n < 4 {
			return Plan{}, fmt.Errorf("%d steps with Runge-Kutta steps at the start; choose at least 4, or skip_prk_steps", n)
		}
		half := float64(c.TrainTimesteps / n / 2)
		p.Timesteps = nil
		for k := range 3 {
			next := steps[k+1]
			p.Timesteps = append(p.Timesteps, steps[k], next+half, next+half, next)
		}
		p.Timesteps = append(p.Timesteps, steps[3:]...)
	}
	return p, nil
}
