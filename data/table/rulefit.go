package table

import (
	"fmt"
	"iter"
	"math"
	"slices"
	"strings"
)

// scan goes through the rows of a table, whose columns stand in any order, as rows of a schema.
type scan struct {
	*rewriting
	table   *Table
	cells   []*Column   // by the schema's order
	numbers [][]float64 // by the codes of the texts; nil where no rule needs them
}

func (w *rewriting) scan(t *Table, at []int) scan {
	s := scan{w, t, make([]*Column, len(at)), make([][]float64, len(at))}
	for j, k := range at {
		c := t.Columns[k]
		s.cells[j] = c
		if !w.reads[j] {
			continue
		}
		s.numbers[j] = make([]float64, len(c.texts))
		for i, text := range c.texts {
			s.numbers[j][i], _ = w.fields[j].Float(text)
		}
	}
	return s
}

// each gives the rows one by one, in one place.
func (s scan) each() iter.Seq2[int, *row] {
	return func(yield func(int, *row) bool) {
		r := s.newRow(make([]string, len(s.cells)))
		for i := range s.table.Rows() {
			for j, c := range s.cells {
				r.texts[j] = c.At(i)
				if s.numbers[j] != nil {
					r.values[j] = s.numbers[j][c.codes[i]]
				}
			}
			if !yield(i, r) {
				return
			}
		}
	}
}

// fitRuled is Fit where there are rules; nil if none of them rewrites the table.
func fitRuled(s *Schema, t *Table, at []int, o Options) (*Transform, error) {
	if len(s.Rules) == 0 {
		return nil, nil
	}
	p, err := newPlan(s)
	if err != nil {
		return nil, err
	}
	if err := p.checkRows(t, at); err != nil || !p.rewrites() {
		return nil, err
	}
	return fitRules(p, t, at, o)
}

// fitRules learns the transform of a table whose schema has rules that rewrite it.
func fitRules(p *plan, t *Table, at []int, o Options) (*Transform, error) {
	w := newRewriting(p, nil)
	s := w.scan(t, at)
	ruled := &Ruled{}
	for _, j := range p.order {
		var fact *Fact
		var err error
		switch {
		case p.total[j] >= 0:
			fact, err = w.learnSum(s.cells[j], s, j)
		case p.apart(j):
			fact = w.learnDistance(s.cells[j], s, j)
		default:
			fact = &Fact{Column: p.fields[j].Name, Nothing: commonestWord(&p.fields[j], s.cells[j])}
		}
		if err != nil {
			return nil, &Error{File: t.Source, Problem: err.Error()}
		}
		ruled.Facts = append(ruled.Facts, *fact)
	}
	w = newRewriting(p, ruled.Facts)
	learned := w.rewritten(t, at)
	inner, err := Fit(w.learnedSchema(learned), learned, o)
	if err != nil {
		return nil, err
	}
	ruled.Learned = inner
	return &Transform{Version: TransformVersion, Rows: t.Rows(), Schema: p.schema, Ruled: ruled}, nil
}

// rewritten is the table that is learned. Columns that no rule touches are shared.
func (w *rewriting) rewritten(t *Table, at []int) *Table {
	names := w.names()
	out := &Table{Source: t.Source, Dialect: t.Dialect, Columns: make([]*Column, len(w.slots))}
	var own []int // slots that are written
	for k, s := range w.slots {
		if s.joint >= 0 || w.found(s.column) {
			out.Columns[k] = &Column{Name: names[k]}
			own = append(own, k)
			continue
		}
		c := *t.Columns[at[s.column]]
		c.Name, c.index = names[k], nil
		out.Columns[k] = &c
	}
	for _, r := range w.scan(t, at).each() {
		for _, k := range own {
			out.Columns[k].append(w.learned(r, w.slots[k]))
		}
	}
	out.seal()
	return out
}

// names are those of the learned columns: the user's, and of a joint those of its columns.
func (w *rewriting) names() []string {
	names, taken := make([]string, len(w.slots)), w.schema.Names()
	for k, s := range w.slots {
		names[k] = taken[s.column]
		if s.joint < 0 {
			continue
		}
		var parts []string
		for _, j := range w.joints[s.joint].columns {
			parts = append(parts, taken[j])
		}
		names[k] = strings.Join(parts, ", ")
		for slices.Contains(taken, names[k]) || slices.Contains(names[:k], names[k]) {
			names[k] += "'"
		}
	}
	return names
}

// learnedSchema says what the columns of the rewritten table are.
func (w *rewriting) learnedSchema(t *Table) *Schema {
	out := &Schema{Dialect: w.schema.Dialect}
	for k, s := range w.slots {
		f := w.schema.Columns[s.column]
		switch j := s.column; {
		case s.joint >= 0:
			f = Field{Kind: Category, Reason: fmt.Sprintf("the combinations that the table has, by %s", w.rule(w.joints[s.joint].rule))}
		case w.total[j] >= 0:
			f = w.totalField(t.Columns[k], j)
		case w.apart(j):
			f = w.distanceField(t.Columns[k], j)
		}
		f.Name = Text(t.Columns[k].Name)
		out.Columns = append(out.Columns, f)
	}
	return out
}

func (w *rewriting) totalField(c *Column, j int) Field {
	f := w.schema.Columns[j]
	f.Reason = fmt.Sprintf("the total by %s", w.rule(w.total[j]))
	for _, text := range c.texts {
		if _, ok := w.fields[j].Float(text); ok && f.Kind.Numeric() {
			f.Reason += ", itself where a part is missing"
			return f
		}
	}
	return Field{Kind: Category, Missing: f.Missing, Reason: f.Reason}
}

func (w *rewriting) distanceField(c *Column, j int) Field {
	side := "above"
	links := w.limits[j].above
	if w.sign(j) < 0 {
		side, links = "below", w.limits[j].below
	}
	var names []string
	for _, l := range links {
		if name := string(w.fields[l.column].Name); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	f := Field{Kind: Category, Reason: fmt.Sprintf("the distance %s %s by %s", side, strings.Join(names, ", "), w.rule(w.maker(j)))}
	for _, mark := range w.schema.Columns[j].Missing {
		f.Missing = append(f.Missing, verbatim+mark)
	}
	decimals := w.facts[j].Decimals
	format := distanceFormat(decimals)
	p := newProfile(c)
	values, numbers := make([]float64, len(p.texts)), 0
	for i, text := range p.texts {
		v, ok := format.Parse(text)
		if values[i] = v; !ok || p.counts[i] == 0 {
			values[i] = math.NaN()
			continue
		}
		numbers++
	}
	if numbers == 0 {
		return f
	}
	f.Kind, f.Number = Real, format
	if decimals == 0 {
		f.Kind = Integer
	}
	p.span(&f, values, max(decimals, 0))
	if decimals < 0 {
		f.Step = 0
	}
	return f
}
