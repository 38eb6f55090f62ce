package metric

import "math"

// KSComplement returns 1 - max_v |F_real(v) - F_synthetic(v)|, F the empirical
// distribution functions: 1 is the same distribution. Missing values are left
// out; NaN if a column has no value at all. The figure of SDMetrics' name,
// whose rounding to 14 decimals is kept.
func KSComplement(real, synthetic []float64) float64 {
	a, b := present(real), present(synthetic)
	if len(a) == 0 || len(b) == 0 {
		return math.NaN()
	}
	roundTo14(a)
	roundTo14(b)
	na, nb := float64(len(a)), float64(len(b))
	gap := 0.0
	for i, j := 0, 0; i < len(a) || j < len(b); {
		var v float64
		if j == len(b) || i < len(a) && a[i] <= b[j] {
			v = a[i]
		} else {
			v = b[j]
		}
		for i < len(a) && a[i] == v {
			i++
		}
		for j < len(b) && b[j] == v {
			j++
		}
		gap = max(gap, math.Abs(float64(i)/na-float64(j)/nb))
	}
	return 1 - gap
}

// roundTo14 rounds to 14 decimals where a float64 has more than that.
func roundTo14(values []float64) {
	for i, v := range values {
		if scaled := v * 1e14; math.Abs(scaled) < 1<<53 {
			values[i] = math.RoundToEven(scaled) / 1e14
		}
	}
}

// TVComplement returns 1 - (sum_k |p_synthetic(k) - p_real(k)|)/2 over the
// categories k: 1 is the same distribution. Missing values (negative codes)
// are left out; NaN if a column has no value at all.
//
// As in SDMetrics a category that only the synthetic column has counts as
// 1e-6 of a real row. [TotalVariation] is the figure without this quirk.
func TVComplement(real, synthetic []int32) float64 {
	r, s := countCodes(real, synthetic)
	if sumOf(r) == 0 {
		return math.NaN()
	}
	for k := range r {
		if r[k] == 0 && s[k] > 0 {
			r[k] = 1e-6
		}
	}
	return 1 - totalVariation(r, s)
}

// TotalVariation returns (sum_k |p_synthetic(k) - p_real(k)|)/2 over the
// categories; missing values are left out.
func TotalVariation(real, synthetic []int32) float64 {
	return totalVariation(countCodes(real, synthetic))
}

// countCodes counts the codes of two columns; missing values are left out.
func countCodes(a, b []int32) (na, nb []float64) {
	k := levels(&Column{Code: a}, &Column{Code: b})
	na, nb = make([]float64, k), make([]float64, k)
	for _, code := range a {
		if code >= 0 {
			na[code]++
		}
	}
	for _, code := range b {
		if code >= 0 {
			nb[code]++
		}
	}
	return na, nb
}

// totalVariation returns half the L1 distance of two normalised histograms.
func totalVariation(a, b []float64) float64 {
	sumA, sumB := sumOf(a), sumOf(b)
	total := 0.0
	for k := range a {
		total += math.Abs(b[k]/sumB - a[k]/sumA)
	}
	return float64(total / 2)
}

// ColumnShape returns the shape score of one column: KSComplement for numbers
// and dates, TVComplement for categories.
func ColumnShape(real, synthetic *Column) float64 {
	if real.Kind == Categorical {
		return TVComplement(real.Code, synthetic.Code)
	}
	return KSComplement(real.Num, synthetic.Num)
}

// ColumnShapes returns the shape score of every column.
func ColumnShapes(real, synthetic *Frame) []float64 {
	mustMatch(real, synthetic)
	scores := make([]float64, len(real.Columns))
	for j := range scores {
		scores[j] = ColumnShape(&real.Columns[j], &synthetic.Columns[j])
	}
	return scores
}

// MeanScore returns the mean of the scores that are defined (not NaN).
func MeanScore(scores []float64) float64 {
	sum, n := 0.0, 0
	for _, s := range scores {
		if !math.IsNaN(s) {
			sum += s
			n++
		}
	}
	return sum / float64(n)
}
