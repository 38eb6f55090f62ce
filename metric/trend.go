package metric

import (
	"math"
	"slices"
)

// Coefficient names a coefficient of correlation.
type Coefficient uint8

const (
	Pearson  Coefficient = iota // of the values
	Spearman                    // of their ranks, ties sharing the mean rank
)

// Correlation returns the coefficient of two columns over the rows where
// neither value is missing; NaN if one of them is constant there.
func Correlation(a, b []float64, c Coefficient) float64 {
	if len(a) != len(b) {
		panicLengths("Correlation", len(a), len(b))
	}
	x, y := make([]float64, 0, len(a)), make([]float64, 0, len(a))
	for i := range a {
		if !math.IsNaN(a[i]) && !math.IsNaN(b[i]) {
			x, y = append(x, a[i]), append(y, b[i])
		}
	}
	if c == Spearman {
		x, y = ranks(x), ranks(y)
	}
	return pearson(x, y)
}

// pearson returns the correlation of complete columns; it centres them in place.
func pearson(x, y []float64) float64 {
	normX, normY := centre(x), centre(y)
	if !(normX > 0) || !(normY > 0) {
		return math.NaN()
	}
	dot := 0.0
	for i := range x {
		dot += float64((x[i] / normX) * (y[i] / normY))
	}
	return max(-1, min(1, dot))
}

// centre takes the mean off the values and returns the length of what is
// left, 0 for a constant column.
func centre(values []float64) (norm float64) {
	if len(values) == 0 || slices.Min(values) == slices.Max(values) {
		return 0
	}
	// Scaling by the largest magnitude keeps sums and squares of 1e300 finite.
	scale := max(math.Abs(slices.Min(values)), math.Abs(slices.Max(values)))
	for i := range values {
		values[i] /= scale
	}
	mean, sum := meanOf(values), 0.0
	for i := range values {
		values[i] -= mean
		sum += float64(values[i] * values[i])
	}
	return math.Sqrt(sum)
}

// ranks returns the rank of each value, from 1; equal values share the mean
// of their ranks.
func ranks(values []float64) []float64 {
	order := make([]int, len(values))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if values[a] < values[b] {
			return -1
		}
		if values[a] > values[b] {
			return 1
		}
		return a - b
	})
	rank := make([]float64, len(values))
	for lo := 0; lo < len(order); {
		hi := lo + 1
		for hi < len(order) && values[order[hi]] == values[order[lo]] {
			hi++
		}
		for _, i := range order[lo:hi] {
			rank[i] = float64(lo+hi+1) / 2
		}
		lo = hi
	}
	return rank
}

// CorrelationSimilarity returns 1 - |r_synthetic - r_real|/2 for the columns
// a and b of each table, and the two coefficients. NaN if a column is
// constant, for then it has no correlation.
func CorrelationSimilarity(realA, realB, synthA, synthB []float64, c Coefficient) (score, real, synthetic float64) {
	real = Correlation(realA, realB, c)
	synthetic = Correlation(synthA, synthB, c)
	return 1 - float64(math.Abs(synthetic-real)/2), real, synthetic
}
