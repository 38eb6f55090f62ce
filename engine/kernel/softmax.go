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
	block := max(1, chunk/4/cols)
	p.Run((rows+block-1)/block, func(_, piece int) {
		for r := piece * block; r < min(rows, (piece+1)*block); r++ {
			out := y[r*cols:][:cols]
			_, sum := expRow(isa, out, x[r*cols:][:cols])
			scaleSlice(isa, out, out, 1/sum)
		}
	})
}

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
