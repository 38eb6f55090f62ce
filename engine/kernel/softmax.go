package kernel

import (
	"fmt"
	"math"

	"ebb/engine/kernel/parallel"
)

// SoftmaxRows sets each row of y (rows,cols) to the softmax of x's: e^(x-max) / Σ e^(x-max), the sum
// in 16 lanes. y may be x. A row that holds NaN or +Inf, or only -Inf, becomes NaN.
func SoftmaxRows(p *parallel.Pool, y, x []float32, rows, cols int) {
	if len(x) != rows*cols || len(y) != rows*cols {
		panic(fmt.Sprintf("kernel: SoftmaxRows of (%d,%d): got %d and %d floats", rows, cols, len(x), len(y)))
	}
	if cols == 0 {
		return
	}
	isa := active()
	p.Run((rows+softmaxBlock-1)/softmaxBlock, func(_, piece int) {
		lo, hi := piece*softmaxBlock, min(rows, (piece+1)*softmaxBlock)
		var last float32
		for r := lo; r < hi+1; r++ { // the exponentials of a row, then the scale of the one before
			var sum float32
			if r < hi {
				_, sum = expRow(isa, y[r*cols:][:cols], x[r*cols:][:cols])
			}
			if r := r - 1; r >= lo {
				scaleSlice(isa, y[r*cols:][:cols], y[r*cols:][:cols], 1/last)
			}
			last = sum
		}
	})
}

const softmaxBlock = 16 // rows of a piece

// expRowGeneric sets y = e^(x-top), top the largest of x, and returns top and the sum of y in 16
// lanes. y may be x.
func expRowGeneric(y, x []float32) (top, sum float32) {
	top = float32(math.Inf(-1))
	for _, v := range x {
		if v > top { // NaN is passed over here, and makes the sum NaN
			top = v
		}
	}
	var lane [16]float32
	for i, v := range x {
		y[i] = exp32(v - top)
		lane[i&15] += y[i]
	}
	return top, fold(&lane)
}
