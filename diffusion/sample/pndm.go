package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
)

// PNDM is the pseudo-numerical method of Liu et al. (2022, arXiv 2202.09778,
// algorithm 2): a classical method for ordinary differential equations mixes
// the slopes eps, and DDIM's step (eq. 9) moves the state along the mixture.
// From the fourth step on that is the Adams method of four slopes (eq. 12).
//
// RungeKutta begins with three pseudo Runge-Kutta steps (eq. 13; "prk"), which
// look at t, twice at the middle of t and s, and at s. Without it the first
// step is a pseudo Heun step and the next two are Adams' of two and three
// slopes ("plms", as in latent diffusion).
//
// Order 2, as the paper proves, since neither weights nor middle ask how
// wide steps are in sigma/alpha; on steps equal in it, more. 1 evaluation a
// step, at the start 2 (Heun) or 3 times 4 (Runge-Kutta). A step from alpha = 0
// is Euler's and comes before that start; so is a step of the start that ends at
// sigma = 0.
//
// Velocity mixes v = alpha eps - sigma x0 instead (Salimans and Ho 2022,
// arXiv 2202.00512), as is done with models trained to say v: the state then
// turns by the mixture in the plane of x0 and eps, so the schedule must preserve
// variance. It costs the order, which is 1: v turns too, the turn takes that
// into account, and the extrapolation of v does so again.
type PNDM struct {
	RungeKutta bool
	Velocity   bool
	Limit      Limit // of the predicted x0
}

var (
	_ Sampler = PNDM{}
	_ Checker = PNDM{}
)

// Check implements [Checker].
func (m PNDM) Check(p Plan) error {
	for _, t := range p.Grid {
		alpha, sigma := p.at(t)
		if off := float64(alpha*alpha) + float64(sigma*sigma) - 1; m.Velocity && math.Abs(off) > 1e-6 {
			return fmt.Errorf("sample: pndm of velocities on a schedule with alpha^2 + sigma^2 = %v at t = %v; it must be 1: choose another schedule or pndm of noises", 1+off, t)
		}
	}
	return nil
}

// Begin implements [Sampler].
func (m PNDM) Begin(p Plan) Step {
	r := &pndm{p: p, velocity: m.Velocity, q: p.probe(m.Limit), past: &slopes{p: p, most: 4}, slope: p.state(), stage: p.state(), at: p.state()}
	start, starts := r.heun, 1
	if m.RungeKutta {
		start, starts = r.rungeKutta, 3
	}
	k := 0
	return func(x *process.State, t, s float64) {
		alpha, sigma := p.at(t)
		if sigma == 0 {
			return
		}
		if alpha == 0 {
			r.q.look(r.slope, x, t)
			p.flow(x, r.q.x0, t, s)
			return
		}
		if p.still(t, s) { // looks, as every step does, but learns nothing new
			r.look(r.slope, x, t)
			return
		}
		r.look(r.past.push(t), x, t)
		k++
		switch _, end := p.at(s); {
		case k > starts:
			r.past.mix(r.slope, adams(len(r.past.eps)))
			r.carry(x, x, r.slope, t, s)
		case end == 0:
			p.flow(x, r.q.x0, t, s)
		default:
			start(x, t, s)
		}
	}
}

// pndm is a run; the slope at the step's beginning is the newest of the past.
type pndm struct {
	p        Plan
	velocity bool // slopes are v instead of eps
	q        *probe
	past     *slopes
	slope    *process.State // the mixture
	stage    *process.State // a slope seen on the way
	at       *process.State // the state it was seen at
}

// look sets slope to that at x and t.
func (r *pndm) look(slope, x *process.State, t float64) {
	r.q.look(slope, x, t)
	if !r.velocity {
		return
	}
	alpha, sigma := r.p.at(t)
	for i, e := range slope.Data {
		slope.Data[i] = float64(alpha*e) - float64(sigma*r.q.x0.Data[i])
	}
}

// carry is [Plan.carry]; what x and a mixture of v say of the noise is
// sigma x + alpha v.
func (r *pndm) carry(dst, x, slope *process.State, t, s float64) {
	if !r.velocity {
		r.p.carry(dst, x, slope, t, s)
		return
	}
	keep, add := r.p.carriage(t, s)
	alpha, sigma := r.p.at(t)
	for i, v := range slope.Data {
		eps := float64(sigma*x.Data[i]) + float64(alpha*v)
		dst.Data[i] = float64(keep*x.Data[i]) + float64(add*eps)
	}
}

// heun steps along the mean of the slopes at both ends.
func (r *pndm) heun(x *process.State, t, s float64) {
	first := r.past.eps[0]
	r.see(x, first, t, s)
	for i, e := range r.stage.Data {
		r.slope.Data[i] = (first.Data[i] + e) / 2
	}
	r.carry(x, x, r.slope, t, s)
}

// rungeKutta is the classical method of four looks.
func (r *pndm) rungeKutta(x *process.State, t, s float64) {
	first := r.past.eps[0]
	middle := (t + s) / 2
	copy(r.slope.Data, first.Data)
	r.see(x, first, t, middle)
	r.add(2)
	r.see(x, r.stage, t, middle)
	r.add(2)
	r.see(x, r.stage, t, s)
	r.add(1)
	for i, e := range r.slope.Data {
		r.slope.Data[i] = e / 6
	}
	r.carry(x, x, r.slope, t, s)
}

// see sets stage to the slope at s, where x gets from t along the given one.
func (r *pndm) see(x, along *process.State, t, s float64) {
	r.carry(r.at, x, along, t, s)
	r.look(r.stage, r.at, s)
}

func (r *pndm) add(weight float64) {
	for i, e := range r.stage.Data {
		r.slope.Data[i] += float64(weight * e)
	}
}
