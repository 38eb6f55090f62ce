package model

import (
	"context"

	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// Trace is a draw of which every step is kept: what the sampler stood on and what the network
// took the data behind it to be.
type Trace struct {
	Steps []TraceStep
	End   *process.State // where it arrived
}

// TraceStep is one step from time T to time S.
type TraceStep struct {
	T, S float64
	X    *process.State // x_T, before the step
	X0   *process.State // the network's E[x0 | x_T]
	// LogVariance is the mean over rows and dimensions of the logarithm of the learned variance
	// of the step, LogSmall and LogLarge are its two bounds; all 0 where none is learned.
	LogVariance, LogSmall, LogLarge float64
}

// tracer stands before a denoiser and keeps its first answer in every step.
type tracer struct {
	sample.Denoiser
	trace *Trace
	next  float64 // the time of the step that has not been seen yet
}

// see keeps an answer at time t, as long as it is the step's first.
func (tr *tracer) see(x0, xt *process.State, t float64) *TraceStep {
	if t != tr.next {
		return nil
	}
	tr.next = -1
	tr.trace.Steps = append(tr.trace.Steps, TraceStep{T: t, X: xt.Clone(), X0: x0.Clone()})
	return &tr.trace.Steps[len(tr.trace.Steps)-1]
}

func (tr *tracer) Denoise(x0, xt *process.State, t []float64) {
	tr.Denoiser.Denoise(x0, xt, t)
	tr.see(x0, xt, t[0])
}

// varianceTracer also keeps the learned variance.
type varianceTracer struct {
	*tracer
	v sample.Variance
}

func (tr varianceTracer) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	tr.v.DenoiseVariance(x0, v, xt, t, s)
	step := tr.see(x0, xt, t[0])
	if step == nil {
		return
	}
	for _, w := range v.Data {
		step.LogVariance += elementary.Log(w) / float64(len(v.Data))
	}
	r := denoise.RangeOf(tr.Schedule(), t[0], s[0])
	step.LogSmall, step.LogLarge = r.LogSmall, r.LogLarge
}

// mixedTracer is the tracer of numbers and categories.
type mixedTracer struct {
	*tracer
	m sample.MixedDenoiser
}

func (tr mixedTracer) DenoiseCells(x0 *process.State, logits []float64, xt *process.State, cells *process.Cells, t []float64) {
	tr.m.DenoiseCells(x0, logits, xt, cells, t)
	tr.see(x0, xt, t[0])
}

// traced runs a sampler from x along the grid and keeps every step.
func traced(ctx context.Context, s sample.Sampler, d sample.Denoiser, x *process.State, grid []float64, noise process.Noise) (*Trace, error) {
	tr := &tracer{Denoiser: d, trace: &Trace{}, next: grid[0]}
	var seen sample.Denoiser = tr
	switch d := d.(type) {
	case sample.MixedDenoiser:
		seen = mixedTracer{tr, d}
	case sample.Variance:
		seen = varianceTracer{tr, d}
	}
	err := sample.Run(ctx, s, seen, x, grid, noise, func(p sample.Progress) {
		if n := len(tr.trace.Steps); n > 0 {
			tr.trace.Steps[n-1].S = p.S
		}
		tr.next = p.S
	})
	tr.trace.End = x.Clone()
	return tr.trace, err
}

// TraceOf is a draw of any denoiser by the reverse process itself (ddpm with the variance V),
// rows of dim numbers, as [ImageModel.Trace] keeps one of a network.
func TraceOf(ctx context.Context, d sample.Denoiser, v sample.ReverseVariance, rows, dim int, grid []float64, seed uint64) (*Trace, error) {
	x := process.NewState(rows, dim)
	noising{sch: d.Schedule()}.begin(x, grid, rng.Rows{Stream: rng.New(seed, rng.Prior)})
	return traced(ctx, sample.DDPM{Variance: v}, d, x, grid, rng.Rows{Stream: rng.New(seed, rng.Sampler)})
}

// Trace draws pictures as Draw does, all at once, and keeps every step.
func (m *ImageModel) Trace(ctx context.Context, o DrawOptions) (*Trace, error) {
	o, grid, err := m.plan(m.Config, o)
	if err != nil {
		return nil, err
	}
	sampler, err := m.sampler(o.Sampler)
	if err != nil {
		return nil, err
	}
	labels, err := m.labels(o)
	if err != nil {
		return nil, err
	}
	x := process.NewState(o.N, m.Config.Image.Frame.Dim())
	m.begin(x, grid, rng.Rows{Stream: rng.New(o.Seed, rng.Prior), First: o.First})
	return traced(ctx, sampler, m.Denoiser(labels), x, grid, rng.Rows{Stream: rng.New(o.Seed, rng.Sampler), First: o.First})
}

// Trace draws rows as Draw does, all at once, and keeps every step of their numbers.
func (m *TableModel) Trace(ctx context.Context, o DrawOptions) (*Trace, error) {
	o, grid, err := m.plan(m.Config, o)
	if err != nil {
		return nil, err
	}
	numeric, err := NewSampler(o.Sampler, SamplerOptions{Variance: sample.FixedSmall})
	if err != nil {
		return nil, err
	}
	at := func(p rng.Purpose) rng.Rows { return rng.Rows{Stream: rng.New(o.Seed, p), First: o.First} }
	t := m.Config.Table.Transform
	x, cells := process.NewState(o.N, t.Numbers()), process.NewCells(o.N, t.Cards())
	m.begin(x, grid, at(rng.Prior))
	return traced(ctx, sample.Mixed{Numeric: numeric, Cells: cells, Noise: at(rng.Cells)}, m.Denoiser(), x, grid, at(rng.Sampler))
}
