package model

import (
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
	// Dependence (cells, cells) says how much each two columns of cells depend on each other: those
	// that do are not drawn in one step. Left out, all may be.
	Dependence [][]float64 `yaml:"dependence,omitempty,flow"`
}

// mlpPreset is a size of MLP.
type mlpPreset struct{ width, hidden, blocks, batch int }

// mlpPresets are the sizes by name.
func mlpPresets() []named[mlpPreset] {
	return []named[mlpPreset]{
		{"mini", "0.04 M parameters: some hundred rows", mlpPreset{48, 96, 2, 256}},
		{"tiny", "0.1 M parameters: up to 2,000 rows", mlpPreset{96, 192, 3, 256}},
		{"small", "0.7 M parameters: thousands of rows, minutes on two cores", mlpPreset{256, 256, 4, 1024}},
		{"base", "4.6 M parameters: large tables with many columns", mlpPreset{512, 1024, 4, 1024}},
	}
}

// Below these sizes of a table a smaller network is taken: a larger one would learn the rows by heart.
const (
	fewRows     = 2000 // tiny
	veryFewRows = 500  // mini
)

// NewTableConfig is the configuration for tables like t: schema says what its columns are,
// preset is a name of mlpPresets, or empty to choose by the number of rows.
func NewTableConfig(t *table.Table, schema *table.Schema, preset string) (*Config, error) {
	if preset == "" {
		preset = "small"
		if t.Rows() < fewRows {
			preset = "tiny"
		}
		if t.Rows() < veryFewRows {
			preset = "mini"
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
	set, err := transform.Encode(t, 0)
	if err != nil {
		return nil, err
	}
	mlp := network.MLPConfig{Numeric: transform.Numbers(), Cards: transform.Cards(), Width: size.width, Hidden: size.hidden, Blocks: size.blocks, Given: true}
	c := &Config{
		Format: checkpoint.Format, Kind: KindTable, Preset: preset,
		Process:  Process{Schedule: "cosine", Steps: 1000, Prediction: "v_prediction", Variance: varianceSmall},
		Training: defaultTraining(),
		Sampling: Sampling{Sampler: "unipc", Steps: tableSteps(transform)},
		Table:    &TableConfig{MLP: mlp.WithDefaults(), Transform: transform, Dependence: dependence(set)},
	}
	c.Training.Batch = min(size.batch, t.Rows())
	c.Training.Rate = 2e-3
	c.Training.Holdout, c.Training.Patience = defaultHoldout(t.Rows()), defaultPatience
	if t.Rows() >= fewRows {
		c.Training.Fall = defaultFall
	}
	return c, nil
}

// mostTableSteps are enough for rows of any width: two cells then come in one step once in so many rows.
const mostTableSteps = 50

// tableSteps is how many steps sampling takes: 20 where there are numbers that hang together, and
// enough that few cells are drawn in one. Measured on Adult: see docs/tables.md.
func tableSteps(t *table.Transform) int {
	least := 10
	if t.Numbers() > 1 {
		least = 20
	}
	return max(least, min((len(t.Cards())+1)/2+1, mostTableSteps))
}

// TableModel generates rows: one residual MLP that sees the noisy numbers and the partly
// masked cells of a row and says what both were.
type TableModel struct {
	Config *Config

	noising
	net     *network.MLP
	pool    *parallel.Pool
	margins *margins // of what is sampled; nil: taken as they come
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
	if n := len(c.MLP.Cards); c.Dependence != nil && len(c.Dependence) != n {
		return fmt.Errorf("model: table.dependence has %d rows for %d cells", len(c.Dependence), n)
	}
	for _, row := range c.Dependence {
		if len(row) != len(c.Dependence) {
			return fmt.Errorf("model: table.dependence has a row of %d numbers for %d cells", len(row), len(c.Dependence))
		}
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
func (m *TableModel) Denoiser() sample.MixedDenoiser { return m.denoiser(m.pool) }

func (m *TableModel) denoiser(pool *parallel.Pool) *denoise.TableModel {
	t := m.Config.Table.Transform
	return &denoise.TableModel{Net: m.net, Sch: m.sch, Predict: m.predict, Input: m.input,
		Numbers: t.Numbers(), Card: t.Cards(), Batch: denoiseChunk, Pool: pool, Precision: m.Config.Numerics()}
}

// tableObjective is the training of a TableModel.
type tableObjective struct {
	*TableModel
	denoise.TableObjective
	set  *table.Dataset
	held heldOut
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
	held := holdOut(set.Len(), m.Config.Training.Holdout, m.Config.Seed)
	return &tableObjective{TableModel: m, set: set, held: held, TableObjective: denoise.TableObjective{
		Sch: m.sch, Predict: m.predict, Input: m.input, Card: set.Cards(), Weight: weight, Give: m.give(),
	}}, nil
}

// giveShare is the share of training rows of which a part is given, where there is nothing but noise.
const giveShare = 0.9

// give is how the network learns to complete rows; nil if it was not made for it.
func (m *TableModel) give() *denoise.Give {
	if !m.Config.Table.MLP.Given {
		return nil
	}
	g := &denoise.Give{Share: giveShare}
	for _, p := range m.Config.Table.Transform.Places() {
		if p.Num >= 0 {
			g.Cell = append(g.Cell, p.Cell)
		}
	}
	return g
}

// Batch implements train.Divisible.
func (o *tableObjective) Batch() int { return o.Config.Training.Batch }

// Loss implements train.Objective.
func (o *tableObjective) Loss(t *autograd.Tape, step int) *autograd.Var {
	return o.Part(t, step, 0, o.Batch())
}

// Part implements train.Divisible.
func (o *tableObjective) Part(t *autograd.Tape, step, lo, hi int) *autograd.Var {
	batch := o.batch(t, hi-lo, func(i int) (row int, epoch uint64) {
		row, epoch = batchRow(o.Config.Seed, step*o.Batch()+lo+i, o.set.Len()-len(o.held.rows))
		return o.held.row(row), epoch
	})
	loss := o.TableObjective.Loss(t, o.net, batch, denoise.Draws{Seed: o.Config.Seed, Step: step, First: lo})
	t.Free(batch.X)
	return share(t, loss, hi-lo, o.Batch())
}

// batch is n rows, of which at tells which each is and in which epoch.
func (o *tableObjective) batch(t *autograd.Tape, n int, at func(i int) (row int, epoch uint64)) denoise.TableBatch {
	numbers, cols := o.set.Numbers(), len(o.set.Cards())
	b := denoise.TableBatch{X: t.New(n, numbers), Known: make([]float32, n*numbers), Cells: process.NewCells(n, o.set.Cards())}
	t.Pool().Run(n, func(_, i int) {
		row, epoch := at(i)
		lo, hi := i*numbers, (i+1)*numbers
		o.set.Example(row, epoch, b.X.Data[lo:hi], b.Known[lo:hi], b.Cells.Data[i*cols:(i+1)*cols])
	})
	return b
}
