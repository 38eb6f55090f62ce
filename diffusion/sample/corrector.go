package sample

import (
	"slices"

	"ebb/diffusion/process"
)

// predictorCorrector is what UniPC and SA-Solver have in common. A step
// predicts through the predictions so far. The next step's evaluation, made at
// what was predicted, then first corrects that step, through itself and those
// before, and serves the next prediction as well: one evaluation a step. The
// last step is not corrected.
type predictorCorrector struct {
	predict, correct int // how many predictions at most, a correction's own among them
	view             view
	tau              func(t float64) float64
	draws            bool
	slope            func(z float64) float64 // of two predictions, or nil for the exact moment
	fullOrder        bool
	uncorrected      []int
	limit            Limit
}

// predicted is a step that may still be corrected.
type predicted struct {
	from    *process.State
	st      stride
	correct int
	valid   bool
}

func (m predictorCorrector) begin(p Plan) Step {
	r := newLambdaRun(p, max(m.predict, m.correct-1), m.view, m.limit, m.draws)
	last := predicted{from: p.state()}
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		now := r.look(x, t)
		if last.valid && !slices.Contains(m.uncorrected, k-1) {
			through := append([]seen{now}, r.newest(last.correct-1)...)
			r.move(x, last.from, last.st, m.moments(last.st.z, len(through)), through, k-1)
		}
		r.remember(now)
		last.valid = false
		if t == s {
			return
		}
		tau := m.tau(t)
		st, ok := p.stride(m.view, tau, t, s)
		if !ok {
			r.atTheEnd(x, t, s, tau, k)
			return
		}
		predict, correct := m.predict, m.correct
		if !m.fullOrder {
			predict = lowered(predict, k, p.Steps())
			correct = lowered(correct, k-1, p.Steps())
		}
		copy(last.from.Data, x.Data)
		last.st, last.correct, last.valid = st, correct, st.h != 0
		through := r.newest(predict)
		r.move(x, x, st, m.moments(st.z, len(through)), through, k)
	}
}

// moments of a step through so many predictions.
func (m predictorCorrector) moments(z float64, through int) []float64 {
	b := moments(z, through)
	if through == 2 && m.slope != nil {
		b[1] = m.slope(z)
	}
	return b
}
