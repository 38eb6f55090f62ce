package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// sumBlock rows are summed one after the other; the sums of the blocks are then
// added to the destination in order.
const sumBlock = 256

// SumRows adds the column sums of x (rows,cols) to dst (cols): the gradient of a
// bias.
func SumRows(p *parallel.Pool, dst, x []float32, rows, cols int) {
	SumMiddle(p, dst, x, 1, rows, cols)
}

// SumMiddle adds the sums over the middle axis of x (n,t,c) to dst (n,c): the
// gradient of a shift of each image's channels.
func SumMiddle(p *parallel.Pool, dst, x []float32, n, t, c int) {
	if len(x) != n*t*c || len(dst) != n*c {
		panic(fmt.Sprintf("kernel: sums of (%d,%d,%d) into (%d,%d): got %d and %d floats", n, t, c, n, c, len(x), len(dst)))
	}
	p.Run(n, func(worker, piece int) {
		sum := p.Scratch(worker, c)
		out := dst[piece*c:][:c]
		for lo := 0; lo < t; lo += sumBlock {
			clear(sum)
			for r := lo; r < min(t, lo+sumBlock); r++ {
				row := x[(piece*t+r)*c:][:c]
				for j := range sum {
					sum[j] += row[j]
				}
			}
			for j := range out {
				out[j] += sum[j]
			}
		}
	})
}
