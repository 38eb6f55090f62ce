package model

import (
	"context"
	"sync"

	"ebb/data/table"
	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// Draw generates rows. Row i depends on the seed, on First+i and on the options, not on how
// many others are drawn.
func (m *TableModel) Draw(ctx context.Context, o DrawOptions) (*table.Table, error) {
	w, err := m.wish(o.Where)
	if err != nil {
		return nil, err
	}
	each, err := m.checkConditions(o, w)
	if err != nil {
		return nil, err
	}
	d, err := m.newTableDraw(ctx, o)
	if err != nil {
		return nil, err
	}
	if each > 1 || w != nil && !w.given() {
		d.chunk = max(d.chunk/each, 1)
		return d.run(func(at *chunk) error { return m.drawWhere(at, w, each) })
	}
	return d.run(func(at *chunk) error { return at.sample(w.start(at.rows, at.cells.Card), nil) })
}

// tableDraw is a draw of rows under way. Its chunks of rows go down each by itself, on one
// thread: there is then nothing to wait for within a step.
type tableDraw struct {
	*TableModel
	ctx    context.Context
	o      DrawOptions
	grid   []float64
	points rng.Even
	chunk  int  // rows that go down together
	usual  bool // it is drawn as the margins were measured

	turn  sync.Mutex
	steps int // done, of all chunks
	calls int
}

// newTableDraw plans a draw; o.N may be any number.
func (m *TableModel) newTableDraw(ctx context.Context, o DrawOptions) (*tableDraw, error) {
	o, grid, err := m.plan(m.Config, o)
	if err != nil {
		return nil, err
	}
	usual := Sampling{Sampler: o.Sampler, Steps: o.Steps, Grid: m.Config.Sampling.Grid} == m.Config.Sampling
	threads := m.pool.Threads()
	within, err := o.batchWithin(denoiseChunk*threads, m.dryRun)
	if err != nil {
		return nil, err
	}
	return &tableDraw{TableModel: m, ctx: ctx, o: o, grid: grid, usual: usual, points: rng.Even{Stream: rng.New(o.Seed, rng.Prior)},
		chunk: max(1, min(within/threads, (o.N+threads-1)/threads))}, nil
}

// dryRun sends rows of zeros through the network.
func (m *TableModel) dryRun(t *autograd.Tape, rows int) {
	c := m.Config.Table.MLP
	x := t.New(rows, c.Numeric)
	x.Zero()
	m.net.Forward(t, t.Const(x), make([]float64, rows), make([]int32, rows*len(c.Cards)))
}

// run draws all rows and decodes them.
func (d *tableDraw) run(draw func(*chunk) error) (*table.Table, error) {
	rows, err := d.draw(draw)
	if err != nil {
		return nil, err
	}
	t := d.Config.Table.Transform
	if err := t.Verify(rows); err != nil {
		return nil, err
	}
	return t.Decode(rows), nil
}

// draw draws all rows by chunks.
func (d *tableDraw) draw(draw func(*chunk) error) (table.Sample, error) {
	t := d.Config.Table.Transform
	numbers, cols := t.Numbers(), len(t.Cards())
	rows := table.Sample{Rows: d.o.N, First: d.o.First, Seed: d.o.Seed, Watch: d.o.Table,
		Num: make([]float64, d.o.N*numbers), Cells: make([]int32, d.o.N*cols)}
	count := (d.o.N + d.chunk - 1) / d.chunk
	errs := make([]error, count)
	denoisers := make([]*denoise.TableModel, d.pool.Threads())
	d.pool.Run(count, func(worker, k int) {
		if denoisers[worker] == nil {
			denoisers[worker] = d.denoiser(parallel.New(1))
		}
		lo, hi := k*d.chunk, min((k+1)*d.chunk, d.o.N)
		at := &chunk{tableDraw: d, lo: lo, rows: hi - lo, denoiser: denoisers[worker],
			x:     &process.State{Rows: hi - lo, Dim: numbers, Data: rows.Num[lo*numbers : hi*numbers]},
			cells: &process.Cells{Rows: hi - lo, Card: t.Cards(), Data: rows.Cells[lo*cols : hi*cols]}}
		errs[k] = draw(at)
	})
	for _, err := range errs {
		if err != nil {
			return rows, err
		}
	}
	return rows, nil
}

// chunk is some rows of a draw: what is drawn goes to x and cells.
type chunk struct {
	*tableDraw
	lo, rows int
	x        *process.State
	cells    *process.Cells
	denoiser *denoise.TableModel // of the thread that draws it
}

// first is the identity of the chunk's first row.
func (c *chunk) first() uint64 { return c.o.First + uint64(c.lo) }

// noise is the noise of the chunk's rows for a purpose.
func (c *chunk) noise(p rng.Purpose) rng.Rows {
	return rng.Rows{Stream: rng.New(c.o.Seed, p), First: c.first()}
}

// sample draws the chunk's rows, of which cells and numbers may be given. Where they start from,
// and what draws the values of their cells, are points that the rows share evenly.
func (c *chunk) sample(cells *process.Cells, given *denoise.Given) error {
	numeric, err := NewSampler(c.o.Sampler, SamplerOptions{Variance: sample.FixedSmall})
	if err != nil {
		return err
	}
	copy(c.cells.Data, cells.Data)
	c.denoiser.Given = given
	c.begin(c.x, c.grid, rng.EvenRows{Points: c.points, First: c.first()})
	sampler := sample.Mixed{Numeric: numeric, Cells: c.cells, Noise: c.noise(rng.Cells), Depend: c.Config.Table.Dependence,
		Values: rng.EvenRows{Points: c.points, First: c.first(), Skip: c.x.Dim}}
	if err := sample.Run(c.ctx, sampler, c.denoiser, c.x, c.grid, c.noise(rng.Sampler), c.watch()...); err != nil {
		return err
	}
	if c.usual {
		c.margins.apply(c.x, given)
	}
	return nil
}

// watch tells the steps of all chunks as those of one draw; the first chunk's are seen.
func (c *chunk) watch() []func(sample.Progress) {
	if c.o.Watch == nil {
		return nil
	}
	return []func(sample.Progress){func(p sample.Progress) {
		c.turn.Lock()
		defer c.turn.Unlock()
		c.steps += c.rows
		c.calls++
		if c.lo > 0 {
			p.X = nil
		}
		p.Step, p.Steps, p.Evaluations = c.steps, c.o.N*p.Steps, c.calls
		c.o.Watch(p)
	}}
}
