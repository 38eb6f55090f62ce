package denoise

import (
	"math"

	"ebb/diffusion/schedule"
)

// Importance draws times by how large the loss was there (Nichol and Dhariwal
// 2021, arXiv 2102.09672, section 3.3): part k of [0, 1] in proportion to
// p_k = sqrt(E L^2), a floor keeping every part alive. The loss of a row is
// divided by how much oftener its time was drawn, so its expectation stays and
// its variance falls.
//
// What was seen in a step counts from the next one on, so a step does not
// depend on how its rows are cut into batches. An Importance is the one part of
// a loss that remembers; State holds all of it, for a checkpoint.
type Importance struct {
	// State is, for each part, the running mean of L^2; then the sums of L^2
	// of the step being seen; then their counts; and last the step, plus 1.
	State []float32
}

// parts of [0, 1], the share of the old mean that a new loss leaves, and the
// share of the draws that goes to all parts alike.
const (
	importanceParts = 64
	importanceDecay = 0.95
	importanceFloor = 0.1
)

// NewImportance draws times alike until losses were seen.
func NewImportance() *Importance {
	m := &Importance{State: make([]float32, 3*importanceParts+1)}
	for k := range importanceParts {
		m.State[k] = 1
	}
	return m
}

func (m *Importance) means() []float32  { return m.State[:importanceParts] }
func (m *Importance) sums() []float32   { return m.State[importanceParts : 2*importanceParts] }
func (m *Importance) counts() []float32 { return m.State[2*importanceParts : 3*importanceParts] }

// Begin starts a step: what the one before saw is taken in.
func (m *Importance) Begin(step int) {
	current := &m.State[3*importanceParts]
	if *current == float32(step+1) {
		return
	}
	*current = float32(step + 1)
	for k, n := range m.counts() {
		if n > 0 {
			m.means()[k] = float32(importanceDecay*float64(m.means()[k])) + float32((1-importanceDecay)*float64(m.sums()[k]/n))
		}
	}
	clear(m.sums())
	clear(m.counts())
}

// Observe notes the loss of a row at time t.
func (m *Importance) Observe(t, loss float64) {
	k := part(t)
	m.sums()[k] += float32(loss * loss)
	m.counts()[k]++
}

func part(t float64) int { return min(max(int(t*importanceParts), 0), importanceParts-1) }

// shares are the probabilities of the parts.
func (m *Importance) shares() []float64 {
	out := make([]float64, importanceParts)
	total := 0.0
	for k, v := range m.means() {
		out[k] = math.Sqrt(float64(v))
		total += out[k]
	}
	for k := range out {
		if total > 0 {
			out[k] *= (1 - importanceFloor) / total
		}
		out[k] += importanceFloor / importanceParts
	}
	return out
}

var _ TimeDraw = (*Importance)(nil)

// Time implements [TimeDraw].
func (m *Importance) Time(_ schedule.Schedule, u float64) float64 {
	below := 0.0
	for k, share := range m.shares() {
		if u < below+share || k == importanceParts-1 {
			return (float64(k) + min((u-below)/share, 1)) / importanceParts
		}
		below += share
	}
	panic("unreachable")
}

// Frequency is how much oftener the times from lo to hi are drawn than by a
// uniform draw; lo = hi asks for one time.
func (m *Importance) Frequency(lo, hi float64) float64 {
	shares := m.shares()
	if lo >= hi {
		return shares[part(hi)] * importanceParts
	}
	within := 0.0
	for k := part(lo); k <= part(hi); k++ {
		from, to := max(lo*importanceParts, float64(k)), min(hi*importanceParts, float64(k+1))
		within += float64(shares[k] * max(to-from, 0))
	}
	return within / (hi - lo)
}
