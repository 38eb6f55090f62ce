package schedule

import (
	"fmt"

	"ebb/engine/kernel/elementary"
)

// EDM is the process of Karras et al. (2022, arXiv 2206.00364): alpha = 1 and
//
//	sigma(t) = Max t^Rho,
//
// so that equal steps of t are the paper's own steps, equal in sigma^(1/Rho)
// (eq. 5, there ending at a least sigma instead of 0; see [Karras]). The zero
// value stands for the paper's Max = 80 and Rho = 7.
type EDM struct {
	Max, Rho float64
}

var _ Schedule = EDM{}

// NewEDM checks the two parameters: max > 0, rho >= 1.
func NewEDM(max, rho float64) (EDM, error) {
	if !(max > 0 && rho >= 1 && max-max == 0 && rho-rho == 0) {
		return EDM{}, fmt.Errorf("schedule: edm with a largest sigma of %v and rho %v; max > 0 and rho >= 1 are needed, such as 80 and 7", max, rho)
	}
	return EDM{Max: max, Rho: rho}, nil
}

// At implements [Schedule].
func (e EDM) At(t float64) (alpha, sigma float64) {
	if e.Max == 0 {
		e.Max, e.Rho = 80, 7
	}
	t = min(max(t, 0), 1)
	if t == 0 {
		return 1, 0
	}
	return 1, e.Max * elementary.Pow(t, e.Rho)
}
