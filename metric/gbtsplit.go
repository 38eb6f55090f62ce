package metric

import (
	"cmp"
	"math"
	"slices"
)

// binSum sums the rows of a bin: gradient and curvature of the loss, and how
// many rows there are.
type binSum struct {
	g, h float64
	n    int
}

func (s binSum) plus(o binSum) binSum  { return binSum{s.g + o.g, s.h + o.h, s.n + o.n} }
func (s binSum) minus(o binSum) binSum { return binSum{s.g - o.g, s.h - o.h, s.n - o.n} }

// histogram is the sums of a node's rows by the bins of one feature.
type histogram [maxBins]binSum

// add sums the rows of a node in their order. g and h are in that order too.
func (hist *histogram) add(bins []uint8, rows []int32, g, h []float64) {
	g, h = g[:len(rows)], h[:len(rows)]
	for i, r := range rows {
		s := &hist[bins[r]]
		s.g += g[i]
		s.h += h[i]
		s.n++
	}
}

// binSet is a set of bins.
type binSet [maxBins / 64]uint64

func (s *binSet) add(b int)        { s[b>>6] |= 1 << (b & 63) }
func (s *binSet) has(b uint8) bool { return s[b>>6]>>(b&63)&1 != 0 }
func (s *binSet) addRange(lo, hi int) { // [lo, hi]
	for b := lo; b <= hi; b++ {
		s.add(b)
	}
}

// split is the best cut of a node: rows whose bin of the feature is in the set
// go left.
type split struct {
	gain    float64 // 0: none
	feature int
	left    binSet
	sum     binSum // of the rows that go left
}

// splitter looks for the cut of a node that lowers the loss most, by second
// order: a node with sums G, H lowers it by G²/(H+L2)/2 (Chen and Guestrin,
// "XGBoost", arXiv 1603.02754, equation 7; factors of 1/2 left out).
type splitter struct {
	l2      float64
	minRows int
}

const (
	minCurvature    = 1e-3 // of a child
	minGain         = 1e-9 // below this a gain is rounding
	minCategoryRows = 10   // rarer categories of a node are not weighed, and go right
	categorySmooth  = 10   // curvature added when categories are ordered
)

func (s splitter) worth(x binSum) float64 { return x.g * x.g / (x.h + s.l2) }

func (s splitter) allowed(x binSum) bool { return x.n >= s.minRows && x.h >= minCurvature }

// best returns the node's best cut by one feature.
func (s splitter) best(hist *histogram, node binSum, feature int, bins *columnBins) split {
	out := split{feature: feature}
	if node.n < 2*s.minRows {
		return out
	}
	if bins.categorical() {
		s.byCategory(&out, hist, node, bins.count)
	} else {
		s.byNumber(&out, hist, node, bins.count)
	}
	return out
}

// byNumber tries each edge, with the missing values on either side.
func (s splitter) byNumber(out *split, hist *histogram, node binSum, count int) {
	missing, below := hist[0], binSum{}
	at, missingLeft := 0, false
	base := s.worth(node) + minGain
	try := func(left binSum, b int, withMissing bool) {
		right := node.minus(left)
		if !s.allowed(left) || !s.allowed(right) {
			return
		}
		if gain := s.worth(left) + s.worth(right) - base; gain > out.gain {
			out.gain, out.sum, at, missingLeft = gain, left, b, withMissing
		}
	}
	for b := 1; b < count; b++ {
		if hist[b].n == 0 {
			continue
		}
		below = below.plus(hist[b])
		try(below, b, false)
		if missing.n > 0 {
			try(below.plus(missing), b, true)
		}
	}
	if out.gain > 0 {
		out.left.addRange(1, at)
		if missingLeft {
			out.left.add(0)
		}
	}
}

// byCategory orders the categories by their mean gradient and tries each
// prefix, which holds the best of all subsets (Fisher, "On grouping for
// maximum homogeneity", 1958). Missing is a category like the others.
func (s splitter) byCategory(out *split, hist *histogram, node binSum, count int) {
	type category struct {
		bin   int
		order float64
	}
	var store [maxBins]category
	order := store[:0]
	for b := range count {
		if hist[b].n >= minCategoryRows {
			order = append(order, category{b, hist[b].g / (hist[b].h + categorySmooth)})
		}
	}
	slices.SortFunc(order, func(x, y category) int {
		if c := cmp.Compare(x.order, y.order); c != 0 {
			return c
		}
		return x.bin - y.bin
	})
	left, at := binSum{}, 0
	base := s.worth(node) + minGain
	for i, c := range order {
		left = left.plus(hist[c.bin])
		right := node.minus(left)
		if !s.allowed(left) || !s.allowed(right) {
			continue
		}
		if gain := s.worth(left) + s.worth(right) - base; gain > out.gain {
			out.gain, out.sum, at = gain, left, i
		}
	}
	if out.gain > 0 {
		for _, c := range order[:at+1] {
			out.left.add(c.bin)
		}
	}
}

// leafValue is the step that lowers a leaf's loss most, by second order.
func (s splitter) leafValue(x binSum) float64 {
	if x.h+s.l2 < math.SmallestNonzeroFloat64 {
		return 0
	}
	return -x.g / (x.h + s.l2)
}
