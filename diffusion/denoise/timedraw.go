package denoise

import (
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// TimeDraw turns a uniform draw in [0, 1) into a training time. The draws it is
// given fill the interval evenly over the rows of a step ([Draws.Times]), and so
// do its times, in their own measure.
type TimeDraw interface {
	Time(sch schedule.Schedule, u float64) float64
}

// LogNormal draws the noise level sigma/alpha with a normal logarithm, and so
// trains most where noise and data are alike (EDM, Karras et al. 2022,
// arXiv 2206.00364, table 1, with Mean -1.2 and SD 1.2). SD = 0 means 1.2, with
// that mean if Mean is 0 too.
type LogNormal struct {
	Mean, SD float64
}

// Time implements [TimeDraw].
func (l LogNormal) Time(sch schedule.Schedule, u float64) float64 {
	if l.SD == 0 {
		l.SD = 1.2
		if l.Mean == 0 {
			l.Mean = -1.2
		}
	}
	level := l.Mean + float64(l.SD*elementary.NormQuantile(inside(u)))
	return max(schedule.Time(sch, -level), minTime)
}

// LogitNormal draws a time whose logit is normal, as flow models of pictures
// are trained (Esser et al. 2024, arXiv 2403.03206, section 3.1). SD = 0 means 1.
type LogitNormal struct {
	Mean, SD float64
}

// Time implements [TimeDraw].
func (l LogitNormal) Time(_ schedule.Schedule, u float64) float64 {
	if l.SD == 0 {
		l.SD = 1
	}
	return max(elementary.Sigmoid(l.Mean+float64(l.SD*elementary.NormQuantile(inside(u)))), minTime)
}

// inside keeps a uniform draw away from 0, where a quantile is infinite.
func inside(u float64) float64 { return max(u, 1e-12) }
