package schedule

import (
	"fmt"
	"math"

	"ebb/engine/kernel/elementary"
)

// cosineOffset keeps beta from vanishing near t = 0: the s of Improved DDPM.
const cosineOffset = 0.008

// cosineCap is the largest beta of CosineTable.
const cosineCap = 0.999

// CosineTable is the cosine schedule of Improved DDPM (Nichol and Dhariwal
// 2021, arXiv 2102.09672, eq. 17): alphaBar_i = f(i/T)/f(0) with
// f(t) = cos^2((t+s)/(1+s) pi/2), s = 0.008, and every beta capped at 0.999.
func CosineTable(steps int) (*Table, error) {
	if steps < 1 {
		return nil, fmt.Errorf("schedule: %d steps; at least 1 is needed", steps)
	}
	f := func(i int) float64 {
		t := float64(i) / float64(steps)
		c := elementary.Cos((t + cosineOffset) / (1 + cosineOffset) * math.Pi / 2)
		return float64(c * c)
	}
	beta := make([]float64, steps)
	before := f(0)
	for i := range beta {
		after := f(i + 1)
		beta[i] = min(1-after/before, cosineCap)
		before = after
	}
	return NewTable(beta)
}

// Cosine is the continuous cosine schedule,
//
//	alpha(t) = cos(u)/cos(u0),   u = u0 + t (u1 - u0),
//
// with u0 = s/(1+s) pi/2 as in CosineTable. It ends a little before the right
// angle, at u1 = pi/2 - End, so that alpha(1), about End, is not zero and the
// noise can be turned into data at every t in (0, 1]. End is in radians; 0
// means 0.006, an alphaBar(1) of 3.6e-5, near that of DDPM's linear table.
type Cosine struct {
	End float64
}

var _ Schedule = Cosine{}

// At implements [Schedule]. sigma^2 = 1 - cos^2(u)/cos^2(u0) is computed as
// sin(u-u0) sin(u+u0)/cos^2(u0), without cancellation near t = 0.
func (c Cosine) At(t float64) (alpha, sigma float64) {
	end := c.End
	if end == 0 {
		end = 0.006
	}
	t = min(max(t, 0), 1)
	u0 := cosineOffset / (1 + cosineOffset) * math.Pi / 2
	turn := float64(t * (math.Pi/2 - end - u0))
	cos0 := elementary.Cos(u0)
	alpha = elementary.Cos(u0+turn) / cos0
	sigma2 := elementary.Sin(turn) * elementary.Sin(float64(2*u0)+turn)
	return min(alpha, 1), math.Sqrt(max(sigma2, 0)) / cos0
}
