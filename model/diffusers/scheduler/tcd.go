package scheduler

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// planTCD rounds the step it goes down to, and ends at the first training step,
// not at the data.
func planTCD(c Config, o Options) (Plan, error) {
	if !(o.Eta >= 0 && o.Eta <= 1) {
		return Plan{}, fmt.Errorf("eta is %v; choose 0..1, 0.3 is usual", o.Eta)
	}
	p, err := c.distilled(o)
	if err != nil {
		return Plan{}, err
	}
	m := downAndUp{}
	table := p.Schedule.(*schedule.Table)
	for i := range p.Timesteps {
		next := 0.0
		if i+1 < len(p.Timesteps) {
			next = p.Timesteps[i+1]
		}
		m.down = append(m.down, table.Time(int(math.Floor((1-o.Eta)*next))+1))
	}
	// There is no noise in the end.
	last := len(p.Timesteps) - 1
	p.Grid[last+1] = m.down[last]
	p.Sampler = m
	return p, nil
}

// downAndUp is sample.TCD with the times it goes down to given.
type downAndUp struct{ down []float64 }

func (m downAndUp) Begin(p sample.Plan) sample.Step {
	step := sample.TCD{}.Begin(p)
	z := process.NewState(p.Rows, p.Dim)
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		step(x, t, m.down[k])
		if s > m.down[k] {
			process.Fill(z, p.Noise, k)
			process.Jump(p.Denoiser.Schedule(), m.down[k], s).Apply(x, x, z)
		}
	}
}
