package denoise

import (
	"fmt"

	"ebb/diffusion/schedule"
)

// Answers is nil if a network of this prediction says what the data is at time
// t of the schedule, E[x0 | x_t], and else an error: noise, where there is no
// signal, says nothing of the data.
func Answers(p Prediction, sch schedule.Schedule, t float64) error {
	alpha, sigma := sch.At(t)
	to := Convert(p, Sample, alpha, sigma)
	if finite(to.X) && finite(to.V) {
		return nil
	}
	if p == nil {
		p = Epsilon
	}
	return fmt.Errorf("a network that predicts %v can't say what the data is at t = %v, where alpha is %v and sigma %v; choose the prediction %v, %v, %v or edm, a schedule that keeps some signal, or, of a trained network, a grid that starts later",
		p, t, alpha, sigma, Sample, Velocity, Flow)
}

// Answers implements sample.Reluctant.
func (m *Model) Answers(t float64) error { return Answers(m.Predict, m.Sch, t) }

// Answers implements sample.Reluctant.
func (m *TableModel) Answers(t float64) error { return Answers(m.Predict, m.Sch, t) }
