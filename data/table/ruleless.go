package table

import (
	"fmt"
	"slices"
	"strings"
)

// The pairs that less rules are made of.

// edges lists the pairs of all less rules, and keeps their numbers as limits. Every two of a chain
// are a pair: the first is below the third where the second is missing too.
func (p *plan) edges() ([]edge, error) {
	var edges []edge
	for i := range p.schema.Rules {
		r := p.rule(i)
		at := make([]int, len(r.Less)) // the column of each term, -1 for a constant
		for k, term := range r.Less {
			at[k] = slices.Index(p.schema.Names(), string(term))
			if at[k] >= 0 {
				f := &p.schema.Columns[at[k]]
				if err := f.counts(); err != nil {
					return nil, r.fault("%w: give it the kind integer, real or date in the schema, or leave it out", err)
				}
			}
		}
		if !slices.ContainsFunc(at, func(j int) bool { return j >= 0 && p.schema.Columns[j].Kind.Numeric() }) {
			if err := p.unknownTerm(r, at); err != nil {
				return nil, err
			}
		}
		for a := range at {
			for b := a + 1; b < len(at); b++ {
				e, err := p.pair(i, r.Less[a], r.Less[b], at[a], at[b])
				if err != nil {
					return nil, err
				}
				edges = append(edges, e...)
			}
		}
	}
	return edges, p.acyclic(edges)
}

// unknownTerm is for a chain without any column of numbers.
func (p *plan) unknownTerm(r *Rule, at []int) error {
	for k, j := range at {
		if j < 0 {
			_, err := p.schema.Lookup(string(r.Less[k]))
			return r.fault("%w", p.near(r.Less[k], err))
		}
	}
	return nil // constant and missing columns alone
}

// pair is what low <= high says, of two terms of rule i.
func (p *plan) pair(i int, low, high Text, a, b int) ([]edge, error) {
	r := p.rule(i)
	constant := func(j int) bool { return j < 0 || p.schema.Columns[j].Kind == Constant }
	missing := func(j int) bool { return j >= 0 && p.schema.Columns[j].Kind == AllMissing }
	valueOf := func(j int, term Text) Text {
		if j >= 0 {
			return p.schema.Columns[j].Value
		}
		return term
	}
	switch {
	case a >= 0 && a == b:
		return nil, r.fault("the column %q can't stand below itself", low)
	case missing(a) || missing(b) || constant(a) && constant(b):
		return nil, nil
	case constant(a):
		return nil, p.fix(i, b, a, valueOf(a, low), true)
	case constant(b):
		return nil, p.fix(i, a, b, valueOf(b, high), false)
	case !comparable(&p.fields[a], &p.fields[b]):
		return nil, r.fault("the columns %q (%s) and %q (%s) can't be compared", low, p.fields[a].unitName(), high, p.fields[b].unitName())
	}
	return []edge{{a, b, r.Strict, i}}, nil
}

func (f *Field) unitName() string {
	switch {
	case f.Kind != Date:
		return "a number"
	case f.Moment.clockOnly():
		return "a time of day"
	}
	return "a date in units of a " + f.Moment.Unit
}

// fix keeps a number that column j is held against; from is the constant column it stands in, -1 for none.
func (p *plan) fix(i, j, from int, text Text, least bool) error {
	r, f := p.rule(i), &p.fields[j]
	v, ok := f.constant(string(text))
	if !ok {
		if from >= 0 {
			return r.fault("the column %q is always %q, which can't be compared with %q (%s)", p.fields[from].Name, text, f.Name, f.unitName())
		}
		_, err := p.schema.Lookup(string(text))
		return r.fault("%w; nor is it %s that %q could be compared with", p.near(text, err), f.unitName(), f.Name)
	}
	for _, x := range p.limits[j].fixed {
		lo, hi := x.value, v
		if least {
			lo, hi = v, x.value
		}
		if x.least != least && (lo > hi || lo == hi && (x.strict || r.Strict)) {
			return r.fault("it contradicts %s: nothing lies between %v and %v in column %q", p.rule(x.rule), lo, hi, f.Name)
		}
	}
	p.limits[j].fixed = append(p.limits[j].fixed, fixed{v, least, r.Strict, i})
	return nil
}

// acyclic makes sure that no column stands below itself.
func (p *plan) acyclic(edges []edge) error {
	state := make([]int, len(p.fields)) // 0 not seen, 1 on the path, 2 done
	var path []edge
	var visit func(j int) error
	visit = func(j int) error {
		state[j] = 1
		for _, e := range edges {
			if e.low != j || state[e.high] == 2 {
				continue
			}
			path = append(path, e)
			if state[e.high] == 1 {
				k := slices.IndexFunc(path, func(x edge) bool { return x.low == e.high })
				return p.cycle(path[k:])
			}
			if err := visit(e.high); err != nil {
				return err
			}
			path = path[:len(path)-1]
		}
		state[j] = 2
		return nil
	}
	for j := range state {
		if state[j] == 0 {
			if err := visit(j); err != nil {
				return err
			}
		}
	}
	return nil
}

// cycle is the error of a circle of pairs.
func (p *plan) cycle(path []edge) error {
	var rules, names []string
	for _, e := range path {
		if s := p.rule(e.rule).String(); !slices.Contains(rules, s) {
			rules = append(rules, s)
		}
		names = append(names, string(p.fields[e.low].Name))
	}
	names = append(names, names[0])
	return fmt.Errorf("%s: together they say %s: drop one of them", strings.Join(rules, " and "), strings.Join(names, " <= "))
}
