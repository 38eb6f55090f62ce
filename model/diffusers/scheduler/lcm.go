package scheduler

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
)

// planLCM visits some of the steps the model was distilled on, and blends what
// the network predicts with the sample, so that at step 0 the sample itself
// comes back (arXiv 2310.04378, eq. 9).
func planLCM(c Config, o Options) (Plan, error) {
	p, err := c.distilled(o)
	p.Sampler = blended{sample.LCM{}, c}
	return p, err
}

// distilled is what LCM and TCD share: original_inference_steps equal strides,
// and of these as many as asked for.
func (c Config) distilled(o Options) (Plan, error) {
	table, err := c.table()
	if err != nil {
		return Plan{}, err
	}
	steps, err := c.whole(o)
	if len(o.Timesteps) == 0 {
		steps, err = c.distilledSteps(o.Steps)
	}
	if err != nil {
		return Plan{}, err
	}
	grid, err := timesOf(table, steps)
	return Plan{Schedule: table, Grid: grid, Timesteps: steps, Start: 1}, err
}

func (c Config) distilledSteps(n int) ([]float64, error) {
	original := c.OriginalSteps
	if original < 1 || original > c.TrainTimesteps {
		return nil, fmt.Errorf("original_inference_steps is %d; the schedule has %d, choose 1..%d", original, c.TrainTimesteps, c.TrainTimesteps)
	}
	if n < 1 || n > original {
		return nil, fmt.Errorf("%d sampling steps; the model was distilled on %d, choose 1..%d", n, original, original)
	}
	stride := c.TrainTimesteps / original
	out := make([]float64, n)
	for i := range out {
		down := int(math.Floor(float64(i) * (float64(original) / float64(n))))
		out[i] = float64((original-down)*stride - 1)
	}
	return out, nil
}

// blended gives a sampler the denoiser skip x + out x0.
type blended struct {
	sample.Sampler
	c Config
}

func (m blended) Begin(p sample.Plan) sample.Step {
	p.Denoiser = blend{p.Denoiser, m.c}
	return m.Sampler.Begin(p)
}

type blend struct {
	sample.Denoiser
	c Config
}

func (d blend) Denoise(x0, xt *process.State, t []float64) {
	d.Denoiser.Denoise(x0, xt, t)
	limit := d.c.limit()
	for i, at := range t {
		row := x0.Row(i)
		if limit != nil {
			limit(row)
		}
		step := math.Round(at*float64(d.c.TrainTimesteps)) - 1
		// The library's sigma_data is 0.5, and no setting.
		scaled := step * d.c.TimestepScaling
		sum := float64(scaled*scaled) + 0.25
		skip, out := 0.25/sum, scaled/math.Sqrt(sum)
		for j, x := range xt.Row(i) {
			row[j] = float64(skip*x) + float64(out*row[j])
		}
	}
}
