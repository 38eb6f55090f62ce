package table

import (
	"fmt"
	"slices"

	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// Observed is a table of which a part is known: columns may be absent, and cells open, which
// means that they hold a mark of a missing value. It may be used concurrently.
type Observed struct {
	transform *Transform
	table     *Table
	columns   []observedColumn // one a column of the schema
	unknown   []Unknown
	jitter    rng.Stream
}

// observedColumn is what is known of a column of the schema.
type observedColumn struct {
	encoded
	at   int    // its number in the table, -1: absent
	open []bool // by text
}

// Observe reads what a table knows of rows like those that the transform was fitted to. Its columns
// may stand in any order, and there may be others, but at least one must be of the schema. A cell is
// open if it holds one of its column's marks of a missing value or, where the column never had one,
// a usual mark (empty, NA, ?, …). Nothing is learned of identifiers and of columns without any
// value, so their cells are never open. Texts that the transform does not know are listed by
// Unknown; they are not open, and of no use to the others. The seed keys the jitter that spreads
// ties.
func (t *Transform) Observe(tab *Table, seed uint64) (*Observed, error) {
	o := &Observed{transform: t, table: tab, jitter: rng.New(seed, rng.Jitter)}
	at := make(map[string]int, len(tab.Columns))
	for k, name := range tab.Names() {
		at[name] = k
	}
	found := false
	for j, place := range t.Places() {
		k, ok := at[string(t.Schema.Columns[j].Name)]
		if !ok {
			o.columns = append(o.columns, observedColumn{at: -1, encoded: encoded{place: place}})
			continue
		}
		found = true
		c := observedColumn{encoded: t.encodeColumn(j, place, tab.Columns[k]), at: k}
		o.note(&c, j, tab.Columns[k])
		o.columns = append(o.columns, c)
	}
	if !found {
		return nil, &Error{File: tab.Source, Problem: fmt.Sprintf("none of its columns %q is one of the model's", tab.Names()),
			Remedy: fmt.Sprintf("the model's columns are %q", t.Schema.Names())}
	}
	return o, nil
}

// note finds the open texts and those that are not known.
func (o *Observed) note(c *observedColumn, j int, column *Column) {
	f := &o.transform.Schema.Columns[j]
	c.open = make([]bool, len(column.Texts()))
	if f.Kind == Name || f.Kind == AllMissing {
		return
	}
	modelled := c.place.Cell >= 0 || c.place.Num >= 0
	counts := column.Counts()
	for i, text := range column.Texts() {
		unseen := c.state[i] < 0
		c.open[i] = f.IsMissing(text) || unseen && isMissing(text, f.Kind.Numeric())
		if unseen && !c.open[i] && modelled && counts[i] > 0 {
			o.unknown = append(o.unknown, Unknown{Column: column.Name, Text: text, Rows: counts[i]})
		}
	}
}

// Unknown lists the texts that the transform does not know.
func (o *Observed) Unknown() []Unknown { return o.unknown }

// OpenUnknown opens the cells whose texts the transform does not know.
func (o *Observed) OpenUnknown() {
	for j := range o.columns {
		c := &o.columns[j]
		if c.at < 0 || c.place.Cell < 0 && c.place.Num < 0 {
			continue
		}
		for i, k := range c.state {
			c.open[i] = c.open[i] || k < 0
		}
	}
}

// Rows is the number of rows.
func (o *Observed) Rows() int { return o.table.Rows() }

// Open tells whether row i has an open cell in column j of the schema.
func (o *Observed) Open(i, j int) bool {
	c := &o.columns[j]
	return c.at >= 0 && c.open[c.codes[i]]
}

// Text is the text of row i in column j of the schema, if the column is there and the cell not open.
func (o *Observed) Text(i, j int) (text string, ok bool) {
	c := &o.columns[j]
	if c.at < 0 || c.open[c.codes[i]] {
		return "", false
	}
	return o.table.Columns[c.at].At(i), true
}

// Gaps lists the rows that have an open cell, and counts these cells.
func (o *Observed) Gaps() (rows []int, cells int) {
	for i := range o.Rows() {
		before := cells
		for j := range o.columns {
			if o.Open(i, j) {
				cells++
			}
		}
		if cells > before {
			rows = append(rows, i)
		}
	}
	return rows, cells
}

// Row writes what is known of row i: its numbers num (D), of which those are known that is (D)
// marks, and its cells (C), -1 where they are not known. Ties are spread anew in each epoch.
func (o *Observed) Row(i int, epoch uint64, num []float64, is []bool, cells []int32) {
	var u [jitterBlock]float64
	drawn := -1
	for j := range o.columns {
		c := &o.columns[j]
		place := c.place
		if place.Cell >= 0 {
			cells[place.Cell] = -1
		}
		if place.Num >= 0 {
			num[place.Num], is[place.Num] = 0, false
		}
		if c.at < 0 || c.open[c.codes[i]] {
			continue
		}
		code := c.codes[i]
		if place.Cell >= 0 {
			cells[place.Cell] = c.state[code]
		}
		if place.Num < 0 || c.lo[code] < 0 {
			continue
		}
		if b := place.Num / jitterBlock; b != drawn {
			o.jitter.Uniforms(u[:], jitterStep(epoch, b), uint64(i))
			drawn = b
		}
		num[place.Num] = normalBetween(c.lo[code], c.hi[code], u[place.Num%jitterBlock])
		is[place.Num] = true
	}
}

// Complete is a copy of the observed table in which row rows[k] has in its open cells the texts
// that text gives for them, by k and the column of the schema.
func (o *Observed) Complete(rows []int, text func(k, j int) string) *Table {
	out := New(o.table.Names()...)
	out.Source, out.Dialect = o.table.Source, o.table.Dialect
	for k, c := range o.table.Columns {
		out.Columns[k].Quoted, out.Columns[k].Bare = c.Quoted, c.Bare
	}
	var row []string
	k := 0
	for i := range o.Rows() {
		row = o.table.Row(row, i)
		if k < len(rows) && rows[k] == i {
			for j := range o.columns {
				if o.Open(i, j) {
					row[o.columns[j].at] = text(k, j)
				}
			}
			k++
		}
		out.Append(row...)
	}
	out.seal()
	return out
}

// Unheld says why a text can't be a value of a column, and which it may have meant.
func (t *Transform) Unheld(column, text string) error {
	j, err := t.Schema.Lookup(column)
	if err != nil {
		return err
	}
	return fmt.Errorf("column %q: %w", column, (&selection{t: t, j: j}).unknown(text))
}

// Marks tells of each state of all cells, side by side as Cards lists them, whether it is a mark of
// a missing value; none are in a cell of nothing but marks.
func (t *Transform) Marks() []bool {
	var marks []bool
	for j, place := range t.Places() {
		if place.Cell < 0 {
			continue
		}
		own, all := make([]bool, place.Card), !place.Rest && len(t.Parts[j].Rare) == 0
		for k, text := range t.Parts[j].States {
			own[place.First+k] = t.Schema.Columns[j].IsMissing(string(text))
			all = all && own[place.First+k]
		}
		if all {
			clear(own)
		}
		marks = append(marks, own...)
	}
	return marks
}

// ShareOf is the share of the rows fitted to, or of their number's distribution, that a condition
// admits: of its column alone.
func (t *Transform) ShareOf(w Where) float64 {
	t = t.core()
	p, place := &t.Parts[w.Column], t.Places()[w.Column]
	rest := float64(p.Rest)
	if w.Number {
		rest *= w.Mass()
	}
	if w.States == nil {
		return rest / p.rows()
	}
	sum := 0.0
	for k, will := range w.States {
		switch i := k - place.First; {
		case !will:
		case i < 0:
			sum += rest
		case i < len(p.Counts):
			sum += float64(p.Counts[i])
		default:
			for _, n := range p.RareCounts {
				sum += float64(n)
			}
		}
	}
	return sum / p.rows()
}

// Mass is the share of the column's numbers that lie in [Lo, Hi].
func (w Where) Mass() float64 { return elementary.NormCDF(w.Hi) - elementary.NormCDF(w.Lo) }

// Has is nil if there is a column of this name; else it names the nearest one.
func (s *Schema) Has(name string) error {
	if slices.Contains(s.Names(), name) {
		return nil
	}
	return s.absent(name)
}
