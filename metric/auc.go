package metric

import (
	"math"
	"slices"
)

// AUC returns the area under the receiver's operating curve: the chance that a
// positive row scores above a negative one, a tie counting half. NaN if there
// is no row of one kind.
func AUC(scores []float64, positive []bool) float64 {
	auc, _ := aucParts(scores, positive)
	return auc
}

// AUCWithError returns [AUC] and its standard error by the method of DeLong,
// DeLong and Clarke-Pearson (Biometrics 44, 1988): from the spread of each
// row's share of rows of the other kind that it beats.
func AUCWithError(scores []float64, positive []bool) (auc, standardError float64) {
	auc, variance := aucParts(scores, positive)
	return auc, math.Sqrt(variance)
}

func aucParts(scores []float64, positive []bool) (auc, variance float64) {
	if len(scores) != len(positive) {
		panicLengths("AUC", len(scores), len(positive))
	}
	var pos, neg []float64
	for i, s := range scores {
		if positive[i] {
			pos = append(pos, s)
		} else {
			neg = append(neg, s)
		}
	}
	slices.Sort(pos)
	slices.Sort(neg)
	if len(pos) == 0 || len(neg) == 0 {
		return math.NaN(), math.NaN()
	}
	wins := placements(pos, neg) // of each positive over the negatives
	losses := placements(neg, pos)
	return meanOf(wins), varianceOfMean(wins) + varianceOfMean(losses)
}

// placements returns for each of a the share of b below it, ties counting
// half. Both are sorted.
func placements(a, b []float64) []float64 {
	out := make([]float64, len(a))
	below, upTo := 0, 0
	for i, v := range a {
		for below < len(b) && b[below] < v {
			below++
		}
		for upTo < len(b) && b[upTo] <= v {
			upTo++
		}
		out[i] = float64(below+upTo) / 2 / float64(len(b))
	}
	return out
}

func varianceOfMean(values []float64) float64 {
	if len(values) < 2 {
		return math.NaN()
	}
	d := deviationOf(values)
	return d * d / float64(len(values))
}
