package metric

import (
	"math"
	"testing"
)

func TestAUCCountsPairs(t *testing.T) {
	d := newDraws(30)
	scores := d.normals(80)
	_, positive := classOf(80, func(i int) bool { return i%3 == 0 })
	for i := range scores {
		scores[i] = math.Round(2 * scores[i]) // many ties
	}
	wins, pairs := 0.0, 0.0
	for i := range scores {
		for j := range scores {
			if positive[i] && !positive[j] {
				pairs++
				switch {
				case scores[i] > scores[j]:
					wins++
				case scores[i] == scores[j]:
					wins += 0.5
				}
			}
		}
	}
	near(t, "AUC", AUC(scores, positive), wins/pairs, 1e-14)
	flipped := make([]bool, len(positive))
	for i := range flipped {
		flipped[i] = !positive[i]
	}
	near(t, "AUC of the other class", AUC(scores, flipped), 1-wins/pairs, 1e-14)
	near(t, "AUC of one class", AUC(scores, make([]bool, 80)), math.NaN(), 0)
}

func TestDeLongErrorIsThatOfRepetition(t *testing.T) {
	d := newDraws(31)
	const repeats, n = 400, 120
	_, positive := classOf(n, func(i int) bool { return i < 50 })
	aucs, sumVariance := make([]float64, repeats), 0.0
	for r := range aucs {
		s := d.normals(n)
		for i := range 50 {
			s[i] = 0.7 + 0.2*s[i] // narrower than the negatives: the two parts of the variance differ
		}
		var se float64
		aucs[r], se = AUCWithError(s, positive)
		sumVariance += se * se
	}
	// A standard deviation from 400 draws is itself known to 1/sqrt(800) = 3.5 %.
	near(t, "mean DeLong error over observed", math.Sqrt(sumVariance/repeats)/deviationOf(aucs), 1, 0.12)
	// N(0.7, 0.2²) above N(0, 1): AUC = Phi(0.7/sqrt(1.04)).
	near(t, "mean AUC", meanOf(aucs), 0.5*math.Erfc(-0.7/math.Sqrt(2*1.04)), 4*deviationOf(aucs)/math.Sqrt(repeats))
}

func TestScoresOfSmallTables(t *testing.T) {
	truth, predicted := []int32{0, 0, 0, 1, 1, 2}, []int32{0, 0, 1, 1, 0, 2}
	near(t, "accuracy", Accuracy(truth, predicted), 4.0/6, 1e-15)
	macro, per := F1(truth, predicted, 4)
	for k, want := range []float64{2 * 2.0 / 6, 2.0 / 4, 1, math.NaN()} {
		near(t, "F1", per[k], want, 1e-15)
	}
	near(t, "macro F1 leaves out the absent class", macro, (2.0/3+0.5+1)/3, 1e-15)
	y := []float64{1, 2, 3, 6}
	near(t, "R² of the truth", R2(y, y), 1, 0)
	near(t, "R² of the mean", R2(y, []float64{3, 3, 3, 3}), 0, 1e-15)
	near(t, "R²", R2(y, []float64{1, 2, 3, 4}), 1-4.0/14, 1e-15)
	near(t, "RMSE", RMSE(y, []float64{1, 2, 3, 4}), 1, 1e-15)
	near(t, "R² of a constant", R2([]float64{1, 1}, []float64{1, 2}), math.NaN(), 0)
}
