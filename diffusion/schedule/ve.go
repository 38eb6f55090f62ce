package schedule

import (
	"fmt"
	"math"

	"ebb/engine/kernel/elementary"
)

// VE is the variance-exploding process of score matching (Song et al. 2021,
// arXiv 2011.13456, eq. 31): the signal stays, alpha = 1, and the noise grows
// geometrically from Min to Max,
//
//	sigma(t)^2 = Min^2 ((Max/Min)^(2t) - 1),
//
// which is the exact variance of that equation from t = 0 on; the text's
// shorter sigma(t) = Min (Max/Min)^t leaves a noise of Min on the data. The
// zero value stands for 0.01 and 50.
type VE struct {
	Min, Max float64
}

var _ Schedule = VE{}

// NewVE checks the two ends: 0 < min < max, in units of the data.
func NewVE(min, max float64) (VE, error) {
	if !(0 < min && min < max && max-max == 0) {
		return VE{}, fmt.Errorf("schedule: ve from %v to %v; 0 < min < max is needed, such as 0.01 and 50", min, max)
	}
	return VE{Min: min, Max: max}, nil
}

// At implements [Schedule].
func (v VE) At(t float64) (alpha, sigma float64) {
	if v.Min == 0 {
		v.Min, v.Max = 0.01, 50
	}
	t = min(max(t, 0), 1)
	grown := elementary.Expm1(float64(2*t) * elementary.Log(v.Max/v.Min))
	return 1, v.Min * math.Sqrt(grown)
}
