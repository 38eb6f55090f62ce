package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// Upsample2 doubles an image by repeating each pixel: x (n,h,w,c) -> y (n,2h,2w,c).
func Upsample2(p *parallel.Pool, y, x []float32, n, h, w, c int) {
	checkUpsample("Upsample2", x, y, n, h, w, c)
	eachRows(p, n*h, 4*w*c, func(r int) {
		src := x[r*w*c:][:w*c]
		dst := y[r*4*w*c:][:4*w*c]
		for i := range w {
			pixel := src[i*c:][:c]
			copy(dst[2*i*c:], pixel)
			copy(dst[(2*i+1)*c:], pixel)
		}
		copy(dst[2*w*c:], dst[:2*w*c])
	})
}

// Upsample2Backward sets dx to the sums of dy over the four copies of each pixel:
// dy (n,2h,2w,c) -> dx (n,h,w,c), (upper left + upper right) + (lower left + lower right).
func Upsample2Backward(p *parallel.Pool, dx, dy []float32, n, h, w, c int) {
	checkUpsample("Upsample2Backward", dx, dy, n, h, w, c)
	isa := active()
	eachRows(p, n*h, 4*w*c, func(r int) {
		dst := dx[r*w*c:][:w*c]
		upper, lower := dy[r*4*w*c:][:2*w*c], dy[(r*4+2)*w*c:][:2*w*c]
		for i := range w {
			addFour(isa, dst[i*c:][:c], upper[2*i*c:][:2*c], lower[2*i*c:][:2*c])
		}
	})
}

// addFourGeneric sets dst to the sum of the halves of upper and of lower.
func addFourGeneric(dst, upper, lower []float32) {
	c := len(dst)
	for j := range dst {
		dst[j] = (upper[j] + upper[c+j]) + (lower[j] + lower[c+j])
	}
}

func checkUpsample(name string, small, large []float32, n, h, w, c int) {
	if len(small) != n*h*w*c || len(large) != 4*n*h*w*c {
		panic(fmt.Sprintf("kernel: %s between (%d,%d,%d,%d) with %d floats and %d", name, n, h, w, c, len(small), len(large)))
	}
}

// ConcatLast lays rows side by side: a (rows,ca)  b (rows,cb) -> y (rows,ca+cb).
func ConcatLast(p *parallel.Pool, y, a, b []float32, rows, ca, cb int) {
	checkConcat("ConcatLast", y, a, b, rows, ca, cb)
	eachRows(p, rows, ca+cb, func(r int) {
		dst := y[r*(ca+cb):][:ca+cb]
		copy(dst, a[r*ca:][:ca])
		copy(dst[ca:], b[r*cb:][:cb])
	})
}

// SplitLast undoes ConcatLast: y (rows,ca+cb) -> a (rows,ca)  b (rows,cb).
func SplitLast(p *parallel.Pool, a, b, y []float32, rows, ca, cb int) {
	checkConcat("SplitLast", y, a, b, rows, ca, cb)
	eachRows(p, rows, ca+cb, func(r int) {
		src := y[r*(ca+cb):][:ca+cb]
		copy(a[r*ca:][:ca], src)
		copy(b[r*cb:][:cb], src[ca:])
	})
}

func checkConcat(name string, y, a, b []float32, rows, ca, cb int) {
	if len(y) != rows*(ca+cb) || len(a) != rows*ca || len(b) != rows*cb {
		panic(fmt.Sprintf("kernel: %s of (%d,%d+%d): got %d floats, parts %d and %d", name, rows, ca, cb, len(y), len(a), len(b)))
	}
}

// eachRows runs f for every row, many rows of the given width in a piece.
func eachRows(p *parallel.Pool, rows, width int, f func(r int)) {
	block := max(1, chunk/max(1, width))
	p.Run((rows+block-1)/block, func(_, piece int) {
		for r := piece * block; r < min(rows, (piece+1)*block); r++ {
			f(r)
		}
	})
}
