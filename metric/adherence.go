package metric

import "math"

// BoundaryAdherence returns the share of synthetic values within the real
// column's [min, max]. If the real column has no missing value a missing
// synthetic one counts as outside; otherwise missing values are left out.
// NaN if a column has no value.
func BoundaryAdherence(real, synthetic []float64) float64 {
	r := present(real)
	if len(r) == 0 {
		return math.NaN()
	}
	lo, hi := r[0], r[len(r)-1]
	inside, total := 0, 0
	for _, v := range synthetic {
		if math.IsNaN(v) {
			if len(r) == len(real) {
				total++
			}
			continue
		}
		total++
		if lo <= v && v <= hi {
			inside++
		}
	}
	return float64(inside) / float64(total)
}

// RangeCoverage returns how much of the real column's range the synthetic one
// spans: 1 minus the parts missing at both ends, at least 0. NaN if a column
// has no value or the real one only one.
func RangeCoverage(real, synthetic []float64) float64 {
	r, s := present(real), present(synthetic)
	if len(r) == 0 || len(s) == 0 || r[0] == r[len(r)-1] {
		return math.NaN()
	}
	lo, hi := r[0], r[len(r)-1]
	below := max(0, (s[0]-lo)/(hi-lo))
	above := max(0, (hi-s[len(s)-1])/(hi-lo))
	return max(0, 1-(below+above))
}

// CategoryCoverage returns the share of the real column's categories that the
// synthetic column has.
func CategoryCoverage(real, synthetic []int32) float64 {
	r, s := countCodes(real, synthetic)
	have, all := 0, 0
	for k := range r {
		if r[k] > 0 {
			all++
			if s[k] > 0 {
				have++
			}
		}
	}
	return float64(have) / float64(all)
}

// CategoryAdherence returns the share of synthetic values that occur in the
// real column; a missing value occurs if the real column has one.
func CategoryAdherence(real, synthetic []int32) float64 {
	r, _ := countCodes(real, synthetic)
	missing := (&Column{Kind: Categorical, Code: real}).MissingShare() > 0
	known := 0
	for _, code := range synthetic {
		if code < 0 && missing || code >= 0 && r[code] > 0 {
			known++
		}
	}
	return float64(known) / float64(len(synthetic))
}

// MissingValueSimilarity returns 1 - |share missing in real - in synthetic|.
func MissingValueSimilarity(real, synthetic *Column) float64 {
	return 1 - math.Abs(real.MissingShare()-synthetic.MissingShare())
}

// Statistic is a number that sums up a column.
type Statistic uint8

const (
	Mean              Statistic = iota
	StandardDeviation           // divisor n-1
	Median
)

func (s Statistic) of(values []float64) float64 {
	sorted := present(values)
	switch s {
	case Mean:
		return meanOf(sorted)
	case StandardDeviation:
		return deviationOf(sorted)
	case Median:
		return quantileSorted(sorted, 0.5)
	}
	panic("metric: unknown statistic")
}

// StatisticSimilarity returns 1 - |statistic of real - of synthetic| divided
// by the real column's range, at least 0. NaN if it is undefined.
func StatisticSimilarity(real, synthetic []float64, s Statistic) float64 {
	r := present(real)
	if len(r) == 0 || r[0] == r[len(r)-1] {
		return math.NaN()
	}
	gap := math.Abs(s.of(real)-s.of(synthetic)) / (r[len(r)-1] - r[0])
	return max(0, 1-gap) // NaN stays NaN
}

// ExtremeMass compares how much of a column sits exactly at the real
// column's smallest and largest value: caps and floors are what smooth
// models blur. Shares are of the values that are not missing.
type ExtremeMass struct {
	Min, Max                       float64
	RealAtMin, SyntheticAtMin      float64
	RealAtMax, SyntheticAtMax      float64
	SyntheticBelow, SyntheticAbove float64
}

// Extremes measures the mass at the ends of the real column's range.
func Extremes(real, synthetic []float64) ExtremeMass {
	r, s := present(real), present(synthetic)
	if len(r) == 0 {
		return ExtremeMass{Min: math.NaN(), Max: math.NaN()}
	}
	e := ExtremeMass{Min: r[0], Max: r[len(r)-1]}
	count := func(values []float64, in func(float64) bool) float64 {
		n := 0
		for _, v := range values {
			if in(v) {
				n++
			}
		}
		return float64(n) / float64(max(1, len(values)))
	}
	atMin := func(v float64) bool { return v == e.Min }
	atMax := func(v float64) bool { return v == e.Max }
	e.RealAtMin, e.RealAtMax = count(r, atMin), count(r, atMax)
	e.SyntheticAtMin, e.SyntheticAtMax = count(s, atMin), count(s, atMax)
	e.SyntheticBelow = count(s, func(v float64) bool { return v < e.Min })
	e.SyntheticAbove = count(s, func(v float64) bool { return v > e.Max })
	return e
}
