package model

import (
	"ebb/data/table"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/rng"
)

// Objective is a training of a model on its data: train.Objective.
type Objective interface {
	Params() nn.Params
	Loss(t *autograd.Tape, step int) *autograd.Var
}

// share is what the mean loss of rows contributes to that of a batch.
func share(t *autograd.Tape, loss *autograd.Var, rows, batch int) *autograd.Var {
	if rows == batch {
		return loss
	}
	return t.Scale(loss, float32(float64(rows)/float64(batch)))
}

// batchRow is the example that stands at a position of the endless sequence of shuffled
// epochs.
func batchRow(seed uint64, position, rows int) (row int, epoch uint64) {
	epoch = uint64(position / rows)
	return rng.New(seed, rng.Data).Perm(position%rows, rows, epoch), epoch
}

// DrawOptions say what to draw.
type DrawOptions struct {
	N       int
	First   uint64 // identity of the first row: rows 100.. of one draw continue another of 100
	Seed    uint64
	Sampler string // empty: the model's default
	Steps   int    // 0: the model's default
	Grid    string // a name of Grids or a list of times; empty: the model's default
	Class   int    // of pictures; negative: drawn in the proportions of the training set
	Memory  Bytes  // budget of the process; 0: any
	Watch   func(sample.Progress)
	Table   table.Watch // told how far the rows of a table are decoded, and then written

	// Repeat lets rows repeat what unique rules forbid: to look at what the network makes.
	Repeat bool

	batch int // examples that go through the network at a time

	// Conditions, each nil for none. Those of pictures:
	Guide   *Guide
	Inpaint *Inpaint
	Init    *Init
	// Those of tables.
	Where   []string     // conditions such as "age>=40"; all must hold
	Balance string       // column whose classes are to have equal shares: each is once among as many rows as there are classes
	Like    *table.Table // rows of which a part is given; N is a multiple of its rows, or 0: as many
}

// plan fills in the model's own choices and makes the times that the sampler visits. A
// UNet on a table was trained on the table's steps alone, and visits them where no grid is named.
func (n noising) plan(c *Config, o DrawOptions) (DrawOptions, []float64, error) {
	s := c.Sampling
	if o.Sampler == "" {
		o.Sampler = s.Sampler
	}
	if o.Grid == "" {
		o.Grid = s.Grid
	}
	if o.Grid == "" {
		o.Grid = "uniform"
		if n.steps() > 0 && c.Kind == KindImage {
			o.Grid = "trailing"
		}
	}
	if o.Steps == 0 && !isList(o.Grid) {
		o.Steps = s.Steps
	}
	grid, err := NewGrid(o.Grid, n.sch, c.Process.Steps, o.Steps)
	if err != nil {
		return o, nil, err
	}
	o.Steps = len(grid) - 1
	return o, grid, nil
}

// FewSteps is a number of sampling steps of at most n, for a quick look: no more than the schedule
// has, and 0, all of them, where the configuration lists the times.
func (c *Config) FewSteps(n int) int {
	if isList(c.Sampling.Grid) {
		return 0
	}
	return min(n, c.Process.Steps)
}

// begin fills x with what sampling along the grid starts from.
func (n noising) begin(x *process.State, grid []float64, noise process.Noise) {
	process.Fill(x, noise, 0)
	width := schedule.Start(n.sch, grid[0])
	if width == 1 {
		return
	}
	for i, v := range x.Data {
		x.Data[i] = v * width
	}
}

// watchChunk tells the progress of a chunk of rows as that of the whole draw.
func watchChunk(o DrawOptions, lo, hi int) []func(sample.Progress) {
	if o.Watch == nil {
		return nil
	}
	return []func(sample.Progress){func(p sample.Progress) {
		if lo > 0 {
			p.X = nil // what is watched are the first
		}
		p.Step = lo*p.Steps/max(1, hi-lo) + p.Step
		p.Steps = o.N * p.Steps / max(1, hi-lo)
		o.Watch(p)
	}}
}
