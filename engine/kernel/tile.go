package kernel

//go:generate go run -C _asm ./neon -out ../tile_arm64.s

// The rows of C that one tile kernel computes together, and its columns. Wider
// instruction sets only take more of them at once.
const (
	tileRows  = 12 // the largest tile's rows; tables of rows are padded to it
	panelCols = 32 // columns of one panel of packed B
)

// tile is the argument of the tile kernels, on which every matrix product,
// convolution and their gradients run. It computes one panel of C, that is up
// to panelCols columns of any number of rows:
//
//	C[rowC[r]+j] = start[rowS[r]+j] + sum over k of A[rowA[r]+ia(k)] * B[ib(k)+j]
//
// by FMA in increasing k. k runs through images, segments and k products:
// within a segment, A moves on by stepA and B by stepB elements; after each
// segment by jumpA and jumpB more, after each image by leapA and leapB more. So
// rows of A may be patches of an image, and rows need no common distance. The
// assembly reads the fields by their offsets (_asm/matrix/tile.go).
type tile struct {
	a, b, c, start   []float32
	rowA, rowC, rowS []int32 // where each row begins, padded to a multiple of tileRows by repeating the last

	k, stepA, stepB        int // products of a segment
	segments, jumpA, jumpB int
	images, leapA, leapB   int // 0 counts as 1
	cols                   int // 1 to panelCols
	tiles                  int // set by run: how many tiles one call computes

	pairs bool // A and B are pairs of bf16 numbers: bf16.go
}

// padRows is the length of a table of rows.
func padRows(rows int) int { return (rows + tileRows - 1) / tileRows * tileRows }

// maxWork bounds the products one call sums for a tile's element: assembly
// cannot be preempted, and should return within 100 µs. (A product of 12 rows
// takes 12 to 20 cycles.)
const maxWork = 12 << 10

// run computes rows rows with the kernels of isa.
func (t tile) run(isa ISA, rows int) {
	if t.pairs {
		t.runPairs(isa, rows)
		return
	}
	switch isa {
	case AVX512:
		t.run512(rows)
	case AVX2:
		t.run256(rows)
	case NEON:
		t.runNEON(rows)
	default:
		t.runGeneric(rows)
	}
}

// runGeneric is the meaning of a tile, in Go.
func (t *tile) runGeneric(rows int) {
	var sums [panelCols]float32
	for r := range rows {
		sum := sums[:t.cols]
		copy(sum, t.start[t.rowS[r]:])
		ia, ib := int(t.rowA[r]), 0
		for range max(1, t.images) {
			for range t.segments {
				for range t.k {
					a, b := t.a[ia], t.b[ib:][:len(sum)]
					for j := range sum {
						sum[j] = fma32(a, b[j], sum[j])
					}
					ia += t.stepA
					ib += t.stepB
				}
				ia += t.jumpA
				ib += t.jumpB
			}
			ia += t.leapA
			ib += t.leapB
		}
		copy(t.c[t.rowC[r]:][:len(sum)], sum)
	}
}

// each computes all whole tiles of height rows, a bounded number at a call,
// and moves the tables on.
func (t *tile) each(rows int, shape tileShape) {
	height := shape.rows()
	at := max(1, maxWork/max(1, t.k*t.segments*t.images))
	for left := rows / height; left > 0; left -= t.tiles {
		t.tiles = min(at, left)
		t.call(shape)
		rows := t.tiles * height
		t.rowA, t.rowC, t.rowS = t.rowA[rows:], t.rowC[rows:], t.rowS[rows:]
	}
}
