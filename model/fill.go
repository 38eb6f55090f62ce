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
	f := &filling{TableModel: m, seen: seen, o: o, source: t.Source, wide: len(transform.Schema.Columns), decoder: transform.NewDecoder(o.Seed)}
	out := &Filled{Unknown: seen.Unknown()}
	if o.Unknown {
		seen.OpenUnknown()
	}
	f.marks = seen.Fill()
	f.rows, out.Cells = seen.Gaps()
	out.Rows = len(f.rows)
	if err := f.draw(ctx); err != nil {
		return nil, err
	}
	for _, texts := range f.texts {
		out.Tables = append(out.Tables, seen.Complete(f.rows, func(k, j int) string { return texts[k*f.wide+j] }))
	}
	return out, nil
}

// filling is a Fill under way.
type filling struct {
	*TableModel
	seen    *table.Observed
	o       FillOptions
	source  string // of the table
	marks   []bool // states of cells that are not drawn
	decoder *table.Decoder
	rows    []int      // that have open cells
	wide    int        // columns of the schema
	texts   [][]string // of each table: (rows, columns of the schema)
}

// gap is a row of one of the tables that is drawn.
type gap struct{ row, table int } // row counts those that have open cells

// fillBlock is the number of draws that are kept at a time.
const fillBlock = 1 << 17

// draw draws all rows of all tables, and those anew that break a rule beside what is given, under other
// identities for each try.
func (f *filling) draw(ctx context.Context) error {
	d, err := f.newTableDraw(ctx, DrawOptions{N: len(f.rows) * f.o.Draws, Seed: f.o.Seed, Sampler: f.o.Sampler,
		Steps: f.o.Steps, Memory: f.o.Memory, Watch: f.o.Watch})
	if err != nil {
		return err
	}
	tables := f.o.Draws
	if f.o.Point {
		tables = 1
	}
	f.texts = make([][]string, tables)
	var pending []gap
	for k := range f.texts {
		f.texts[k] = make([]string, len(f.rows)*f.wide)
	}
	for i := range f.rows {
		for k := range tables {
			pending = append(pending, gap{i, k})
		}
	}
	keys := f.newKeys()
	for try := 0; len(pending) > 0; try++ {
		broken, err := f.try(d, pending, try)
		if err != nil {
			return err
		}
		d.o.Watch = nil
		again := failed(keys.take(f, pending, broken))
		if len(again) > 0 && try == ruleTries-1 {
			i := again[0]
			return fmt.Errorf("%w: %s: row %d: none of %d rows that were drawn beside what it holds obeys the rules: %s: correct the row, or train without the rule",
				ErrCondition, f.source, f.rows[pending[i].row]+1, ruleTries, broken[i])
		}
		for k, i := range again {
			pending[k] = pending[i]
		}
		pending = pending[:len(again)]
	}
	return nil
}

// each is the number of draws behind a gap.
func (f *filling) each() int {
	if f.o.Point {
		return f.o.Draws
	}
	return 1
}

// try draws gaps, and names for each a rule that it breaks.
func (f *filling) try(d *tableDraw, gaps []gap, try int) (broken []string, err error) {
	broken = make([]string, len(gaps))
	block := max(1, fillBlock/f.o.Draws) * f.o.Draws / f.each()
	for lo := 0; lo < len(gaps); lo += block {
		part := gaps[lo:min(lo+block, len(gaps))]
		x, cells, err := d.run(len(part)*f.each(), func(c *chunk) error {
			return c.keep(c.sample(f.start(c, part, try), c.watch()...))
		})
		if err != nil {
			return nil, err
		}
		f.pool.Run(len(part), func(_, i int) { broken[lo+i] = f.decode(x, cells, i, part[i], try) })
	}
	return broken, nil
}

// start is what is known of the draws of a chunk; the draws of a gap stand together.
func (f *filling) start(c *chunk, gaps []gap, try int) *known {
	ids := make([]uint64, c.rows)
	at := func(i int) (row, draw int) {
		g := gaps[(c.lo+i)/f.each()]
		return f.rows[g.row], f.number(g, (c.lo+i)%f.each(), try)
	}
	for i := range ids {
		row, draw := at(i)
		ids[i] = f.identity(row, draw)
	}
	k := f.nothing(ids)
	k.never = f.marks
	for i := range ids {
		row, draw := at(i)
		k.observe(i, f.seen, row, uint64(draw))
	}
	return k
}

// number is that of a gap's draw k among all draws of its row.
func (f *filling) number(g gap, k, try int) int { return try*f.o.Draws + g.table + k }

// identity keys a draw of a row. The points of the draws behind one value are even among each other,
// those of a completed table among its rows.
func (f *filling) identity(row, draw int) uint64 {
	if f.o.Point {
		return uint64(row)<<32 | uint64(draw)
	}
	return identity(uint64(row), draw)
}

// text is where the texts of a gap stand.
func (f *filling) text(g gap) []string { return f.texts[g.table][g.row*f.wide : (g.row+1)*f.wide] }

// decode writes the texts of gap i of a block, and names a rule that they break.
func (f *filling) decode(x *process.State, cells *process.Cells, i int, g gap, try int) (broken string) {
	dst, given, each := f.text(g), make([]bool, f.wide), f.each()
	fresh := func() {
		for j := range dst {
			dst[j], given[j] = f.seen.Text(f.rows[g.row], j)
		}
	}
	fresh()
	if f.o.Point {
		num, states := make([][]float64, each), make([][]int32, each)
		for k := range each {
			num[k], states[k] = x.Row(i*each+k), cells.Row(i*each+k)
		}
		if broken = f.decoder.Guess(dst, given, num, states, uint64(f.rows[g.row])); broken == "" {
			return ""
		}
	}
	// Where the best values break a rule together, the first draw that breaks none is taken.
	for k := range each {
		fresh()
		broken = f.decoder.RowGiven(dst, given, x.Row(i*each+k), cells.Row(i*each+k), f.identity(f.rows[g.row], f.number(g, k, try)), try < firmTries && !f.o.Point)
		if broken == "" {
			break
		}
	}
	return broken
}
