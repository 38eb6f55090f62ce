package scheduler

import (
	"fmt"
	"math"
	"slices"

	"ebb/diffusion/schedule"
)

// The library counts steps from 0: its step i is our step i+1 of 1..T. Lists
// here are the library's own, falling.

// Timesteps is the list of time steps that the library would make: what the
// network is told at each call of it. It is Plan's, but for lists with a step
// beyond the schedule (leading spacing of all steps with an offset), which the
// library makes and a Plan refuses.
func (c Config) Timesteps(o Options) ([]float64, error) {
	if c.Class == "DDPMScheduler" || c.Class == "DDIMScheduler" {
		steps, err := c.whole(o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", c.Class, err)
		}
		return steps, nil
	}
	p, err := c.Plan(o)
	return p.Timesteps, err
}

// spaced is the list of n time steps by the configuration's spacing, with the
// fractions of linspace kept.
func (c Config) spaced(n int) ([]float64, error) {
	total := c.TrainTimesteps
	if n < 1 || n > total {
		return nil, fmt.Errorf("%d sampling steps; the schedule has %d, choose 1..%d", n, total, total)
	}
	out := make([]float64, n)
	switch c.Spacing {
	case "linspace":
		for i := range out {
			if n > 1 {
				out[i] = float64(i) * (float64(total-1) / float64(n-1))
			}
		}
	case "leading":
		for i := range out {
			out[i] = float64(i*(total/n) + c.StepsOffset)
		}
	case "trailing":
		// numpy's arange counts in its first difference, rounded.
		top := float64(total)
		stride := (top - top/float64(n)) - top
		for i := range out {
			out[n-1-i] = math.RoundToEven(top+float64(float64(i)*stride)) - 1
		}
	default:
		return nil, fmt.Errorf("timestep_spacing %q is unknown; leading, trailing and linspace are understood", c.Spacing)
	}
	slices.Reverse(out)
	return out, nil
}

// whole is spaced with every step rounded, halves to even, or the user's own
// list.
func (c Config) whole(o Options) ([]float64, error) {
	if len(o.Timesteps) > 0 {
		out := make([]float64, len(o.Timesteps))
		for i, s := range o.Timesteps {
			out[i] = float64(s)
		}
		return out, nil
	}
	out, err := c.spaced(o.Steps)
	for i, s := range out {
		out[i] = math.RoundToEven(s)
	}
	return out, err
}

// timesOf is the grid of a list of whole steps.
func timesOf(table *schedule.Table, steps []float64) ([]float64, error) {
	own := make([]int, len(steps))
	for i, s := range steps {
		own[i] = int(s) + 1
	}
	return table.Grid(own)
}
