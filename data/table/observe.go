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
	own       []ownColumn      // one a column of the schema
	columns   []observedColumn // one a column of the learned schema
	rules     *observedRules   // nil where no rule rewrites the table
	unknown   []Unknown
	jitter    rng.Stream
}

// ownColumn is a column of the schema in the table.
type ownColumn struct {
	at   int    // its number in the table, -1: absent
	open []bool // by text; with rules by cell, in observedRules
}

// observedColumn is what is known of a learned column.
type observedColumn struct {
	encoded
	at   int    // -1: nothing
	open []bool // by text: not known
}

// Observe reads what a table knows of rows like those that the transform was fitted to. Its columns
// may stand in any order, and there may be others, but at least one must be of the schema. A cell is
// open if it holds one of its column's marks of a missing value or, where the column never had one,
// a usual mark (empty, NA, ?, …). Nothing is learned of identifiers and of columns without any
// value, so their cells are never open. Texts that the transform does not know are listed by
// Unknown; they are not open, and of no use to the others. The seed keys the jitter that spreads
// ties.
//
// Under rules that rewrite the table a learned column is known where all are that it is made from. An error
// names the first row whose given cells break a rule by themselves. Of a combination that was not learned
// the missing cells are not open.
func (t *Transform) Observe(tab *Table, seed uint64) (*Observed, error) {
	if t.Ruled != nil {
		return t.observeRuled(tab, seed)
	}
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
			o.own = append(o.own, ownColumn{at: -1})
			continue
		}
		found = true
		c := observedColumn{encoded: t.encodeColumn(j, place, tab.Columns[k]), at: k}
		o.note(&c, j, tab.Columns[k])
		o.columns, o.own = append(o.columns, c), append(o.own, ownColumn{k, c.open})
	}
	if !found {
		return nil, t.foreign(tab)
	}
	return o, nil
}

// foreign is the error of a table without any column of the schema.
func (t *Transform) foreign(tab *Table) error {
	return &Error{File: tab.Source, Problem: fmt.Sprintf("none of its columns %q is one of the model's", tab.Names()),
		Remedy: fmt.Sprintf("the model's columns are %q", t.Schema.Names())}
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
	if o.rules != nil {
		o.rules.openUnknown(o)
		return
	}
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

// Has tells whether the table has these columns of the schema.
func (o *Observed) Has(columns []int) bool {
	return !slices.ContainsFunc(columns, func(j int) bool { return o.own[j].at < 0 })
}

// Open tells whether row i has an open cell in column j of the schema.
func (o *Observed) Open(i, j int) bool {
	if o.rules != nil {
		return o.rules.cells[i*len(o.own)+j] == cellOpen
	}
	c := &o.own[j]
	return c.at >= 0 && c.open[o.table.Columns[c.at].codes[i]]
}

// Text is the text of row i in column j of the schema, if the column is there and the cell not open.
func (o *Observed) Text(i, j int) (text string, ok bool) {
	c := &o.own[j]
	if c.at < 0 || o.Open(i, j) {
		return "", false
	}
	return o.table.Columns[c.at].At(i), true
}

// Gaps lists the rows that have an open cell, and counts these cells.
func (o *Observed) Gaps() (rows []int, cells int) {
	for i := range o.Rows() {
		before := cells
		for j := range o.own {
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
		out.Columns[k].Type, out.Columns[k].Null = c.Type, c.Null
	}
	var row []string
	k := 0
	for i := range o.Rows() {
		row = o.table.Row(row, i)
		if k < len(rows) && rows[k] == i {
			for j := range o.own {
				if o.Open(i, j) {
					row[o.own[j].at] = text(k, j)
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
	j := slices.Index(t.Schema.Names(), column)
	if j < 0 && t.Ruled != nil {
		return fmt.Errorf("columns %s: no row that was learned has %q in them together: correct one of them, or leave it out", column, text)
	}
	if j < 0 {
		return t.Schema.absent(column)
	}
	if w := t.rewriting(); w != nil {
		return fmt.Errorf("column %q: %w", column, w.unheld(t.core(), j, text))
	}
	return fmt.Errorf("column %q: %w", column, (&selection{t: t, j: j}).unknown(text))
}

// unheld says why a text can't be a value of the user's column j.
func (w *rewriting) unheld(core *Transform, j int, text string) error {
	k, f := w.slot(j), &w.fields[j]
	switch {
	case w.found(j):
		return fmt.Errorf("%q is no value of it: it holds %s from %s to %s", text, f.Kind, f.Min, f.Max)
	case w.joint[j] < 0:
		return (&selection{t: core, j: k}).unknown(text)
	}
	row, states := make([]string, len(w.fields)), core.Parts[k].States
	return f.never(text, len(states), func(i int) string {
		w.split(w.joint[j], string(states[i]), row)
		return row[j]
	})
}

// Fill has missing values not drawn: they are left where nothing else can stand. It tells of each state of
// all cells, side by side as Cards lists them, whether it is a mark of a missing value, or stands for
// one; none are in a cell of nothing but marks.
func (o *Observed) Fill() (marks []bool) {
	if o.rules != nil {
		o.rules.fill(o)
		return o.rules.marks()
	}
	return o.transform.marks()
}

// Allowed are the states that cells of row i may take beside what is given, where not all do.
func (o *Observed) Allowed(i int) []*Allowed {
	if o.rules == nil {
		return nil
	}
	var out []*Allowed
	for k := range o.rules.values {
		if a := o.rules.allowed(o, i, k); a != nil && a.Cell >= 0 && slices.Contains(a.States, false) {
			out = append(out, a)
		}
	}
	return out
}

func (t *Transform) marks() []bool {
	var marks []bool
	for j, place := range t.Places() {
		if place.Cell >= 0 {
			marks = append(marks, t.marksOf(j, place)...)
		}
	}
	return marks
}

// marksOf are those of one cell.
func (t *Transform) marksOf(j int, place Place) []bool {
	own, all := make([]bool, place.Card), !place.Rest && len(t.Parts[j].Rare) == 0
	for k, text := range t.Parts[j].States {
		own[place.First+k] = t.Schema.Columns[j].IsMissing(string(text))
		all = all && own[place.First+k]
	}
	if all {
		clear(own)
	}
	return own
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
