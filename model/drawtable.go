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

// Draw generates rows, which obey the rules of the schema. Row i depends on the seed, on First+i and
// on the options, not on how many others are drawn; under unique rules also on the rows before it.
func (m *TableModel) Draw(ctx context.Context, o DrawOptions) (*table.Table, error) {
	if err := m.checkConditions(o); err != nil {
		return nil, err
	}
	like, err := m.like(&o)
	if err != nil {
		return nil, err
	}
	if err := m.checkUnique(o, like); err != nil {
		return nil, err
	}
	wishes, err := m.wishes(o.Where, o.Balance, o.Seed)
	if err != nil {
		return nil, err
	}
	draw := func(ids []uint64, o DrawOptions) (table.Sample, error) {
		d, err := m.newTableDraw(ctx, o)
		if err != nil {
			return table.Sample{}, err
		}
		return d.sample(ids, wishes, like)
	}
	rows, err := draw(identities(o.First, o.N, 0), o)
	if err != nil {
		return nil, err
	}
	again := func(ids []uint64) (table.Sample, error) {
		o.N, o.Watch = len(ids), nil
		return draw(ids, o)
	}
	switch {
	case like != nil:
		return like.decode(m.Config.Table.Transform, rows, again)
	case m.mustDiffer(o):
		return m.unique(rows, again)
	}
	return m.Config.Table.Transform.Decode(rows), nil
}

// sample draws the rows of these identities.
func (d *tableDraw) sample(ids []uint64, wishes []*wish, like *like) (table.Sample, error) {
	x, cells, err := d.run(len(ids), func(c *chunk) error {
		ids := ids[c.lo : c.lo+c.rows]
		if wishes != nil {
			return c.wanted(wishes, ids)
		}
		k := d.nothing(ids)
		like.start(k)
		return c.keep(c.sample(k, c.watch()...))
	})
	if err != nil {
		return table.Sample{}, err
	}
	rows := table.Sample{Rows: len(ids), First: d.o.First, Seed: d.o.Seed, Watch: d.o.Table, Num: x.Data, Cells: cells.Data}
	return rows, d.Config.Table.Transform.Verify(rows)
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

// run draws n rows by chunks.
func (d *tableDraw) run(n int, draw func(*chunk) error) (*process.State, *process.Cells, error) {
	t := d.Config.Table.Transform
	x, cells := process.NewState(n, t.Numbers()), process.NewCells(n, t.Cards())
	count := (n + d.chunk - 1) / d.chunk
	errs := make([]error, count)
	denoisers := make([]*denoise.TableModel, d.pool.Threads())
	d.pool.Run(count, func(worker, k int) {
		if denoisers[worker] == nil {
			denoisers[worker] = d.denoiser(parallel.New(1))
		}
		lo, hi := k*d.chunk, min((k+1)*d.chunk, n)
		errs[k] = draw(&chunk{tableDraw: d, lo: lo, rows: hi - lo, denoiser: denoisers[worker],
			x: x.Slice(lo, hi), cells: cells.Slice(lo, hi)})
	})
	for _, err := range errs {
		if err != nil {
			return nil, nil, err
		}
	}
	return x, cells, nil
}

// chunk is some rows of a draw: what is drawn goes to x and cells.
type chunk struct {
	*tableDraw
	lo, rows int
	x        *process.State
	cells    *process.Cells
	denoiser *denoise.TableModel // of the thread that draws it
}

// keep takes what was drawn as the chunk's rows.
func (c *chunk) keep(x *process.State, cells *process.Cells, err error) error {
	if err == nil {
		copy(c.x.Data, x.Data)
		copy(c.cells.Data, cells.Data)
	}
	return err
}

// sample draws what is not known of some rows. Where they start from, and what draws the values of
// their cells, are points that the rows share evenly.
func (c *chunk) sample(k *known, watch ...func(sample.Progress)) (*process.State, *process.Cells, error) {
	numeric, err := NewSampler(c.o.Sampler, SamplerOptions{Variance: sample.FixedSmall})
	if err != nil {
		return nil, nil, err
	}
	d, err := c.knowing(k, c.denoiser)
	if err != nil {
		return nil, nil, err
	}
	// Margins were measured on rows of which nothing was known; others have margins of their own.
	free := k.free()
	noise := func(p rng.Purpose) rng.Rows { return rng.Rows{Stream: rng.New(c.o.Seed, p), IDs: k.ids} }
	x := process.NewState(len(k.ids), k.given.X.Dim)
	c.begin(x, c.grid, rng.EvenRows{Points: c.points, IDs: k.ids})
	sampler := sample.Mixed{Numeric: numeric, Cells: k.cells, Noise: noise(rng.Cells), Depend: c.Config.Table.Dependence, Early: c.early(),
		Values: rng.EvenRows{Points: c.points, IDs: k.ids, Skip: x.Dim}}
	if err := sample.Run(c.ctx, sampler, d, x, c.grid, noise(rng.Sampler), watch...); err != nil {
		return nil, nil, err
	}
	if c.usual && free {
		c.margins.apply(x, k.given)
	}
	for i, is := range k.given.Is {
		if is {
			x.Data[i] = k.given.X.Data[i]
		}
	}
	return x, k.cells, nil
}

// early marks the cells that say whether their column's number counts.
func (m *TableModel) early() []bool {
	t := m.Config.Table.Transform
	early := make([]bool, len(t.Cards()))
	for _, p := range t.Places() {
		if p.Num >= 0 && p.Cell >= 0 {
			early[p.Cell] = true
		}
	}
	return early
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
