package metric

import (
	"math"
	"slices"

	"ebb/engine/kernel/parallel"
)

// maxBins is how many bins a feature has at most: bin 0 for missing values,
// the rest for values, so that a bin fits a byte.
const maxBins = 256

// binner cuts the columns of a table into bins, as histogram-based trees want
// them: a number by quantiles, with a bin of its own for every value that is
// frequent enough; a category each to itself, the rarest beyond 254 together.
type binner struct {
	columns []columnBins
}

type columnBins struct {
	count int       // bins in use, bin 0 included
	edges []float64 // numbers: bin b holds edges[b-2] < v <= edges[b-1]
	ofTag []uint8   // categories: the bin of each code
}

func newBinner(f *Frame, p *parallel.Pool) *binner {
	b := &binner{columns: make([]columnBins, len(f.Columns))}
	p.Run(len(f.Columns), func(_, j int) {
		if c := &f.Columns[j]; c.Kind == Categorical {
			b.columns[j] = categoryBins(c)
		} else {
			b.columns[j] = numberBins(present(c.Num))
		}
	})
	return b
}

// numberBins cuts sorted values into at most 255 bins of about equal count. A
// value more frequent than that takes a bin to itself, and the others share
// what is left.
func numberBins(sorted []float64) columnBins {
	c := columnBins{count: 1}
	if len(sorted) == 0 {
		return c
	}
	left := maxBins - 1 // bins not yet filled
	inBin := 0
	for lo := 0; lo < len(sorted); {
		hi := lo + 1
		for hi < len(sorted) && sorted[hi] == sorted[lo] {
			hi++
		}
		inBin += hi - lo
		if hi == len(sorted) {
			break
		}
		// rows of this bin and after it, shared by the bins that are left
		share := float64(len(sorted)-hi+inBin) / float64(left)
		next := hi + 1
		for next < len(sorted) && sorted[next] == sorted[hi] {
			next++
		}
		if left > 1 && (float64(inBin) >= share || float64(next-hi) >= share) {
			c.edges = append(c.edges, between(sorted[lo], sorted[hi]))
			left--
			inBin = 0
		}
		lo = hi
	}
	c.count = len(c.edges) + 2
	return c
}

// between returns a number in [lo, hi) near the middle.
func between(lo, hi float64) float64 {
	if mid := float64(lo/2) + float64(hi/2); mid < hi {
		return max(lo, mid)
	}
	return lo
}

// categoryBins gives the most frequent categories a bin each; of equally
// frequent ones the first code comes first.
func categoryBins(f *Column) columnBins {
	counts, _ := countCodes(f.Code, nil)
	order := make([]int, 0, len(counts))
	for k, n := range counts {
		if n > 0 {
			order = append(order, k)
		}
	}
	slices.SortFunc(order, func(a, b int) int {
		if counts[a] != counts[b] {
			return int(counts[b] - counts[a])
		}
		return a - b
	})
	c := columnBins{count: min(len(order)+1, maxBins), ofTag: make([]uint8, len(counts))}
	for i, k := range order {
		c.ofTag[k] = uint8(min(i+1, maxBins-1))
	}
	return c
}

// categorical tells whether bins have no order.
func (c *columnBins) categorical() bool { return c.ofTag != nil }

// apply returns the bins (D)(N) of a table's columns. A category that the
// binner has not seen is in bin 0, with the missing ones.
func (b *binner) apply(f *Frame, p *parallel.Pool) [][]uint8 {
	out := make([][]uint8, len(f.Columns))
	p.Run(len(f.Columns), func(_, j int) {
		c, bins := &f.Columns[j], &b.columns[j]
		out[j] = make([]uint8, c.Len())
		if c.Kind == Categorical {
			for i, k := range c.Code {
				if k >= 0 && int(k) < len(bins.ofTag) {
					out[j][i] = bins.ofTag[k]
				}
			}
			return
		}
		for i, v := range c.Num {
			if !math.IsNaN(v) {
				out[j][i] = bins.of(v)
			}
		}
	})
	return out
}

// of returns the bin of a number: 1 and the number of edges below it.
func (c *columnBins) of(v float64) uint8 {
	lo, hi := 0, len(c.edges)
	for lo < hi {
		mid := (lo + hi) / 2
		if c.edges[mid] < v {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return uint8(lo + 1)
}
