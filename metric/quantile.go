package metric

import (
	"math"
	"slices"
)

// present returns the values that are not missing, sorted.
func present(values []float64) []float64 {
	out := make([]float64, 0, len(values))
	for _, v := range values {
		if !math.IsNaN(v) {
			out = append(out, v)
		}
	}
	slices.Sort(out)
	return out
}

// quantileSorted returns the q-quantile of sorted values, linear between the
// two nearest order statistics (Hyndman and Fan, type 7); NaN for no values.
func quantileSorted(sorted []float64, q float64) float64 {
	n := len(sorted)
	if n == 0 {
		return math.NaN()
	}
	at := float64(q * float64(n-1)) // rounded here, or at - lo below might be fused
	lo := int(math.Floor(at))
	if lo >= n-1 {
		return sorted[n-1]
	}
	part := at - float64(lo)
	return sorted[lo] + float64(part*(sorted[lo+1]-sorted[lo]))
}

// meanOf returns the mean of the values in their order; NaN for no values.
func meanOf(values []float64) float64 {
	return sumOf(values) / float64(len(values))
}

func sumOf(values []float64) float64 {
	sum := 0.0
	for _, v := range values {
		sum += v
	}
	return sum
}

// deviationOf returns the standard deviation with divisor n-1; NaN below two values.
func deviationOf(values []float64) float64 {
	if len(values) < 2 {
		return math.NaN()
	}
	mean, sum := meanOf(values), 0.0
	for _, v := range values {
		d := v - mean
		sum += float64(d * d)
	}
	return math.Sqrt(sum / float64(len(values)-1))
}

// medianOf returns the median of the values that are not missing.
func medianOf(values []float64) float64 { return quantileSorted(present(values), 0.5) }
