package table_test

import (
	"fmt"
	"io"
	"slices"
	"testing"

	"ebb/data/table"
)

// Every phase of work on a table tells that it begins, goes on and ends, each part of the work once.
func TestEveryPhaseTellsHowFarItIs(t *testing.T) {
	const rows = 10_000
	tab := table.New("n", "word")
	for i := range rows {
		tab.Append(fmt.Sprint(i%700), []string{"a", "b"}[i%2])
	}
	told := map[table.Phase][]int{}
	var order []table.Phase
	watch := func(phase table.Phase, done, total int) {
		if len(told[phase]) == 0 {
			order = append(order, phase)
		}
		want := 2 // columns
		if phase == table.Decoding || phase == table.Writing {
			want = rows
		}
		if total != want {
			t.Errorf("%s: %d of %d, want of %d", phase, done, total, want)
		}
		told[phase] = append(told[phase], done)
	}
	tab.Watch = watch
	tr, err := table.Fit(table.Infer(tab), tab, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := tr.Encode(tab, 1); err != nil {
		t.Fatal(err)
	}
	s := table.Sample{Rows: rows, Num: make([]float64, rows*tr.Numbers()), Cells: make([]int32, rows*len(tr.Cards())), Watch: watch}
	if err := table.Write(io.Discard, tr.Decode(s)); err != nil {
		t.Fatal(err)
	}
	if want := []table.Phase{table.Inferring, table.Fitting, table.Encoding, table.Decoding, table.Writing}; !slices.Equal(order, want) {
		t.Errorf("the phases are %q, want %q", order, want)
	}
	for phase, done := range told {
		want := []int{0, 1, 2}
		if phase == table.Decoding || phase == table.Writing {
			want = []int{0, 4096, 8192, rows}
		}
		if !slices.Equal(done, want) {
			t.Errorf("%s: told %d, want %d", phase, done, want)
		}
	}
}
