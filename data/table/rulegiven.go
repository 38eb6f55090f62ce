package table

import (
	"fmt"
	"math"
	"slices"
)

// Rows of which some cells are given, as when missing ones are filled in.

// Needs lists for each learned column the columns of the user's schema that its text is made from: where
// one of them is not known, it is not known either.
func (t *Transform) Needs() [][]int {
	w := t.rewriting()
	out := make([][]int, len(t.Learned().Columns))
	for k := range out {
		switch {
		case w == nil:
			out[k] = []int{k}
		case w.slots[k].joint >= 0:
			out[k] = slices.Clone(w.joints[w.slots[k].joint].columns)
		case w.found(w.slots[k].column):
			out[k] = append([]int{w.slots[k].column}, w.needs(w.slots[k].column)...)
		default:
			out[k] = []int{w.slots[k].column}
		}
	}
	return out
}

// RowGiven is Row for a row some of whose cells are given: where given (one a column of the schema) is true
// dst holds the text and keeps it. The other cells obey the rules less and sum together with those given, as
// far as these leave room for it: a number is put within the bounds that given ones set, and parts
// of a given total are scaled to it. A joint with given columns takes the commonest combination
// that has them, if the one drawn has not; as it was drawn, and the rule is broken, where no row of the
// table had them. A total that is not given is the sum, even if a given column should not be below it.
// What it returns names a rule that the row breaks all the same, empty if there is none. With firm it also names
// a number that had to be moved to a bound: rows that are drawn again instead do not crowd there.
func (d *Decoder) RowGiven(dst []string, given []bool, num []float64, cells []int32, row uint64, firm bool) (broken string) {
	return d.rowGiven(dst, given, num, cells, [2]uint64{row, row}, firm)
}

// rowGiven is RowGiven of a row whose identifiers have an identity of their own, the second.
func (d *Decoder) rowGiven(dst []string, given []bool, num []float64, cells []int32, row [2]uint64, firm bool) string {
	drawn := make([]string, len(d.columns))
	d.learned(drawn, num, cells, row[0], row[1])
	return d.around(dst, given, drawn, firm)
}

// around puts what was drawn of the learned row into the cells of dst that are not given.
func (d *Decoder) around(dst []string, given []bool, drawn []string, firm bool) (broken string) {
	if d.rules == nil {
		for j, text := range drawn {
			if !given[j] {
				dst[j] = text
			}
		}
		return ""
	}
	moved := d.rules.restoreGiven(dst, given, drawn, d.columns)
	if firm && moved >= 0 {
		return fmt.Sprintf("column %q was drawn beyond what is given", d.rules.fields[moved].Name)
	}
	return d.broken(dst, given)
}

// broken names a rule that a row breaks. Of the joints only those count of which something is not given.
func (d *Decoder) broken(texts []string, given []bool) string {
	w := d.rules
	r := w.newRow(texts)
	for j := range texts {
		r.values[j], _ = w.fields[j].Float(texts[j])
	}
	for _, test := range d.tests {
		if problem := test(0, r); problem != "" {
			return problem
		}
	}
	for k := range w.joints {
		open := slices.ContainsFunc(w.joints[k].columns, func(j int) bool { return !given[j] })
		if open && !d.combinations[k][w.joined(k, texts)] {
			return fmt.Sprintf("%s does not hold: no row has %q", w.rule(w.joints[k].rule), w.joined(k, texts))
		}
	}
	return ""
}

// testing prepares broken.
func (d *Decoder) testing() {
	d.tests, d.combinations = d.rules.numberTests(), make([]map[string]bool, len(d.rules.joints))
	for k, s := range d.rules.slots {
		if s.joint < 0 {
			continue
		}
		all := map[string]bool{}
		for _, text := range slices.Concat(d.columns[k].part.States, d.columns[k].part.Rare) {
			all[string(text)] = true
		}
		d.combinations[s.joint] = all
	}
}

// restoreGiven is restore beside what is given. moved is a column whose number lay beyond that, or -1.
func (w *rewriting) restoreGiven(dst []string, given []bool, learned []string, columns []decoded) (moved int) {
	own := slices.Clone(dst)
	w.restore(dst, learned)
	drawn := slices.Clone(dst)
	for k, s := range w.slots {
		if s.joint < 0 {
			drawn[s.column] = learned[k]
			continue
		}
		w.matching(s.joint, columns[k].part, given, own, dst)
	}
	r, moved := w.newRow(dst), -1
	for j := range dst {
		if given[j] {
			dst[j] = own[j]
		}
		r.values[j], _ = w.fields[j].Float(dst[j])
	}
	for _, j := range w.all {
		switch {
		case w.joint[j] >= 0:
		case given[j]:
			w.balance(r, j, given)
		default:
			if slices.Contains(w.order, j) {
				dst[j] = w.find(r, j, drawn[j])
				r.values[j], _ = w.fields[j].Float(dst[j])
			}
			if w.between(r, j, given) {
				moved = j
			}
		}
	}
	return moved
}

// matching gives the columns of a joint that are not given the values of a combination with those that are.
func (w *rewriting) matching(joint int, p *Part, given []bool, own, dst []string) {
	columns := w.joints[joint].columns
	fits := func(row []string) bool {
		return !slices.ContainsFunc(columns, func(j int) bool { return given[j] && row[j] != own[j] })
	}
	if fits(dst) {
		return
	}
	row, best := make([]string, len(dst)), int64(0)
	for k, text := range slices.Concat(p.States, p.Rare) {
		count := int64(0)
		if k < len(p.Counts) {
			count = p.Counts[k]
		} else {
			count = p.RareCounts[k-len(p.Counts)]
		}
		if w.split(joint, string(text), row); count > best && fits(row) {
			best = count
			for _, j := range columns {
				dst[j] = row[j]
			}
		}
	}
}

// between puts column j, which is not given, within what given columns leave it beside those that it is
// found from, and tells whether it was not.
func (w *rewriting) between(r *row, j int, given []bool) (moved bool) {
	v := r.values[j]
	if math.IsNaN(v) || w.total[j] >= 0 {
		return false
	}
	f := &w.fields[j]
	others := []*Field{f}
	for _, e := range w.pairs {
		if e.low == j || e.high == j {
			others = append(others, &w.fields[e.low], &w.fields[e.high])
		}
	}
	ticks := finest(others...)
	win := anywhere(f.factor(ticks))
	for _, x := range w.limits[j].fixed {
		win.fix(x)
	}
	for _, e := range w.pairs {
		low, high := r.values[e.low]*w.fields[e.low].factor(ticks), r.values[e.high]*w.fields[e.high].factor(ticks)
		switch {
		case e.high == j && !math.IsNaN(low) && (given[e.low] || w.after(j, e.low)):
			win.atLeast(low, e.strict)
		case e.low == j && !math.IsNaN(high) && (given[e.high] || w.after(j, e.high)):
			win.atMost(high, e.strict)
		}
	}
	if win.side(v) == 0 {
		return false
	}
	if text, _, ok := f.settle(v, win); ok {
		r.texts[j] = text
		r.values[j], _ = f.Float(text)
	}
	return true
}

// after tells whether column j is found after another.
func (w *rewriting) after(j, other int) bool {
	return w.joint[other] >= 0 || slices.Index(w.all, j) > slices.Index(w.all, other)
}

// takes tells whether part a of a sum can rather take what others leave than b: it has more decimals, or is
// larger.
func (w *rewriting) takes(r *row, a, b int) bool {
	da, _ := w.fields[a].decimalsOrNone()
	db, _ := w.fields[b].decimalsOrNone()
	return da > db || da == db && math.Abs(r.values[a]) > math.Abs(r.values[b])
}

// balance scales the parts of a given total that are not given themselves to what the others leave, and
// gives one of them what the decimals leave.
func (w *rewriting) balance(r *row, j int, given []bool) {
	if w.total[j] < 0 || math.IsNaN(r.values[j]) {
		return
	}
	d := w.facts[j].Decimals
	if n, ok := w.fields[j].decimals(); ok {
		d = max(d, n)
	}
	var open []int
	rest, sum, most := units(r.values[j], d), 0.0, -1
	for _, k := range w.adds[j] {
		v := units(r.values[k], d)
		switch {
		case math.IsNaN(v):
			return
		case given[k] || w.joint[k] >= 0:
			rest -= v
			continue
		case most < 0 || w.takes(r, k, most):
			most = k
		}
		open, sum = append(open, k), sum+v
	}
	if most < 0 {
		return
	}
	scale := 1.0
	if sum != 0 && rest/sum >= 0 {
		scale = rest / sum
	}
	for _, k := range open {
		if k != most {
			w.put(r, k, r.values[k]*scale)
			rest -= units(r.values[k], d)
		}
	}
	w.put(r, most, rest/pow10(d))
}

// put writes a number as the column spells it.
func (w *rewriting) put(r *row, j int, v float64) {
	r.texts[j] = w.fields[j].spell(v)
	r.values[j], _ = w.fields[j].Float(r.texts[j])
}
