package model

import (
	"fmt"

	"ebb/data/table"
)

// like is a draw of rows of which a part is given (DrawOptions.Like). nil knows nothing.
type like struct {
	*table.Observed
	each   int    // rows drawn for each of the table
	first  uint64 // the identity of the first row drawn
	source string // of the table
}

// like reads the rows that are given, and fills in how many are to be drawn.
func (m *TableModel) like(o *DrawOptions) (*like, error) {
	if o.Like == nil {
		return nil, nil
	}
	transform := m.Config.Table.Transform
	for _, name := range o.Like.Names() {
		if err := transform.Schema.Has(name); err != nil {
			return nil, fmt.Errorf("%w: %s: %w", ErrCondition, o.Like.Source, err)
		}
	}
	seen, err := transform.Observe(o.Like, o.Seed)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCondition, err)
	}
	if u := seen.Unknown(); len(u) > 0 {
		return nil, fmt.Errorf("%w: %s: %w", ErrCondition, o.Like.Source, transform.Unheld(u[0].Column, u[0].Text))
	}
	rows := seen.Rows()
	if o.N == 0 {
		o.N = rows
	}
	if o.N%rows != 0 {
		return nil, fmt.Errorf("%w: %d rows like the %d of %s: draw equally many for each", ErrCondition, o.N, rows, o.Like.Source)
	}
	return &like{seen, o.N / rows, o.First, o.Like.Source}, nil
}

// start gives the rows of k what is known of them.
func (l *like) start(k *known) {
	if l == nil {
		return
	}
	for i := range k.ids {
		k.observe(i, l.Observed, l.row(k.ids[i]), k.ids[i])
	}
}

// row is the given row that a row of this identity is like.
func (l *like) row(id uint64) int { return int(id&(1<<44-1)-l.first) / l.each }

// text is what is known of the drawn rows of some identities, as it was spelled.
func (l *like) text(ids []uint64) func(i, j int) (string, bool) {
	return func(i, j int) (string, bool) { return l.Text(l.row(ids[i]), j) }
}

// ruleTries are the draws of a row that have to obey the rules beside what is given of it.
const ruleTries = 256

// firmTries are the first of them, in which no number may be moved to a bound that something given sets.
const firmTries = 16

// decode makes a table of rows that were drawn. A row that breaks a rule beside what is given is drawn anew,
// under an identity of its own for each try.
func (l *like) decode(t *table.Transform, first table.Sample, draw func(ids []uint64) (table.Sample, error)) (*table.Table, error) {
	ids := identities(first.First, first.Rows, 0)
	out, broken := t.DecodeAround(first, l.text(ids), true)
	pending := failed(broken)
	if len(pending) == 0 {
		return out, nil
	}
	rows := make([][]string, out.Rows())
	for i := range rows {
		rows[i] = out.Row(nil, i)
	}
	for try := 1; len(pending) > 0; try++ {
		if try == ruleTries {
			i := pending[0]
			return nil, fmt.Errorf("%w: %s: row %d: none of %d rows that were drawn beside what is given of it obeys the rules: %s: give less of it, or train without the rule",
				ErrCondition, l.source, l.row(ids[i])+1, ruleTries, broken[i])
		}
		again, names := make([]uint64, len(pending)), make([]uint64, len(pending))
		for k, i := range pending {
			names[k], again[k] = ids[i], identity(ids[i], try)
		}
		s, err := draw(again)
		if err != nil {
			return nil, err
		}
		s.Seed, s.IDs, s.Names = first.Seed, again, names
		more, problems := t.DecodeAround(s, l.text(again), try < firmTries)
		for k, i := range pending {
			broken[i] = problems[k]
			if problems[k] == "" {
				rows[i] = more.Row(nil, k)
			}
		}
		pending = failed(broken)
	}
	out = t.Empty()
	for _, row := range rows {
		out.Append(row...)
	}
	return out, nil
}

// failed are the rows that break a rule.
func failed(broken []string) (rows []int) {
	for i, problem := range broken {
		if problem != "" {
			rows = append(rows, i)
		}
	}
	return rows
}
