package metric

import (
	"math"

	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// logisticFolds is how many parts SDMetrics' detection cross-validates over.
const logisticFolds = 3

// LogisticDetection returns 1 - mean over three folds of 2 max(0.5, AUC) - 1
// for a logistic regression that tells real rows from synthetic ones: 1 is
// not distinguishable. It is what papers print as "C2ST" or "detection".
//
// The model sees each column by itself: shuffling every column of a table
// independently hardly lowers the score. Judge dependence by pair trends or
// by [Detector].
//
// A missing number counts as the real mean, a missing category as one of its
// own; a category that the real table lacks is no category at all (SDMetrics
// fails there).
func LogisticDetection(real, synthetic *Frame, noise rng.Stream, p *parallel.Pool) float64 {
	mustMatch(real, synthetic)
	x, class := newDesign(real, synthetic), realAndSynthetic(real, synthetic)
	sum := 0.0
	for _, f := range stratifiedFolds(class, 2, logisticFolds, noise, 0) {
		m := newLogistic(x, f.train)
		m.fit(x, class, f.train, p)
		scores := make([]float64, len(f.test))
		for i, r := range f.test {
			scores[i] = m.score(x, m.weight, r)
		}
		auc, _ := testAUC(scores, class, f.test)
		sum += 2*max(0.5, auc) - 1
	}
	return 1 - sum/logisticFolds
}

// newDesign completes the rows of both tables by what the real one has.
func newDesign(real, synthetic *Frame) *design {
	d := len(real.Columns)
	x := &design{number: make([][]float64, d), code: make([][]int32, d), levels: make([]int, d)}
	both := stack(real, synthetic)
	for j := range real.Columns {
		if real.Columns[j].Kind == Categorical {
			x.code[j], x.levels[j] = denseCodes(real.Columns[j].Code, both.Columns[j].Code)
			continue
		}
		x.levels[j] = 1
		x.number[j] = both.Columns[j].Num
		mean := meanOf(present(real.Columns[j].Num))
		if math.IsNaN(mean) {
			mean = 0
		}
		for i, v := range x.number[j] {
			if math.IsNaN(v) {
				x.number[j][i] = mean
			}
		}
	}
	return x
}

// denseCodes numbers the categories of real, missing included, from 0; others
// get -1.
func denseCodes(real, all []int32) (codes []int32, count int) {
	dense := make([]int32, levels(&Column{Code: real}, &Column{Code: all})+1)
	for _, k := range real {
		dense[max(k, -1)+1] = 1
	}
	for k, seen := range dense {
		dense[k] = -1
		if seen == 1 {
			dense[k] = int32(count)
			count++
		}
	}
	codes = make([]int32, len(all))
	for i, k := range all {
		codes[i] = dense[max(k, -1)+1]
	}
	return codes, count
}
