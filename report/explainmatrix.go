package report

import (
	"math"
	"slices"

	"gonum.org/v1/gonum/mat"
)

// rowsOf is a matrix as rows of numbers.
func rowsOf(m *mat.SymDense) [][]float64 {
	out := make([][]float64, m.SymmetricDim())
	for i := range out {
		out[i] = mat.Row(nil, i, m)
	}
	return out
}

// descending turns rising numbers round.
func descending(x []float64) []float64 {
	out := slices.Clone(x)
	slices.Reverse(out)
	return out
}

// mostCorrelated is the pair of dimensions of the largest correlation.
func mostCorrelated(cov [][]float64) (pair [2]int, correlation float64) {
	pair = [2]int{0, 1}
	for i := range cov {
		for j := range i {
			c := cov[i][j] / math.Sqrt(cov[i][i]*cov[j][j])
			if math.Abs(c) > math.Abs(correlation) {
				pair, correlation = [2]int{j, i}, c
			}
		}
	}
	return pair, correlation
}

// offDiagonal is the share of a matrix's Frobenius norm that stands off its diagonal.
func offDiagonal(m *mat.SymDense) float64 {
	off, all := 0.0, 0.0
	for i := range m.SymmetricDim() {
		for j := range m.SymmetricDim() {
			square := m.At(i, j) * m.At(i, j)
			all += square
			if i != j {
				off += square
			}
		}
	}
	return math.Sqrt(off / all)
}

// largestOf is the largest size of an entry.
func largestOf(m [][]float64) float64 {
	e := extent{}
	for _, row := range m {
		for _, v := range row {
			e.add(math.Abs(v))
		}
	}
	return e.hi
}
