package optim

import (
	"math"

	"ebb/engine/kernel/elementary"
)

// Cosine is a learning rate that rises linearly from 0 to Base over Warmup steps,
// holds it, and falls along half a cosine to Floor at step Total (SGDR, arXiv
// 1608.03983, eq. 5, one cycle).
type Cosine struct {
	Base, Floor float64
	Warmup      int     // steps; 0: start at Base
	Hold        float64 // share of Total before which the rate does not fall
	Total       int     // steps; 0: not yet known, so hold Base
}

// At is the learning rate of a step, counted from 0. The first warm-up step
// already moves: its rate is Base/Warmup.
func (c Cosine) At(step int) float64 {
	if step < c.Warmup {
		return c.Base * float64(step+1) / float64(c.Warmup)
	}
	if c.Total <= 0 {
		return c.Base
	}
	from := max(c.Warmup, int(c.Hold*float64(c.Total)))
	switch {
	case step <= from:
		return c.Base
	case step >= c.Total:
		return c.Floor
	}
	done := float64(step-from) / float64(c.Total-from)
	fall := (1 + elementary.Cos(math.Pi*done)) / 2
	return c.Floor + float64((c.Base-c.Floor)*fall)
}
