package sample

import (
	"fmt"
	"math"
	"slices"
)

// Limit bounds one row of a predicted x0 in place; nil leaves it as it is.
type Limit func(x0 []float64)

// Clip bounds every value to [-bound, bound]: right for data that is known to
// lie there, such as images scaled to [-1, 1]. NaN stays NaN.
func Clip(bound float64) Limit {
	if !(bound > 0) {
		panic(fmt.Sprintf("sample: Clip(%v): the bound must be positive", bound))
	}
	return func(x0 []float64) {
		for i, v := range x0 {
			switch {
			case v > bound:
				x0[i] = bound
			case v < -bound:
				x0[i] = -bound
			}
		}
	}
}

// DynamicThreshold clips a row to its own quantile of |x0| at the given ratio,
// kept within [1, most], and divides it by that bound (Imagen, Saharia et al.
// 2022, arXiv 2205.11487, section 2.3). With most = 1 it is Clip(1).
func DynamicThreshold(ratio, most float64) Limit {
	if !(ratio > 0 && ratio <= 1) || !(most >= 1) {
		panic(fmt.Sprintf("sample: DynamicThreshold(%v, %v): a ratio in (0, 1] and a bound of at least 1 are needed", ratio, most))
	}
	return func(x0 []float64) {
		bound := min(max(absQuantile(x0, ratio), 1), most)
		for i, v := range x0 {
			x0[i] = min(max(v, -bound), bound) / bound
		}
	}
}

// absQuantile is the q-quantile of |x|, linear between order statistics.
func absQuantile(x []float64, q float64) float64 {
	abs := make([]float64, len(x))
	for i, v := range x {
		abs[i] = math.Abs(v)
	}
	slices.Sort(abs)
	at := float64(q * float64(len(abs)-1))
	lo := int(at)
	hi := min(lo+1, len(abs)-1)
	w := at - float64(lo)
	return abs[lo] + float64(w*(abs[hi]-abs[lo]))
}

// each applies the limit to every row of data (rows of dim values).
func (l Limit) each(data []float64, dim int) {
	if l == nil {
		return
	}
	for lo := 0; lo < len(data); lo += dim {
		l(data[lo : lo+dim])
	}
}
