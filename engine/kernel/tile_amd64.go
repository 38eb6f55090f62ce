//go:build amd64 && !purego

package kernel

//go:generate go run -C _asm ./matrix -out ../matrix_amd64.s

// The tile kernels, each named by its rows, its columns and its instructions.
// They compute t.tiles tiles one after the other.

//go:noescape
func tile12x32AVX512(t *tile)

//go:noescape
func tile8x32AVX512(t *tile)

//go:noescape
func tile4x32AVX512(t *tile)

//go:noescape
func tile12x16AVX512(t *tile)

//go:noescape
func tile4x16AVX512(t *tile)

//go:noescape
func tile6x16AVX2(t *tile)

//go:noescape
func tile3x16AVX2(t *tile)

//go:noescape
func transpose8AVX2(dst, src *float32, stride, blocks int)

// transposeBlocks copies columns [0,cols) and rows [0,rows), both multiples of 8.
func transposeBlocks(dst, src []float32, stride, cols, rows int) {
	const most = 4096 // rows a call, to return soon
	for k := 0; k < rows; k += most {
		n := min(most, rows-k)
		for j := 0; j < cols; j += 8 {
			_, _ = dst[(k+n-1)*panelCols+j+7], src[(j+7)*stride+k+n-1] // the farthest ones exist
			transpose8AVX2(&dst[k*panelCols+j], &src[j*stride+k], stride, n/8)
		}
	}
}

// tileShape names a kernel. (A function value would make its argument escape
// to the heap.)
type tileShape int

const (
	avx512x12x32 tileShape = iota
	avx512x8x32
	avx512x4x32
	avx512x12x16
	avx512x4x16
	avx2x6x16
	avx2x3x16
)

func (s tileShape) rows() int { return [...]int{12, 8, 4, 12, 4, 6, 3}[s] }

func (t *tile) call(s tileShape) {
	if t.pairs {
		t.callPairs(s)
		return
	}
	switch s {
	case avx512x12x32:
		tile12x32AVX512(t)
	case avx512x8x32:
		tile8x32AVX512(t)
	case avx512x4x32:
		tile4x32AVX512(t)
	case avx512x12x16:
		tile12x16AVX512(t)
	case avx512x4x16:
		tile4x16AVX512(t)
	case avx2x6x16:
		tile6x16AVX2(t)
	case avx2x3x16:
		tile3x16AVX2(t)
	}
}

func (t *tile) run512(rows int) {
	large, middle, small := avx512x12x32, avx512x8x32, avx512x4x32
	if t.cols <= 16 {
		large, middle, small = avx512x12x16, avx512x12x16, avx512x4x16
	}
	t.each(rows, large)
	switch rest := rows % large.rows(); {
	case rest > 8:
		t.each(large.rows(), large)
	case rest > 4:
		t.each(middle.rows(), middle)
	case rest > 0:
		t.each(small.rows(), small)
	}
}

func (t *tile) runNEON(rows int) { t.runGeneric(rows) }

// run256 takes the panel in two halves.
func (t *tile) run256(rows int) {
	half := *t
	half.cols = min(t.cols, 16)
	half.half256(rows)
	if t.cols > 16 {
		half = *t
		half.c, half.start = t.c[16:], t.start[16:]
		if len(t.b) > 16 { // B is empty if k is 0
			half.b = t.b[16:]
		}
		half.cols = t.cols - 16
		half.half256(rows)
	}
}

func (t *tile) half256(rows int) {
	t.each(rows, avx2x6x16)
	switch rest := rows % 6; {
	case rest > 3:
		t.each(6, avx2x6x16)
	case rest > 0:
		t.each(3, avx2x3x16)
	}
}
