package kernel

import (
	"fmt"

	"ebb/engine/kernel/parallel"
)

// chunk is how many elements one piece of an elementwise kernel has: 64 KB, long enough to hide the
// cost of a piece, short enough to share.
const chunk = 1 << 14

// each runs f over [0, len(dst)) in chunks, having checked that all slices are as long.
func each(p *parallel.Pool, name string, dst, x []float32, f func(lo, hi int)) {
	if len(dst) != len(x) {
		panic(fmt.Sprintf("kernel: %s of %d floats into %d", name, len(x), len(dst)))
	}
	if len(dst) <= chunk {
		f(0, len(dst))
		return
	}
	p.Run((len(dst)+chunk-1)/chunk, func(_, piece int) {
		lo := piece * chunk
		f(lo, min(lo+chunk, len(dst)))
	})
}

// each2 is each for two sources.
func each2(p *parallel.Pool, name string, dst, a, b []float32, f func(lo, hi int)) {
	if len(a) != len(b) {
		panic(fmt.Sprintf("kernel: %s of %d and %d floats", name, len(a), len(b)))
	}
	each(p, name, dst, a, f)
}

// Add sets dst = a + b. dst may be a or b.
func Add(p *parallel.Pool, dst, a, b []float32) {
	isa := active()
	each2(p, "Add", dst, a, b, func(lo, hi int) { addSlice(isa, dst[lo:hi], a[lo:hi], b[lo:hi]) })
}

// AddTo adds x to dst.
func AddTo(p *parallel.Pool, dst, x []float32) { Add(p, dst, dst, x) }

// Sub sets dst = a - b. dst may be a or b.
func Sub(p *parallel.Pool, dst, a, b []float32) {
	isa := active()
	each2(p, "Sub", dst, a, b, func(lo, hi int) { subSlice(isa, dst[lo:hi], a[lo:hi], b[lo:hi]) })
}

// Mul sets dst = a * b element by element. dst may be a or b.
func Mul(p *parallel.Pool, dst, a, b []float32) {
	isa := active()
	each2(p, "Mul", dst, a, b, func(lo, hi int) { mulSlice(isa, dst[lo:hi], a[lo:hi], b[lo:hi]) })
}

// Scale sets dst = c x. dst may be x.
func Scale(p *parallel.Pool, dst, x []float32, c float32) {
	isa := active()
	each(p, "Scale", dst, x, func(lo, hi int) { scaleSlice(isa, dst[lo:hi], x[lo:hi], c) })
}

// Axpy adds a x to dst, rounding once per element. dst may be x.
func Axpy(p *parallel.Pool, dst []float32, a float32, x []float32) {
	isa := active()
	each(p, "Axpy", dst, x, func(lo, hi int) { axpySlice(isa, dst[lo:hi], x[lo:hi], a) })
}

// Lerp moves dst towards x: dst += a (x - dst), an exponential moving average with decay 1-a.
// a = 1 sets dst to x up to rounding of the difference.
func Lerp(p *parallel.Pool, dst, x []float32, a float32) {
	isa := active()
	each(p, "Lerp", dst, x, func(lo, hi int) { lerpSlice(isa, dst[lo:hi], x[lo:hi], a) })
}

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
