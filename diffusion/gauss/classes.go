package gauss

import (
	"fmt"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
)

// Classes is the exact denoiser of a mixture whose parts are classes: of a row
// with label k it is that of part k, of one with a negative label that of the
// whole mixture. It is a denoise.Labelled.
type Classes struct {
	Data   *Mixture
	Sch    schedule.Schedule
	Labels []int32 // one for each row of the states to come
}

// Schedule is the noise schedule.
func (d *Classes) Schedule() schedule.Schedule { return d.Sch }

// Label gives the rows of the states to come their classes.
func (d *Classes) Label(labels []int32) { d.Labels = labels }

// Denoise sets each row of x0 to E[x0 | x_t, class].
func (d *Classes) Denoise(x0, xt *process.State, t []float64) {
	x0.MustMatch(xt)
	if len(d.Labels) != xt.Rows {
		panic(fmt.Sprintf("gauss: a state %v with %d labels", xt, len(d.Labels)))
	}
	for i, k := range d.Labels {
		var data Data = d.Data
		if k >= 0 {
			data = d.Data.parts[k]
		}
		alpha, sigma := d.Sch.At(t[i])
		data.Denoise(x0.Row(i), xt.Row(i), alpha, sigma)
	}
}
