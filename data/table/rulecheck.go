package table

import (
	"encoding/binary"
	"fmt"
	"math"
	"slices"
	"strings"
)

// checkRows finds the first row of a table that breaks a rule.
func (p *plan) checkRows(t *Table, at []int) error {
	w := newRewriting(p, nil)
	for _, e := range p.pairs {
		w.reads[e.low], w.reads[e.high] = true, true
	}
	for j := range p.limits {
		w.reads[j] = w.reads[j] || len(p.limits[j].fixed) > 0
	}
	s := w.scan(t, at)
	for i := range p.schema.Rules {
		breaks, first, problem, broken := s.test(i), -1, "", 0
		for k, r := range s.each() {
			text := breaks(k, r)
			if text == "" {
				continue
			}
			if broken++; first < 0 {
				first, problem = k, text
			}
		}
		if first < 0 {
			continue
		}
		if broken > 1 {
			problem += fmt.Sprintf(" (%d of %d rows break it)", broken, t.Rows())
		}
		return &Error{File: t.Source, Row: first + 1, Problem: fmt.Sprintf("%s does not hold: %s", p.rule(i), problem),
			Remedy: "correct these rows or leave them out, or drop the rule"}
	}
	return nil
}

// A test says how row k breaks a rule, nothing if it does not.
type test func(k int, r *row) string

func (s scan) test(i int) test {
	switch r := s.rule(i); {
	case r.Less != nil:
		return s.lessTest(i)
	case r.Sum != nil:
		return s.sumTest(i)
	case r.Only != nil:
		return s.onlyTest(i)
	case r.Determines != nil:
		return s.determinesTest(i)
	case r.Unique != nil:
		return s.uniqueTest(i)
	}
	return func(int, *row) string { return "" }
}

func (s scan) lessTest(i int) test {
	return func(_ int, r *row) string {
		for _, e := range s.pairs {
			if e.rule != i {
				continue
			}
			ticks := finest(&s.fields[e.low], &s.fields[e.high])
			win := anywhere(s.fields[e.high].factor(ticks))
			win.atLeast(r.values[e.low]*s.fields[e.low].factor(ticks), e.strict)
			if win.side(r.values[e.high]) < 0 {
				word := "above"
				if e.strict {
					word = "not below"
				}
				return s.held(r, e.low, word, fmt.Sprintf("%s = %s", s.fields[e.high].Name, r.texts[e.high]))
			}
		}
		for j := range s.limits {
			for _, x := range s.limits[j].fixed {
				win := anywhere(1)
				if win.fix(x); x.rule != i || win.side(r.values[j]) == 0 {
					continue
				}
				word := "above"
				switch {
				case x.least && x.strict:
					word = "not above"
				case x.least:
					word = "below"
				case x.strict:
					word = "not below"
				}
				return s.held(r, j, word, s.fields[j].spell(x.value))
			}
		}
		return ""
	}
}

// held says that a value of a row is above or below another.
func (s scan) held(r *row, j int, word, other string) string {
	return fmt.Sprintf("%s = %s is %s %s", s.fields[j].Name, r.texts[j], word, other)
}

func (s scan) sumTest(i int) test {
	j := slices.Index(s.total, i)
	parts, d := s.adds[j], 0
	for _, k := range parts {
		n, _ := s.fields[k].decimalsOrNone()
		d = max(d, n)
	}
	return func(_ int, r *row) string {
		sum, size := 0.0, 0.0
		for _, k := range parts {
			sum += units(r.values[k], d)
			size += float64(math.Abs(r.values[k]) * pow10(d))
		}
		if math.IsNaN(sum) || math.IsNaN(r.values[j]) {
			return ""
		}
		if size > exactUnits {
			return "the numbers are too large to be added exactly: " + s.sumText(r, j, sum/pow10(d))
		}
		if v, _ := s.fields[j].Float(s.fields[j].spell(sum / pow10(d))); v != r.values[j] {
			return fmt.Sprintf("%s, but %s = %s", s.sumText(r, j, sum/pow10(d)), s.fields[j].Name, r.texts[j])
		}
		return ""
	}
}

func (s scan) onlyTest(i int) test {
	r := s.rule(i)
	columns, _ := s.plan.columns(r, r.Together)
	may := map[string]bool{}
	for _, row := range r.Only {
		may[combined(len(row), func(k int) string { return string(row[k]) })] = true
	}
	return func(_ int, r *row) string {
		if may[combined(len(columns), func(k int) string { return r.texts[columns[k]] })] {
			return ""
		}
		return s.values(r, columns) + " is none of the combinations listed"
	}
}

// combined is one text for each combination of texts.
func combined(n int, text func(k int) string) string {
	var b strings.Builder
	for k := range n {
		t := text(k)
		fmt.Fprintf(&b, "%d:%s", len(t), t)
	}
	return b.String()
}

// values lists what a row holds in some columns.
func (s scan) values(r *row, columns []int) string {
	words := make([]string, len(columns))
	for i, j := range columns {
		words[i] = fmt.Sprintf("%s = %s", s.fields[j].Name, r.texts[j])
	}
	return strings.Join(words, ", ")
}

// codes is one text for each combination of the values of columns in row k; ok is false if one of them is
// missing.
func (s scan) codes(columns []int, k int, r *row) (key string, ok bool) {
	var b []byte
	for _, j := range columns {
		if s.fields[j].IsMissing(r.texts[j]) {
			return "", false
		}
		b = binary.LittleEndian.AppendUint32(b, s.cells[j].codes[k])
	}
	return string(b), true
}

func (s scan) determinesTest(i int) test {
	rule := s.rule(i).Determines
	from, _ := s.plan.columns(s.rule(i), rule.From)
	to, _ := s.plan.columns(s.rule(i), rule.To)
	seen := make([]map[string]int, len(to)) // the first row of each
	for n := range seen {
		seen[n] = map[string]int{}
	}
	return func(k int, r *row) string {
		key, ok := s.codes(from, k, r)
		if !ok {
			return ""
		}
		for n, j := range to {
			if s.fields[j].IsMissing(r.texts[j]) {
				continue
			}
			first, known := seen[n][key]
			if !known {
				seen[n][key] = k
			} else if was := s.cells[j].At(first); was != r.texts[j] {
				return fmt.Sprintf("with %s it has %s = %s, and row %d has %s", s.values(r, from), s.fields[j].Name, r.texts[j], first+1, was)
			}
		}
		return ""
	}
}

func (s scan) uniqueTest(i int) test {
	columns, _ := s.plan.columns(s.rule(i), s.rule(i).Unique)
	seen := map[string]int{}
	return func(k int, r *row) string {
		key, ok := s.codes(columns, k, r)
		if !ok {
			return ""
		}
		if first, known := seen[key]; known {
			return fmt.Sprintf("it has %s as row %d has", s.values(r, columns), first+1)
		}
		seen[key] = k
		return ""
	}
}
