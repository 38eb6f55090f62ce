package table

import (
	"slices"
	"testing"

	"pgregory.net/rapid"
)

// Training and held-out rows are a partition of all rows, of the shares asked for.
func TestHoldoutIsAPartition(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(0, 500).Draw(t, "n")
		share := rapid.Float64Range(0, 1).Draw(t, "share")
		train, held := Holdout(n, share, rapid.Uint64().Draw(t, "seed"))
		all := slices.Concat(train, held)
		slices.Sort(all)
		if len(all) != n || len(slices.Compact(all)) != n {
			t.Fatalf("%v and %v are no partition of %d rows", train, held, n)
		}
		if n > 1 && share > 0 && (len(train) == 0 || len(held) == 0) {
			t.Fatalf("%d and %d rows", len(train), len(held))
		}
		if d := float64(len(held)) - share*float64(n); n > 1 && (d > 1 || d < -1) {
			t.Fatalf("%d of %d rows are held out, want a share of %v", len(held), n, share)
		}
	})
}

func TestHoldoutIsKeyed(t *testing.T) {
	_, a := Holdout(1000, 0.1, 1)
	_, b := Holdout(1000, 0.1, 1)
	_, c := Holdout(1000, 0.1, 2)
	if !slices.Equal(a, b) || slices.Equal(a, c) {
		t.Error("the split is not a function of the seed")
	}
}
