package table

import (
	"math"
	"slices"
)

// Point masses. A value that far more rows share than its neighbours do (capital.gain = 0, a cap at
// 500001, hours.per.week = 40) is a fact of its own and no point of a smooth curve: a network
// would have to learn a density with jumps at both of its ends. Such values become states of the
// column's cell.

const (
	massRatio      = 4 // times the level of its neighbours
	massNeighbours = 4 // on each side
)

// masses tells which of the values (ascending) are point masses: at least least rows, and
// massRatio times the median level of the neighbours, rows a step.
func masses(values []float64, counts []int, step float64, least int) []bool {
	found := make([]bool, len(values))
	for i, n := range counts {
		if n >= least {
			found[i] = float64(n) > massRatio*level(values, counts, step, i)
		}
	}
	return found
}

// level is the median of the rows a step that the neighbours of value i hold, each on its share of
// the line.
func level(values []float64, counts []int, step float64, i int) float64 {
	var levels []float64
	for j := max(0, i-massNeighbours); j <= min(len(values)-1, i+massNeighbours); j++ {
		if j == i {
			continue
		}
		lo, hi := max(0, j-1), min(len(values)-1, j+1)
		width := (values[hi]/2 - values[lo]/2) / float64(hi-lo) * 2 // halves do not overflow
		if step > 0 {
			width = max(width/step, 1)
		} else {
			width = math.Inf(1)
		}
		levels = append(levels, float64(counts[j])/width)
	}
	if len(levels) == 0 {
		return 0
	}
	slices.Sort(levels)
	m := len(levels) / 2
	if len(levels)%2 == 1 {
		return levels[m]
	}
	return levels[m-1]/2 + levels[m]/2
}
