package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"ebb/metric"
)

// addColumns lays the columns of both tables over each other, the worst first.
func (q *Quality) addColumns(p *Page) {
	r := q.Report
	order := make([]int, len(r.Shape.Columns))
	for j := range order {
		order[j] = j
	}
	slices.SortStableFunc(order, func(a, b int) int {
		return cmp.Compare(orZero(r.Shape.Columns[b].Error), orZero(r.Shape.Columns[a].Error))
	})
	text := "Real and synthetic values laid over each other, the worst column first."
	if len(order) > columnsShown {
		text = fmt.Sprintf("Real and synthetic values of the %d worst of %d columns laid over each other, the worst first.", columnsShown, len(order))
		order = order[:columnsShown]
	}
	s := p.Add("Columns", text)
	for _, j := range order {
		s.Add(q.column(j))
	}
}

// column is the figure of one column.
func (q *Quality) column(j int) Figure {
	real, synthetic, c := &q.Tables.Real.Columns[j], &q.Tables.Synthetic.Columns[j], q.Report.Shape.Columns[j]
	caption := Caption{Title: c.Name, Note: columnNote(c, real, synthetic)}
	if real.Kind == metric.Categorical {
		names, a, b := topShares(real, synthetic, 12)
		return Bars{Caption: caption, Percent: true, Categories: names, Width: Small.W,
			Sets: []BarSet{{Name: "real", Values: a}, {Name: "synthetic", Values: b}}}
	}
	lo, hi := middle(real.Num)
	x := Axis{}
	if real.Kind == metric.Datetime {
		x.Label = "in the column's unit since 1970"
	}
	return Histogram{Caption: caption, X: x, Bins: 28, Size: Small,
		Sets: []Values{{Name: "real", X: clamped(real.Num, lo, hi)}, {Name: "synthetic", X: clamped(synthetic.Num, lo, hi)}}}
}

func columnNote(c metric.ColumnReport, real, synthetic *metric.Column) string {
	note := fmt.Sprintf("error %.2f %%", float64(c.Error))
	if !c.Error.Defined() {
		note = "no values to compare"
	}
	if a, b := real.MissingShare(), synthetic.MissingShare(); a+b > 0 {
		note += fmt.Sprintf("; missing: real %.2f %%, synthetic %.2f %%", 100*a, 100*b)
	}
	for _, end := range []struct {
		name string
		m    metric.Masses
	}{{"smallest", c.AtMin}, {"largest", c.AtMax}} {
		if end.m.Real >= 0.01 || end.m.Synthetic >= 0.01 {
			note += fmt.Sprintf("; at the %s value: real %.2f %%, synthetic %.2f %%", end.name, 100*float64(end.m.Real), 100*float64(end.m.Synthetic))
		}
	}
	if lo, hi := middle(real.Num); len(real.Num) > 0 && lo < hi {
		if least, most := ends(real.Num); least < lo || most > hi {
			note += fmt.Sprintf("; values beyond %.4g … %.4g are in the last bars", lo, hi)
		}
	}
	return note
}

// topShares are the shares of the commonest categories of either table, the others together, missing
// ones as a category.
func topShares(real, synthetic *metric.Column, most int) (names []string, a, b []float64) {
	ra, rb := categoryShares(real, synthetic)
	order := make([]int, 0, len(ra)-1)
	for k := range len(ra) - 1 {
		if ra[k]+rb[k] > 0 {
			order = append(order, k)
		}
	}
	slices.SortStableFunc(order, func(x, y int) int { return cmp.Compare(ra[y]+rb[y], ra[x]+rb[x]) })
	rest, sumA, sumB := order, 0.0, 0.0
	if len(order) > most {
		order, rest = order[:most-1], order[most-1:]
	} else {
		rest = nil
	}
	for _, k := range order {
		names, a, b = append(names, labelOf(real, synthetic, k)), append(a, ra[k]), append(b, rb[k])
	}
	for _, k := range rest {
		sumA, sumB = sumA+ra[k], sumB+rb[k]
	}
	if len(rest) > 0 {
		names, a, b = append(names, fmt.Sprintf("(%d others)", len(rest))), append(a, sumA), append(b, sumB)
	}
	if last := len(ra) - 1; ra[last]+rb[last] > 0 {
		names, a, b = append(names, "(missing)"), append(a, ra[last]), append(b, rb[last])
	}
	return names, a, b
}

// categoryShares are the shares of each code, missing last.
func categoryShares(columns ...*metric.Column) (a, b []float64) {
	n := 0
	for _, c := range columns {
		n = max(n, len(c.Labels))
		for _, k := range c.Code {
			n = max(n, int(k)+1)
		}
	}
	out := [2][]float64{}
	for i, c := range columns {
		out[i] = make([]float64, n+1)
		for _, k := range c.Code {
			if k < 0 {
				k = int32(n)
			}
			out[i][k] += 1 / float64(len(c.Code))
		}
	}
	return out[0], out[1]
}

func labelOf(a, b *metric.Column, k int) string {
	for _, c := range []*metric.Column{a, b} {
		if k < len(c.Labels) {
			if c.Labels[k] == "" {
				return "(empty)"
			}
			return c.Labels[k]
		}
	}
	return fmt.Sprint(k)
}

// middle is the range shown: all of it, unless some rows lie far out.
func middle(values []float64) (lo, hi float64) {
	v := slices.DeleteFunc(slices.Clone(values), math.IsNaN)
	if len(v) == 0 {
		return 0, 0
	}
	slices.Sort(v)
	lo, hi = v[0], v[len(v)-1]
	a, b := v[len(v)/200], v[len(v)-1-len(v)/200]
	if b > a && hi-lo > 2.5*(b-a) {
		return a, b
	}
	return lo, hi
}

func ends(values []float64) (least, most float64) {
	least, most = math.Inf(1), math.Inf(-1)
	for _, v := range values {
		if !math.IsNaN(v) {
			least, most = math.Min(least, v), math.Max(most, v)
		}
	}
	return least, most
}

func clamped(values []float64, lo, hi float64) []float64 {
	out := make([]float64, len(values))
	for i, v := range values {
		out[i] = v
		if !math.IsNaN(v) {
			out[i] = math.Min(math.Max(v, lo), hi)
		}
	}
	return out
}
