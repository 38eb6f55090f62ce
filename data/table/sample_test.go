package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// numbered is a CSV of n rows: a number, one of three words, and a text of its own.
func numbered(n int) string {
	var b strings.Builder
	b.WriteString("n,word,own\n")
	for i := range n {
		fmt.Fprintf(&b, "%d,%s,text number %d\n", i, []string{"a", "b", ""}[i%3], i)
	}
	return b.String()
}

func readSample(t *testing.T, text string, o ReadOptions) *Table {
	t.Helper()
	r, err := NewReader(strings.NewReader(text), "t.csv")
	if err != nil {
		t.Fatal(err)
	}
	tab, err := ReadSample(r, "t.csv", o)
	if err != nil {
		t.Fatal(err)
	}
	return tab
}

// ids lists the row numbers of a sample.
func ids(t *testing.T, tab *Table) []int {
	t.Helper()
	all := make([]int, tab.Rows())
	for i := range all {
		n, err := strconv.Atoi(tab.Columns[0].At(i))
		if err != nil {
			t.Fatal(err)
		}
		all[i] = n
	}
	return all
}

// A table that fits is read as without a budget.
func TestATableThatFitsIsKeptWhole(t *testing.T) {
	tab := readSample(t, numbered(1000), ReadOptions{Memory: 1 << 20})
	if tab.Rows() != 1000 || tab.Seen != 0 || tab.Below != 0 {
		t.Errorf("%d rows of %d, below %d", tab.Rows(), tab.Seen, tab.Below)
	}
}

func TestASampleFitsAndIsWhatTheFormulaSays(t *testing.T) {
	text := numbered(20_000)
	for _, memory := range []int64{1, 5_000, 100_000, 1_000_000} {
		tab := readSample(t, text, ReadOptions{Memory: memory})
		took := int64(tab.Rows()) * (13 + 5*3)
		for _, c := range tab.Columns {
			for _, text := range c.Texts() {
				took += int64(len(text)) + 72
			}
		}
		if tab.Seen != 20_000 || tab.Rows() > 1 && (took > memory || took < memory/2) {
			t.Errorf("memory %d: %d of %d rows take %d bytes", memory, tab.Rows(), tab.Seen, took)
		}
		for i, n := range ids(t, tab) {
			want := []string{fmt.Sprint(n), []string{"a", "b", ""}[n%3], fmt.Sprintf("text number %d", n)}
			if !slices.Equal(tab.Row(nil, i), want) {
				t.Fatalf("row %d is %q, want %q", i, tab.Row(nil, i), want)
			}
		}
	}
}

// Reading again below the threshold gives the same table, codes and all; and so does a file of which
// nothing but the sample is left out of account.
func TestTheThresholdGivesTheSameSample(t *testing.T) {
	text := numbered(20_000)
	first := readSample(t, text, ReadOptions{Memory: 200_000})
	again := readSample(t, text, ReadOptions{Below: first.Below})
	if again.Seen != first.Seen || again.Below != first.Below || !slices.EqualFunc(first.Columns, again.Columns, func(a, b *Column) bool {
		return slices.Equal(a.codes, b.codes) && slices.Equal(a.texts, b.texts)
	}) {
		t.Errorf("%d and %d rows", first.Rows(), again.Rows())
	}
}

// Every stretch of the file gives its share of the sample: their counts are within five standard
// deviations of the binomial.
func TestTheSampleIsUniform(t *testing.T) {
	tab := readSample(t, numbered(40_000), ReadOptions{Memory: 1_000_000})
	const parts = 20
	share := float64(tab.Rows()) / 40_000
	var counts [parts]float64
	for _, n := range ids(t, tab) {
		counts[n*parts/40_000]++
	}
	mean := share * 40_000 / parts
	for k, n := range counts {
		if math.Abs(n-mean) > 5*math.Sqrt(mean*(1-share)) {
			t.Errorf("part %d of %d has %v rows of the sample, %.0f are to be expected", k+1, parts, n, mean)
		}
	}
}

// A fault in a row that is not kept is a fault all the same.
func TestRowsThatAreNotKeptAreChecked(t *testing.T) {
	for _, bad := range []string{"1,2\n", "1,2,\x81\n", "1,\"2,3\n"} {
		r, err := NewReader(strings.NewReader(numbered(5000)+bad), "t.csv")
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ReadSample(r, "t.csv", ReadOptions{Memory: 100}); err == nil || !strings.Contains(err.Error(), "line 5002") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

// Rows without a value stay so when the sample shrinks.
func TestASampleKeepsNoValue(t *testing.T) {
	g := &given{heads: []Heading{{Name: "n", Type: "integer"}, {Name: "x", Type: "text"}}}
	for i := range 3000 {
		g.rows = append(g.rows, []string{fmt.Sprint(i), []string{"∅", "", fmt.Sprintf("own %d", i)}[i%3]})
	}
	tab, err := ReadSample(g, "given", ReadOptions{Memory: 50_000})
	if err != nil {
		t.Fatal(err)
	}
	for i, n := range ids(t, tab) {
		text := tab.Columns[1].At(i)
		if (text == tab.Columns[1].Null) != (n%3 == 0) || n%3 == 2 && text != fmt.Sprintf("own %d", n) {
			t.Fatalf("row %d holds %q", n, text)
		}
	}
}
