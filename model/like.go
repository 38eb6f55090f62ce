package model

import (
	"fmt"

	"ebb/data/table"
)

// like is a draw of rows of which a part is given (DrawOptions.Like). nil knows nothing.
type like struct {
	*table.Observed
	each int // rows drawn for each of the table
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
	return &like{seen, o.N / rows}, nil
}

// start gives the rows of k what is known of them; the first is row lo of the draw.
func (l *like) start(k *known, lo int) {
	if l == nil {
		return
	}
	for i := range k.ids {
		k.observe(i, l.Observed, (lo+i)/l.each, k.ids[i])
	}
}

// text is what is known of the drawn rows, as it was spelled.
func (l *like) text() func(i, j int) (string, bool) {
	if l == nil {
		return nil
	}
	return func(i, j int) (string, bool) { return l.Text(i/l.each, j) }
}
