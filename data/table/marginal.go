package table

import (
	"fmt"
	"math"
	"sort"

	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// Marginals are the log-probabilities of a table's values by themselves, each in its own column's
// distribution over the rows that the transform was fitted to, in nats. A number on a grid and a
// category have a probability, a number of a continuum a density, in units of the column.
//
// No value has none at all. To the n rows fitted to one more is added, spread widely: over numbers
// by a third within their range W and by a third beyond each end, where it falls by the factor e
// with each W. So a number that no row came near to, inside the range or out of it, costs log n
// and more, and a text that the column never held costs log(n+1). A mark of a missing value in a
// column that never had one says nothing: it costs 0, and the rest of the row has its marginal
// likelihood.
type Marginals struct {
	columns []marginal
	rows    int
}

// marginal is a column: the log-probability of each of its texts.
type marginal struct {
	codes []uint32
	logs  []float64
}

// Marginals looks up the values of a table, whose columns must be those of the schema, in any order.
func (t *Transform) Marginals(tab *Table) (*Marginals, error) {
	if t.Ruled != nil {
		learned, err := t.Apply(tab)
		if err != nil {
			return nil, err
		}
		return t.Ruled.Learned.Marginals(learned)
	}
	at, err := t.Schema.Match(tab)
	if err != nil {
		return nil, err
	}
	m := &Marginals{rows: tab.Rows()}
	for j := range t.Parts {
		c := tab.Columns[at[j]]
		states := t.stateLogs(j)
		logs := make([]float64, len(c.Texts()))
		for i, text := range c.Texts() {
			logs[i] = t.logOf(j, text, states)
		}
		m.columns = append(m.columns, marginal{c.codes, logs})
	}
	return m, nil
}

// At is the log-probability of row i's value in column j of the schema.
func (m *Marginals) At(i, j int) float64 { return m.columns[j].logs[m.columns[j].codes[i]] }

// Row is the sum of row i over all columns: its log-likelihood if they were independent.
func (m *Marginals) Row(i int) float64 {
	sum := 0.0
	for j := range m.columns {
		sum += m.At(i, j)
	}
	return sum
}

// rows counts the rows that a part was fitted to.
func (p *Part) rows() float64 {
	n := int64(p.Rest)
	for _, c := range p.Counts {
		n += c
	}
	for _, c := range p.RareCounts {
		n += c
	}
	return float64(n)
}

// stateLogs are the log-probabilities of the texts of column j that are states.
func (t *Transform) stateLogs(j int) map[string]float64 {
	p := &t.Parts[j]
	n := p.rows()
	logs := make(map[string]float64, len(p.States)+len(p.Rare))
	for k, s := range p.States {
		logs[string(s)] = elementary.Log(float64(p.Counts[k]) / n)
	}
	for k, s := range p.Rare {
		logs[string(s)] = elementary.Log(float64(p.RareCounts[k]) / n)
	}
	return logs
}

// logOf is the log-probability of a text of column j.
func (t *Transform) logOf(j int, text string, states map[string]float64) float64 {
	p, f := &t.Parts[j], &t.Schema.Columns[j]
	if l, ok := states[text]; ok {
		return l
	}
	n := p.rows()
	if p.Rank != nil {
		if v, ok := f.Float(text); ok {
			return elementary.Log(float64(p.Rest)/n) + p.Rank.logProb(v)
		}
	} else if p.Rest > 0 && !f.IsMissing(text) {
		return elementary.Log(float64(p.Rest) / n)
	}
	if isMissing(text, f.Kind.Numeric()) {
		return 0
	}
	return -elementary.Log(n + 1)
}

// logProb is the log of the probability of a value on the grid, or of its density in a continuum
// (of a probability there too, where many rows share one value), with one more row spread widely.
func (r *Rank) logProb(v float64) float64 {
	last := len(r.X) - 1
	n := r.total()
	inside := r.right(v+r.Step/2) - r.left(v-r.Step/2) // rows
	unit := r.Step
	if r.Step == 0 {
		unit = 1
		if inside <= 0 {
			inside = r.slope(v)
		}
	}
	width := r.X[last] - r.X[0]
	beyond := max(r.X[0]-v, v-r.X[last], 0)
	logWide := -elementary.Log(3) - elementary.Log(width/unit) - beyond/width
	logs := [2]float64{math.Inf(-1), logWide}
	if inside > 0 {
		logs[0] = elementary.Log(inside)
	}
	return elementary.LogSumExp(logs[:]) - elementary.Log(n+1)
}

// slope is the rows for each unit of the polyline around v: of the stretch above, or of that below
// where it is level.
func (r *Rank) slope(v float64) float64 {
	k := sort.Search(len(r.X), func(i int) bool { return r.X[i] > v })
	for _, k := range [2]int{k, k - 1} {
		if k < 1 || k >= len(r.X) {
			continue
		}
		if v < r.X[k-1] || v > r.X[k] || r.X[k] <= r.X[k-1] {
			continue
		}
		if rows := r.Below[k] - r.Below[k-1]; rows > 0 {
			return float64(rows) / (r.X[k] - r.X[k-1])
		}
	}
	return 0
}

// Spread is how one draw sees rows: with the same uniform numbers for all of them, so that equal
// rows are equal. Make one with Dataset.NewSpread.
type Spread struct {
	set *Dataset
	u   []float64 // (D)
}

// NewSpread draws the uniform numbers (D) that place ties in their intervals, of one step and row
// of the stream.
func (d *Dataset) NewSpread(s rng.Stream, step, row uint64) Spread {
	u := make([]float64, d.numbers)
	s.Uniforms(u, step, row)
	return Spread{d, u}
}

// Row writes row i: its numbers num (D) in float64, known (D) 1 where they mean something and 0
// where they are noise, and its cells (C), -1 where the value is not known.
func (s Spread) Row(i int, num, known []float64, cells []int32) {
	d := s.set
	if len(num) != d.numbers || len(known) != d.numbers || len(cells) != len(d.cards) {
		panic(fmt.Sprintf("table: %d numbers, %d marks and %d cells for rows of %d numbers and %d cells",
			len(num), len(known), len(cells), d.numbers, len(d.cards)))
	}
	for j := range d.columns {
		e := &d.columns[j]
		code := e.codes[i]
		if k := e.place.Cell; k >= 0 {
			cells[k] = e.state[code]
		}
		if k := e.place.Num; k >= 0 {
			z, w := e.number(code, s.u[k])
			num[k], known[k] = z, float64(w)
		}
	}
}

// CellLogs are the log-probabilities of the states of all cells, side by side as Cards lists them,
// over the rows fitted to.
func (t *Transform) CellLogs() []float64 {
	t = t.core()
	var logs []float64
	for j, place := range t.Places() {
		if place.Cell < 0 {
			continue
		}
		p := &t.Parts[j]
		n := p.rows()
		add := func(count int64) { logs = append(logs, elementary.Log(float64(count)/n)) }
		if place.First == 1 {
			add(int64(p.Rest))
		}
		for _, c := range p.Counts {
			add(c)
		}
		for b := range p.buckets() {
			lo, hi := p.bucket(b)
			rare := int64(0)
			for _, c := range p.RareCounts[lo:hi] {
				rare += c
			}
			add(rare)
		}
	}
	return logs
}
