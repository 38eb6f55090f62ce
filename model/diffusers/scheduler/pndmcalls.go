package scheduler

import (
	"slices"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

// The library's PNDM as it goes from call to call of the network. It deviates
// from the textbook's (sample.PNDM) in two ways. Each call moves the sample by
// strides of its own, T/n and half of it in whole steps, wherever the list's
// next step is, so that the network may be told another step than the sample is
// at. And what is mixed is what the network says, noises or velocities; mixed
// velocities have order 1, since they turn with the step.

// pndmCall is a call of the network and the move that follows it: the sample of
// the last call that was fresh goes from one step to another along the mixture.
type pndmCall struct {
	at, from, to int // steps counted from 0; below 0 is the end
	fresh        bool
	of           []int // the calls whose answers are mixed
	weights      []float64
}

// pndmWindow is how many calls back a mixture reaches, at most.
const pndmWindow = 13

// pndmCalls are the calls for a list of steps.
func (c Config) pndmCalls(steps []float64) []pndmCall {
	stride := c.TrainTimesteps / len(steps)
	var calls []pndmCall
	var kept []int // the calls that the Adams method looks back to
	for k, s := range steps {
		first, at := len(calls), int(s)
		switch {
		case k == 0 && c.SkipPRK && len(steps) > 1:
			next := int(steps[1])
			calls = append(calls,
				pndmCall{at, at, at - stride, true, []int{0}, []float64{1}},
				pndmCall{next, next + stride, next, false, []int{0, 1}, []float64{0.5, 0.5}})
			kept = []int{0}
		case k < 3 && !c.SkipPRK:
			next, half := int(steps[k+1]), stride/2
			calls = append(calls,
				pndmCall{at, at, at - half, true, []int{first}, []float64{1}},
				pndmCall{next + half, at, next + half, false, []int{first + 1}, []float64{1}},
				pndmCall{next + half, at, next, false, []int{first + 2}, []float64{1}},
				pndmCall{next, at, next, false, []int{first, first + 1, first + 2, first + 3}, []float64{1. / 6, 1. / 3, 1. / 3, 1. / 6}})
			kept = append(kept, first)
		default:
			kept = append(kept, first)
			kept = kept[max(len(kept)-4, 0):]
			calls = append(calls, pndmCall{at, at, at - stride, true, slices.Clone(kept), adams(len(kept))})
		}
	}
	return calls
}

// adams is the weights of the explicit Adams method of n slopes, oldest first.
func adams(n int) []float64 {
	switch n {
	case 1:
		return []float64{1}
	case 2:
		return []float64{-1. / 2, 3. / 2}
	case 3:
		return []float64{5. / 12, -16. / 12, 23. / 12}
	}
	return []float64{-9. / 24, 37. / 24, -59. / 24, 55. / 24}
}

// pndmPlayer makes the calls; each step has one fresh call and those that go on
// from its sample.
type pndmPlayer struct {
	table    *schedule.Table
	calls    []pndmCall
	velocity bool
	end      float64
}

// Begin implements sample.Sampler.
func (m pndmPlayer) Begin(p sample.Plan) sample.Step {
	r := &pndmRun{pndmPlayer: m, d: p.Denoiser, base: process.NewState(p.Rows, p.Dim), mixed: process.NewState(p.Rows, p.Dim), tt: make([]float64, p.Rows)}
	for i := range r.said {
		r.said[i] = process.NewState(p.Rows, p.Dim)
	}
	return func(x *process.State, _, _ float64) {
		r.call(x)
		for r.next < len(m.calls) && !m.calls[r.next].fresh {
			r.call(x)
		}
	}
}

type pndmRun struct {
	pndmPlayer
	d     sample.Denoiser
	said  [pndmWindow]*process.State
	base  *process.State
	mixed *process.State
	tt    []float64
	next  int
}

// time is that of one of the library's steps.
func (r *pndmRun) time(step int) float64 {
	if step < 0 {
		return r.end
	}
	return r.table.Time(step + 1)
}

// call asks the network once and moves x.
func (r *pndmRun) call(x *process.State) {
	c := r.calls[r.next]
	if c.fresh {
		copy(r.base.Data, x.Data)
	}
	r.ask(r.said[r.next%pndmWindow], x, r.time(c.at))
	for i := range r.mixed.Data {
		sum := 0.0
		for j, w := range c.weights {
			sum += float64(w * r.said[c.of[j]%pndmWindow].Data[i])
		}
		r.mixed.Data[i] = sum
	}
	alphaT, sigmaT := r.table.At(r.time(c.from))
	alphaS, sigmaS := r.table.At(r.time(c.to))
	keep := alphaS / alphaT
	add := sigmaS - float64(keep*sigmaT)
	for i, eps := range r.mixed.Data {
		if r.velocity {
			eps = float64(sigmaT*r.base.Data[i]) + float64(alphaT*eps)
		}
		x.Data[i] = float64(keep*r.base.Data[i]) + float64(add*eps)
	}
	r.next++
}

// ask sets said to what the network says of x at time t.
func (r *pndmRun) ask(said, x *process.State, t float64) {
	for i := range r.tt {
		r.tt[i] = t
	}
	r.d.Denoise(said, x, r.tt)
	alpha, sigma := r.table.At(t)
	for i, x0 := range said.Data {
		eps := (x.Data[i] - float64(alpha*x0)) / sigma
		if said.Data[i] = eps; r.velocity {
			said.Data[i] = float64(alpha*eps) - float64(sigma*x0)
		}
	}
}
