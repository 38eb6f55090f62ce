package sample

import (
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
)

// stride is one step from time t to s of a solver in lambda, as far as the
// schedule determines it:
//
//	x_s = carry x_t - scale int_0^1 z exp((1-u) z) m(lambda_t + u h) du + sd noise.
type stride struct {
	carry, scale, z, sd float64
	lambda, h           float64 // lambda_t, and lambda_s - lambda_t
}

// view is what a solver makes a polynomial of.
type view int

const (
	ofData  view = iota // m is the predicted data x0
	ofNoise             // m is the noise that x is seen to hold
)

// noSignal is the lambda below which no signal is left: alpha/sigma is 1e-8
// there, and what x holds of the data is lost in its rounding.
const noSignal = -18.4

// inRange says whether a solver can step from or to lambda. +Inf is the data.
func inRange(lambda float64) bool { return lambda > noSignal && !math.IsInf(lambda, 1) }

// stride is the step of the family of reverse processes with tau times the
// noise of the reverse SDE: 0 is the ODE, 1 the SDE (SA-Solver, arXiv
// 2309.05019, eq. 11-13). It is not ok where lambda is out of range at either end.
func (p Plan) stride(v view, tau, t, s float64) (st stride, ok bool) {
	sch := p.Denoiser.Schedule()
	alphaT, sigmaT := sch.At(t)
	alphaS, sigmaS := sch.At(s)
	from, to := schedule.Lambda(sch, t), schedule.Lambda(sch, s)
	if !inRange(from) || !inRange(to) {
		return stride{}, false
	}
	h := to - from
	st = stride{lambda: from, h: h}
	tau2 := float64(tau * tau)
	if v == ofNoise {
		st.carry, st.scale, st.z = alphaS/alphaT, float64((1+tau2)*sigmaS), h
		st.sd = tau * sigmaS * math.Sqrt(elementary.Expm1(2*h))
		return st, true
	}
	st.carry, st.scale, st.z = sigmaS/sigmaT*elementary.Exp(-tau2*h), alphaS, -float64((1+tau2)*h)
	st.sd = sigmaS * math.Sqrt(-elementary.Expm1(-2*tau2*h))
	return st, true
}

// seen is a prediction at one lambda.
type seen struct {
	lambda float64
	m      *process.State
}

// lambdaRun is the run of a solver in lambda: it asks the denoiser, remembers
// what it was told, and moves the state.
type lambdaRun struct {
	p     Plan
	view  view
	limit Limit
	draws bool // noise in every step

	past  []seen // newest first, no two at one lambda
	spare []*process.State
	x0    *process.State // the last predicted data, within the limit
	times []float64
	z     []float64
}

// newLambdaRun remembers the given number of predictions.
func newLambdaRun(p Plan, remember int, v view, limit Limit, draws bool) *lambdaRun {
	r := &lambdaRun{p: p, view: v, limit: limit, draws: draws, x0: p.state(), times: make([]float64, p.Rows), z: make([]float64, p.Dim)}
	for range remember + 1 {
		r.spare = append(r.spare, p.state())
	}
	return r
}

// look asks for the prediction at x, which is not yet remembered.
func (r *lambdaRun) look(x *process.State, t float64) seen {
	r.p.Denoiser.Denoise(r.x0, x, times(r.times, t))
	r.limit.each(r.x0.Data, r.p.Dim)
	m := r.spare[len(r.spare)-1]
	r.spare = r.spare[:len(r.spare)-1]
	now := seen{schedule.Lambda(r.p.Denoiser.Schedule(), t), m}
	alpha, sigma := r.p.at(t)
	switch {
	case r.view == ofData:
		copy(m.Data, r.x0.Data)
	case sigma == 0: // data holds no noise
		fill(m.Data, 0)
	default:
		for i, d := range r.x0.Data {
			m.Data[i] = (x.Data[i] - float64(alpha*d)) / sigma
		}
	}
	return now
}

// remember puts a prediction before the others. One at the same lambda, from
// the start of a step of no width, makes place for it; so does the oldest.
func (r *lambdaRun) remember(now seen) {
	if len(r.past) > 0 && r.past[0].lambda == now.lambda {
		r.spare = append(r.spare, r.past[0].m)
		r.past[0] = now
		return
	}
	if len(r.spare) == 0 {
		last := len(r.past) - 1
		r.spare = append(r.spare, r.past[last].m)
		r.past = r.past[:last]
	}
	r.past = append([]seen{now}, r.past...)
}

// forget drops all that is remembered.
func (r *lambdaRun) forget() {
	for _, s := range r.past {
		r.spare = append(r.spare, s.m)
	}
	r.past = r.past[:0]
}

// newest are up to n of the latest predictions. One where no signal was left
// stands infinitely far off, where a polynomial has no use for it.
func (r *lambdaRun) newest(n int) []seen {
	n = min(n, len(r.past))
	for n > 0 && !inRange(r.past[n-1].lambda) {
		n--
	}
	return r.past[:n]
}

// move sets x to where the stride takes from, with the polynomial through the
// given predictions and the noise of step k. x may be from.
func (r *lambdaRun) move(x, from *process.State, st stride, moments []float64, through []seen, k int) {
	w := make([]float64, len(through))
	if st.h != 0 {
		u := make([]float64, len(through))
		for i, s := range through {
			u[i] = (s.lambda - st.lambda) / st.h
		}
		w = weights(u, moments)
	}
	for row := range x.Rows {
		if r.draws {
			r.p.Noise.Normals(r.z, k, row)
		}
		for j := range x.Dim {
			i := row*x.Dim + j
			sum := 0.0
			for n, s := range through {
				sum += float64(w[n] * s.m.Data[i])
			}
			v := float64(st.carry*from.Data[i]) - float64(st.scale*sum)
			if r.draws {
				v += float64(st.sd * r.z[j])
			}
			x.Data[i] = v
		}
	}
}

// atTheEnd is a step from or to a lambda out of range: from where there is no
// signal, or to the data. It is of first order, as if the last predicted data
// were right.
func (r *lambdaRun) atTheEnd(x *process.State, t, s, tau float64, k int) {
	alphaS, sigmaS := r.p.at(s)
	if _, sigmaT := r.p.at(t); sigmaT == 0 {
		return // at the data already
	}
	if tau == 0 || sigmaS == 0 {
		r.p.flow(x, r.x0, t, s)
		return
	}
	for row := range x.Rows {
		r.p.Noise.Normals(r.z, k, row)
		for j, z := range r.z {
			x.Row(row)[j] = float64(alphaS*r.x0.Row(row)[j]) + float64(sigmaS*z)
		}
	}
}

// orderOr2 is the given order of a solver, or 2, the usual one, for 0.
func orderOr2(order int) int {
	if order == 0 {
		return 2
	}
	return order
}

// checkOrder refuses an order that a solver does not have.
func checkOrder(name string, order, most int) error {
	if order < 0 || order > most {
		return fmt.Errorf("sample: %s of order %d; it has the orders 1 to %d", name, order, most)
	}
	return nil
}

// lowered is the order of step k when the last steps fall to orders 2 and 1.
func lowered(order, k, steps int) int { return min(order, steps-k) }
