package main

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ebb/data/table"
)

// The figures replace what stands between the marks, and nothing else; a page without marks is left alone.
func TestTheBlockStandsBetweenItsMarks(t *testing.T) {
	path := filepath.Join(t.TempDir(), "page.md")
	page := "# Title\n\n" + beginMark + "\nold\n" + endMark + "\n\nmore\n"
	if err := os.WriteFile(path, []byte(page), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := writeBlock(path, "new\n"); err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Replace(page, "\nold\n", "\n\nnew\n\n", 1); string(got) != want {
		t.Errorf("the page is\n%s\nwant\n%s", got, want)
	}
	if _, err := between("# Title\n", "new"); err == nil || !strings.Contains(err.Error(), beginMark) {
		t.Errorf("a page without marks: %v", err)
	}
}

// A table without a test file gives every fifth row, from the first, for testing; halves share the rest.
func TestRowsForTestingAreNotTrainedOn(t *testing.T) {
	all := table.New("n", "label")
	for i := range 11 {
		all.Append(string(rune('a'+i)), "x")
	}
	folder := t.TempDir()
	if err := writeTable(filepath.Join(folder, "x.csv"), all); err != nil {
		t.Fatal(err)
	}
	p, err := dataset{name: "x", train: "x.csv"}.open(folder)
	if err != nil {
		t.Fatal(err)
	}
	half := p.halved()
	for _, c := range []struct {
		name, want string
		table      *table.Table
	}{{"test", "afk", p.test}, {"train", "bcdeghij", p.train}, {"the learned half", "cehj", half.train}, {"the other half", "bdgi", half.test}} {
		got := ""
		for i := range c.table.Rows() {
			got += c.table.Columns[0].At(i)
		}
		if got != c.want {
			t.Errorf("%s: rows %s, want %s", c.name, got, c.want)
		}
	}
}

// A table's row shows the mean and half the spread of its runs, and the share of copies beside that of test rows.
func TestRowsOfTheBlock(t *testing.T) {
	r := result{dataset: dataset{name: "x", score: scoreAUC},
		runs:       []figures{{Shape: 1, Score: 0.5, Copies: 2, Fresh: 3, Rows: 10, SampleSeconds: 2}, {Shape: 2, Score: 0.75, Copies: 2, Rows: 10, SampleSeconds: 1}},
		halves:     []figures{{Closer: 0.525}},
		bootstraps: []figures{{Rows: 10, Closer: 1}, {Rows: 10, Closer: 1}}}
	text := block([]result{r}, "setting")
	for _, want := range []string{"setting\n", "| x | 10 | 1.50 ± 0.50 % |", "AUC 0.6250 ± 0.1250", "| 0.525 | 2.00 ± 0.00 (3.00) % |", "| 8 ± 2 |"} {
		if !strings.Contains(text, want) {
			t.Errorf("the block lacks %q:\n%s", want, text)
		}
	}
	if strings.Contains(text, "1.000 ±") {
		t.Error("the nearness of a bootstrap is shown")
	}
	if m, _ := mean(nil, func(figures) float64 { return 1 }); !math.IsNaN(m) {
		t.Errorf("the mean of no runs is %v", m)
	}
}
