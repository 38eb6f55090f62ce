package table

import (
	"slices"
	"testing"

	"ebb/engine/rng"
)

// Cells of rows that obey the rules are hidden at random and found again from whatever a network draws:
// the given ones stay, and order, sums and combinations hold between the given and the found.
func TestGivenCellsStayAndTheOthersFollowThem(t *testing.T) {
	tab := staff(1500, 1)
	tr := ruled(t, tab, "- less: [hired, left]\n- sum: {of: [net, tax], is: gross}\n- together: [country, city, zip]\n- less: [net, gross]\n")
	any := anyRows(tr, tab.Rows(), 9)
	d, draw := tr.NewDecoder(1), rng.New(4, rng.Test)
	D, C := tr.Numbers(), len(tr.Cards())
	out := tr.Empty()
	row, given := make([]string, len(tab.Columns)), make([]bool, len(tab.Columns))
	followed := 0
	for i := range tab.Rows() {
		row = tab.Row(row, i)
		want := slices.Clone(row)
		for j := range given {
			// A missing cell is one to be filled in, and so is every other one.
			given[j] = draw.Uniform(uint64(j), uint64(i)) < 0.5 && !tr.Schema.Columns[j].IsMissing(row[j])
			if !given[j] {
				row[j] = "hidden"
			}
		}
		d.RowGiven(row, given, any.Num[i*D:(i+1)*D], any.Cells[i*C:(i+1)*C], uint64(i), false)
		for j := range given {
			if given[j] && row[j] != want[j] {
				t.Fatalf("row %d, column %d: %q was given, %q is there", i, j, want[j], row[j])
			}
			if !given[j] && row[j] == "hidden" {
				t.Fatalf("row %d, column %d is still hidden", i, j)
			}
		}
		if given[2] && !given[1] && row[1] > "2011" {
			followed++
		}
		out.Append(row...)
	}
	s := *tr.Schema
	s.Rules = slices.DeleteFunc(slices.Clone(s.Rules), func(r Rule) bool { return slices.Equal(r.Less, []Text{"net", "gross"}) })
	p, err := newPlan(&s)
	if err != nil {
		t.Fatal(err)
	}
	at, _ := s.Match(out)
	if err := p.checkRows(out, at); err != nil {
		t.Error(err)
	}
	combinations := map[string]bool{}
	key := func(tab *Table, i int) string {
		return combined(3, func(k int) string { return tab.Columns[7+k].At(i) })
	}
	for i := range tab.Rows() {
		combinations[key(tab, i)] = true
	}
	for i := range out.Rows() {
		if !combinations[key(out, i)] {
			t.Fatalf("row %d: %q", i, out.Row(nil, i))
		}
	}
	if followed < 50 {
		t.Errorf("only %d rows were found from the day of leaving", followed)
	}
}

func TestNeedsNameTheColumnsBehindEachLearnedOne(t *testing.T) {
	tab := staff(300, 1)
	tr := ruled(t, tab, staffRules)
	for k, needs := range tr.Needs() {
		want := map[string][]string{"left": {"left", "hired"}, "gross": {"gross", "net", "net", "tax"}, "country, city, zip": {"country", "city", "zip"}}
		name := string(tr.Learned().Columns[k].Name)
		var got []string
		for _, j := range needs {
			got = append(got, string(tr.Schema.Columns[j].Name))
		}
		if w, ok := want[name]; ok && !slices.Equal(got, w) || !ok && name != "limit" && !slices.Equal(got, []string{name}) {
			t.Errorf("%s: %q", name, got)
		}
	}
	plain := fit(t, tab)
	if needs := plain.Needs(); len(needs) != len(tab.Columns) || !slices.Equal(needs[3], []int{3}) {
		t.Errorf("%v", needs)
	}
}
