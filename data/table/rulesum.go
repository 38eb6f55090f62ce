package table

import (
	"fmt"
	"math"
	"slices"
)

// Totals, which are left out and added up again.

// added is the sum of the parts of total j; ok is false if one of them is missing.
func (w *rewriting) added(r *row, j int) (v float64, ok bool) {
	return w.addedOr(r, j, nil)
}

// addedOr puts these numbers in place of the parts that are missing.
func (w *rewriting) addedOr(r *row, j int, instead []float64) (v float64, ok bool) {
	d := w.facts[j].Decimals
	sum := 0.0
	for i, k := range w.adds[j] {
		v := r.values[k]
		if math.IsNaN(v) && instead == nil {
			return 0, false
		} else if math.IsNaN(v) {
			v = instead[i]
		}
		sum += units(v, d)
	}
	return sum / pow10(d), true
}

// remainder is the text that a total is learned as.
func (w *rewriting) remainder(r *row, j int) string {
	if sum, ok := w.added(r, j); ok && r.texts[j] == w.fields[j].spell(sum) {
		return string(w.facts[j].Mark)
	}
	return r.texts[j]
}

// sum finds total j from the text that was learned.
func (w *rewriting) sum(r *row, j int, text string) string {
	fact, f := w.facts[j], &w.fields[j]
	sum, whole := w.added(r, j)
	v, number := f.Float(text)
	switch spelled := f.spell(sum); {
	case text != string(fact.Mark) && !number: // missing, or a word
		return text
	case whole && number: // the same number in another spelling may stay
		if u, _ := f.Float(spelled); u == v {
			return text
		}
		return spelled
	case whole:
		return spelled
	case number:
		if win := w.window(r, j); win.side(v) == 0 {
			return text
		}
	default:
		v, _ = w.addedOr(r, j, fact.Middle)
	}
	return w.settled(r, j, v)
}

// learnSum finds out what there is to know of total j.
func (w *rewriting) learnSum(c *Column, rows scan, j int) (*Fact, error) {
	f := &w.fields[j]
	fact := &Fact{Column: f.Name, Nothing: commonestWord(f, c), Mark: "(sum)"}
	for slices.Contains(c.Texts(), string(fact.Mark)) {
		fact.Mark += "'"
	}
	parts := w.adds[j]
	for _, k := range parts {
		d, _ := w.fields[k].decimalsOrNone()
		fact.Decimals = max(fact.Decimals, d)
	}
	for i, r := range rows.each() {
		size := 0.0
		for _, k := range parts {
			if v := r.values[k]; !math.IsNaN(v) {
				size += math.Abs(v)
			}
		}
		if size*pow10(fact.Decimals) > exactUnits {
			return nil, w.rule(w.total[j]).fault("row %d: the numbers are too large to be added exactly: drop the rule", i+1)
		}
	}
	for _, k := range parts {
		fact.Middle = append(fact.Middle, median(rows, k))
	}
	w.facts[j], w.keeps[j] = fact, map[Text]bool{}
	return fact, nil
}

func median(rows scan, j int) float64 {
	var values []float64
	for _, r := range rows.each() {
		if v := r.values[j]; !math.IsNaN(v) {
			values = append(values, v)
		}
	}
	if len(values) == 0 {
		return 0
	}
	slices.Sort(values)
	return values[len(values)/2]
}

// sumText says for messages what a total should be.
func (w *rewriting) sumText(r *row, j int, sum float64) string {
	text := ""
	for _, k := range w.adds[j] {
		if text != "" {
			text += " + "
		}
		text += fmt.Sprintf("%s %s", w.fields[k].Name, r.texts[k])
	}
	return fmt.Sprintf("%s = %s", text, w.fields[j].spell(sum))
}
