package table

import (
	"fmt"
	"math"
	"slices"
)

// plan is what the rules of a schema come to: which columns are learned as what, and the order in which
// the others are found again. It follows from the schema alone.
//
//   - Columns whose combinations are to be kept (together, determines) become one joint category. Two
//     such rules with a column in common become one.
//   - The total of a sum is left out, and added up again.
//   - A column with a column below it is learned as its distance above it; if what it lies below is
//     a total or in a joint, as its distance below that.
//
// Each column is found in one of these ways at most; rules that want two are an error.
type plan struct {
	schema *Schema
	fields []Field // the columns as numbers are read from them

	joint  []int          // (columns) the joint it is in, -1
	joints []jointColumns // in the order of their first column
	total  []int          // (columns) the rule whose total it is, -1
	limits []limit        // (columns)
	pairs  []edge

	all   []int // the columns, each after those that it is found from
	order []int // those of them that are found again or limited
}

// jointColumns is a joint: its columns, ascending, and the first rule that made it.
type jointColumns struct {
	columns []int
	rule    int
}

// limit is what less asks of one column, beside columns that are found before it.
type limit struct {
	above, below []link  // it is at least, at most these
	fixed        []fixed // numbers it is at least, or at most
}

type link struct {
	column int
	strict bool
	rule   int
}

type fixed struct {
	value  float64 // in the column's unit
	least  bool    // the column is at least the value; else at most
	strict bool
	rule   int
}

// edge is one pair of a less rule.
type edge struct {
	low, high int
	strict    bool
	rule      int
}

// newPlan works the rules of a schema out, or says which of them can't be.
func newPlan(s *Schema) (*plan, error) {
	n := len(s.Columns)
	p := &plan{schema: s, fields: slices.Clone(s.Columns), joint: repeated(-1, n), total: repeated(-1, n), limits: make([]limit, n)}
	for i := range s.Rules {
		if err := s.Rules[i].shape(); err != nil {
			return nil, err
		}
	}
	if err := p.join(); err != nil {
		return nil, err
	}
	if err := p.sums(); err != nil {
		return nil, err
	}
	var err error
	if p.pairs, err = p.edges(); err != nil {
		return nil, err
	}
	if err := p.uniques(); err != nil {
		return nil, err
	}
	return p, p.arrange(p.pairs)
}

func repeated(v, n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = v
	}
	return list
}

func (p *plan) rule(i int) *Rule { return &p.schema.Rules[i] }

// columns looks names of a rule up.
func (p *plan) columns(r *Rule, names []Text) ([]int, error) {
	out := make([]int, len(names))
	for i, name := range names {
		j, err := p.schema.Lookup(string(name))
		if err != nil {
			return nil, r.fault("%w", p.near(name, err))
		}
		out[i] = j
	}
	return out, nil
}

// near names the column that a misspelled one may have meant.
func (p *plan) near(name Text, err error) error {
	if n := nearest(string(name), p.schema.Names()); n != "" {
		return fmt.Errorf("there is no column %q; did you mean %q?", name, n)
	}
	return err
}

// join makes the joints.
func (p *plan) join() error {
	n := len(p.schema.Columns)
	parent := make([]int, n) // a forest of columns
	for j := range parent {
		parent[j] = j
	}
	root := func(j int) int {
		for parent[j] != j {
			j = parent[j]
		}
		return j
	}
	rules := repeated(-1, n) // the first rule with the column
	determined := repeated(-1, n)
	for i := range p.schema.Rules {
		r := p.rule(i)
		names := r.Together
		if d := r.Determines; d != nil {
			names = slices.Concat(d.From, d.To)
		}
		columns, err := p.columns(r, names)
		if err != nil {
			return err
		}
		for k, j := range columns {
			if p.schema.Columns[j].Kind == Name {
				return r.fault("the column %q is an identifier, whose values are made anew and are not learned: "+
					"leave it out of the rule, or give it the kind category in the schema", names[k])
			}
			if d := r.Determines; d != nil && k >= len(d.From) {
				if other := determined[j]; other >= 0 {
					return r.fault("the column %q is determined by %s too: drop one of them, or give one rule all columns it depends on", names[k], p.rule(other))
				}
				determined[j] = i
			}
			if rules[j] < 0 {
				rules[j] = i
			}
			a, b := root(columns[0]), root(j)
			parent[max(a, b)] = min(a, b)
		}
	}
	number := repeated(-1, n)
	for j := range n {
		if rules[j] < 0 {
			continue
		}
		k := root(j)
		if number[k] < 0 {
			number[k] = len(p.joints)
			p.joints = append(p.joints, jointColumns{rule: rules[k]})
		}
		p.joint[j] = number[k]
		p.joints[number[k]].columns = append(p.joints[number[k]].columns, j)
	}
	return nil
}

// sums finds the totals.
func (p *plan) sums() error {
	for i := range p.schema.Rules {
		r := p.rule(i)
		if r.Sum == nil {
			continue
		}
		columns, err := p.columns(r, append(slices.Clone(r.Sum.Of), r.Sum.Is))
		if err != nil {
			return err
		}
		for _, j := range columns {
			if err := p.number(r, j); err != nil {
				return err
			}
			if f := &p.fields[j]; f.Kind == Date {
				return r.fault("the column %q is a date: only numbers are added", f.Name)
			} else if _, ok := f.decimalsOrNone(); !ok {
				return r.fault("the numbers of column %q have no fixed count of decimals (%s): a sum can be kept exactly only in decimals", f.Name, f.Reason)
			}
		}
		is := columns[len(columns)-1]
		for _, j := range columns {
			if p.fields[j].ticks() != p.fields[is].ticks() {
				return r.fault("the columns %q and %q are not counted in the same unit (%s, %s): only then are they added", p.fields[j].Name, p.fields[is].Name, p.fields[j].Reason, p.fields[is].Reason)
			}
		}
		switch {
		case slices.Contains(columns[:len(columns)-1], is):
			return r.fault("the column %q would be a part of itself", r.Sum.Is)
		case p.total[is] >= 0:
			return r.fault("the column %q is determined by %s too: drop one of them", r.Sum.Is, p.rule(p.total[is]))
		case p.joint[is] >= 0:
			return r.fault("the column %q is determined by %s too: drop one of them", r.Sum.Is, p.rule(p.joints[p.joint[is]].rule))
		}
		p.total[is] = i
	}
	return nil
}

// decimalsOrNone is decimals, for columns that hold no number too.
func (f *Field) decimalsOrNone() (n int, ok bool) {
	if f.Number == nil {
		return 0, true
	}
	return f.decimals()
}

// number makes sure that column j can be read as numbers.
func (p *plan) number(r *Rule, j int) error {
	f := &p.fields[j]
	if err := f.counts(); err != nil {
		return r.fault("%w: give it the kind integer or real in the schema, or leave it out", err)
	}
	if f.Kind == Constant {
		n, ok := f.numberOfConstant()
		if !ok {
			return r.fault("the column %q is always %q, which is no number", f.Name, f.Value)
		}
		f.Kind, f.Number, f.Min, f.Max = Real, &n, f.Value, f.Value
	}
	return nil
}

// uniques looks the columns of the unique rules up.
func (p *plan) uniques() error {
	for i := range p.schema.Rules {
		if _, err := p.columns(p.rule(i), p.rule(i).Unique); err != nil {
			return err
		}
	}
	return nil
}

// span is the range of a column: infinite ends where it has none.
func (p *plan) span(j int) (lo, hi float64) {
	if p.total[j] < 0 {
		lo, hi = p.fields[j].limits()
		if !p.bounded(j, true) {
			hi = math.Inf(1)
		}
		if !p.bounded(j, false) {
			lo = math.Inf(-1)
		}
		return lo, hi
	}
	for _, name := range p.rule(p.total[j]).Sum.Of {
		k := slices.Index(p.schema.Names(), string(name))
		a, b := p.span(k)
		lo, hi = lo+a, hi+b
	}
	return lo, hi
}

// bounded tells whether a column that is found as a distance can always be found within its range:
// what it lies above (or below) is in its own range then. A total may be anything that its parts
// add up to.
func (p *plan) bounded(j int, upwards bool) bool {
	links := p.limits[j].above
	if !upwards {
		links = p.limits[j].below
	}
	return !slices.ContainsFunc(links, func(l link) bool { return p.total[l.column] >= 0 || !p.bounded(l.column, upwards) })
}
