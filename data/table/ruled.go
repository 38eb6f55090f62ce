package table

import (
	"fmt"
	"strings"
)

// A transform whose schema has rules that rewrite the table: between the user's rows and those that
// its inner transform knows.

// core is the transform of the table that is learned.
func (t *Transform) core() *Transform {
	if t.Ruled != nil {
		return t.Ruled.Learned
	}
	return t
}

// Learned is the schema of the table that is learned: that of the user's, or where its rules rewrite it
// another, with one column for each joint. Places, Model and the columns of Where and Marginals are those of
// this schema.
func (t *Transform) Learned() *Schema { return t.core().Schema }

// rewriting is nil where no rule rewrites the table. Check has found what could be wrong.
func (t *Transform) rewriting() *rewriting {
	if t.Ruled == nil {
		return nil
	}
	p, err := newPlan(t.Schema)
	if err != nil {
		panic(fmt.Sprintf("table: a transform that was not checked: %v", err))
	}
	return newRewriting(p, t.Ruled.Facts)
}

// checkRuled reports the first thing in Ruled that does not fit the schema.
func (t *Transform) checkRuled() error {
	p, err := newPlan(t.Schema)
	if err != nil {
		return err
	}
	switch {
	case t.Ruled == nil && p.rewrites():
		return fmt.Errorf("the schema has rules that the table's transform was not fitted to; train again")
	case t.Ruled == nil:
		return nil
	case !p.rewrites() || len(t.Parts) > 0 || t.Ruled.Learned == nil || t.Ruled.Learned.Ruled != nil:
		return fmt.Errorf("the table's transform does not fit the rules of its schema; train again")
	case len(t.Ruled.Facts) != len(p.order):
		return fmt.Errorf("the table's transform has %d facts for %d columns under rules", len(t.Ruled.Facts), len(p.order))
	}
	for i, j := range p.order {
		f := &t.Ruled.Facts[i]
		switch {
		case f.Column != p.fields[j].Name:
			return fmt.Errorf("the table's transform has a fact of column %q where one of %q should be", f.Column, p.fields[j].Name)
		case f.Decimals < -1 || f.Decimals > 15 || p.total[j] >= 0 && (f.Decimals < 0 || len(f.Middle) != len(p.parts(j))):
			return fmt.Errorf("the table's transform has impossible facts of column %q", f.Column)
		}
	}
	if err := t.Ruled.Learned.Check(); err != nil {
		return err
	}
	if n := len(t.Learned().Columns); n != len(p.slots()) {
		return fmt.Errorf("the table's transform has learned %d columns, its rules make %d", n, len(p.slots()))
	}
	return nil
}

// Apply turns a table of the user's columns, in any order, into the table that is learned: another where
// rules rewrite it. Rows may break rules; what they hold is then something that the learned table never has.
func (t *Transform) Apply(tab *Table) (*Table, error) {
	at, err := t.Schema.Match(tab)
	if err != nil {
		return nil, err
	}
	if w := t.rewriting(); w != nil {
		return w.rewritten(tab, at), nil
	}
	return tab, nil
}

// Restore turns a table of learned columns back into one of the user's, whose rows obey all rules but
// unique, whatever the learned rows hold.
func (t *Transform) Restore(learned *Table) (*Table, error) {
	at, err := t.Learned().Match(learned)
	if err != nil {
		return nil, err
	}
	w := t.rewriting()
	if w == nil {
		return learned, nil
	}
	out := t.Empty()
	out.Source = learned.Source
	row, drawn := make([]string, len(t.Schema.Columns)), make([]string, len(at))
	for i := range learned.Rows() {
		for k, j := range at {
			drawn[k] = learned.Columns[j].At(i)
		}
		w.restore(row, drawn)
		out.Append(row...)
	}
	out.seal()
	return out, nil
}

// encodeRuled is Encode by way of the table that is learned.
func (t *Transform) encodeRuled(tab *Table, seed uint64) (*Dataset, error) {
	learned, err := t.Apply(tab)
	if err != nil {
		return nil, err
	}
	d, err := t.Ruled.Learned.Encode(learned, seed)
	if err != nil {
		return nil, err
	}
	w := t.rewriting()
	for i := range d.unknown {
		u := &d.unknown[i]
		j := indexOf(t.Schema, u.Column)
		if text, ok := strings.CutPrefix(u.Text, verbatim); ok && j >= 0 && w.apart(j) {
			u.Text, u.Missing = text, isMissing(text, true)
		}
	}
	return d, nil
}

func indexOf(s *Schema, name string) int {
	for j := range s.Columns {
		if string(s.Columns[j].Name) == name {
			return j
		}
	}
	return -1
}
