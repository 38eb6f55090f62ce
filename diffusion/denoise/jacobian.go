package denoise

import (
	"fmt"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
)

// Differentiable is a Denoiser that knows its derivative, the Jacobian
// J = dE[x0 | x_t]/dx_t of a row (Dim, Dim). gauss.Denoiser, *Model
// implement it. The exact one is alpha/sigma^2 Cov[x0 | x_t]
// (Tweedie's second formula): symmetric, with which a network's is only so far
// as it learned.
type Differentiable interface {
	Denoiser
	// DenoiseVJP sets x0 to E[x0 | x_t], and each row of g to the
	// vector-Jacobian product v'J. seed makes v of a row: it gets v, of zeros,
	// and the row's x0, which it may look at but not change; different rows may
	// be seeded at once. All states are (Rows, Dim), t (Rows).
	DenoiseVJP(x0, g, xt *process.State, t []float64, seed func(row int, v, x0 []float64))
}

var _ Differentiable = (*Model)(nil)

// DenoiseVJP implements [Differentiable] by the network's derivative with
// respect to its input; parameters, which others may share, are left alone.
func (m *Model) DenoiseVJP(x0, g, xt *process.State, t []float64, seed func(row int, v, x0 []float64)) {
	x0.MustMatch(xt)
	g.MustMatch(xt)
	m.mustFit(xt, t)
	if m.frozen == nil {
		m.frozen = autograd.NewFrozen(m.Pool)
		m.frozen.ExactConv = m.ExactConv
	}
	in, stride := m.channels()
	p := pull{tape: m.frozen, input: m.Input, sch: m.Sch, predict: m.Predict, place: func(i int) int { return i/in*stride + i%in }}
	for lo, hi := range chunks(xt.Rows, m.Batch) {
		n := hi - lo
		x := p.tape.New(append([]int{n}, m.Shape...)...)
		m.Input.read(x.Data, m.Sch, xt.Slice(lo, hi), t[lo:hi])
		clock := make([]float64, n)
		m.Clock.Read(clock, t[lo:hi])
		var labels []int32
		if m.Labels != nil {
			labels = m.Labels[lo:hi]
		}
		seen := p.tape.Input(x)
		out := m.Net.Forward(p.tape, seen, clock, labels)
		if width := xt.Dim * stride / in; out.Value.Len() != n*width {
			panic(fmt.Sprintf("denoise: the network gave %v for rows %v, %d numbers a row are needed", out, x, width))
		}
		p.rows(x0.Slice(lo, hi), g.Slice(lo, hi), xt.Slice(lo, hi), t[lo:hi], seen, out, func(row int, v, x0 []float64) { seed(lo+row, v, x0) })
		p.tape.Reset()
	}
}

// pull is the derivative of x0 = X x_t + V out(c x_t), c being Input's scale:
//
//	v'J = X v + c (V v)' dout/dinput.
type pull struct {
	tape    *autograd.Tape
	input   Input
	sch     schedule.Schedule
	predict Prediction
	place   func(i int) int // in a row of out, of the prediction for number i
}

// rows sets x0 and g for a network that gave out for what it has seen.
func (p pull) rows(x0, g, xt *process.State, t []float64, seen, out *autograd.Var, seed func(row int, v, x0 []float64)) {
	n := xt.Rows
	dy := p.tape.New(out.Shape()...)
	dy.Zero()
	width := dy.Len() / n
	p.tape.Pool().Run(n, func(_, i int) {
		to := p.convert(t[i])
		values, d := out.Value.Data[i*width:(i+1)*width], dy.Data[i*width:(i+1)*width]
		for j, x := range xt.Row(i) {
			x0.Row(i)[j] = to.Of(x, float64(values[p.place(j)]))
		}
		v := g.Row(i)
		clear(v)
		seed(i, v, x0.Row(i))
		for j := range v {
			d[p.place(j)] = float32(to.V * v[j])
			v[j] *= to.X
		}
	})
	p.tape.Pull(out, dy)
	if seen.Grad == nil {
		return // the network does not look at the numbers
	}
	p.tape.Pool().Run(n, func(_, i int) {
		scale := p.input.scale(p.sch.At(t[i]))
		dx := seen.Grad.Data[i*xt.Dim : (i+1)*xt.Dim]
		for j, v := range g.Row(i) {
			g.Row(i)[j] = v + float64(scale*float64(dx[j]))
		}
	})
}

func (p pull) convert(t float64) Linear {
	alpha, sigma := p.sch.At(t)
	return Convert(p.predict, Sample, alpha, sigma)
}
