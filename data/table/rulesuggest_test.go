package table

import (
	"slices"
	"strings"
	"testing"

	"ebb/engine/rng"
)

func TestSuggestedRulesAreThoseThatTheTableWasMadeBy(t *testing.T) {
	tab := staff(2000, 1)
	s := Infer(tab)
	found := Suggest(s, tab)
	var got []string
	rules := ""
	for _, f := range found {
		got = append(got, strings.Split(f.String(), "  #")[0])
		rules += f.String() + "\n"
	}
	want := []string{"- less: [hired, left]", "- less: [net, gross]", "- less: [tax, gross]", "- less: [gross, limit]",
		"- sum: {of: [net, tax], is: gross}", "- determines: {from: [city], to: [country]}", "- determines: {from: [zip], to: [city]}",
		"- unique: [year, number]"}
	if !slices.Equal(got, want) {
		t.Errorf("%s", strings.Join(got, "\n"))
	}
	tr := ruled(t, tab, rules) // they can be pasted, and agree with each other
	obeys(t, tr, tr.Decode(anyRows(tr, 500, 1)))
}

func TestNothingIsSuggestedOfIndependentColumns(t *testing.T) {
	tab := staff(2000, 1)
	for j, c := range tab.Columns { // each column shuffled by itself
		rows := make([]int, tab.Rows())
		for i := range rows {
			rows[i] = rng.New(1, rng.Test).Perm(i, tab.Rows(), uint64(j))
		}
		tab.Columns[j] = tab.Select(rows).Columns[j]
		tab.Columns[j].Name = c.Name
	}
	for _, f := range Suggest(Infer(tab), tab) {
		t.Errorf("%s", f)
	}
}
