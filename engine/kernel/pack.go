package kernel

// The tile kernels read B in panels of panelCols columns: (k, panelCols),
// dense, missing columns zero.

// packRowsOf fills a panel from rows of src, stride apart, of which cols
// columns exist.
func packRowsOf(dst, src []float32, stride, cols int) {
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
func packTransposed(dst, src []float32, stride, cols int) {
	rows := len(dst) / panelCols
	if cols < panelCols {
		clear(dst)
	}
	for j := range cols {
		col := src[j*stride:][:rows]
		for k, v := range col {
			dst[k*panelCols+j] = v
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
