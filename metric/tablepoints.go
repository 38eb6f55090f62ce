package metric

import (
	"slices"
	"sort"

	"ebb/engine/kernel/parallel"
)

// ownAxes is how many categories of a column have an axis of their own in
// [TablePoints], fewer in a table of many columns, whose axes shall be about
// allAxes at most; the rarer ones share the last.
const (
	ownAxes = 128
	allAxes = 1024
)

// TablePoints places the rows of tables in one Euclidean space in which each
// column counts about as much as any other: a number is its rank in the
// reference column, times √6, so that two random rows differ by 1 in the mean
// of squares; two different categories differ by 1, a value and a missing one
// by up to 1 more. Ranks have no unit and no outliers.
func TablePoints(reference *Frame, p *parallel.Pool, tables ...*Frame) []*Points {
	axes, width := make([]pointAxes, len(reference.Columns)), 0
	own := min(ownAxes, max(8, allAxes/len(axes)))
	for j := range axes {
		axes[j] = newPointAxes(&reference.Columns[j], width, own)
		width += axes[j].count
	}
	out := make([]*Points, len(tables))
	for i, f := range tables {
		mustMatch(reference, f)
		x := NewPoints(f.Rows(), width)
		p.Run(len(axes), func(_, j int) { axes[j].place(x, &f.Columns[j]) })
		out[i] = x
	}
	return out
}

// pointAxes are the axes of one column.
type pointAxes struct {
	first, count int
	sorted       []float64 // of a number: the reference's values
	axis         []int32   // of a category: the axis of each code, -1 for the last
}

func newPointAxes(c *Column, first, own int) pointAxes {
	a := pointAxes{first: first, count: 2}
	if c.Kind != Categorical {
		a.sorted = present(c.Num)
		return a
	}
	counts, _ := countCodes(c.Code, nil)
	order := make([]int, len(counts))
	for k := range order {
		order[k] = k
	}
	slices.SortStableFunc(order, func(x, y int) int { return int(counts[y] - counts[x]) })
	a.axis = make([]int32, len(counts))
	for i, k := range order {
		a.axis[k] = -1
		if i < own && counts[k] > 0 {
			a.axis[k] = int32(i)
		}
	}
	a.count = min(len(counts), own) + 2 // the others, and missing
	return a
}

const (
	halfRoot = 0.7071067811865476 // two one-hot vectors of this size are 1 apart
	rankSpan = 2.449489742783178  // √6: the mean square of the difference of two uniform ranks is 1/6
)

func (a *pointAxes) place(x *Points, c *Column) {
	for i := range x.N {
		row := x.Row(i)[a.first : a.first+a.count]
		switch {
		case c.Kind == Categorical:
			row[a.oneHot(c.Code[i])] = halfRoot
		case c.Missing(i):
			row[0], row[1] = float32(rankSpan/2), 1
		default:
			row[0] = float32(rankSpan * a.rank(c.Num[i]))
		}
	}
}

func (a *pointAxes) oneHot(code int32) int {
	switch {
	case code < 0:
		return a.count - 1
	case int(code) >= len(a.axis) || a.axis[code] < 0:
		return a.count - 2
	}
	return int(a.axis[code])
}

// rank is the share of the reference's values below v, those equal counting half.
func (a *pointAxes) rank(v float64) float64 {
	if len(a.sorted) == 0 {
		return 0.5
	}
	below := sort.SearchFloat64s(a.sorted, v)
	upTo := below + sort.Search(len(a.sorted)-below, func(i int) bool { return a.sorted[below+i] > v })
	return float64(below+upTo) / 2 / float64(len(a.sorted))
}

// NeighbourReport is [PRDC] of a table, in the space of [TablePoints], beside
// that of real rows: the real rows are halved, synthetic rows are compared with
// one half, and so are the rows of the other half.
type NeighbourReport struct {
	Rows      int  `json:"rows"` // of each set
	Synthetic PRDC `json:"synthetic"`
	Real      PRDC `json:"real"`
}

const (
	neighbourRows = 5000 // of each set at most: the work grows with their square
	neighbourK    = 5
)

// halves are two disjoint parts of the real rows and a part of the synthetic
// ones, each of the same size, at most as many rows as said.
func (e *tableEvaluation) halves(most int, synthetic *Frame) (one, other, synth *Frame) {
	n := min(most, e.Real.Rows()/2, synthetic.Rows())
	order := shuffled(e.Real.Rows(), e.noise, halvesReal)
	synth, _ = e.atMost(synthetic, n, sampleSynthetic)
	return e.Real.Pick(order[:n]), e.Real.Pick(order[n : 2*n]), synth
}

// neighbours measures precision, recall, density and coverage of a table.
func (e *tableEvaluation) neighbours(synthetic *Frame, withReal bool) *NeighbourReport {
	one, other, synth := e.halves(neighbourRows, synthetic)
	if one.Rows() <= neighbourK {
		return nil
	}
	at := TablePoints(e.Real, e.o.Pool, one, other, synth)
	r := &NeighbourReport{Rows: one.Rows(), Synthetic: PrecisionRecall(e.o.Pool, at[2], at[0], neighbourK)}
	if withReal {
		r.Real = PrecisionRecall(e.o.Pool, at[1], at[0], neighbourK)
	}
	return r
}
