package sample

import (
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// DPM2 is the midpoint method for the probability-flow ODE in the noise level
// r = sigma/alpha, with the middle taken in log r (k-diffusion's sample_dpm_2,
// a variant of Karras et al. 2022, arXiv 2206.00364, algorithm 2, after
// DPM-Solver-2 of Lu et al. 2022, arXiv 2206.00927):
//
//	r_m = sqrt(r_t r_s),   y_m = y_t + (r_m - r_t) eps_t,
//	y_s = y_t + (r_s - r_t) eps_m.
//
// Ancestral goes to r_down = r_s^2/r_t instead of r_s and puts the rest back as
// noise, as [EulerAncestral] does. The middle of r_t and r_down is r_s itself,
// so its second look is at the time where the step ends.
//
// Order 2 (Ancestral: of the deterministic part), 2 evaluations a step. A step
// to sigma = 0 is Euler's, and so is one from alpha = 0; each takes 1.
type DPM2 struct {
	Ancestral bool
	Limit     Limit // of the predicted x0
}

var _ Sampler = DPM2{}

// Begin implements [Sampler].
func (m DPM2) Begin(p Plan) Step {
	q := p.probe(m.Limit)
	eps, middle := p.state(), p.state()
	z := make([]float64, p.Dim)
	k := -1
	return func(x *process.State, t, s float64) {
		k++
		if p.still(t, s) {
			return
		}
		q.look(eps, x, t)
		alphaT, sigmaT := p.at(t)
		alphaS, sigmaS := p.at(s)
		down, up := sigmaS/alphaS, 0.0
		if m.Ancestral {
			down, up = ancestral(sigmaT/alphaT, down)
		}
		if sigmaS == 0 || alphaT == 0 {
			for i, d := range q.x0.Data {
				x.Data[i] = alphaS * (d + float64(down*eps.Data[i]))
			}
		} else {
			tm := s
			if !m.Ancestral {
				tm = p.middle(t, s)
			}
			p.carry(middle, x, eps, t, tm)
			q.look(eps, middle, tm)
			keep, add := alphaS/alphaT, alphaS*(down-sigmaT/alphaT)
			for i, e := range eps.Data {
				x.Data[i] = float64(keep*x.Data[i]) + float64(add*e)
			}
		}
		p.addNoise(x, z, k, alphaS*up)
	}
}

// ancestral splits the noise level rs, to be reached from rt, into what is left
// of the noise seen and what is fresh.
func ancestral(rt, rs float64) (down, up float64) {
	share := rs / rt // 0 from rt = infinity
	return float64(rs * share), rs * math.Sqrt(float64((1-share)*(1+share)))
}

// middle is the time between t and s, at both of which alpha and sigma are not
// 0, whose log(sigma/alpha) is in the middle.
func (p Plan) middle(t, s float64) float64 {
	sch := p.Denoiser.Schedule()
	level := math.Sqrt(float64(schedule.Ratio(sch, t) * schedule.Ratio(sch, s)))
	return schedule.Time(sch, -elementary.Log(level))
}

// addNoise adds unit normals of key k times sd to every row; z is scratch.
func (p Plan) addNoise(x *process.State, z []float64, k int, sd float64) {
	if sd == 0 {
		return
	}
	for i := range p.Rows {
		p.Noise.Normals(z, k, i)
		row := x.Row(i)
		for j, e := range z {
			row[j] += float64(sd * e)
		}
	}
}
