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
	k := int(math.Floor(share*float64(n) + 0.5))
	if share > 0 && n > 1 {
		k = min(max(k, 1), n-1)
	}
	k = min(max(k, 0), n)
	order := rng.New(seed, rng.Split)
	isHeld := make([]bool, n)
	for i := range k {
		isHeld[order.Perm(i, n, 0)] = true
	}
	train, held = make([]int, 0, n-k), make([]int, 0, k)
	for i, h := range isHeld {
		if h {
			held = append(held, i)
		} else {
			train = append(train, i)
		}
	}
	return slices.Clip(train), slices.Clip(held)
}
