package schedule

import (
	"fmt"

	"ebb/engine/kernel/elementary"
)

// Flow is the straight path of rectified flow (Liu et al. 2022,
// arXiv 2209.03003; flow matching, Lipman et al. 2022, arXiv 2210.02747),
//
//	alpha = 1 - u,  sigma = u,  u = Shift t / (1 + (Shift - 1) t).
//
// Shift above 1 spends more of the time at high noise, as large pictures need
// (Esser et al. 2024, arXiv 2403.03206, eq. 23); 0 means 1, u = t.
type Flow struct {
	Shift float64
}

var _ Schedule = Flow{}

// NewFlow checks the shift: it must be positive.
func NewFlow(shift float64) (Flow, error) {
	if !(shift > 0 && shift-shift == 0) {
		return Flow{}, fmt.Errorf("schedule: flow with a shift of %v; it must be positive, 1 for none", shift)
	}
	return Flow{Shift: shift}, nil
}

// DynamicFlow chooses the shift by the number of tokens (pixels or patches) of
// an example: its logarithm is a line through 0.5 at 256 and 1.15 at 4096, the
// rule in use for pictures of several sizes (Esser et al. 2024, section 5.3.2).
// Beyond 65,536 tokens the line would ask for shifts above 100,000, at which
// nearly all times are noise alone; choose one with [NewFlow] instead.
func DynamicFlow(tokens int) (Flow, error) {
	if tokens < 1 || tokens > mostTokens {
		return Flow{}, fmt.Errorf("schedule: a dynamic flow for examples of %d tokens; 1..%d are possible, for more choose a flow with a shift of your own", tokens, mostTokens)
	}
	mu := 0.5 + (1.15-0.5)*float64(tokens-256)/(4096-256)
	return Flow{Shift: elementary.Exp(mu)}, nil
}

const mostTokens = 1 << 16

// At implements [Schedule].
func (f Flow) At(t float64) (alpha, sigma float64) {
	shift := f.Shift
	if shift == 0 {
		shift = 1
	}
	t = min(max(t, 0), 1)
	slow := (1 - t) + float64(shift*t) // at t = 1 the shift itself, so that sigma is 1
	return (1 - t) / slow, shift * t / slow
}
