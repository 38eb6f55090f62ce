package metric

import (
	"math"

	"ebb/engine/kernel/parallel"
)

// PairScore is how well one pair of columns kept its dependence.
type PairScore struct {
	A, B  int     // positions of the columns, A < B
	Score float64 // 1 is the same; NaN if undefined (a constant column)
	// Real and Synthetic are the coefficients of correlation of two columns of
	// numbers or dates; NaN for other pairs.
	Real, Synthetic float64
	// Association is |Real| for numbers, and otherwise Cramer's V of the real
	// table: how much dependence there was to keep.
	Association float64
}

// PairOptions chooses a variant of pair trends. Its zero value is that of the
// papers up to 2025.
type PairOptions struct {
	Coefficient Coefficient
	Binning     Binning
	Pool        *parallel.Pool

	mixedOnly bool // leave pairs of the same kind undefined: binning does not touch them
}

// PairTrends returns the score of every pair of columns in the order (0,1),
// (0,2), .., (1,2), ..: CorrelationSimilarity for two columns of numbers or
// dates, else ContingencySimilarity, a number being cut in ten equal bins.
func PairTrends(real, synthetic *Frame, o PairOptions) []PairScore {
	mustMatch(real, synthetic)
	d := len(real.Columns)
	realCodes, synthCodes := make([][]int32, d), make([][]int32, d)
	o.Pool.Run(d, func(_, j int) {
		realCodes[j], synthCodes[j] = pairCodes(&real.Columns[j], &synthetic.Columns[j], o.Binning)
	})
	pairs := make([]PairScore, 0, d*(d-1)/2)
	for a := range d {
		for b := a + 1; b < d; b++ {
			pairs = append(pairs, PairScore{A: a, B: b})
		}
	}
	o.Pool.Run(len(pairs), func(_, i int) {
		p := &pairs[i]
		ra, rb := &real.Columns[p.A], &real.Columns[p.B]
		p.Score, p.Real, p.Synthetic, p.Association = math.NaN(), math.NaN(), math.NaN(), math.NaN()
		if o.mixedOnly && (ra.Kind == Categorical) == (rb.Kind == Categorical) {
			return
		}
		if ra.Kind != Categorical && rb.Kind != Categorical {
			sa, sb := &synthetic.Columns[p.A], &synthetic.Columns[p.B]
			p.Score, p.Real, p.Synthetic = CorrelationSimilarity(ra.Num, rb.Num, sa.Num, sb.Num, o.Coefficient)
			p.Association = math.Abs(p.Real)
			return
		}
		t := tabulate(realCodes[p.A], realCodes[p.B], synthCodes[p.A], synthCodes[p.B])
		p.Score, p.Association = t.similarity(), t.association()
	})
	return pairs
}

// MeanTrend returns the mean score of all pairs for which it is defined.
func MeanTrend(pairs []PairScore) float64 {
	scores := make([]float64, len(pairs))
	for i, p := range pairs {
		scores[i] = p.Score
	}
	return MeanScore(scores)
}

// MeanTrendAbove returns the mean score of the pairs that depend on each other
// in the real table: |correlation| > correlation for numbers, Cramer's V >
// association for other pairs. SDMetrics takes 0.5 and 0.3 from version 0.29.
func MeanTrendAbove(pairs []PairScore, correlation, association float64) float64 {
	var scores []float64
	for _, p := range pairs {
		least := association
		if !math.IsNaN(p.Real) {
			least = correlation
		}
		if p.Association > least {
			scores = append(scores, p.Score)
		}
	}
	return MeanScore(scores)
}

// QualityScore returns the mean of column shapes and pair trends (plain mean
// over all pairs), SDMetrics' overall figure.
func QualityScore(real, synthetic *Frame, o PairOptions) float64 {
	shapes := MeanScore(ColumnShapes(real, synthetic))
	return (shapes + MeanTrend(PairTrends(real, synthetic, o))) / 2
}
