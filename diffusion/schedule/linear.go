package schedule

import (
	"fmt"
	"math"

	"ebb/engine/kernel/elementary"
)

// Linear has beta rising in equal steps from start to end (DDPM,
// arXiv 2006.11239, section 4, with T = 1000, 1e-4, 0.02).
func Linear(steps int, start, end float64) (*Table, error) {
	if err := checkRange(steps, start, end); err != nil {
		return nil, err
	}
	return NewTable(ramp(steps, start, end))
}

// ScaledLinear has sqrt(beta) rising in equal steps (latent diffusion, Rombach
// et al. 2022, arXiv 2112.10752, with T = 1000, 0.00085, 0.012).
func ScaledLinear(steps int, start, end float64) (*Table, error) {
	if err := checkRange(steps, start, end); err != nil {
		return nil, err
	}
	beta := ramp(steps, math.Sqrt(start), math.Sqrt(end))
	for i, b := range beta {
		beta[i] = float64(b * b)
	}
	return NewTable(beta)
}

// Sigmoid has beta rising from start to end along a logistic curve over
// [-6, 6] (GeoDiff, Xu et al. 2022, arXiv 2203.02923).
func Sigmoid(steps int, start, end float64) (*Table, error) {
	if err := checkRange(steps, start, end); err != nil {
		return nil, err
	}
	beta := ramp(steps, -6, 6)
	for i, b := range beta {
		beta[i] = float64(elementary.Sigmoid(b)*(end-start)) + start
	}
	return NewTable(beta)
}

// ramp is n values in equal steps from first to last, both included.
func ramp(n int, first, last float64) []float64 {
	out := make([]float64, n)
	for i := range out {
		if n == 1 {
			out[i] = first
			break
		}
		out[i] = first + float64(float64(i)*(last-first))/float64(n-1)
	}
	return out
}

func checkRange(steps int, start, end float64) error {
	if steps < 1 {
		return fmt.Errorf("schedule: %d steps; at least 1 is needed", steps)
	}
	if !(0 < start && start <= end && end < 1) {
		return fmt.Errorf("schedule: beta from %v to %v; 0 < start <= end < 1 is needed", start, end)
	}
	return nil
}

// LinearRate is the continuous limit of Linear: the noise rate grows linearly,
// beta(t) = Min + t (Max - Min), so that
// -log alphaBar(t) = Min t + (Max - Min) t^2/2 (the VP equation of Song et al.
// 2021, arXiv 2011.13456, eq. 32, with Min = 0.1, Max = 20). The zero value
// stands for those two.
type LinearRate struct {
	Min, Max float64
}

var _ Schedule = LinearRate{}

// At implements [Schedule].
func (l LinearRate) At(t float64) (alpha, sigma float64) {
	if l.Max == 0 {
		l.Min, l.Max = 0.1, 20
	}
	t = min(max(t, 0), 1)
	rate := t * math.FMA(t, (l.Max-l.Min)/2, l.Min)
	return elementary.Exp(-rate / 2), math.Sqrt(-elementary.Expm1(-rate))
}
