package table

import (
	"fmt"
	"math"
	"slices"
)

// whereRuled is Where by way of the table that is learned. A condition on a column of a joint allows some
// of its combinations; one on a column that is found from others can't be asked for.
func (t *Transform) whereRuled(byColumn map[int][]clause) ([]Where, error) {
	w := t.rewriting()
	var out []Where
	for k, s := range w.slots {
		var c Where
		var err error
		switch j := s.column; {
		case s.joint >= 0 && slices.ContainsFunc(w.joints[s.joint].columns, func(j int) bool { return len(byColumn[j]) > 0 }):
			c, err = t.whereJoint(w, k, byColumn)
		case s.joint >= 0 || len(byColumn[j]) == 0:
			continue
		case w.found(j):
			err = fmt.Errorf("condition on column %q: %w", w.fields[j].Name, w.notAsked(j))
		default:
			if c, err = t.core().column(k, byColumn[j]); err != nil {
				err = fmt.Errorf("condition on column %q: %w", w.fields[j].Name, err)
			}
		}
		if err != nil {
			return nil, err
		}
		out = append(out, c)
	}
	return out, nil
}

// notAsked says why a column that is found from others has no condition.
func (w *rewriting) notAsked(j int) error {
	how := "the total"
	if w.apart(j) {
		how = "its distance from other columns"
	}
	return fmt.Errorf("by %s it is learned as %s, and can't be asked for: put the condition on the columns that it follows from, or train without the rule", w.rule(w.maker(j)), how)
}

// whereJoint allows the combinations of slot k that obey the conditions on its columns.
func (t *Transform) whereJoint(w *rewriting, k int, byColumn map[int][]clause) (Where, error) {
	core := t.core()
	part, place := &core.Parts[k], core.Places()[k]
	c := Where{Column: k, Lo: math.Inf(-1), Hi: math.Inf(1)}
	rows := make([][]string, len(part.States))
	for i, text := range part.States {
		rows[i] = make([]string, len(w.fields))
		w.split(w.slots[k].joint, string(text), rows[i])
	}
	will := make([]bool, len(rows))
	for i := range will {
		will[i] = true
	}
	for _, j := range w.joints[w.slots[k].joint].columns {
		if err := w.fields[j].allow(will, byColumn[j], func(i int) string { return rows[i][j] }); err != nil {
			return c, fmt.Errorf("condition on column %q: %w", w.fields[j].Name, err)
		}
	}
	if !slices.Contains(will, true) {
		return c, fmt.Errorf("the conditions exclude every combination of %s that was learned", core.Schema.Columns[k].Name)
	}
	if place.Cell >= 0 {
		c.States = make([]bool, place.Card)
		copy(c.States[place.First:], will)
	}
	return c, nil
}

// allow keeps of the rows that will do those that obey the clauses on one column.
func (f *Field) allow(will []bool, clauses []clause, text func(i int) string) error {
	listed, ok := false, make([]bool, len(will))
	for _, c := range clauses {
		for _, v := range c.values {
			if c.op != "=" && c.op != "!=" {
				if err := f.ordered(c.op, v); err != nil {
					return err
				}
			} else if !slices.ContainsFunc(indices(len(will)), func(i int) bool { return f.same(text(i), v) }) {
				return f.never(v, len(will), text)
			}
			for i := range will {
				switch u := text(i); {
				case c.op == "=":
					ok[i] = ok[i] || f.same(u, v)
				case c.op == "!=":
					will[i] = will[i] && !f.same(u, v)
				default:
					a, number := f.Float(u)
					b, _ := f.Float(v)
					will[i] = will[i] && number && holds(a, c.op, b)
				}
			}
		}
		listed = listed || c.op == "="
	}
	for i := range will {
		will[i] = will[i] && (ok[i] || !listed)
	}
	return nil
}

// slot is the learned column in which the user's column j is.
func (w *rewriting) slot(j int) int {
	return slices.IndexFunc(w.slots, func(s slot) bool { return s.joint < 0 && s.column == j || s.joint >= 0 && s.joint == w.joint[j] })
}

func indices(n int) []int {
	list := make([]int, n)
	for i := range list {
		list[i] = i
	}
	return list
}

// same tells whether two texts of the column are the same value.
func (f *Field) same(a, b string) bool {
	if a == b {
		return true
	}
	u, ok := f.Float(a)
	v, too := f.Float(b)
	return ok && too && u == v
}

// ordered makes sure that a value can be compared with the column's.
func (f *Field) ordered(op, text string) error {
	if !f.Kind.Numeric() {
		return fmt.Errorf("%s is for numbers and dates; it is %s: ask with = or in", op, f.Kind)
	}
	if _, ok := f.Float(text); !ok {
		return fmt.Errorf("%q is no number of it: it holds %s from %s to %s", text, f.Kind, f.Min, f.Max)
	}
	return nil
}

// never says which values a column of a joint has.
func (f *Field) never(text string, n int, of func(i int) string) error {
	var names []string
	for i := range n {
		if u := of(i); !slices.Contains(names, u) && len(names) < 1000 {
			names = append(names, u)
		}
	}
	if near := nearest(text, names); near != "" {
		return fmt.Errorf("it never is %q; did you mean %q?", text, near)
	}
	shown, more := names, ""
	if len(names) > 20 {
		shown, more = names[:20], " and more"
	}
	return fmt.Errorf("it never is %q; its values are %q%s", text, shown, more)
}
