package schedule

import (
	"fmt"
	"math"

	"ebb/engine/kernel/elementary"
)

// Table is a discrete noise schedule beta_1, ..., beta_T of DDPM
// (arXiv 2006.11239, section 2), together with its continuous reading.
//
// Step i stands at time t = i/T, where At returns exactly
// sqrt(alphaBar_i) and sqrt(1 - alphaBar_i). Between two steps the integrated
// rate L(t) = -log alphaBar(t), which is 0 at t = 0 and grows, is interpolated
// by a monotone cubic (see [hermite]); the half log-SNR is then
// lambda = -log(expm1(L))/2. L is used instead of lambda itself because lambda
// is infinite at t = 0. If alphaBar_T = 0 (zero terminal SNR, L infinite), the
// last interval interpolates alpha linearly instead.
type Table struct {
	beta     []float64 // beta[i], i = 0..T; beta[0] = 0
	alphaBar []float64 // product of 1-beta up to i; alphaBar[0] = 1
	sigma2   []float64 // 1-alphaBar, summed without cancellation
	rate     hermite   // -log alphaBar over i
}

// NewTable builds the schedule of the given steps; beta[0] is beta_1. Each must
// lie in (0, 1); the last may be 1, which leaves no signal at all.
func NewTable(beta []float64) (*Table, error) {
	steps := len(beta)
	if steps == 0 {
		return nil, fmt.Errorf("schedule: a table needs at least one step")
	}
	for i, b := range beta {
		last := i == steps-1 && b == 1
		if !(b > 0 && b < 1) && !last {
			return nil, fmt.Errorf("schedule: beta_%d = %v is outside (0, 1)", i+1, b)
		}
	}
	t := &Table{
		beta:     make([]float64, steps+1),
		alphaBar: make([]float64, steps+1),
		sigma2:   make([]float64, steps+1),
	}
	t.alphaBar[0] = 1
	rate := make([]float64, steps+1)
	for i := 1; i <= steps; i++ {
		b := beta[i-1]
		t.beta[i] = b
		t.alphaBar[i] = t.alphaBar[i-1] * (1 - b)
		// The covariance exchange itself: a share b of what is there
		// goes, a share b of I comes. No difference of close numbers.
		t.sigma2[i] = float64(t.sigma2[i-1]*(1-b)) + b
		if b == 1 {
			rate[i] = math.Inf(1)
			continue
		}
		rate[i] = rate[i-1] - elementary.Log1p(-b)
	}
	if t.sigma2[steps] > 1 {
		t.sigma2[steps] = 1
	}
	t.rate = newHermite(rate)
	return t, nil
}

// Steps is T, the number of steps.
func (t *Table) Steps() int { return len(t.beta) - 1 }

// Beta is the variance of the noise added in step i, 1 <= i <= T; Beta(0) is 0.
func (t *Table) Beta(i int) float64 { return t.beta[i] }

// AlphaBar is the product of 1-beta over the steps 1..i; AlphaBar(0) is 1.
func (t *Table) AlphaBar(i int) float64 { return t.alphaBar[i] }

// Time is i/T, the time of step i.
func (t *Table) Time(i int) float64 { return float64(i) / float64(t.Steps()) }

// onKnot is how near to a whole number t*T must be to stand for the step
// itself: (i/T)*T is not always i in floating point.
const onKnot = 1e-9

// At implements [Schedule].
func (t *Table) At(time float64) (alpha, sigma float64) {
	steps := t.Steps()
	u := float64(time * float64(steps))
	if u <= 0 {
		return 1, 0
	}
	if near := math.Round(u); math.Abs(u-near) <= onKnot || u >= float64(steps) {
		i := min(int(near), steps)
		return math.Sqrt(t.alphaBar[i]), math.Sqrt(t.sigma2[i])
	}
	if u > float64(steps-1) && t.alphaBar[steps] == 0 {
		alpha = float64(math.Sqrt(t.alphaBar[steps-1]) * (float64(steps) - u))
		return alpha, math.Sqrt((1 - alpha) * (1 + alpha))
	}
	rate := t.rate.at(u)
	return elementary.Exp(-rate / 2), math.Sqrt(-elementary.Expm1(-rate))
}

// ZeroTerminal returns the table shifted and scaled so that no signal is left
// at step T while step 1 stays as it was (Lin et al. 2023, "Common diffusion
// noise schedules and sample steps are flawed", arXiv 2305.08891, algorithm 1).
func (t *Table) ZeroTerminal() *Table {
	steps := t.Steps()
	if steps < 2 {
		panic("schedule: ZeroTerminal needs at least two steps")
	}
	first, last := math.Sqrt(t.alphaBar[1]), math.Sqrt(t.alphaBar[steps])
	beta := make([]float64, steps)
	before := 1.0
	for i := 1; i <= steps; i++ {
		alpha := float64((math.Sqrt(t.alphaBar[i]) - last) * (first / (first - last)))
		bar := float64(alpha * alpha)
		beta[i-1] = 1 - bar/before
		before = bar
	}
	out, err := NewTable(beta)
	if err != nil {
		panic("schedule: ZeroTerminal of a valid table: " + err.Error())
	}
	return out
}
