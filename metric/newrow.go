package metric

import (
	"cmp"
	"math"
	"slices"

	"ebb/engine/kernel/parallel"
)

// NewRowSynthesis returns the share of synthetic rows that match no real row,
// and how many match one. A match is, in every column: both missing, or the
// same category, or |real - synthetic| <= tolerance * |synthetic|.
//
// SDMetrics takes tolerance 0.01; dates are compared as nanoseconds since
// 1970, where one per cent is about half a year.
func NewRowSynthesis(real, synthetic *Frame, tolerance float64, p *parallel.Pool) (score float64, matched int) {
	mustMatch(real, synthetic)
	matches := Matches(synthetic, real, tolerance, p)
	for _, m := range matches {
		if m {
			matched++
		}
	}
	return 1 - float64(matched)/float64(len(matches)), matched
}

// Matches tells for each row whether some reference row matches it within a
// tolerance relative to the row; see [NewRowSynthesis]. With tolerance 0 it
// finds exact copies.
func Matches(rows, reference *Frame, tolerance float64, p *parallel.Pool) []bool {
	mustMatch(rows, reference)
	m := newMatcher(reference)
	n := rows.Rows()
	out := make([]bool, n)
	p.Run((n+rowsPerTask-1)/rowsPerTask, func(_, piece int) {
		for i := piece * rowsPerTask; i < min(n, (piece+1)*rowsPerTask); i++ {
			out[i] = m.has(rows, i, tolerance)
		}
	})
	return out
}

// matcher sorts the reference rows by their categories and missing marks,
// which must agree exactly, and then by one number, on which a match lies in
// a narrow interval.
type matcher struct {
	reference *Frame
	numbers   []int // columns that are not categorical
	key       int   // the number that the rows are sorted by last, -1 for none
	order     []int32
}

func newMatcher(reference *Frame) *matcher {
	m := &matcher{reference: reference, key: -1, order: make([]int32, reference.Rows())}
	most := 0
	for j := range reference.Columns {
		c := &reference.Columns[j]
		if c.Kind == Categorical {
			continue
		}
		m.numbers = append(m.numbers, j)
		if distinct := len(slices.Compact(present(c.Num))); distinct > most {
			m.key, most = j, distinct
		}
	}
	for i := range m.order {
		m.order[i] = int32(i)
	}
	slices.SortFunc(m.order, func(a, b int32) int {
		if c := m.compareExact(reference, int(a), int(b)); c != 0 {
			return c
		}
		if m.key < 0 {
			return 0
		}
		num := reference.Columns[m.key].Num
		return cmp.Compare(num[a], num[b]) // missing (NaN) before all numbers
	})
	return m
}

// compareExact orders row i of a table and reference row r by what must agree
// exactly: categories and missing marks.
func (m *matcher) compareExact(rows *Frame, i, r int) int {
	for j := range rows.Columns {
		c, ref := &rows.Columns[j], &m.reference.Columns[j]
		if c.Kind == Categorical {
			if d := cmp.Compare(max(c.Code[i], -1), max(ref.Code[r], -1)); d != 0 {
				return d
			}
			continue
		}
		a, b := math.IsNaN(c.Num[i]), math.IsNaN(ref.Num[r])
		if a != b {
			if a {
				return -1
			}
			return 1
		}
	}
	return 0
}

// has tells whether a reference row matches row i.
func (m *matcher) has(rows *Frame, i int, tolerance float64) bool {
	var value, margin float64
	if m.key >= 0 {
		value = rows.Columns[m.key].Num[i]
		margin = tolerance * math.Abs(value)
	}
	at, _ := slices.BinarySearchFunc(m.order, 0, func(r int32, _ int) int {
		if d := m.compareExact(rows, i, int(r)); d != 0 {
			return -d
		}
		if m.key >= 0 && m.reference.Columns[m.key].Num[r]-value < -margin {
			return -1
		}
		return 1
	})
	for ; at < len(m.order); at++ {
		r := int(m.order[at])
		if m.compareExact(rows, i, r) != 0 {
			return false
		}
		if m.key >= 0 && m.reference.Columns[m.key].Num[r]-value > margin {
			return false
		}
		if m.numbersMatch(rows, i, r, tolerance) {
			return true
		}
	}
	return false
}

func (m *matcher) numbersMatch(rows *Frame, i, r int, tolerance float64) bool {
	for _, j := range m.numbers {
		a, b := rows.Columns[j].Num[i], m.reference.Columns[j].Num[r]
		if math.Abs(a-b) > tolerance*math.Abs(a) { // false for missing, which agree here
			return false
		}
	}
	return true
}

// RepeatedShare returns the share of rows that equal an earlier row of the
// table in every cell.
func RepeatedShare(f *Frame) float64 {
	order := make([]int32, f.Rows())
	for i := range order {
		order[i] = int32(i)
	}
	slices.SortFunc(order, func(a, b int32) int { return compareRows(f, int(a), int(b)) })
	repeated := 0
	for k := 1; k < len(order); k++ {
		if compareRows(f, int(order[k-1]), int(order[k])) == 0 {
			repeated++
		}
	}
	return float64(repeated) / float64(len(order))
}

// compareRows orders two rows of a table; 0 means equal in every cell.
func compareRows(f *Frame, a, b int) int {
	for j := range f.Columns {
		c, d := &f.Columns[j], 0
		if c.Kind == Categorical {
			d = cmp.Compare(max(c.Code[a], -1), max(c.Code[b], -1))
		} else {
			d = cmp.Compare(c.Num[a], c.Num[b])
		}
		if d != 0 {
			return d
		}
	}
	return 0
}
