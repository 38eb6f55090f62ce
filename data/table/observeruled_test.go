package table

import (
	"math"
	"slices"
	"testing"

	"ebb/engine/rng"
)

// What is known of a row is what the network would see of it, as far as all that a learned column is made
// from is there; and only that.
func TestObservedRowsAreEncodedRowsUnderRules(t *testing.T) {
	tab := staff(600, 1)
	tr := ruled(t, tab, staffRules)
	set, err := tr.Encode(tab, 3)
	if err != nil {
		t.Fatal(err)
	}
	o, err := tr.Observe(tab, 3)
	if err != nil {
		t.Fatal(err)
	}
	if u := o.Unknown(); len(u) > 0 {
		t.Fatalf("%v", u)
	}
	D, places, needs := tr.Numbers(), tr.Places(), tr.Needs()
	num, is, cells := make([]float64, D), make([]bool, D), make([]int32, len(tr.Cards()))
	wantNum, wantCells := make([]float32, D), make([]int32, len(tr.Cards()))
	for i := range tab.Rows() {
		o.Row(i, 5, num, is, cells)
		set.Example(i, 5, wantNum, nil, wantCells)
		for k, p := range places {
			known := !slices.ContainsFunc(needs[k], func(j int) bool { return o.Open(i, j) })
			if p.Cell >= 0 && (known && cells[p.Cell] != wantCells[p.Cell] || !known && cells[p.Cell] != -1) {
				t.Fatalf("row %d, %s: cell %d, want %d (known: %t)", i, tr.Learned().Columns[k].Name, cells[p.Cell], wantCells[p.Cell], known)
			}
			if p.Num >= 0 && (is[p.Num] && math.Abs(num[p.Num]-float64(wantNum[p.Num])) > 1e-6*math.Max(1, math.Abs(num[p.Num])) || is[p.Num] && !known) {
				t.Fatalf("row %d, %s: number %g, want %g (known: %t)", i, tr.Learned().Columns[k].Name, num[p.Num], wantNum[p.Num], known)
			}
		}
	}
}

// RowGiven tells of every row that breaks a rule, and of no other.
func TestRowsBesideGivenCellsSayWhatTheyBreak(t *testing.T) {
	tab := staff(400, 1)
	tr := ruled(t, tab, staffRules)
	any, draw := anyRows(tr, tab.Rows(), 9), rng.New(5, rng.Test)
	d := tr.NewDecoder(1)
	D, C := tr.Numbers(), len(tr.Cards())
	s := *tr.Schema
	s.Rules = slices.DeleteFunc(slices.Clone(s.Rules), func(r Rule) bool { return r.Unique != nil })
	p, err := newPlan(&s)
	if err != nil {
		t.Fatal(err)
	}
	row, given := make([]string, len(tab.Columns)), make([]bool, len(tab.Columns))
	breaks := 0
	for i := range tab.Rows() {
		row = tab.Row(row, i)
		for j := range given {
			given[j] = draw.Uniform(uint64(j), uint64(i)) < 0.5 && !tr.Schema.Columns[j].IsMissing(row[j])
		}
		problem := d.RowGiven(row, given, any.Num[i*D:(i+1)*D], any.Cells[i*C:(i+1)*C], uint64(i), false)
		one := tr.Empty()
		one.Append(row...)
		at, _ := s.Match(one)
		if err := p.checkRows(one, at); (err == nil) != (problem == "") {
			t.Fatalf("row %d: said to break %q, breaks %v: %q given %v", i, problem, err, row, given)
		}
		if problem != "" {
			breaks++
		}
	}
	if breaks == 0 || breaks > 100 {
		t.Errorf("%d rows break a rule", breaks)
	}
}
