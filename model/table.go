package model

import (
	"context"
	"fmt"
	"slices"

	"ebb/data/table"
	"ebb/diffusion/denoise"
	"ebb/diffusion/network"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/rng"
	"ebb/model/checkpoint"
)

// TableConfig is the part of a configuration that only table models have.
type TableConfig struct {
	MLP       network.MLPConfig `yaml:"mlp"`
	Transform *table.Transform  `yaml:"transform"`
}

// mlpPreset is a size of MLP.
type mlpPreset struct{ width, blocks, batch int }

// mlpPresets are the sizes by name.
func mlpPresets() []named[mlpPreset] {
	return []named[mlpPreset]{
		{"tiny", "0.1 M parameters: some hundred rows", mlpPreset{96, 3, 256}},
		{"small", "1.2 M parameters: thousands of rows, minutes on two cores", mlpPreset{256, 4, 1024}},
		{"base", "4.6 M parameters: large tables with many columns", mlpPreset{512, 4, 1024}},
	}
}

// fewRows is the size of a table below which the tiny network is taken: a larger one would
// learn the rows by heart.
const fewRows = 2000

// NewTableConfig is the configuration for tables like t: schema says what its columns are,
// preset is a name of mlpPresets, or empty to choose by the number of rows.
func NewTableConfig(t *table.Table, schema *table.Schema, preset string) (*Config, error) {
	if preset == "" {
		preset = "small"
		if t.Rows() < fewRows {
			preset = "tiny"
		}
	}
	size, err := find("preset", preset, mlpPresets())
	if err != nil {
		return nil, err
	}
	transform, err := table.Fit(schema, t, table.Options{})
	if err != nil {
		return nil, err
	}
	if transform.Numbers()+len(transform.Cards()) == 0 {
		return nil, fmt.Errorf("%s: there is nothing to learn: every column is constant, missing or an identifier", t.Source)
	}
	mlp := network.MLPConfig{Numeric: transform.Numbers(), Cards: transform.Cards(), Width: size.width, Blocks: size.blocks}
	c := &Config{
		Format: checkpoint.Format, Kind: KindTable, Preset: preset,
		Process:  Process{Schedule: "cosine", Steps: 1000, Prediction: "v_prediction", Variance: varianceSmall},
		Training: defaultTraining(),
		Sampling: Sampling{Sampler: "ddpm", Steps: 100},
		Table:    &TableConfig{MLP: mlp.WithDefaults(), Transform: transform},
	}
	c.Training.Batch = min(size.batch, t.Rows())
	c.Training.Rate = 2e-3
	return c, nil
}

// TableModel generates rows: one residual MLP that sees the noisy numbers and the partly
// masked cells of a row and says what both were.
type TableModel struct {
	Config *Config

	noising
	net  *network.MLP
	pool *parallel.Pool
}

// NewTableModel builds the model of a configuration with initial weights from its seed.
func NewTableModel(c *Config, pool *parallel.Pool) (*TableModel, error) {
	return tableModel(c, pool, func() (*network.MLP, error) { return network.NewMLP(c.Table.MLP, rng.New(c.Seed, rng.Init)) })
}

func tableModel(c *Config, pool *parallel.Pool, net func() (*network.MLP, error)) (*TableModel, error) {
	if c.Kind != KindTable || c.Table == nil {
		return nil, fmt.Errorf("model: the configuration is of kind %q, not %q", c.Kind, KindTable)
	}
	if c.Table.Transform == nil {
		return nil, fmt.Errorf("model: the configuration has no table.transform")
	}
	if err := c.Table.check(); err != nil {
		return nil, err
	}
	m := &TableModel{Config: c, pool: pool}
	_, err := NewPrecision(c.Precision)
	if err != nil {
		return nil, err
	}
	if m.noising, err = newNoising(c.Process); err != nil {
		return nil, err
	}
	m.net, err = net()
	return m, err
}

// check finds disagreements between the network and the transform.
func (c *TableConfig) check() error {
	if err := c.Transform.Check(); err != nil {
		return err
	}
	if c.MLP.Numeric != c.Transform.Numbers() || !slices.Equal(c.MLP.Cards, c.Transform.Cards()) {
		return fmt.Errorf("model: mlp is made for %d numbers and cells of %v states, the transform gives %d and %v",
			c.MLP.Numeric, c.MLP.Cards, c.Transform.Numbers(), c.Transform.Cards())
	}
	return nil
}

// Params are the network's weights.
func (m *TableModel) Params() nn.Params { return m.net.Params() }

// Schedule is the noise schedule of the numbers.
func (m *TableModel) Schedule() schedule.Schedule { return m.sch }

// denoiseChunk is the number of rows that go through the network together: their activations
// stay in the caches of a core.
const denoiseChunk = 1024

// Denoiser is the network as samplers see it.
func (m *TableModel) Denoiser() sample.MixedDenoiser { return m.denoiser(denoiseChunk) }

func (m *TableModel) denoiser(batch int) sample.MixedDenoiser {
	t := m.Config.Table.Transform
	return &denoise.TableModel{Net: m.net, Sch: m.sch, Predict: m.predict, Input: m.input,
		Numbers: t.Numbers(), Card: t.Cards(), Batch: batch, Pool: m.pool, Precision: m.Config.Numerics()}
}

// dryRun sends rows of zeros through the network.
func (m *TableModel) dryRun(t *autograd.Tape, rows int) {
	c := m.Config.Table.MLP
	x := t.New(rows, c.Numeric)
	x.Zero()
	m.net.Forward(t, t.Const(x), make([]float64, rows), make([]int32, rows*len(c.Cards)))
}

// tableObjective is the training of a TableModel.
type tableObjective struct {
	*TableModel
	denoise.TableObjective
	set *table.Dataset
}

// Objective is the loss of the model on the rows of t; a step draws its batch in an order that
// depends on the seed alone.
func (m *TableModel) Objective(t *table.Table) (Objective, error) {
	set, err := m.Config.Table.Transform.Encode(t, m.Config.Seed)
	if err != nil {
		return nil, err
	}
	if p := m.Config.Process; p.Times != "" && p.Times != "even" {
		return nil, fmt.Errorf("process.times is %s: the times of a table, which its numbers and categories share, are drawn even", p.Times)
	}
	weight, err := m.Config.Process.weighting(0)
	if err != nil {
		return nil, err
	}
	return &tableObjective{TableModel: m, set: set, TableObjective: denoise.TableObjective{
		Sch: m.sch, Predict: m.predict, Input: m.input, Card: set.Cards(), Weight: weight,
	}}, nil
}

// Batch implements train.Divisible.
func (o *tableObjective) Batch() int { return o.Config.Training.Batch }

// Loss implements train.Objective.
func (o *tableObjective) Loss(t *autograd.Tape, step int) *autograd.Var {
	return o.Part(t, step, 0, o.Batch())
}

// Part implements train.Divisible.
func (o *tableObjective) Part(t *autograd.Tape, step, lo, hi int) *autograd.Var {
	n, numbers, cols := hi-lo, o.set.Numbers(), len(o.set.Cards())
	batch := denoise.TableBatch{X: t.New(n, numbers), Known: make([]float32, n*numbers), Cells: process.NewCells(n, o.set.Cards())}
	t.Pool().Run(n, func(_, i int) {
		row, epoch := batchRow(o.Config.Seed, step*o.Batch()+lo+i, o.set.Len())
		at, end := i*numbers, (i+1)*numbers
		o.set.Example(row, epoch, batch.X.Data[at:end], batch.Known[at:end], batch.Cells.Data[i*cols:(i+1)*cols])
	})
	loss := o.TableObjective.Loss(t, o.net, batch, denoise.Draws{Seed: o.Config.Seed, Step: step, First: lo})
	t.Free(batch.X)
	return share(t, loss, n, o.Batch())
}

// tableChunk is the number of rows that are sampled together.
const tableChunk = 4096

// Draw generates rows, which obey the rules of the schema. Row i depends on the seed, on First+i and on
// the options, not on how many others are drawn; under unique rules also on the rows before it.
func (m *TableModel) Draw(ctx context.Context, o DrawOptions) (*table.Table, error) {
	w, err := m.wish(o.Where)
	if err != nil {
		return nil, err
	}
	each, err := m.checkConditions(o, w)
	if err != nil {
		return nil, err
	}
	o, grid, err := m.plan(m.Config, o)
	if err != nil {
		return nil, err
	}
	if o.batch, err = o.batchWithin(denoiseChunk, m.dryRun); err != nil {
		return nil, err
	}
	transform := m.Config.Table.Transform
	unique := !o.Repeat && len(transform.Keys()) > 0
	if unique {
		if err := transform.Room(o.N); err != nil {
			return nil, fmt.Errorf("%w: %w", ErrUnique, err)
		}
	}
	rows, err := m.drawSample(ctx, w, o, grid, each)
	if err != nil {
		return nil, err
	}
	if err := transform.Verify(rows); err != nil {
		return nil, err
	}
	if !unique {
		return transform.Decode(rows), nil
	}
	return m.unique(ctx, rows, func(ctx context.Context, ids []uint64) (table.Sample, error) {
		again := o
		again.N, again.Watch = len(ids), nil
		return m.drawSample(ctx, w, again.named(ids), grid, each)
	})
}

// drawSample draws the rows of o, chunk by chunk.
func (m *TableModel) drawSample(ctx context.Context, w *wish, o DrawOptions, grid []float64, each int) (table.Sample, error) {
	transform := m.Config.Table.Transform
	rows := table.Sample{Rows: o.N, First: o.First, Seed: o.Seed,
		Num: make([]float64, 0, o.N*transform.Numbers()), Cells: make([]int32, 0, o.N*len(transform.Cards()))}
	ids, chunk := o.ids, max(tableChunk/each, 1)
	for lo := 0; lo < o.N; lo += chunk {
		hi := min(lo+chunk, o.N)
		draw := m.drawRows
		if each > 1 || w != nil && !w.given() {
			draw = m.drawWhere
		}
		if ids != nil {
			o.ids = ids[lo:hi]
		}
		x, cells, err := draw(ctx, w, o, grid, o.First+uint64(lo), hi-lo, each)
		if err != nil {
			return rows, err
		}
		rows.Num, rows.Cells = append(rows.Num, x.Data...), append(rows.Cells, cells.Data...)
	}
	return rows, nil
}

// drawRows draws the rows first to first+rows-1, whose cells may begin with some that are given.
func (m *TableModel) drawRows(ctx context.Context, w *wish, o DrawOptions, grid []float64, first uint64, rows, _ int) (*process.State, *process.Cells, error) {
	numeric, err := NewSampler(o.Sampler, SamplerOptions{Variance: sample.FixedSmall})
	if err != nil {
		return nil, nil, err
	}
	transform := m.Config.Table.Transform
	at := func(p rng.Purpose) rng.Rows { return o.identities(p, first, 1) }
	x, cells := process.NewState(rows, transform.Numbers()), w.start(rows, transform.Cards())
	m.begin(x, grid, at(rng.Prior))
	sampler := sample.Mixed{Numeric: numeric, Cells: cells, Noise: at(rng.Cells)}
	lo := int(first - o.First)
	return x, cells, sample.Run(ctx, sampler, m.denoiser(o.batch), x, grid, at(rng.Sampler), watchChunk(o, lo, lo+rows)...)
}
