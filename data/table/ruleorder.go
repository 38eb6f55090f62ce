package table

import (
	"fmt"
	"slices"
	"strings"
)

// arrange gives each pair of columns a direction and the columns an order. By itself the higher
// column is found from the lower. What the rules determine otherwise, a total or a column of a
// joint, can't be: then the lower is found from the higher, and so is what lies below it in turn.
func (p *plan) arrange(edges []edge) error {
	n := len(p.fields)
	hangs := p.hanging(edges)
	before := make([][]link, n) // what each column waits for, with the rule that makes it wait
	wait := func(j, on, rule int) { before[j] = append(before[j], link{column: on, rule: rule}) }
	for j, i := range p.total {
		if i < 0 {
			continue
		}
		for _, name := range p.rule(i).Sum.Of {
			wait(j, slices.Index(p.schema.Names(), string(name)), i)
		}
	}
	var implied []edge // between two columns that are determined otherwise
	for _, e := range edges {
		switch {
		case p.joint[e.low] >= 0 && p.joint[e.low] == p.joint[e.high]: // the table's combinations obey it
		case p.determined(e.low) && p.determined(e.high) || p.part(e.low, e.high) || p.part(e.high, e.low):
			implied = append(implied, e)
		case p.determined(e.high) || hangs[e.high] && !p.determined(e.low):
			p.limits[e.low].below = append(p.limits[e.low].below, link{e.high, e.strict, e.rule})
			wait(e.low, e.high, e.rule)
		default:
			p.limits[e.high].above = append(p.limits[e.high].above, link{e.low, e.strict, e.rule})
			wait(e.high, e.low, e.rule)
		}
	}
	var err error
	if p.all, err = p.sorted(before); err != nil {
		return err
	}
	for _, j := range p.all {
		if l := &p.limits[j]; len(l.above) > 0 && len(l.below) > 0 {
			a, b := l.above[0], l.below[0]
			return fmt.Errorf("%s and %s: the column %q stands between %q and %q, which other rules determine, and can't be kept within both: drop one of them",
				p.rule(a.rule), p.rule(b.rule), p.fields[j].Name, p.fields[a.column].Name, p.fields[b.column].Name)
		}
		if p.found(j) || p.joint[j] < 0 && len(p.limits[j].fixed) > 0 {
			p.order = append(p.order, j)
		}
	}
	for _, e := range implied {
		if err := p.follows(e); err != nil {
			return err
		}
	}
	return p.reach()
}

// determined is true of columns that are found otherwise than by their distance from another.
func (p *plan) determined(j int) bool { return p.joint[j] >= 0 || p.total[j] >= 0 }

// apart is true of columns that are learned as a distance.
func (p *plan) apart(j int) bool {
	return p.total[j] < 0 && len(p.limits[j].above)+len(p.limits[j].below) > 0
}

// found is true of columns that are not learned as they are, joints left aside.
func (p *plan) found(j int) bool { return p.total[j] >= 0 || p.apart(j) }

// part tells whether a column is added to a total.
func (p *plan) part(j, total int) bool {
	return p.total[total] >= 0 && slices.Contains(p.rule(p.total[total]).Sum.Of, p.fields[j].Name)
}

// hanging marks the columns that lie below a determined one, if only through others.
func (p *plan) hanging(edges []edge) []bool {
	hangs := make([]bool, len(p.fields))
	for changed := true; changed; {
		changed = false
		for _, e := range edges {
			if !p.determined(e.low) && !hangs[e.low] && !p.part(e.low, e.high) && (p.determined(e.high) || hangs[e.high]) {
				hangs[e.low], changed = true, true
			}
		}
	}
	return hangs
}

// sorted puts every column after those it waits for, else in their own order.
func (p *plan) sorted(before [][]link) ([]int, error) {
	n := len(before)
	done := make([]bool, n)
	var order []int
	for len(order) < n {
		next := -1
		for j := range n {
			if !done[j] && !slices.ContainsFunc(before[j], func(l link) bool { return !done[l.column] }) {
				next = j
				break
			}
		}
		if next < 0 {
			return nil, p.circle(before, done)
		}
		done[next] = true
		order = append(order, next)
	}
	return order, nil
}

// circle is the error of columns that wait for each other.
func (p *plan) circle(before [][]link, done []bool) error {
	j := slices.Index(done, false)
	var path []int
	var rules []int
	for !slices.Contains(path, j) {
		k := slices.IndexFunc(before[j], func(l link) bool { return !done[l.column] })
		path, rules = append(path, j), append(rules, before[j][k].rule)
		j = before[j][k].column
	}
	from := slices.Index(path, j)
	var names, columns []string
	for k := from; k < len(path); k++ {
		if s := p.rule(rules[k]).String(); !slices.Contains(names, s) {
			names = append(names, s)
		}
		columns = append(columns, fmt.Sprintf("%q", p.fields[path[k]].Name))
	}
	return fmt.Errorf("%s: they determine %s from each other in a circle: drop one of them", strings.Join(names, " and "), strings.Join(columns, ", "))
}

// follows makes sure that a pair whose columns are both determined otherwise holds whatever is drawn.
// For rows in which a total is not determined, as one of its parts is missing, the pair is a limit of it.
func (p *plan) follows(e edge) error {
	if gap := p.leastGap(e); !(gap > 0 || gap == 0 && !e.strict) {
		low, high := p.fields[e.low].Name, p.fields[e.high].Name
		remedy := "drop one of them"
		if p.joint[e.low] >= 0 && p.joint[e.high] >= 0 {
			remedy = "list both columns in one rule together"
		}
		return p.rule(e.rule).fault("%s and %s determine %q and %q already, and would let %q lie above %q by up to %v: %s",
			p.rule(p.maker(e.low)), p.rule(p.maker(e.high)), low, high, low, high, -gap, remedy)
	}
	switch low, high := p.total[e.low] >= 0, p.total[e.high] >= 0; {
	case high && (!low || slices.Index(p.all, e.low) < slices.Index(p.all, e.high)):
		p.limits[e.high].above = append(p.limits[e.high].above, link{e.low, e.strict, e.rule})
	case low:
		p.limits[e.low].below = append(p.limits[e.low].below, link{e.high, e.strict, e.rule})
	}
	return nil
}

// leastGap is the least that high - low can be.
func (p *plan) leastGap(e edge) float64 {
	switch {
	case p.part(e.low, e.high):
		lo, _ := p.others(e.low, e.high)
		return lo
	case p.part(e.high, e.low):
		_, hi := p.others(e.high, e.low)
		return -hi
	}
	_, hi := p.span(e.low)
	lo, _ := p.span(e.high)
	return lo - hi
}

// others is the range of a total without one of its parts.
func (p *plan) others(part, total int) (lo, hi float64) {
	for _, name := range p.rule(p.total[total]).Sum.Of {
		if name != p.fields[part].Name {
			a, b := p.span(slices.Index(p.schema.Names(), string(name)))
			lo, hi = lo+a, hi+b
		}
	}
	return lo, hi
}

// reach makes sure that a number which a column is held against can be kept where the column follows
// from others. One that is found within its range has a row of the table to show for it.
func (p *plan) reach() error {
	for j := range p.fields {
		if p.total[j] < 0 && (!p.apart(j) || p.bounded(j, true) && p.bounded(j, false) || len(p.fields[j].Missing) > 0) {
			continue
		}
		lo, hi := p.span(j)
		for _, x := range p.limits[j].fixed {
			w := anywhere(1)
			if w.fix(x); w.side(lo) != 0 || w.side(hi) != 0 {
				return p.rule(x.rule).fault("the column %q follows from others by %s, which could carry it from %v to %v: drop one of these rules",
					p.fields[j].Name, p.rule(p.maker(j)), lo, hi)
			}
		}
	}
	return nil
}

// maker is the rule by which column j is found; its own part in a sum if it is learned.
func (p *plan) maker(j int) int {
	l := &p.limits[j]
	switch {
	case p.total[j] >= 0:
		return p.total[j]
	case p.joint[j] >= 0:
		return p.joints[p.joint[j]].rule
	case len(l.above) > 0:
		return l.above[0].rule
	case len(l.below) > 0:
		return l.below[0].rule
	}
	return slices.IndexFunc(p.schema.Rules, func(r Rule) bool { return r.Sum != nil && slices.Contains(r.Sum.Of, p.fields[j].Name) })
}
