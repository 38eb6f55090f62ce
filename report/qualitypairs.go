package report

import (
	"fmt"
	"math"
	"slices"
	"sort"

	"ebb/metric"
)

const (
	mapColumns  = 40   // a heat map of more has no room for names
	hexPoints   = 8000 // of a table at most
	pairClasses = 8    // categories, or ranges of a number, on a side of a pair's map
)

// addPairs shows the error of every pair, and the worst ones themselves.
func (q *Quality) addPairs(p *Page) {
	r := q.Report
	if len(r.Trend.Pairs) == 0 {
		return
	}
	s := p.Add("Pairs of columns", fmt.Sprintf("How far the dependence of two columns is off: mean %.2f %%, of rows drawn again from the real ones %.2f %%.",
		float64(r.Trend.Error), float64(r.Floor.Trend)), q.pairMap(), q.pairList())
	for _, w := range r.WorstPairs(pairsShown) {
		s.Add(q.pair(w))
	}
}

// pairMap is the matrix of the errors.
func (q *Quality) pairMap() Figure {
	f := q.Tables.Real
	var shown []int
	for j := range f.Columns {
		if len(shown) < mapColumns {
			shown = append(shown, j)
		}
	}
	names, at := make([]string, len(shown)), map[string]int{}
	values := make([][]float64, len(shown))
	for i, j := range shown {
		names[i], at[f.Columns[j].Name] = f.Columns[j].Name, i
		values[i] = slices.Repeat([]float64{math.NaN()}, len(shown))
	}
	for _, p := range q.Report.Trend.Pairs {
		a, okA := at[p.A]
		b, okB := at[p.B]
		if okA && okB {
			values[a][b], values[b][a] = float64(p.Error), float64(p.Error)
		}
	}
	note := "In per cent; full colour from 10 on."
	if len(f.Columns) > mapColumns {
		note += fmt.Sprintf(" The first %d of %d columns.", mapColumns, len(f.Columns))
	}
	return Heatmap{Caption: Caption{Title: "Error of each pair", Note: note}, Rows: names, Cols: names, Values: values, Full: 10}
}

// pairList names the worst pairs, with what the best baseline makes of them.
func (q *Quality) pairList() Figure {
	r := q.Report
	t := Table{Caption: Caption{Title: "Worst pairs", Note: "In per cent; dependence: |correlation| or Cramér's V, real."},
		Header: []string{"pair", "error", "dependence"}}
	byPair := map[[2]string]metric.Figure{}
	if n := len(q.Baselines); n > 0 {
		t.Header = append(t.Header, q.Baselines[n-1].Name)
		for i, p := range r.Trend.Pairs {
			byPair[[2]string{p.A, p.B}] = q.Baselines[n-1].Pairs[i]
		}
	}
	for _, w := range r.WorstPairs(pairsListed) {
		row := []string{w.A + ", " + w.B, fmt.Sprintf("%.2f", float64(w.Error)), fmt.Sprintf("%.2f", float64(w.Association))}
		if len(t.Header) > 3 {
			row = append(row, fmt.Sprintf("%.2f", float64(byPair[[2]string{w.A, w.B}])))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// pair shows a pair of columns in the real and in the synthetic table.
func (q *Quality) pair(w metric.PairReport) Figure {
	a, b := q.Tables.Real.Index(w.A), q.Tables.Real.Index(w.B)
	out := Panels{Caption: Caption{Title: fmt.Sprintf("%s and %s: error %.2f %%", w.A, w.B, float64(w.Error))}}
	tables := []struct {
		name string
		f    *metric.Frame
	}{{"real", q.Tables.Real}, {"synthetic", q.Tables.Synthetic}}
	if q.Tables.Real.Columns[a].Kind != metric.Categorical && q.Tables.Real.Columns[b].Kind != metric.Categorical {
		x, y := axisOf(q.Tables.Real, a), axisOf(q.Tables.Real, b)
		for i, t := range tables {
			out.Figures = append(out.Figures, Hexbin{Caption: Caption{Title: t.name}, X: x, Y: y, Points: pointsOf(t.f, a, b), Color: i, Size: Size{330, 260}})
		}
		return out
	}
	rows, cols := newClasses(q.Tables.Real, a), newClasses(q.Tables.Real, b)
	var shares [2][][]float64
	full := 0.0
	for i, t := range tables {
		shares[i] = crossShares(t.f, a, b, rows, cols)
		for _, row := range shares[i] {
			full = math.Max(full, slices.Max(row))
		}
	}
	gap := make([][]float64, len(rows.names))
	for i := range gap {
		gap[i] = make([]float64, len(cols.names))
		for j := range gap[i] {
			gap[i][j] = shares[1][i][j] - shares[0][i][j]
		}
	}
	for i, t := range tables {
		out.Figures = append(out.Figures, Heatmap{Caption: Caption{Title: t.name + ", % of rows"}, Rows: rows.names, Cols: cols.names, Values: shares[i], Full: full, Cell: 15})
	}
	out.Figures = append(out.Figures, Heatmap{Caption: Caption{Title: "synthetic − real"}, Rows: rows.names, Cols: cols.names, Values: gap, Cell: 15})
	return out
}

func axisOf(f *metric.Frame, j int) Axis {
	lo, hi := middle(f.Columns[j].Num)
	return Axis{Label: f.Columns[j].Name, Min: lo - 0.02*(hi-lo), Max: hi + 0.02*(hi-lo)}
}

// pointsOf are rows with both values, evenly spread over the table.
func pointsOf(f *metric.Frame, a, b int) Series {
	var s Series
	step := (f.Rows() + hexPoints - 1) / hexPoints
	for i := 0; i < f.Rows(); i += step {
		if !f.Columns[a].Missing(i) && !f.Columns[b].Missing(i) {
			s.X, s.Y = append(s.X, f.Columns[a].Num[i]), append(s.Y, f.Columns[b].Num[i])
		}
	}
	return s
}

// classes cuts a column for a map: its commonest categories, or ranges of equal count.
type classes struct {
	names []string
	edges []float64     // of a number: upper ends of all ranges but the last
	of    map[int32]int // of a category
	other int           // the class of what has none
}

func newClasses(f *metric.Frame, j int) classes {
	c := &f.Columns[j]
	k := classes{of: map[int32]int{}}
	if c.Kind == metric.Categorical {
		names, _, _ := topShares(c, c, pairClasses)
		index := map[string]int{}
		for i, n := range names {
			index[n] = i
		}
		k.names, k.other = names, len(names)-1
		for code := range c.Labels {
			if i, ok := index[labelOf(c, c, code)]; ok {
				k.of[int32(code)] = i
			}
		}
		return k
	}
	v := slices.DeleteFunc(slices.Clone(c.Num), math.IsNaN)
	slices.Sort(v)
	for i := 1; i < pairClasses && len(v) > 0; i++ {
		if e := v[(len(v)-1)*i/pairClasses]; (len(k.edges) == 0 || e > k.edges[len(k.edges)-1]) && e < v[len(v)-1] {
			k.edges = append(k.edges, e)
		}
	}
	for _, e := range k.edges {
		k.names = append(k.names, "≤ "+numberText(e, c))
	}
	k.names = append(k.names, "above")
	k.other = len(k.names)
	if c.MissingShare() > 0 {
		k.names = append(k.names, "(missing)")
	}
	return k
}

// numberText is a number for people.
func numberText(v float64, c *metric.Column) string {
	if c.Integer {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.4g", v)
}

func (k classes) class(c *metric.Column, i int) int {
	if c.Kind == metric.Categorical {
		if at, ok := k.of[c.Code[i]]; ok {
			return at
		}
		return k.other
	}
	if c.Missing(i) {
		return min(k.other, len(k.names)-1)
	}
	return sort.SearchFloat64s(k.edges, c.Num[i])
}

// crossShares are the shares of rows, in per cent, in each pair of classes.
func crossShares(f *metric.Frame, a, b int, rows, cols classes) [][]float64 {
	out := make([][]float64, len(rows.names))
	for i := range out {
		out[i] = make([]float64, len(cols.names))
	}
	for i := range f.Rows() {
		out[rows.class(&f.Columns[a], i)][cols.class(&f.Columns[b], i)] += 100 / float64(f.Rows())
	}
	return out
}
