package denoise

import (
	"fmt"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/tensor"
)

// Network is a function of noisy rows x (N, shape..), one time each and, where
// it has classes, one label each (nil otherwise), to an output of x's shape, or
// with twice the channels when it predicts a variance too. For rows of a table
// see TableModel.
type Network interface {
	Forward(t *autograd.Tape, x *autograd.Var, time []float64, labels []int32) *autograd.Var
	Params() nn.Params
}

// Clock is how a network reads time: as Scale*t + Shift. The zero Clock is t
// itself. A network trained on
// the steps 0..T-1 of a table of T steps, as those of the UNet2DModel family
// are, has Scale = T and Shift = -1, because step i of a table stands at i/T
// and is the library's step i-1.
type Clock struct {
	Scale, Shift float64
}

// StepClock is the clock of a network trained on a table of T steps.
func StepClock(steps int) Clock { return Clock{Scale: float64(steps), Shift: -1} }

// Read sets dst to the network's times.
func (c Clock) Read(dst, t []float64) {
	if c.Scale == 0 {
		c.Scale = 1
	}
	for i, v := range t {
		dst[i] = float64(c.Scale*v) + c.Shift
	}
}

// Model is a network as a denoiser: rows of a float64 state go through it as
// float32 tensors, a batch at a time, and come back as E[x0 | x_t]. A row's
// result does not depend on the batch it is in. It implements sample.Denoiser.
// A Model keeps buffers between calls and serves one goroutine.
type Model struct {
	Net     Network
	Sch     schedule.Schedule
	Predict Prediction
	Clock   Clock
	Input   Input
	Shape   []int   // of one row: (D), or (H,W,C)
	Ranged  bool    // the output has a second half of channels, for the variance
	Labels  []int32 // one for each row of the states to come, or nil
	Batch   int     // rows per call of the network; 0: all at once
	Pool    *parallel.Pool
	// ExactConv is that of the tape: convolutions by their definition.
	ExactConv bool

	tape   *autograd.Tape
	frozen *autograd.Tape // of DenoiseVJP
}

// Schedule is the noise schedule.
func (m *Model) Schedule() schedule.Schedule { return m.Sch }

// Denoise sets x0 to the network's E[x0 | x_t]. xt (Rows, Dim), t (Rows).
func (m *Model) Denoise(x0, xt *process.State, t []float64) {
	x0.MustMatch(xt)
	m.forward(xt, t, func(row int, out []float32) {
		m.data(x0.Row(row), xt.Row(row), out, t[row])
	})
}

// forward runs the network over all rows and hands each row's output to f, the
// rows of a batch from several workers at once.
func (m *Model) forward(xt *process.State, t []float64, f func(row int, out []float32)) {
	m.mustFit(xt, t)
	if m.tape == nil {
		m.tape = autograd.NewInference(m.Pool)
		m.tape.ExactConv = m.ExactConv
	}
	for lo, hi := range chunks(xt.Rows, m.Batch) {
		n := hi - lo
		x := m.tape.New(append([]int{n}, m.Shape...)...)
		m.Input.read(x.Data, m.Sch, xt.Slice(lo, hi), t[lo:hi])
		clock := make([]float64, n)
		m.Clock.Read(clock, t[lo:hi])
		var labels []int32
		if m.Labels != nil {
			labels = m.Labels[lo:hi]
		}
		out := m.Net.Forward(m.tape, m.tape.Const(x), clock, labels).Value
		width := xt.Dim
		if m.Ranged {
			width *= 2
		}
		if out.Len() != n*width {
			panic(fmt.Sprintf("denoise: the network gave %v for rows %v, %d numbers a row are needed", out, x, width))
		}
		m.tape.Pool().Run(n, func(_, i int) { f(lo+i, out.Data[i*width:(i+1)*width]) })
		m.tape.Reset()
	}
}

// mustFit panics for a state that the model was not made for.
func (m *Model) mustFit(xt *process.State, t []float64) {
	if tensor.Size(m.Shape) != xt.Dim || len(t) != xt.Rows {
		panic(fmt.Sprintf("denoise: a state %v with %d times for a network of rows %v", xt, len(t), tensor.Format(m.Shape)))
	}
	if m.Labels != nil && len(m.Labels) != xt.Rows {
		panic(fmt.Sprintf("denoise: a state %v with %d labels", xt, len(m.Labels)))
	}
}

// data turns one row of output into x0.
func (m *Model) data(x0, xt []float64, out []float32, t float64) {
	alpha, sigma := m.Sch.At(t)
	to := Convert(m.Predict, Sample, alpha, sigma)
	channels, stride := m.channels()
	for i, x := range xt {
		pixel, c := i/channels, i%channels
		x0[i] = to.Of(x, float64(out[pixel*stride+c]))
	}
}

// channels is the length of the last axis of a row and of the output's.
func (m *Model) channels() (in, out int) {
	in = m.Shape[len(m.Shape)-1]
	if m.Ranged {
		return in, 2 * in
	}
	return in, in
}

// chunks yields the ranges of at most size rows that make up rows.
func chunks(rows, size int) func(yield func(lo, hi int) bool) {
	if size <= 0 {
		size = rows
	}
	return func(yield func(lo, hi int) bool) {
		for lo := 0; lo < rows; lo += size {
			if !yield(lo, min(lo+size, rows)) {
				return
			}
		}
	}
}
