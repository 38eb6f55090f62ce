package kernel

// The tile kernels read B in panels of panelCols columns: (k, panelCols),
// dense, missing columns zero.

// packRows fills a panel from rows of src, stride apart, of which cols
// columns exist.
func packRows(dst, src []float32, stride, cols int) {
	rows := len(dst) / panelCols
	if cols == panelCols {
		for k := range rows {
			*(*[panelCols]float32)(dst[k*panelCols:]) = *(*[panelCols]float32)(src[k*stride:])
		}
		return
	}
	for k := range rows {
		row := dst[k*panelCols:][:panelCols]
		clear(row[copy(row, src[k*stride:][:cols]):])
	}
}

// packTransposed fills a panel from columns of src: row k of the panel is
// src[j*stride+k] for j in [0,cols).
func packTransposed(isa ISA, dst, src []float32, stride, cols int) {
	rows := len(dst) / panelCols
	if cols < panelCols {
		clear(dst)
	}
	j, k := 0, 0
	if isa == AVX2 || isa == AVX512 {
		j, k = cols/8*8, rows/8*8
		transposeBlocks(dst, src, stride, j, k)
	}
	transposeGeneric(dst, src, stride, 0, j, k, rows)
	transposeGeneric(dst, src, stride, j, cols, 0, rows)
}

// transposeGeneric copies columns [j,end) and rows [k,rows).
func transposeGeneric(dst, src []float32, stride, j, end, k, rows int) {
	const strip = 16 // a cache line of src; what it fills stays in L1
	for ; k < rows; k += strip {
		n := min(strip, rows-k)
		out := dst[k*panelCols:][:n*panelCols]
		for c := j; c < end; c++ {
			for i, v := range src[c*stride+k:][:n] {
				out[i*panelCols+c] = v
			}
		}
	}
}

// panelsOf is the number of panels of so many columns.
func panelsOf(cols int) int { return (cols + panelCols - 1) / panelCols }

// packedLen is the length of the panels of a (depth,cols) matrix.
func packedLen(depth, cols int) int { return panelsOf(cols) * depth * panelCols }

// panelOf is one panel of those of a matrix of depth rows.
func panelOf(packed []float32, panel, depth int) []float32 {
	return packed[panel*depth*panelCols:][:depth*panelCols]
}

// panels is a matrix whose panels the tile kernels can read: panel j begins at
// data[j*next], its rows are step apart.
type panels struct {
	data       []float32
	next, step int
}

func packedPanels(packed []float32, depth int) panels {
	return panels{packed, depth * panelCols, panelCols}
}
