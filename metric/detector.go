package metric

import (
	"context"
	"errors"
	"math"

	"ebb/engine/rng"
)

// Detector tells real rows from synthetic ones by gradient-boosted trees, and
// is judged on rows it has not learned from: a classifier two-sample test
// (Lopez-Paz and Oquab, arXiv 1610.06545). Trees see dependence between
// columns, rounding and spikes, which a logistic model does not.
type Detector struct {
	Folds  int      // of the cross-validation, 0: 5
	Tested int      // folds that are tested on, the others are only learned from; 0: all
	Trees  Boosting // Rounds 0 means 100 here
	Noise  rng.Stream
}

// Detection is how well the tables can be told apart.
type Detection struct {
	// AUC is 0.5 if they cannot be told apart and 1 if always; below 0.5 by
	// more than its error, synthetic rows are copies of real ones.
	AUC           float64
	StandardError float64 // DeLong's, of the mean over folds
	FoldAUC       []float64
	// Importance is the share of each column in what the trees learned: what
	// gives synthetic rows away.
	Importance []float64
}

// Detect cross-validates the detector. Unequal numbers of rows are fine.
func (d Detector) Detect(ctx context.Context, real, synthetic *Frame) (Detection, error) {
	mustMatch(real, synthetic)
	if d.Folds == 0 {
		d.Folds = 5
	}
	if d.Trees.Rounds == 0 {
		d.Trees.Rounds = 100
	}
	if least := min(real.Rows(), synthetic.Rows()); least < d.Folds {
		return Detection{}, errors.New("detector: fewer rows than folds; give more rows or ask for fewer folds")
	}
	both, class := stack(real, synthetic), realAndSynthetic(real, synthetic)
	b := newBinner(both, d.Trees.Pool)
	bins := b.apply(both, d.Trees.Pool)
	out := Detection{Importance: make([]float64, len(both.Columns))}
	variance := 0.0
	tested := d.Folds
	if d.Tested > 0 {
		tested = min(d.Tested, d.Folds)
	}
	for _, f := range stratifiedFolds(class, 2, d.Folds, d.Noise, 0)[:tested] {
		m, err := d.Trees.fit(ctx, b, bins, Target{Classes: 2, Class: class}, f.train)
		if err != nil {
			return Detection{}, err
		}
		auc, v := testAUC(m.scores(bins, f.test), class, f.test)
		out.FoldAUC = append(out.FoldAUC, auc)
		variance += v
		for j, share := range m.Importance() {
			out.Importance[j] += share / float64(tested)
		}
	}
	out.AUC = meanOf(out.FoldAUC)
	out.StandardError = math.Sqrt(variance) / float64(tested)
	return out, nil
}
