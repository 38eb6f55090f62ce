package denoise

import (
	"fmt"

	"ebb/diffusion/process"
	"ebb/engine/rng"
)

// Give shows a network rows of which a part is given: some cells are left
// unmasked and some numbers without noise, the network is told which numbers
// those are, and it is asked for the rest alone. So one network learns every
// conditional of the table beside its joint distribution, and completes rows
// without guidance or search (the conditional training of CSDI, Tashiro et al.
// 2021, arXiv 2107.03502, section 4.3, for mixed rows).
type Give struct {
	// Share of the rows have something given at t = 1, Share t of those at time t: the noisier the rest, the
	// more there is to learn from what is given. Each part is given with a chance of the row's own, the
	// square of a uniform: few parts are the hardest.
	Share float64
	Cell  []int // (D) the cell of each number's column, -1 if it has none
}

// give changes a batch that is noised and masked: x (N,D) is what the network
// sees of the numbers. It returns the network's labels (N, cells+D) and the
// weights of the numbers, and clears those of what is given.
func (g *Give) give(x []float32, b TableBatch, cells *process.Cells, cellWeight, weight []float32, t []float64, d Draws) (labels []int32, square []float32) {
	cols, numbers := cells.Cols(), len(g.Cell)
	labels = make([]int32, cells.Rows*(cols+numbers))
	square = weight
	if square == nil {
		square = ones(cells.Rows * numbers)
	} else if len(square) > 0 && b.Known != nil && &square[0] == &b.Known[0] {
		square = append([]float32(nil), square...) // the batch is the caller's
	}
	u := make([]float64, 2+cols+numbers)
	stream := rng.New(d.Seed, rng.Condition)
	for i := range cells.Rows {
		row := labels[i*(cols+numbers) : (i+1)*(cols+numbers)]
		stream.Uniforms(u, uint64(d.Step), d.row(i))
		chance := 0.0
		if u[0] < g.Share*t[i] {
			chance = float64(u[1] * u[1])
		}
		for j, v := range b.Cells.Row(i) {
			if u[2+j] < chance && v != process.Mask {
				cells.Row(i)[j] = v
				cellWeight[i*cols+j] = 0
			}
		}
		copy(row, cells.Row(i))
		for k, cell := range g.Cell {
			at, draw := i*numbers+k, u[2+cols+k]
			if cell >= 0 {
				draw = u[2+cell]
			}
			row[cols+k] = process.Mask
			if draw < chance && square[at] > 0 {
				row[cols+k], square[at], x[at] = 0, 0, b.X.Data[at]
			}
		}
	}
	return labels, square
}

func ones(n int) []float32 {
	out := make([]float32, n)
	for i := range out {
		out[i] = 1
	}
	return out
}

// Given are the numbers of some rows that are given (Rows, D): X holds them, Is
// says which they are.
type Given struct {
	X  *process.State
	Is []bool
}

// NewGiven gives none of the numbers of some rows.
func NewGiven(rows, numbers int) *Given {
	return &Given{X: process.NewState(rows, numbers), Is: make([]bool, rows*numbers)}
}

// Any tells whether a number is given.
func (g *Given) Any() bool {
	for _, is := range g.Is {
		if is {
			return true
		}
	}
	return false
}

// see puts the given numbers of rows lo to hi-1 into what the network sees of
// the numbers, and returns its labels for the rows' cells.
func (g *Given) see(x []float32, cells *process.Cells, lo, hi int) (labels []int32) {
	cols, numbers := cells.Cols(), g.X.Dim
	labels = make([]int32, (hi-lo)*(cols+numbers))
	for i := lo; i < hi; i++ {
		row := labels[(i-lo)*(cols+numbers) : (i-lo+1)*(cols+numbers)]
		copy(row, cells.Row(i))
		for k := range numbers {
			row[cols+k] = process.Mask
			if g.Is[i*numbers+k] {
				row[cols+k] = 0
				x[(i-lo)*numbers+k] = float32(g.X.Row(i)[k])
			}
		}
	}
	return labels
}

// must panics if the given numbers are not of rows like x.
func (g *Given) must(x *process.State) {
	g.X.MustMatch(x)
	if len(g.Is) != len(g.X.Data) {
		panic(fmt.Sprintf("denoise: %d marks of what is given for %v", len(g.Is), g.X))
	}
}
