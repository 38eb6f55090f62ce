package table

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"ebb/engine/rng"
)

// hugeCategory has n values: value k stands in about rows/(k+10) rows, and a mark now and then.
func hugeCategory(n, rows int) *Table {
	tab := New("x")
	for k := range n {
		for range 1 + rows/((k+10)*20) {
			tab.Append(fmt.Sprintf("v%06d", k*7919%1_000_003))
		}
	}
	for range 40 {
		tab.Append("?")
	}
	return tab
}

// A category of 100,000 values is modelled by a bounded number of states: the common values and the
// missing mark by themselves, the rare ones in buckets of neighbours in the alphabet and of like size.
func TestHugeCategoryHasBoundedStates(t *testing.T) {
	tab := hugeCategory(100_000, 1_000_000)
	tr := fit(t, tab)
	p := &tr.Parts[0]
	if k := tr.Cards()[0]; k > DefaultMaxStates || len(p.Buckets) != mostBuckets {
		t.Fatalf("%d states, %d buckets", k, len(p.Buckets))
	}
	if len(p.States)+len(p.Rare) != 100_001 || !slices.Contains(p.States, "?") {
		t.Fatalf("%d states and %d rare texts of 100,001", len(p.States), len(p.Rare))
	}
	least := slices.Min(p.Counts[:len(p.Counts)-1])
	if most := slices.Max(p.RareCounts); least < learnable || most > least {
		t.Errorf("a value of %d rows is kept apart, one of %d is not", least, most)
	}
	if !slices.IsSorted(p.Rare) {
		t.Error("the rare values are not in alphabetical order")
	}
	rows := int64(0)
	for _, n := range p.RareCounts {
		rows += n
	}
	for b := range p.buckets() {
		lo, hi := p.bucket(b)
		held := int64(0)
		for _, n := range p.RareCounts[lo:hi] {
			held += n
		}
		if share := rows / mostBuckets; held < share/2 || held > 2*share {
			t.Errorf("bucket %d holds %d rows, a fair share is %d", b, held, share)
		}
	}
}

// With states drawn as often as they occur, every rare value comes as often as it occurred: the share
// of the rows that the 1000 commonest of them hold is kept within four standard deviations.
func TestRareValuesKeepTheirShares(t *testing.T) {
	tab := hugeCategory(30_000, 300_000)
	tr := fit(t, tab)
	text, err := yaml.Marshal(tr)
	if err != nil {
		t.Fatal(err)
	}
	if tr, err = ParseTransform(text); err != nil {
		t.Fatal(err)
	}
	s := encode64(t, tr, tab, 0) // every row's own state
	back := tr.Decode(s).Columns[0]
	p := &tr.Parts[0]
	order := make([]int, len(p.Rare))
	for i := range order {
		order[i] = i
	}
	slices.SortStableFunc(order, func(a, b int) int { return int(p.RareCounts[b] - p.RareCounts[a]) })
	common, expected := map[string]bool{}, 0.0
	for _, i := range order[:1000] {
		common[string(p.Rare[i])] = true
		expected += float64(p.RareCounts[i])
	}
	got := 0.0
	for i := range back.Len() {
		if common[back.At(i)] {
			got++
		}
	}
	if d := got - expected; d*d > 16*expected {
		t.Errorf("%v rows hold one of the thousand, %v in the data", got, expected)
	}
	for i := range 2000 {
		if was, is := tab.Columns[0].At(i*7), back.At(i*7); slices.Contains(p.States, Text(was)) && was != is {
			t.Fatalf("%q, which has a state, came back as %q", was, is)
		}
	}
}

// Texts that begin alike share a bucket, so a bucket tells something of what its values go with.
func TestBucketsKeepNeighboursTogether(t *testing.T) {
	tab := New("code", "group")
	stream := rng.New(1, rng.Test)
	for i := range 20_000 {
		n := stream.Intn(4000, 0, uint64(i))
		tab.Append(fmt.Sprintf("%04d", n), fmt.Sprint(n/1000))
	}
	tr := fit(t, tab)
	p := &tr.Parts[0]
	if len(p.Buckets) < 100 {
		t.Fatalf("%d buckets, %d states", len(p.Buckets), len(p.States))
	}
	pure := 0
	for b := range p.buckets() {
		lo, hi := p.bucket(b)
		if p.Rare[lo][0] == p.Rare[hi-1][0] {
			pure++
		}
	}
	if pure < len(p.Buckets)-3 {
		t.Errorf("%d of %d buckets lie within one of the four groups", pure, len(p.Buckets))
	}
}

// A thousand values or fewer are all states, as ever, and one bucket is what a run of an older
// version has.
func TestOrdinaryCategoriesHaveNoBuckets(t *testing.T) {
	tab := New("x")
	for i := range 2048 {
		tab.Append(fmt.Sprintf("v%d", i%1024))
	}
	if p := fit(t, tab).Parts[0]; len(p.States) != 1024 || len(p.Rare) > 0 {
		t.Errorf("%d states, %d rare", len(p.States), len(p.Rare))
	}
	old := `{version: 1, rows: 9, schema: {columns: [{name: a, kind: category}]}, parts: [{states: ["x"], counts: "5", rare: ["z", "y"], rare_counts: "3 1"}]}`
	tr, err := ParseTransform([]byte(old))
	if err != nil {
		t.Fatal(err)
	}
	back := tr.Decode(Sample{Rows: 3, Cells: []int32{0, 1, 1}})
	if back.Columns[0].At(0) != "x" || back.Columns[0].At(1) == "x" || tr.Cards()[0] != 2 {
		t.Errorf("%q", rows(back))
	}
	if _, err := tr.Where([]string{"a=y"}); err == nil || !strings.Contains(err.Error(), "together with 1 other") {
		t.Errorf("a rare value asked for: %v", err)
	}
}
