package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// chunk is how many elements one piece of an elementwise kernel has: 64 KB, long enough to hide the
// cost of a piece, short enough to share.
const chunk = 1 << 14

// each runs f over [0, n) in chunks.
func each(p *parallel.Pool, n int, f func(lo, hi int)) {
	p.Run((n+chunk-1)/chunk, func(_, piece int) {
		lo := piece * chunk
		f(lo, min(lo+chunk, n))
	})
}

func checkSame(name string, dst, x []float32) {
	if len(dst) != len(x) {
		panic(fmt.Sprintf("kernel: %s of %d floats into %d", name, len(x), len(dst)))
	}
}

// apply runs a kernel on dst and x, in chunks if they are long.
func apply(p *parallel.Pool, name string, f func(isa ISA, dst, x []float32), dst, x []float32) {
	checkSame(name, dst, x)
	isa := active()
	if len(dst) <= chunk { // without the cost of a closure: many calls are for one row
		f(isa, dst, x)
		return
	}
	each(p, len(dst), func(lo, hi int) { f(isa, dst[lo:hi], x[lo:hi]) })
}

// applyWith is apply for a kernel with a number.
func applyWith(p *parallel.Pool, name string, f func(isa ISA, dst, x []float32, c float32), dst, x []float32, c float32) {
	checkSame(name, dst, x)
	isa := active()
	if len(dst) <= chunk {
		f(isa, dst, x, c)
		return
	}
	each(p, len(dst), func(lo, hi int) { f(isa, dst[lo:hi], x[lo:hi], c) })
}

// zip is apply for two sources.
func zip(p *parallel.Pool, name string, f func(isa ISA, dst, a, b []float32), dst, a, b []float32) {
	checkSame(name, dst, a)
	checkSame(name, dst, b)
	isa := active()
	if len(dst) <= chunk {
		f(isa, dst, a, b)
		return
	}
	each(p, len(dst), func(lo, hi int) { f(isa, dst[lo:hi], a[lo:hi], b[lo:hi]) })
}

// Add sets dst = a + b. dst may be a or b.
func Add(p *parallel.Pool, dst, a, b []float32) { zip(p, "Add", addSlice, dst, a, b) }

// AddTo adds x to dst.
func AddTo(p *parallel.Pool, dst, x []float32) { zip(p, "AddTo", addSlice, dst, dst, x) }

// Sub sets dst = a - b. dst may be a or b.
func Sub(p *parallel.Pool, dst, a, b []float32) { zip(p, "Sub", subSlice, dst, a, b) }

// Mul sets dst = a * b element by element. dst may be a or b.
func Mul(p *parallel.Pool, dst, a, b []float32) { zip(p, "Mul", mulSlice, dst, a, b) }

// Scale sets dst = c x. dst may be x.
func Scale(p *parallel.Pool, dst, x []float32, c float32) {
	applyWith(p, "Scale", scaleSlice, dst, x, c)
}

// Axpy adds a x to dst, rounding once per element. dst may be x.
func Axpy(p *parallel.Pool, dst []float32, a float32, x []float32) {
	applyWith(p, "Axpy", axpySlice, dst, x, a)
}

// Lerp moves dst towards x: dst += a (x - dst), an exponential moving average with decay 1-a.
// a = 1 sets dst to x up to rounding of the difference.
func Lerp(p *parallel.Pool, dst, x []float32, a float32) { applyWith(p, "Lerp", lerpSlice, dst, x, a) }

func addGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] + b[i]
	}
}

func subGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] - b[i]
	}
}

func mulGeneric(dst, a, b []float32) {
	for i := range dst {
		dst[i] = a[i] * b[i]
	}
}

func scaleGeneric(dst, x []float32, c float32) {
	for i := range dst {
		dst[i] = c * x[i]
	}
}

func axpyGeneric(dst, x []float32, a float32) {
	for i := range dst {
		dst[i] = fma32(a, x[i], dst[i])
	}
}

func lerpGeneric(dst, x []float32, a float32) {
	for i := range dst {
		dst[i] = fma32(a, x[i]-dst[i], dst[i])
	}
}
