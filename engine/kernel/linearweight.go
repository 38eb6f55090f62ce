package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// LinearWeight adds to dw (d,k) the gradient of the weights of y = x w:
//
//	x (rows,d)  dy (rows,k):  dw += xᵀ dy
//
// where the rows are many and the matrix is small: the pixels of a batch. Gemm's
// sums would run through all of x for each few columns; here they are those of a
// 1x1 convolution over pictures of 256 pixels and one of the rest, a chunk at a
// time (see Conv.BackwardWeight).
func LinearWeight(p *parallel.Pool, dw, x, dy []float32, rows, d, k int) {
	if len(x) != rows*d || len(dy) != rows*k || len(dw) != d*k {
		panic(fmt.Sprintf("kernel: weights' gradient (%d,%d) of %d rows: got %d floats of x, %d of dy and %d of dw", d, k, rows, len(x), len(dy), len(dw)))
	}
	one := Conv{N: rows / weightPixels, H: 1, W: weightPixels, C: d, O: k, K: 1, Stride: 1}
	whole := one.N * weightPixels
	one.BackwardWeight(p, dw, x[:whole*d], dy[:whole*k])
	if rest := rows - whole; rest > 0 {
		one.N, one.W = 1, rest
		one.BackwardWeight(p, dw, x[whole*d:], dy[whole*k:])
	}
}
