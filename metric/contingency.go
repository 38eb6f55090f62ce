package metric

import (
	"math"
	"slices"
)

// binCount is the number of equal bins that SDMetrics cuts a number into
// before it tabulates it with a category.
const binCount = 10

// tally is a contingency table of two tables of rows; missing is a category of
// its own. Few categories are tabulated in full, many by the pairs that occur.
type tally struct {
	cells            []cell
	nReal, nSynth    int64
	levelsA, levelsB int              // categories of each column, missing included
	pairs            [][2]int32       // of a sparse table: the codes of each cell, from 0 for missing
	of               map[uint64]int32 // of a sparse table: where a pair's cell is; never walked
}

// cell counts the rows of a pair of categories.
type cell struct{ real, synth int32 }

// fullCells is how many cells a full table has at most.
const fullCells = 1 << 13

// tabulate counts the pairs of codes in both tables.
func tabulate(realA, realB, synthA, synthB []int32) *tally {
	if len(realA) != len(realB) || len(synthA) != len(synthB) {
		panicLengths("contingency table", len(realA), len(realB), len(synthA), len(synthB))
	}
	t := &tally{
		nReal: int64(len(realA)), nSynth: int64(len(synthA)),
		levelsA: 1 + levels(&Column{Code: realA}, &Column{Code: synthA}),
		levelsB: 1 + levels(&Column{Code: realB}, &Column{Code: synthB}),
	}
	if t.levelsA <= fullCells/t.levelsB {
		t.cells = make([]cell, t.levelsA*t.levelsB)
	} else {
		t.of = map[uint64]int32{}
	}
	for i := range realA {
		t.cells[t.at(realA[i], realB[i])].real++
	}
	for i := range synthA {
		t.cells[t.at(synthA[i], synthB[i])].synth++
	}
	return t
}

// at returns the cell of a pair; every negative code is the one missing mark.
func (t *tally) at(a, b int32) int32 {
	a, b = max(a, -1)+1, max(b, -1)+1
	if t.of == nil {
		return a*int32(t.levelsB) + b
	}
	key := uint64(a)<<32 | uint64(b)
	i, ok := t.of[key]
	if !ok {
		i = int32(len(t.cells))
		t.of[key] = i
		t.cells = append(t.cells, cell{})
		t.pairs = append(t.pairs, [2]int32{a, b})
	}
	return i
}

// codes returns the categories of cell i, from 0 for missing.
func (t *tally) codes(i int) (a, b int) {
	if t.of == nil {
		return i / t.levelsB, i % t.levelsB
	}
	return int(t.pairs[i][0]), int(t.pairs[i][1])
}

// similarity returns 1 - (sum |p_synth - p_real|)/2. The sum is of whole
// numbers, so that no order of rows can change it.
func (t *tally) similarity() float64 {
	if t.nReal == 0 || t.nSynth == 0 {
		return math.NaN()
	}
	var sum int64
	for _, c := range t.cells {
		d := int64(c.synth)*t.nReal - int64(c.real)*t.nSynth
		sum += max(d, -d)
	}
	return 1 - float64(sum)/2/float64(t.nReal)/float64(t.nSynth)
}

// association returns Cramer's V of the real rows.
func (t *tally) association() float64 {
	sumA, sumB := make([]float64, t.levelsA), make([]float64, t.levelsB)
	for i, c := range t.cells {
		a, b := t.codes(i)
		sumA[a] += float64(c.real)
		sumB[b] += float64(c.real)
	}
	k := min(occurring(sumA), occurring(sumB))
	if k < 2 {
		return math.NaN()
	}
	total := 0.0 // chi-squared/n + 1
	for i, c := range t.cells {
		if c.real > 0 {
			a, b := t.codes(i)
			share := float64(c.real) / sumA[a]
			total += float64(share * (float64(c.real) / sumB[b]))
		}
	}
	return math.Sqrt(max(0, total-1) / float64(k-1))
}

// occurring counts what is not 0.
func occurring(counts []float64) int {
	n := 0
	for _, c := range counts {
		if c > 0 {
			n++
		}
	}
	return n
}

// ContingencySimilarity returns 1 - (sum |p_synthetic(a,b) - p_real(a,b)|)/2
// over the pairs of categories of two columns, where missing (a negative
// code) is a category too; NaN if a table has no rows.
func ContingencySimilarity(realA, realB, synthA, synthB []int32) float64 {
	return tabulate(realA, realB, synthA, synthB).similarity()
}

// CramersV returns the association of two categorical columns, 0 for
// independence to 1 for a function of one another; without correction for
// small samples; missing (a negative code) is a category too. NaN if a column
// has a single category.
func CramersV(a, b []int32) float64 {
	return tabulate(a, b, nil, nil).association()
}

// Binning says whose range cuts a number into bins.
type Binning uint8

const (
	// OwnBins cuts each table by its own range, as SDMetrics' quality report
	// does and papers therefore print. One outlier moves all the bins.
	OwnBins Binning = iota
	// RealBins cuts both tables by the real range.
	RealBins
)

// binEdges returns the edges of ten equal bins over the values that are not
// missing; nil if there are none.
func binEdges(values []float64) []float64 {
	v := present(values)
	if len(v) == 0 {
		return nil
	}
	lo, hi := v[0], v[len(v)-1]
	if lo == hi {
		lo, hi = lo-0.5, hi+0.5
	}
	edges := make([]float64, binCount+1)
	step := (hi - lo) / binCount
	for i := range edges {
		edges[i] = float64(float64(i)*step) + lo
	}
	edges[binCount] = hi
	return edges
}

// openEdges lets the outer bins reach to infinity.
func openEdges(edges []float64) []float64 {
	if edges != nil {
		edges[0], edges[binCount] = math.Inf(-1), math.Inf(1)
	}
	return edges
}

// binCodes returns for each value the number of edges not above it. With
// closed edges the maximum has code 11, and so, as in SDMetrics, has a
// missing value; with open edges codes are 1 to 10.
func binCodes(values, edges []float64) []int32 {
	codes := make([]int32, len(values))
	for i, v := range values {
		if math.IsNaN(v) {
			codes[i] = binCount + 1
			continue
		}
		at, _ := slices.BinarySearchFunc(edges, v, func(edge, v float64) int {
			if edge <= v {
				return -1
			}
			return 1
		})
		codes[i] = int32(at)
	}
	return codes
}

// pairCodes returns both tables' codes of a column: its categories, or its bins.
func pairCodes(real, synthetic *Column, b Binning) (r, s []int32) {
	if real.Kind == Categorical {
		return real.Code, synthetic.Code
	}
	if b == RealBins {
		edges := openEdges(binEdges(real.Num))
		return binCodes(real.Num, edges), binCodes(synthetic.Num, edges)
	}
	return binCodes(real.Num, binEdges(real.Num)), binCodes(synthetic.Num, binEdges(synthetic.Num))
}
