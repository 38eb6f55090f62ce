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
// A filled cell depends on the model, the options, its row and the row's number.
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

// fillBlock is the number of draws that are kept at a time.
const fillBlock = 1 << 17

// draw draws all rows of all tables.
func (f *filling) draw(ctx context.Context) error {
	d, err := f.newTableDraw(ctx, DrawOptions{N: len(f.rows) * f.o.Draws, Seed: f.o.Seed, Sampler: f.o.Sampler,
		Steps: f.o.Steps, Memory: f.o.Memory, Watch: f.o.Watch})
	if err != nil {
		return err
	}
	tables, wide := f.o.Draws, len(f.Config.Table.Transform.Parts)
	if f.o.Point {
		tables = 1
	}
	f.texts = make([][]string, tables)
	for k := range f.texts {
		f.texts[k] = make([]string, len(f.rows)*wide)
	}
	block := max(1, fillBlock/f.o.Draws)
	for lo := 0; lo < len(f.rows); lo += block {
		rows := f.rows[lo:min(lo+block, len(f.rows))]
		x, cells, err := d.run(len(rows)*f.o.Draws, func(c *chunk) error { return c.keep(c.sample(f.start(c, rows), c.watch()...)) })
		if err != nil {
			return err
		}
		f.pool.Run(len(rows), func(_, i int) { f.decode(x, cells, i, lo+i) })
	}
	return nil
}

// start is what is known of the draws of a chunk; the draws of a row stand together.
func (f *filling) start(c *chunk, rows []int) *known {
	ids := make([]uint64, c.rows)
	at := func(i int) (row, draw int) { return rows[(c.lo+i)/f.o.Draws], (c.lo + i) % f.o.Draws }
	for i := range ids {
		row, draw := at(i)
		ids[i] = f.identity(row, draw)
	}
	k := f.nothing(ids)
	k.never = f.Config.Table.Transform.Marks()
	for i := range ids {
		row, draw := at(i)
		k.observe(i, f.seen, row, uint64(draw))
		k.decide(i)
	}
	return k
}

// identity keys a draw of a row. The points of the draws behind one value are even among each other,
// those of a completed table among its rows.
func (f *filling) identity(row, draw int) uint64 {
	if f.o.Point {
		return uint64(row)<<32 | uint64(draw)
	}
	return identity(uint64(row), draw)
}

// decode writes the texts of the draws of a block's row i as row to of the tables.
func (f *filling) decode(x *process.State, cells *process.Cells, i, to int) {
	wide := len(f.Config.Table.Transform.Parts)
	dst := func(k int) []string { return f.texts[k][to*wide : (to+1)*wide] }
	num, states := make([][]float64, f.o.Draws), make([][]int32, f.o.Draws)
	for k := range f.o.Draws {
		num[k], states[k] = x.Row(i*f.o.Draws+k), cells.Row(i*f.o.Draws+k)
		if !f.o.Point {
			f.decoder.Row(dst(k), num[k], states[k], f.identity(f.rows[to], k))
		}
	}
	if f.o.Point {
		f.decoder.Guess(dst(0), num, states, uint64(f.rows[to]))
	}
}
