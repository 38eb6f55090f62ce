package metric

import "ebb/engine/rng"

// shuffled returns a random order of 0..n-1 (Fisher and Yates), a function of
// the stream and step alone.
func shuffled(n int, noise rng.Stream, step uint64) []int {
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	for i := n - 1; i > 0; i-- {
		j := noise.Intn(i+1, step, uint64(i))
		order[i], order[j] = order[j], order[i]
	}
	return order
}

// fold is one part of a cross-validation: row numbers to learn from and to
// test on.
type fold struct{ train, test []int32 }

// stratifiedFolds deals the rows of each class at random over k folds, so that
// every fold has the class shares of the whole.
func stratifiedFolds(class []int32, classes, k int, noise rng.Stream, step uint64) []fold {
	of := make([]int, len(class)) // the fold that tests each row
	dealt := 0
	for c := range classes {
		var rows []int
		for i, have := range class {
			if int(have) == c {
				rows = append(rows, i)
			}
		}
		for _, at := range shuffled(len(rows), noise, step*uint64(classes)+uint64(c)) {
			of[rows[at]] = dealt % k
			dealt++
		}
	}
	folds := make([]fold, k)
	for i, f := range of {
		for other := range folds {
			if other == f {
				folds[other].test = append(folds[other].test, int32(i))
			} else {
				folds[other].train = append(folds[other].train, int32(i))
			}
		}
	}
	return folds
}

// realAndSynthetic returns the class of the rows of stack(real, synthetic): 1
// for real.
func realAndSynthetic(real, synthetic *Frame) []int32 {
	class := make([]int32, real.Rows()+synthetic.Rows())
	for i := range real.Rows() {
		class[i] = 1
	}
	return class
}

// testAUC returns the AUC, with its variance, of scores for the rows of a fold.
func testAUC(scores []float64, class, rows []int32) (auc, variance float64) {
	positive := make([]bool, len(rows))
	for i, r := range rows {
		positive[i] = class[r] == 1
	}
	return aucParts(scores, positive)
}
