package model

import (
	"testing"

	"ebb/data/table"
)

// cells are rows of one column each, side by side.
func cells(n int, card []int, of func(i int) []int32) *table.Encoded {
	e := &table.Encoded{Rows: n, Card: card}
	for i := range n {
		e.Cells = append(e.Cells, of(i)...)
	}
	return e
}

// Cramér's V is 1 where one column decides the other, 0 where they say nothing of each other however
// many categories they have, and that of the formula between: of a 2x2 table with 3/8, 1/8, 1/8, 3/8 of
// the rows phi is 1/2.
func TestDependenceIsCramersV(t *testing.T) {
	const n = 8000
	e := cells(n, []int{2, 2, 40, 40}, func(i int) []int32 {
		x := int32(i & 1)
		y := x
		if i>>1&3 == 0 {
			y = 1 - x
		}
		return []int32{x, y, int32(i % 40), int32(i / 40 % 40)}
	})
	for _, c := range []struct {
		a, b     int
		want, by float64
	}{
		{0, 0, 1, 1e-3}, {2, 2, 1, 1e-3},
		{0, 1, 0.5, 1e-3}, // the correction takes 1/n of phi^2
		{2, 3, 0, 1e-9},
	} {
		if got := cramer(e, c.a, c.b); got < c.want-c.by || got > c.want+c.by {
			t.Errorf("columns %d and %d: %v, want %v", c.a, c.b, got, c.want)
		}
	}
}

// A cell that is not known says nothing.
func TestDependencePassesUnknownCellsOver(t *testing.T) {
	e := cells(900, []int{3, 3}, func(i int) []int32 {
		if i%2 == 1 {
			return []int32{-1, int32(i % 3)}
		}
		return []int32{int32(i % 3), int32(i % 3)}
	})
	if got := cramer(e, 0, 1); got < 0.99 {
		t.Errorf("%v, want 1: where both are known one decides the other", got)
	}
}
