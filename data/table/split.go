package table

import (
	"math"
	"slices"

	"ebb/engine/rng"
)

// Holdout splits n rows at random into training rows and held-out rows, of which there are
// share*n, rounded, but at least one on either side if n > 1. Both come in ascending order, and
// are a function of the arguments alone.
func Holdout(n int, share float64, seed uint64) (train, held []int) {
	held = HeldOut(n, share, seed)
	train = make([]int, 0, n-len(held))
	next := 0
	for i := range n {
		if next < len(held) && held[next] == i {
			next++
		} else {
			train = append(train, i)
		}
	}
	return train, held
}

// HeldOut lists the held-out rows of [Holdout] alone, in memory for these alone.
func HeldOut(n int, share float64, seed uint64) []int {
	k := int(math.Floor(share*float64(n) + 0.5))
	if share > 0 && n > 1 {
		k = min(max(k, 1), n-1)
	}
	k = min(max(k, 0), n)
	order := rng.New(seed, rng.Split)
	held := make([]int, k)
	for i := range held {
		held[i] = order.Perm(i, n, 0)
	}
	slices.Sort(held)
	return held
}
