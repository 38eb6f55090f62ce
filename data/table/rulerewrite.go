package table

import (
	"math"
	"strings"
)

// How a table is rewritten so that its rules hold by themselves.
//
// The network learns another table than the user's, with a column for each of
//
//   - a joint: the texts of its columns as one category, so that no combination is made but
//     those seen;
//   - a column found as a distance: how far it lies above the highest of the columns that it must
//     not be below, or below the lowest of those it must not be above. A distance is never negative, so
//     that whatever is drawn obeys the rule. Texts that are no numbers (marks of missing values), and
//     values that many rows share for another reason than their distance (caps), stand for themselves,
//     with a = before them;
//   - a total: a mark that says "the sum"; and the total itself, or its missing mark, in rows where a
//     part is missing or it is missing itself;
//   - any other column, as it is.
//
// Apply is this way, Restore is the way back. Restore(Apply(row)) is row for rows that obey the rules.
// For any row whatever that a network may draw, Restore gives one that obeys them: a number that a
// rule forbids, such as a cap below the column it must be above, is put on the nearest that it allows,
// and where there is none the cell is missing.

// Ruled is what a transform has instead of parts where its schema has rules that rewrite the table.
type Ruled struct {
	Facts   []Fact     `yaml:"facts,omitempty"` // one for each column that is found again from others
	Learned *Transform `yaml:"learned"`         // of the rewritten table
}

// Fact is what was seen of a column that is found again from others.
type Fact struct {
	Column   Text    `yaml:"column"`
	Decimals int     `yaml:"decimals"`          // of distances and sums; -1: no grid
	Base     float64 `yaml:"base,omitempty"`    // what distances count from where the other columns are missing
	Keep     []Text  `yaml:"keep,omitempty"`    // values that stand for themselves
	Mark     Text    `yaml:"mark,omitempty"`    // of totals, the text that says "the sum"
	Middle   Floats  `yaml:"middle,omitempty"`  // of totals, the medians of the parts
	Nothing  Text    `yaml:"nothing,omitempty"` // the text of a cell without a number
}

// rewriting turns rows of a schema with rules into rows that are learned, and back. It may be used
// concurrently.
type rewriting struct {
	*plan
	facts []*Fact // (columns), nil where a column needs none
	slots []slot
	reads []bool // (columns) its number is needed
	keeps []map[Text]bool
	ticks []float64 // (columns) the unit of dates in which it is compared with those that limit it
	adds  [][]int   // (columns) the parts of a total
}

// slot is a column of the learned table: a joint, or a column of the user's that is found again
// or as it is.
type slot struct {
	column int // the user's; of a joint the first
	joint  int // -1 if it is none
}

func (p *plan) slots() []slot {
	var slots []slot
	for j := range p.fields {
		k := p.joint[j]
		if k < 0 || p.joints[k].columns[0] == j {
			slots = append(slots, slot{j, k})
		}
	}
	return slots
}

// rewrites tells whether the learned table is another than the user's, or numbers are limited.
func (p *plan) rewrites() bool { return len(p.joints) > 0 || len(p.order) > 0 }

func newRewriting(p *plan, facts []Fact) *rewriting {
	w := &rewriting{plan: p, facts: make([]*Fact, len(p.fields)), slots: p.slots(), reads: make([]bool, len(p.fields)), keeps: make([]map[Text]bool, len(p.fields)),
		ticks: make([]float64, len(p.fields)), adds: make([][]int, len(p.fields))}
	for i := range facts {
		j, _ := p.schema.Lookup(string(facts[i].Column))
		w.facts[j], w.keeps[j] = &facts[i], map[Text]bool{}
		for _, text := range facts[i].Keep {
			w.keeps[j][text] = true
		}
	}
	for j := range p.fields {
		w.adds[j], w.ticks[j] = p.parts(j), finest(&p.fields[j])
		for _, k := range p.needs(j) {
			w.ticks[j] = max(w.ticks[j], finest(&p.fields[k]))
		}
	}
	for _, j := range p.order {
		w.reads[j] = true
		for _, k := range p.needs(j) {
			w.reads[k] = true
		}
	}
	return w
}

// needs lists the columns that column j is found from.
func (p *plan) needs(j int) []int {
	var out []int
	for _, l := range p.limits[j].above {
		out = append(out, l.column)
	}
	for _, l := range p.limits[j].below {
		out = append(out, l.column)
	}
	return append(out, p.parts(j)...)
}

// parts are the columns that add up to column j, if it is a total.
func (p *plan) parts(j int) []int {
	if p.total[j] < 0 {
		return nil
	}
	parts, _ := p.columns(p.rule(p.total[j]), p.rule(p.total[j]).Sum.Of)
	return parts
}

// row is a row of the user's columns with their numbers, NaN where there is none.
type row struct {
	texts  []string
	values []float64
}

func (w *rewriting) newRow(texts []string) *row {
	return &row{texts, make([]float64, len(w.fields))}
}

func (w *rewriting) read(r *row, j int) {
	if w.reads[j] {
		r.values[j], _ = w.fields[j].Float(r.texts[j])
	}
}

// learned is the text of one slot.
func (w *rewriting) learned(r *row, s slot) string {
	switch j := s.column; {
	case s.joint >= 0:
		return w.joined(s.joint, r.texts)
	case w.total[j] >= 0:
		return w.remainder(r, j)
	case w.apart(j):
		return w.distance(r, j)
	}
	return r.texts[s.column]
}

// restore writes the user's row into dst from one that was learned.
func (w *rewriting) restore(dst, learned []string) {
	r := w.newRow(dst)
	drawn := make([]string, len(dst))
	for k, s := range w.slots {
		if s.joint >= 0 {
			w.split(s.joint, learned[k], dst)
			continue
		}
		drawn[s.column], dst[s.column] = learned[k], learned[k]
	}
	for j := range dst {
		w.read(r, j)
	}
	for _, j := range w.order {
		dst[j] = w.find(r, j, drawn[j])
		w.read(r, j)
	}
}

// find is the text of a column that is found again or limited, from the text that was learned.
func (w *rewriting) find(r *row, j int, drawn string) string {
	switch {
	case w.total[j] >= 0:
		return w.sum(r, j, drawn)
	case w.apart(j):
		return w.away(r, j, drawn)
	}
	return w.within(r, j, drawn)
}

// window is where column j of a row may lie: in one unit with the columns that limit it.
func (w *rewriting) window(r *row, j int) window {
	win := anywhere(w.fields[j].factor(w.ticks[j]))
	l := &w.limits[j]
	for _, x := range l.fixed {
		win.fix(x)
	}
	for _, a := range l.above {
		if v := r.values[a.column]; !math.IsNaN(v) {
			win.atLeast(v*w.fields[a.column].factor(w.ticks[j]), a.strict)
		}
	}
	for _, b := range l.below {
		if v := r.values[b.column]; !math.IsNaN(v) {
			win.atMost(v*w.fields[b.column].factor(w.ticks[j]), b.strict)
		}
	}
	return win
}

// settled is the nearest text to value v that column j may hold in the row: preferably one in its range,
// else none, else one beyond.
func (w *rewriting) settled(r *row, j int, v float64) string {
	text, inside, ok := w.fields[j].settle(v, w.window(r, j))
	nothing, can := w.nothing(j)
	if !ok || !inside && can {
		return nothing
	}
	return text
}

// nothing is the text of a cell of column j without a number; can tells whether the table had such.
func (w *rewriting) nothing(j int) (text string, can bool) {
	if f := w.facts[j]; f != nil && (f.Nothing != "" || w.fields[j].IsMissing("")) {
		return string(f.Nothing), true
	}
	return "", false
}

// within is the text of a column that is learned as it is, but held against numbers.
func (w *rewriting) within(r *row, j int, text string) string {
	win := w.window(r, j)
	if v := r.values[j]; !math.IsNaN(v) && win.side(v) != 0 {
		return w.settled(r, j, v)
	}
	return text
}

const (
	between  = " | " // of the texts of a joint
	verbatim = "="   // before texts that stand for themselves
)

// joined is the text of a joint: one text for each combination, which can be taken apart again.
func (w *rewriting) joined(joint int, texts []string) string {
	var b strings.Builder
	for i, j := range w.joints[joint].columns {
		if i > 0 {
			b.WriteString(between)
		}
		b.WriteString(escapeJoint.Replace(texts[j]))
	}
	return b.String()
}

// split takes the text of a joint apart.
func (w *rewriting) split(joint int, text string, dst []string) {
	columns := w.joints[joint].columns
	for i, j := range columns {
		part := text
		if i < len(columns)-1 {
			part, text, _ = strings.Cut(text, between)
		}
		dst[j] = unescapeJoint.Replace(part)
	}
}

var (
	escapeJoint   = strings.NewReplacer(`\`, `\\`, `|`, `\p`)
	unescapeJoint = strings.NewReplacer(`\\`, `\`, `\p`, `|`)
)
