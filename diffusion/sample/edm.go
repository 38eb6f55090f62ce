package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// EDM is the stochastic sampler of Karras et al. (2022, arXiv 2206.00364,
// algorithm 2), with y = x/alpha and r = sigma/alpha for any schedule: before
// each step the level is raised by fresh noise,
//
//	gamma = min(Churn/N, sqrt(2)-1) where Min <= r_t <= Max, else 0,
//	r^ = (1 + gamma) r_t,   y^ = y_t + sqrt(r^^2 - r_t^2) Noise z,
//
// and then a step of [Heun] goes from r^ to r_s. N is the number of steps. The
// level is raised no further than the schedule reaches, so not at all at its
// end. The zero value has no churn and is Heun; Max = 0 stands for no bound
// and Noise = 0 for 1. The paper's own: 40, 0.05, 50, 1.003 (table 5, ImageNet).
//
// Order 2 without churn, 2 evaluations a step, the last step 1.
type EDM struct {
	Churn    float64 // S_churn: how much noise, over all steps
	Min, Max float64 // S_tmin, S_tmax: the levels at which there is any
	Noise    float64 // S_noise: standard deviation of the noise, a little above 1 against lost detail
	Limit    Limit   // of the predicted x0
}

var (
	_ Sampler = EDM{}
	_ Checker = EDM{}
)

// Check implements [Checker].
func (m EDM) Check(Plan) error {
	switch {
	case !(m.Churn >= 0) || math.IsInf(m.Churn, 1):
		return fmt.Errorf("sample: edm: a churn of %v; 0 is deterministic, 40 is usual", m.Churn)
	case !(m.Noise >= 0) || math.IsInf(m.Noise, 1):
		return fmt.Errorf("sample: edm: noise of standard deviation %v; it must be positive, 1 or a little more", m.Noise)
	case !(m.Min >= 0 && m.Max >= 0) || m.Max > 0 && m.Max < m.Min:
		return fmt.Errorf("sample: edm: churn between the levels %v and %v; 0 <= min <= max is needed, or max = 0 for no bound", m.Min, m.Max)
	}
	return nil
}

// Begin implements [Sampler].
func (m EDM) Begin(p Plan) Step {
	step := p.heun(m.Limit)
	z := make([]float64, p.Dim)
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		if p.still(t, s) {
			return
		}
		step(x, m.churn(p, x, z, k, t), s)
	}
}

// churn adds noise to x at time t and returns the time at which x then is.
func (m EDM) churn(p Plan, x *process.State, z []float64, k int, t float64) float64 {
	sch := p.Denoiser.Schedule()
	alpha, sigma := sch.At(t)
	level := sigma / alpha
	gamma := min(m.Churn/float64(p.Steps()), math.Sqrt2-1)
	if gamma == 0 || alpha == 0 || level < m.Min || m.Max > 0 && level > m.Max {
		return t
	}
	up := schedule.Time(sch, -elementary.Log((1+gamma)*level))
	alphaUp, sigmaUp := sch.At(up)
	raised := sigmaUp / alphaUp
	if up <= t || alphaUp == 0 || raised <= level {
		return t
	}
	noise := m.Noise
	if noise == 0 {
		noise = 1
	}
	keep := alphaUp / alpha
	for i, v := range x.Data {
		x.Data[i] = keep * v
	}
	p.addNoise(x, z, k, alphaUp*math.Sqrt((raised-level)*(raised+level))*noise)
	return up
}
