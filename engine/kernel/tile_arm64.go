//go:build arm64 && !purego

package kernel

// The tile kernels, each named by its rows, its columns and its instructions.
// They compute t.tiles tiles one after the other; tiles are whole.

//go:noescape
func tile6x16NEON(t *tile)

//go:noescape
func tile3x16NEON(t *tile)

//go:noescape
func peakNEON(n int)

func peakVector(_ ISA, n int) (flops float64) {
	peakNEON(n)
	return 24 * 4 * 2 * float64(n)
}

type tileShape int

const (
	neon6x16 tileShape = iota
	neon3x16
)

func (s tileShape) rows() int { return [...]int{6, 3}[s] }

func (t *tile) call(s tileShape) {
	switch s {
	case neon6x16:
		tile6x16NEON(t)
	case neon3x16:
		tile3x16NEON(t)
	}
}

// neonCols is the columns of the tiles.
const neonCols = 16

// runNEON takes the panel in two halves.
func (t *tile) runNEON(rows int) {
	for first := 0; first < t.cols; first += neonCols {
		half := *t
		half.c, half.start, half.cols = t.c[first:], t.start[first:], min(neonCols, t.cols-first)
		if len(t.b) > 0 { // B is empty if k is 0
			half.b = t.b[first:]
		}
		if half.cols < neonCols {
			half.partNEON(rows)
		} else {
			half.halfNEON(rows)
		}
	}
}

func (t *tile) halfNEON(rows int) {
	t.each(rows, neon6x16)
	switch rest := rows % 6; {
	case rest > 3:
		t.each(6, neon6x16)
	case rest > 0:
		t.each(3, neon3x16)
	}
}

// partNEON computes fewer than neonCols columns: NEON has no masks, so twelve
// rows at a time run in memory that has all columns. (Those of B exist.)
func (t *tile) partNEON(rows int) {
	var sums [tileRows * neonCols]float32
	var places [tileRows]int32
	for r := range places {
		places[r] = int32(r * neonCols)
	}
	for ; rows > 0; rows -= tileRows {
		n := min(rows, tileRows)
		for r := range n {
			copy(sums[r*neonCols:][:t.cols], t.start[t.rowS[r]:])
		}
		whole := *t
		whole.c, whole.start, whole.cols = sums[:], sums[:], neonCols
		whole.rowC, whole.rowS = places[:], places[:]
		whole.halfNEON(n)
		for r := range n {
			copy(t.c[t.rowC[r]:][:t.cols], sums[r*neonCols:])
		}
		if rows > tileRows {
			t.rowA, t.rowC, t.rowS = t.rowA[tileRows:], t.rowC[tileRows:], t.rowS[tileRows:]
		}
	}
}

func (t *tile) run512(rows int) { t.runGeneric(rows) }
func (t *tile) run256(rows int) { t.runGeneric(rows) }

// transposeBlocks exists on amd64 alone.
func transposeBlocks(dst, src []float32, stride, cols, rows int) { panic("kernel: no assembly") }
