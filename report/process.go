package report

import (
	"fmt"

	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// curvePoints is the number of points of a curve over time.
const curvePoints = 101

// overTime tabulates f on [from, 1].
func overTime(name string, from float64, f func(t float64) float64) Series {
	s := Series{Name: name}
	for i := range curvePoints {
		t := from + (1-from)*float64(i)/(curvePoints-1)
		s.X = append(s.X, t)
		s.Y = append(s.Y, f(t))
	}
	return s
}

// timeAxis is the axis of t.
func timeAxis() Axis { return Axis{Label: "time t: 0 is data, 1 is noise", Max: 1} }

// SignalAndNoise shows how much of the data's covariance and how much of the identity stand in
// that of x_t.
func SignalAndNoise(sch schedule.Schedule) Lines {
	return Lines{
		Caption: Caption{Title: "Signal and noise", Note: "Σ_t = ᾱ_t Σ_0 + (1-ᾱ_t) I: each step takes a grain of Σ_0 away and puts a grain of I in its place."},
		X:       timeAxis(), Y: Axis{Label: "share of the covariance", Max: 1},
		Series: []Series{
			overTime("ᾱ, of the data", 0, func(t float64) float64 { return schedule.AlphaBar(sch, t) }),
			overTime("1-ᾱ, of the noise", 0, func(t float64) float64 { return 1 - schedule.AlphaBar(sch, t) }),
		},
		Size: Small,
	}
}

// SignalToNoise shows the half logarithm of the signal-to-noise ratio.
func SignalToNoise(sch schedule.Schedule) Lines {
	return Lines{
		Caption: Caption{Title: "Half the log signal-to-noise ratio", Note: "λ = log(α/σ): above 0 the data prevails, below it the noise."},
		X:       timeAxis(), Y: Axis{Label: "λ in nats"},
		Series: []Series{overTime("λ", 0.01, func(t float64) float64 {
			a, s := sch.At(t)
			return elementary.Log(a / s)
		})},
		Size: Small,
	}
}

// TerminalNote says in words how far the end of the process is from N(0, I).
func TerminalNote(sch schedule.Schedule, meanSquare float64) string {
	return fmt.Sprintf("At t = 1 the noised data is %.2g bits per dimension from N(0, I), where sampling starts.",
		schedule.PriorBits(sch, 1, meanSquare))
}
