package metric

import (
	"context"
	"math"
	"slices"

	"ebb/engine/kernel/parallel"
)

// rowSpace places the rows of tables in a space where the distance of two
// rows is a sum of one term a column,
//
//	term_j = min(cap_j, |a_j - b_j| * scale_j)   or, squared, min(cap_j, (|a_j - b_j| * scale_j)²).
//
// A category is its code with an endless scale, so that any difference costs
// cap_j. A missing number is the largest float64: equal to itself, at the cap
// from all others.
type rowSpace struct {
	cap, scale []float64 // (D)
	squared    bool
	fill       []float64 // (D) what stands for a missing number
}

// endless is a scale under which any two different codes, and any two
// different normal numbers, are beyond every cap.
const endless = 1e300

// gowerSpace measures |a-b| over the range of the reference table, at most 1,
// plus 1 for each differing category or one-sided missing value: D times
// SDMetrics' distance to the closest record, a Gower distance.
func gowerSpace(reference *Frame) rowSpace {
	s := rowSpace{}
	for j := range reference.Columns {
		c := &reference.Columns[j]
		scale := float64(endless)
		if c.Kind != Categorical {
			scale = inverseRange(c.Num)
		}
		s.add(1, scale, math.MaxFloat64)
	}
	return s
}

// oneHotSpace measures as if categories were one-hot vectors: the sum of
// absolute differences (a differing category counts 2), or of squares if
// squared (2 again), numbers divided by their range in the reference table.
// A missing number counts as the reference's mean; a missing category is one
// of its own.
func oneHotSpace(reference *Frame, squared bool) rowSpace {
	s := rowSpace{squared: squared}
	for j := range reference.Columns {
		c := &reference.Columns[j]
		if c.Kind == Categorical {
			s.add(2, endless, -1)
			continue
		}
		scale := inverseRange(c.Num)
		if scale == endless {
			scale = 1 // a constant column: leave the unit alone
		}
		s.add(math.Inf(1), scale, meanOf(present(c.Num)))
	}
	return s
}

func (s *rowSpace) add(cap, scale, fill float64) {
	if math.IsNaN(fill) {
		fill = 0 // no value to take a mean of
	}
	s.cap, s.scale, s.fill = append(s.cap, cap), append(s.scale, scale), append(s.fill, fill)
}

// inverseRange returns 1/(max-min), or endless if that is not finite.
func inverseRange(values []float64) float64 {
	v := present(values)
	if len(v) == 0 || v[0] == v[len(v)-1] {
		return endless
	}
	width := min(v[len(v)-1]-v[0], math.MaxFloat64)
	return min(1/width, endless)
}

// place returns the coordinates (N,D) of a table's rows.
func (s *rowSpace) place(f *Frame) []float64 {
	n, d := f.Rows(), len(f.Columns)
	out := make([]float64, n*d)
	for j := range f.Columns {
		c := &f.Columns[j]
		for i := range n {
			switch {
			case c.Kind == Categorical:
				out[i*d+j] = float64(max(c.Code[i], -1))
			case math.IsNaN(c.Num[i]):
				out[i*d+j] = s.fill[j]
			default:
				out[i*d+j] = c.Num[i]
			}
		}
	}
	return out
}

// term is the part of column j in the distance of values gap apart.
func (s *rowSpace) term(j int, gap float64) float64 {
	t := float64(gap * s.scale[j]) // conversions: never fused into the sum
	if s.squared {
		t = float64(t * t)
	}
	if t > s.cap[j] {
		return s.cap[j]
	}
	return t
}

// distance sums the terms in the order of columns, and stops early once the
// sum is beyond enough.
func (s *rowSpace) distance(a, b []float64, enough float64) float64 {
	sum := 0.0
	for j, v := range a {
		sum += s.term(j, math.Abs(v-b[j]))
		if sum > enough {
			return sum
		}
	}
	return sum
}

// rowTree finds the exact nearest of a table's rows. Its nodes halve the rows
// by a value of one column and know the box around them; a box farther away
// than the best row so far is skipped. The distance to a box sums, in the
// same order, terms none of which is above that of a row inside, so rounding
// cannot skip the nearest row.
type rowTree struct {
	space  rowSpace
	d      int
	at     []float64 // (N,D) coordinates, rows in the order of the leaves
	id     []int32   // (N) the row's number in its table
	nodes  []rowNode
	lo, hi []float64 // (nodes,D) boxes
}

// rowNode holds the rows [from, to); its halves are nodes left and left+1. A
// leaf has no left. Equal rows stand in the order of the table.
type rowNode struct {
	from, to, left int32
	equal          bool // all its rows are equal: the first is as good as any
}

const (
	leafRows    = 8  // rows of a leaf at most
	probeRows   = 48 // rows looked at to choose the column of a cut
	rowsPerTask = 64 // rows that one piece of parallel work looks up
)

// newRowTree builds the tree of a table's rows in O(N log² N) time.
func newRowTree(space rowSpace, f *Frame) *rowTree {
	n, d := f.Rows(), len(f.Columns)
	t := &rowTree{space: space, d: d, id: make([]int32, n)}
	for i := range t.id {
		t.id[i] = int32(i)
	}
	at := space.place(f)
	t.grow(at, 0, n)
	t.at = make([]float64, n*d)
	for i, id := range t.id {
		copy(t.at[i*d:(i+1)*d], at[int(id)*d:])
	}
	return t
}

// grow cuts nodes in turn, each after its parent, until they are leaves.
func (t *rowTree) grow(at []float64, from, to int) {
	t.addNode(at, from, to)
	for k := 0; k < len(t.nodes); k++ {
		n := t.nodes[k]
		if n.to-n.from <= leafRows {
			continue
		}
		column := t.widest(at, n)
		if column < 0 {
			t.nodes[k].equal = true
			continue
		}
		mid := t.cut(at, n, column)
		t.nodes[k].left = int32(len(t.nodes))
		t.addNode(at, int(n.from), mid)
		t.addNode(at, mid, int(n.to))
	}
}

// addNode appends the node of rows [from, to) and its box.
func (t *rowTree) addNode(at []float64, from, to int) {
	t.nodes = append(t.nodes, rowNode{from: int32(from), to: int32(to)})
	k := len(t.lo)
	for range t.d {
		t.lo, t.hi = append(t.lo, math.Inf(1)), append(t.hi, math.Inf(-1))
	}
	lo, hi := t.lo[k:], t.hi[k:]
	for _, id := range t.id[from:to] {
		for j, v := range at[int(id)*t.d : (int(id)+1)*t.d] {
			lo[j], hi[j] = min(lo[j], v), max(hi[j], v)
		}
	}
}

// widest returns the column whose values are on average farthest from their
// median, by a sample of the node's rows; -1 if all rows are equal.
func (t *rowTree) widest(at []float64, n rowNode) int {
	rows := t.id[n.from:n.to]
	stride := (len(rows) + probeRows - 1) / probeRows
	best, most := -1, 0.0
	var probe [probeRows]float64
	for j := range t.d {
		m := 0
		for i := 0; i < len(rows); i += stride {
			probe[m] = at[int(rows[i])*t.d+j]
			m++
		}
		slices.Sort(probe[:m])
		spread := 0.0
		for _, v := range probe[:m] {
			spread += t.space.term(j, math.Abs(v-probe[m/2]))
		}
		if spread /= float64(m); spread > most {
			best, most = j, spread
		}
	}
	if best < 0 {
		return t.anyDifference(at, rows)
	}
	return best
}

// anyDifference returns a column in which the rows differ, or -1.
func (t *rowTree) anyDifference(at []float64, rows []int32) int {
	first := at[int(rows[0])*t.d:]
	for _, id := range rows[1:] {
		for j := range t.d {
			if at[int(id)*t.d+j] != first[j] {
				return j
			}
		}
	}
	return -1
}

// cut sorts the node's rows by a column and returns where the second half
// begins: at the change of value nearest to the middle.
func (t *rowTree) cut(at []float64, n rowNode, j int) int {
	rows := t.id[n.from:n.to]
	value := func(i int) float64 { return at[int(rows[i])*t.d+j] }
	slices.SortFunc(rows, func(a, b int32) int {
		va, vb := at[int(a)*t.d+j], at[int(b)*t.d+j]
		if va != vb {
			if va < vb {
				return -1
			}
			return 1
		}
		return int(a - b)
	})
	for off := 0; ; off++ {
		if lo := len(rows)/2 - off; lo > 0 && value(lo-1) != value(lo) {
			return int(n.from) + lo
		}
		if hi := len(rows)/2 + off; hi < len(rows) && value(hi-1) != value(hi) {
			return int(n.from) + hi
		}
	}
}

// boxDistance is the distance from q to a node's box, or anything beyond
// enough if it is farther.
func (t *rowTree) boxDistance(node int32, q []float64, enough float64) float64 {
	k := int(node) * t.d
	lo, hi := t.lo[k:k+t.d], t.hi[k:k+t.d]
	sum := 0.0
	for j, v := range q {
		gap := 0.0
		if v < lo[j] {
			gap = lo[j] - v
		} else if v > hi[j] {
			gap = v - hi[j]
		} else {
			continue
		}
		sum += t.space.term(j, gap)
		if sum > enough {
			return sum
		}
	}
	return sum
}

// nearest returns the row closest to q and its distance; of rows equally
// close, the first of the table. skip is a row left out, -1 for none.
func (t *rowTree) nearest(q []float64, skip int32) (row int32, distance float64) {
	s := rowSearch{tree: t, q: q, skip: skip, row: -1, best: math.Inf(1)}
	s.visit(0)
	return s.row, s.best
}

type rowSearch struct {
	tree *rowTree
	q    []float64
	skip int32
	row  int32
	best float64
}

func (s *rowSearch) visit(node int32) {
	t := s.tree
	n := t.nodes[node]
	if n.left == 0 {
		for i := n.from; i < n.to; i++ {
			id := t.id[i]
			if id == s.skip {
				continue
			}
			dist := t.space.distance(s.q, t.at[int(i)*t.d:(int(i)+1)*t.d], s.best)
			if dist < s.best || dist == s.best && (s.row < 0 || id < s.row) {
				s.best, s.row = dist, id
			}
			if n.equal {
				return
			}
		}
		return
	}
	near, far := n.left, n.left+1
	dn, df := t.boxDistance(near, s.q, s.best), t.boxDistance(far, s.q, s.best)
	if df < dn {
		near, far, dn, df = far, near, df, dn
	}
	if dn <= s.best {
		s.visit(near)
	}
	if df <= s.best {
		s.visit(far)
	}
}

// nearestRows looks up every row of a table. With itself set, the table is the
// tree's own and a row is not its own neighbour. Once ctx is done the answers
// are meaningless; the caller has to ask ctx.
func (t *rowTree) nearestRows(ctx context.Context, f *Frame, itself bool, p *parallel.Pool) (rows []int32, distances []float64) {
	q, n := t.space.place(f), f.Rows()
	rows, distances = make([]int32, n), make([]float64, n)
	p.Run((n+rowsPerTask-1)/rowsPerTask, func(_, piece int) {
		for i := piece * rowsPerTask; i < min(n, (piece+1)*rowsPerTask); i++ {
			if ctx.Err() != nil {
				return
			}
			skip := int32(-1)
			if itself {
				skip = int32(i)
			}
			rows[i], distances[i] = t.nearest(q[i*t.d:(i+1)*t.d], skip)
		}
	})
	return rows, distances
}
