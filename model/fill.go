package model

import (
	"context"
	"fmt"

	"ebb/data/table"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
)

// FillOptions say how to complete a table.
type FillOptions struct {
	Draws   int  // completed tables (multiple imputation), or with Point draws behind the one; 0: 1, with Point 32
	Point   bool // one table of best single values: means of numbers, commonest categories
	Unknown bool // open cells that hold a text the model does not know too
	Seed    uint64
	Sampler string // empty: the model's default
	Steps   int    // 0: the model's default
	Memory  Bytes  // budget of the process; 0: any
	Watch   func(sample.Progress)
}

// Filled is what Fill has made.
type Filled struct {
	Tables  []*table.Table
	Cells   int             // filled in each
	Rows    int             // that had open cells
	Unknown []table.Unknown // texts that the model does not know: they stay as they are, and tell it nothing
}

// pointDraws are those behind a point. The error of a mean of n draws is that of the expectation
// times √(1+1/n), 1.5 % more.
const pointDraws = 32

// Fill completes the open cells of t (table.Transform.Observe): each is drawn from the network's
// conditional given all that its row holds, and a mark of a missing value is never drawn. Every
// other cell keeps its text, rows and columns their order. Several draws of a row are independent:
// multiple imputations, whose spread is what is not known (Rubin 1987).
//
// A filled cell depends on the model, the seed, its row and the row's number.
func (m *TableModel) Fill(ctx context.Context, t *table.Table, o FillOptions) (*Filled, error) {
	switch {
	case o.Draws < 0 || o.Draws > 1<<12:
		return nil, fmt.Errorf("%w: %d imputations: 1 to %d can be made", ErrCondition, o.Draws, 1<<12)
	case o.Draws == 0 && o.Point:
		o.Draws = pointDraws
	case o.Draws == 0:
		o.Draws = 1
	}
	transform := m.Config.Table.Transform
	seen, err := transform.Observe(t, o.Seed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCondition, err)
	}
	f := &filling{TableModel: m, seen: seen, o: o, decoder: transform.NewDecoder(o.Seed)}
	out := &Filled{Unknown: seen.Unknown()}
	if o.Unknown {
		seen.OpenUnknown()
	}
	f.rows, out.Cells = seen.Gaps()
	out.Rows = len(f.rows)
	if err := f.draw(ctx); err != nil {
		return nil, err
	}
	for _, texts := range f.texts {
		wide := len(transform.Parts)
		out.Tables = append(out.Tables, seen.Complete(f.rows, func(k, j int) string { return texts[k*wide+j] }))
	}
	return out, nil
}

// filling is a Fill under way.
type filling struct {
	*TableModel
	seen    *table.Observed
	o       FillOptions
	decoder *table.Decoder
	rows    []int      // that have open cells
	texts   [][]string // of each table: (rows, columns of the schema)
}

// draw draws all rows of all tables.
func (f *filling) draw(ctx context.Context) error {
	o, grid, err := f.plan(f.Config, DrawOptions{N: len(f.rows) * f.o.Draws, Seed: f.o.Seed, Sampler: f.o.Sampler,
		Steps: f.o.Steps, Memory: f.o.Memory, Watch: f.o.Watch})
	if err != nil {
		return err
	}
	if o.batch, err = o.batchWithin(denoiseChunk, f.dryRun); err != nil {
		return err
	}
	tables := f.o.Draws
	if f.o.Point {
		tables = 1
	}
	wide := len(f.Config.Table.Transform.Parts)
	f.texts = make([][]string, tables)
	for k := range f.texts {
		f.texts[k] = make([]string, len(f.rows)*wide)
	}
	for lo := 0; lo < len(f.rows); lo += tableChunk {
		hi := min(lo+tableChunk, len(f.rows))
		var num []*process.State
		var cells []*process.Cells
		for k := range f.o.Draws {
			x, c, err := f.once(ctx, f.rows[lo:hi], k, o, grid, lo*f.o.Draws+k*(hi-lo))
			if err != nil {
				return err
			}
			num, cells = append(num, x), append(cells, c)
		}
		for i := range hi - lo {
			f.decode(num, cells, i, lo+i)
		}
	}
	return nil
}

// once is draw k of some rows; done rows were drawn before.
func (f *filling) once(ctx context.Context, rows []int, k int, o DrawOptions, grid []float64, done int) (*process.State, *process.Cells, error) {
	ids := make([]uint64, len(rows))
	for i, row := range rows {
		ids[i] = identity(uint64(row), k)
	}
	start := f.nothing(ids)
	start.never = f.Config.Table.Transform.Marks()
	for i, row := range rows {
		start.observe(i, f.seen, row, uint64(k))
	}
	return f.complete(ctx, start, o, grid, watchChunk(o, done, done+len(rows))...)
}

// decode writes the texts of row i of the draws as row to of the tables.
func (f *filling) decode(num []*process.State, cells []*process.Cells, i, to int) {
	wide := len(f.Config.Table.Transform.Parts)
	row := func(k int) []string { return f.texts[k][to*wide : (to+1)*wide] }
	id := uint64(f.rows[to])
	if !f.o.Point {
		for k := range num {
			f.decoder.Row(row(k), num[k].Row(i), cells[k].Row(i), identity(id, k))
		}
		return
	}
	x, c := make([][]float64, len(num)), make([][]int32, len(num))
	for k := range num {
		x[k], c[k] = num[k].Row(i), cells[k].Row(i)
	}
	f.decoder.Guess(row(0), x, c, id)
}
