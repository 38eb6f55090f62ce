package model

import (
	"context"
	"testing"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
)

// The rows that come in blocks are those of one draw, whatever the blocks' size, and an error ends them.
func TestBlocksAreTheDraw(t *testing.T) {
	data := table.New("a", "b")
	for i := range 60 {
		data.Append([]string{"x", "y", "z"}[i%3], []string{"1.5", "2.25", "3", "4.75"}[i%4])
	}
	c, err := NewTableConfig(data, table.Infer(data), "")
	if err != nil {
		t.Fatal(err)
	}
	m, err := NewTableModel(c, parallel.New(2))
	if err != nil {
		t.Fatal(err)
	}
	o := DrawOptions{N: 23, Seed: 4, First: 7}
	whole, err := m.Draw(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	for _, most := range []int{1, 5, 23, 100} {
		at := 0
		for part, err := range m.blocks(context.Background(), o, most) {
			if err != nil {
				t.Fatal(err)
			}
			for i := range part.Rows() {
				for j, column := range part.Columns {
					if got, want := column.At(i), whole.Columns[j].At(at); got != want {
						t.Fatalf("blocks of %d: row %d, column %d is %q, want %q", most, at, j, got, want)
					}
				}
				at++
			}
		}
		if at != o.N {
			t.Errorf("blocks of %d hold %d rows, want %d", most, at, o.N)
		}
	}
	stopped, cancel := context.WithCancel(context.Background())
	cancel()
	failed := 0
	for _, err := range m.blocks(stopped, o, 5) {
		if err == nil {
			t.Error("a block after the context has ended")
		}
		failed++
	}
	if failed != 1 {
		t.Errorf("%d blocks with errors, want 1", failed)
	}
}
