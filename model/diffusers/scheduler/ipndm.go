package scheduler

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/engine/kernel/elementary"
)

// planIPNDM has a schedule of its own, sigma = sin(pi u/2)^2 for falling u, with
// alpha^2 + sigma^2 = 1, and tells the network the angle of (alpha, sigma) in
// right angles. trained_betas, where given, are the sigmas.
func planIPNDM(c Config, o Options) (Plan, error) {
	n := o.Steps
	if n < 1 {
		return Plan{}, fmt.Errorf("%d sampling steps; at least 1 is needed", n)
	}
	sigmas := make([]float64, n+1)
	for i := range sigmas {
		wave := elementary.Sin(float64(n-i) / float64(n) * math.Pi / 2)
		sigmas[i] = float64(wave * wave)
	}
	if len(c.TrainedBetas) > 0 {
		if sigmas = c.TrainedBetas; len(sigmas) != n+1 {
			return Plan{}, fmt.Errorf("trained_betas has %d entries for %d steps; one more than steps is needed", len(sigmas), n)
		}
	}
	alpha := func(sigma float64) float64 { return math.Sqrt((1 - sigma) * (1 + sigma)) }
	p := Plan{Start: 1, Sampler: blindStart{sample.IPNDM{}}}
	for _, s := range sigmas[:n] {
		p.Timesteps = append(p.Timesteps, angle(alpha(s), s))
	}
	var err error
	p.Schedule, p.Grid, err = points(sigmas, func(s float64) (float64, float64) { return alpha(s), s })
	return p, err
}

// angle is that of (alpha, sigma) on the unit circle, in right angles, by
// bisection of its sine.
func angle(alpha, sigma float64) float64 {
	lo, hi := 0.0, 1.0
	for {
		mid := (lo + hi) / 2
		if mid <= lo || mid >= hi {
			return hi
		}
		at := mid * math.Pi / 2
		// Whichever of the two is steeper there.
		if sigma < alpha && elementary.Sin(at) < sigma || sigma >= alpha && elementary.Cos(at) > alpha {
			lo = mid
		} else {
			hi = mid
		}
	}
}

// blindStart takes the predicted data for 0 where there is no signal: the
// library divides it out of the noise, of which nothing is left there.
type blindStart struct{ sample.Sampler }

func (m blindStart) Begin(p sample.Plan) sample.Step {
	p.Denoiser = blind{p.Denoiser}
	return m.Sampler.Begin(p)
}

type blind struct{ sample.Denoiser }

func (d blind) Denoise(x0, xt *process.State, t []float64) {
	d.Denoiser.Denoise(x0, xt, t)
	for i, at := range t {
		if alpha, _ := d.Schedule().At(at); alpha == 0 {
			clear(x0.Row(i))
		}
	}
}
