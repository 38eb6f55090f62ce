package table

import (
	"bytes"
	"slices"
	"strconv"
	"testing"
)

// Columns keep their types whatever they are learned as, and rows that a network may draw fit them.
func TestTypesOfColumnsUnderRules(t *testing.T) {
	tab := staff(600, 1)
	tr := ruled(t, tab, staffRules)
	if got, want := tr.Headings(), fit(t, tab).Headings(); !slices.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	var b bytes.Buffer
	w, err := NewParquetWriter(&b, tr.Headings())
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.WriteStored(w, tr.Decode(anyRows(tr, 300, 5))); err != nil {
		t.Error(err)
	}
}

// A total may pass what its own type holds: then the column is stored as text.
func TestTotalsBeyondTheirType(t *testing.T) {
	tab := New("a", "b", "sum")
	for i := range 300 {
		a, b := i*97%20000, i*61%12000
		tab.Append(strconv.Itoa(a), strconv.Itoa(b), strconv.Itoa(a+b))
	}
	for k := range tab.Columns {
		tab.Columns[k].Type = "smallint"
	}
	tr := ruled(t, tab, "- sum: {of: [a, b], is: sum}\n")
	var types []string
	for _, h := range tr.Headings() {
		types = append(types, h.Type)
	}
	if want := []string{"smallint", "smallint", "smallint"}; !slices.Equal(types, want) {
		t.Errorf("%v, want %v", types, want)
	}
	// Parts that no row had together add up to more.
	tab.Append("19990", "12769", "32759")
	tab.Append("2", "12770", "12772")
	tr = ruled(t, tab, "- sum: {of: [a, b], is: sum}\n")
	if got := tr.Headings()[2].Type; got != "smallint" {
		t.Errorf("%s", got)
	}
	tab.Append("1", "12800", "12801")
	tr = ruled(t, tab, "- sum: {of: [a, b], is: sum}\n")
	if got := tr.Headings()[2].Type; got != "text" {
		t.Errorf("%s", got)
	}
}

func TestSummariesAreOfTheLearnedColumns(t *testing.T) {
	tab := staff(300, 1)
	tr := ruled(t, tab, staffRules)
	all, err := tr.Summaries(tab)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, s := range all {
		names = append(names, s.Name)
	}
	if want := tr.Learned().Names(); !slices.Equal(names, want) {
		t.Errorf("%q, want %q", names, want)
	}
}
