package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// SumRows adds the column sums of x (rows,cols) to dst (cols): the gradient of a
// bias. Chunks of rows, cut by the shape, are summed as columnSums does, and
// their sums likewise.
func SumRows(p *parallel.Pool, dst, x []float32, rows, cols int) {
	if len(x) != rows*cols || len(dst) != cols {
		panic(fmt.Sprintf("kernel: column sums of (%d,%d) into (%d): got %d and %d floats", rows, cols, cols, len(x), len(dst)))
	}
	if len(x) == 0 {
		return
	}
	isa := active()
	chunk := max(1, sumFloats/cols)
	chunks := (rows + chunk - 1) / chunk
	sums := p.Borrow(chunks * cols)
	defer p.Return(sums)
	p.Run(chunks, func(_, piece int) {
		lo := piece * chunk
		strip := columns{n: cols, rows: min(chunk, rows-lo), stride: cols}
		columnSums(isa, strip, sums[piece*cols:][:cols], x[lo*cols:])
	})
	addRows(p, isa, dst, sums, chunks)
}

const sumFloats = 64 << 10 // floats in a chunk: 10 µs and more

// addRows adds the column sums of part (rows,len(dst)) to dst.
func addRows(p *parallel.Pool, isa ISA, dst, part []float32, rows int) {
	const span = 4 << 10
	p.Run((len(dst)+span-1)/span, func(worker, piece int) {
		lo := piece * span
		out := dst[lo:min(lo+span, len(dst))]
		sum := p.Scratch(worker, len(out))
		columnSums(isa, columns{n: len(out), rows: rows, stride: len(dst)}, sum, part[lo:])
		addSlice(isa, out, out, sum)
	})
}

// SumMiddle adds the sums over the middle axis of x (n,t,c) to dst (n,c): the
// gradient of a shift of each image's channels. Each image is summed as
// columnSums does.
func SumMiddle(p *parallel.Pool, dst, x []float32, n, t, c int) {
	if len(x) != n*t*c || len(dst) != n*c {
		panic(fmt.Sprintf("kernel: sums of (%d,%d,%d) into (%d,%d): got %d and %d floats", n, t, c, n, c, len(x), len(dst)))
	}
	isa := active()
	p.Run(n, func(worker, piece int) {
		sum := p.Scratch(worker, c)
		columnSums(isa, columns{n: c, rows: t, stride: c}, sum, x[piece*t*c:])
		out := dst[piece*c:][:c]
		addSlice(isa, out, out, sum)
	})
}
