package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"sync"

	"ebb/engine/rng"
)

// Tables of which a part is known, of a transform whose rules rewrite the table.

// What is known of a cell of the user's.
const (
	cellAbsent = iota // its column is not in the table
	cellOpen
	cellGiven
	cellStrange // given, but the transform does not know the text
	cellLeft    // missing, and it stays so: no combination that was learned has what is given beside it
)

// unseen stands in learned columns for what is not known.
const unseen = "\x00?"

// observedRules is an Observed by way of the table that is learned.
type observedRules struct {
	*rewriting
	core   *Transform
	cells  []uint8       // (rows, columns of the schema)
	values []jointValues // by joint
	filled bool          // missing values are not drawn
	turn   sync.Mutex    // held by who looks at or adds to allow
}

// jointValues are the combinations of a joint.
type jointValues struct {
	slot  int
	place Place
	rows  [][]string // (states and rare texts, columns of the schema)
	state []int      // of the cell, for each
	allow map[string]*Allowed
}

// Allowed are the states that a cell of a row may take beside what is given of the row.
type Allowed struct {
	Cell   int
	States []bool
}

// observeRuled is Observe under rules that rewrite the table.
func (t *Transform) observeRuled(tab *Table, seed uint64) (*Observed, error) {
	o := &Observed{transform: t, table: tab, jitter: rng.New(seed, rng.Jitter)}
	u := &observedRules{rewriting: t.rewriting(), core: t.core()}
	o.rules, u.values = u, u.jointValues()
	at := make(map[string]int, len(tab.Columns))
	for k, name := range tab.Names() {
		at[name] = k
	}
	n := len(u.fields)
	u.cells = make([]uint8, tab.Rows()*n)
	for j := range u.fields {
		k, ok := at[string(u.fields[j].Name)]
		if !ok {
			o.own = append(o.own, ownColumn{at: -1})
			continue
		}
		o.own = append(o.own, ownColumn{at: k})
		kinds := u.kinds(o, j, tab.Columns[k])
		for i := range tab.Rows() {
			u.cells[i*n+j] = kinds[tab.Columns[k].codes[i]]
		}
	}
	if !slices.ContainsFunc(o.own, func(c ownColumn) bool { return c.at >= 0 }) {
		return nil, t.foreign(tab)
	}
	u.combine(o)
	if err := u.checkGiven(o); err != nil {
		return nil, err
	}
	u.encode(o)
	return o, nil
}

func (u *observedRules) jointValues() []jointValues {
	all := make([]jointValues, len(u.plan.joints))
	places := u.core.Places()
	for k, s := range u.slots {
		if s.joint < 0 {
			continue
		}
		v := jointValues{slot: k, place: places[k], allow: map[string]*Allowed{}}
		p := &u.core.Parts[k]
		for _, text := range slices.Concat(p.States, p.Rare) {
			row := make([]string, len(u.fields))
			u.split(s.joint, string(text), row)
			state, _ := u.core.State(k, string(text))
			v.rows, v.state = append(v.rows, row), append(v.state, state)
		}
		all[s.joint] = v
	}
	return all
}

// kinds tells of each text of the user's column j what it says.
func (u *observedRules) kinds(o *Observed, j int, c *Column) []uint8 {
	f := &u.schema.Columns[j]
	known := u.knows(j, c)
	kinds := make([]uint8, len(c.Texts()))
	place := u.core.Places()[u.slot(j)]
	modelled := place.Cell >= 0 || place.Num >= 0 || u.found(j) || u.joint[j] >= 0
	counts := c.Counts()
	for i, text := range c.Texts() {
		kinds[i] = cellGiven
		switch fixed := f.Kind == Name || f.Kind == AllMissing; {
		case !fixed && (f.IsMissing(text) || !known[i] && isMissing(text, f.Kind.Numeric())):
			kinds[i] = cellOpen
		case !known[i]:
			kinds[i] = cellStrange
			if !fixed && modelled && counts[i] > 0 {
				o.unknown = append(o.unknown, Unknown{Column: c.Name, Text: text, Rows: counts[i]})
			}
		}
	}
	return kinds
}

// knows tells of each text of the user's column j whether the column may hold it.
func (u *observedRules) knows(j int, c *Column) []bool {
	known := make([]bool, len(c.Texts()))
	if u.joint[j] < 0 && !u.found(j) {
		k := u.slot(j)
		for i, state := range u.core.encodeColumn(k, u.core.Places()[k], c).state {
			known[i] = state >= 0
		}
		return known
	}
	words := map[string]bool{}
	if u.joint[j] >= 0 {
		for _, row := range u.values[u.joint[j]].rows {
			words[row[j]] = true
		}
	} else {
		for _, text := range u.holdColumn(j, u.core.Parts[u.slot(j)].held()).texts {
			words[string(text)] = true
		}
	}
	for i, text := range c.Texts() {
		_, number := u.fields[j].Float(text)
		known[i] = words[text] || number && u.joint[j] < 0
	}
	return known
}

// given reads what is given of row i; other cells are missing.
func (u *observedRules) given(o *Observed, i int, r *row) {
	for j := range r.texts {
		r.texts[j], r.values[j] = "", math.NaN()
		if o.own[j].at >= 0 {
			r.texts[j] = o.table.Columns[o.own[j].at].At(i)
			if u.cells[i*len(u.fields)+j] == cellGiven {
				r.values[j], _ = u.fields[j].Float(r.texts[j])
			}
		}
	}
}

// checkGiven refuses rows whose given cells break a rule by themselves.
func (u *observedRules) checkGiven(o *Observed) error {
	tests := u.numberTests()
	r := u.newRow(make([]string, len(u.fields)))
	for i := range o.Rows() {
		u.given(o, i, r)
		for _, test := range tests {
			if problem := test(i, r); problem != "" {
				return &Error{File: o.table.Source, Row: i + 1, Problem: problem,
					Remedy: "correct the row, or train without the rule"}
			}
		}
	}
	return nil
}

// numberTests are those of the rules less and sum; what they say names the rule.
func (w *rewriting) numberTests() []test {
	var tests []test
	for i := range w.schema.Rules {
		if r := w.rule(i); r.Less == nil && r.Sum == nil {
			continue
		}
		breaks := scan{rewriting: w}.test(i)
		tests = append(tests, func(k int, r *row) string {
			if problem := breaks(k, r); problem != "" {
				return fmt.Sprintf("%s does not hold: %s", w.rule(i), problem)
			}
			return ""
		})
	}
	return tests
}

// combine finds the joints of which nothing that was learned has what is given: their missing cells stay.
func (u *observedRules) combine(o *Observed) {
	n, seen := len(u.fields), map[string]int{}
	for i := range o.Rows() {
		cells := u.cells[i*n : (i+1)*n]
		for k := range u.values {
			if a := u.allowed(o, i, k); a != nil {
				continue
			}
			strange := false
			var names, texts []string
			for _, j := range u.plan.joints[k].columns {
				switch cells[j] {
				case cellOpen:
					cells[j] = cellLeft
				case cellStrange:
					strange = true
				case cellGiven:
					names = append(names, string(u.fields[j].Name))
					texts = append(texts, o.table.Columns[o.own[j].at].At(i))
				}
			}
			if strange || u.filled { // it has been told
				continue
			}
			column, text := strings.Join(names, ", "), strings.Join(texts, between)
			key := column + unseen + text
			at, ok := seen[key]
			if !ok {
				at = len(o.unknown)
				seen[key] = at
				o.unknown = append(o.unknown, Unknown{Column: column, Text: text})
			}
			o.unknown[at].Rows++
		}
	}
}

// allowed are the states of a joint that have what row i gives of it; nil if none has.
func (u *observedRules) allowed(o *Observed, i, joint int) *Allowed {
	columns, v := u.plan.joints[joint].columns, &u.values[joint]
	cells := u.cells[i*len(u.fields) : (i+1)*len(u.fields)]
	key := combined(2*len(columns), func(x int) string {
		j := columns[x/2]
		switch {
		case x%2 == 0:
			return string('0' + rune(cells[j]))
		case cells[j] == cellGiven || cells[j] == cellStrange:
			return o.table.Columns[o.own[j].at].At(i)
		}
		return ""
	})
	u.turn.Lock()
	defer u.turn.Unlock()
	if a, ok := v.allow[key]; ok {
		return a
	}
	a := &Allowed{Cell: v.place.Cell, States: make([]bool, max(v.place.Card, 1))}
	found := false
	for c, row := range v.rows {
		fits := !slices.ContainsFunc(columns, func(j int) bool {
			if cells[j] == cellGiven || cells[j] == cellStrange {
				return row[j] != o.table.Columns[o.own[j].at].At(i)
			}
			return u.filled && cells[j] == cellOpen && u.schema.Columns[j].IsMissing(row[j])
		})
		if fits {
			found, a.States[v.state[c]] = true, true
		}
	}
	if !found {
		a = nil
	}
	v.allow[key] = a
	return a
}

// encode makes the learned columns of what is given.
func (u *observedRules) encode(o *Observed) {
	needs, places := o.transform.Needs(), u.core.Places()
	names := u.names()
	columns := make([]*Column, len(u.slots))
	for k := range columns {
		columns[k] = &Column{Name: names[k]}
	}
	r := u.newRow(make([]string, len(u.fields)))
	for i := range o.Rows() {
		u.given(o, i, r)
		cells := u.cells[i*len(u.fields):]
		for k, s := range u.slots {
			text := unseen
			if !slices.ContainsFunc(needs[k], func(j int) bool { return cells[j] != cellGiven }) {
				text = u.learned(r, s)
			}
			columns[k].append(text)
		}
	}
	o.columns = nil
	for k, c := range columns {
		e := observedColumn{encoded: u.core.encodeColumn(k, places[k], c)}
		e.open = make([]bool, len(c.Texts()))
		for i := range e.open {
			e.open[i] = e.state[i] < 0 || c.texts[i] == unseen
		}
		o.columns = append(o.columns, e)
	}
}

// openUnknown is OpenUnknown: of a combination that was not learned every given cell is opened.
func (u *observedRules) openUnknown(o *Observed) {
	n := len(u.fields)
	for i := range o.Rows() {
		cells := u.cells[i*n : (i+1)*n]
		for k := range u.values {
			if u.allowed(o, i, k) != nil {
				continue
			}
			for _, j := range u.plan.joints[k].columns {
				if cells[j] != cellAbsent {
					cells[j] = cellOpen
				}
			}
		}
		for j := range cells {
			if f := &u.schema.Columns[j]; cells[j] == cellStrange && f.Kind != Name && f.Kind != AllMissing {
				cells[j] = cellOpen
			}
		}
	}
	u.encode(o)
}

// fill keeps missing values from being drawn.
func (u *observedRules) fill(o *Observed) {
	u.filled = true
	for k := range u.values {
		clear(u.values[k].allow)
	}
	u.combine(o)
	u.encode(o)
}

// marks is Marks under rules: no combination with a missing value is drawn, and a total is a sum.
func (u *observedRules) marks() []bool {
	var marks []bool
	for k, place := range u.core.Places() {
		if place.Cell < 0 {
			continue
		}
		own := u.core.marksOf(k, place)
		switch s := u.slots[k]; {
		case s.joint >= 0:
			clear(own)
			for c, row := range u.values[s.joint].rows {
				own[u.values[s.joint].state[c]] = slices.ContainsFunc(u.plan.joints[s.joint].columns, func(j int) bool {
					f := &u.schema.Columns[j]
					return f.Kind != AllMissing && f.IsMissing(row[j])
				})
			}
			if !slices.Contains(own, false) {
				clear(own)
			}
		case u.total[s.column] >= 0:
			if state, ok := u.core.State(k, string(u.facts[s.column].Mark)); ok && state >= place.First {
				for i := range own {
					own[i] = i != state
				}
			}
		}
		marks = append(marks, own...)
	}
	return marks
}
