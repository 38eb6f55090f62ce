package kernel

import "ebb/engine/kernel/parallel"

// silu32 is x/(1+e^-x); error below 3 ulp for x > -88, where the result leaves the normal range
// with e^-x. NaN for -Inf.
func silu32(x float32) float32 { return x / (1 + exp32(-x)) }

// siluSlope is the derivative of silu32: s + x s (1-s) with the sigmoid s.
func siluSlope(x float32) float32 {
	s := 1 / (1 + exp32(-x))
	return fma32(float32(x*s), 1-s, s)
}

// SiLU sets y = x/(1+e^-x), the activation of S. Elfwing et al. (arXiv 1702.03118, equation 5), also
// called swish. y may be x.
func SiLU(p *parallel.Pool, y, x []float32) { apply(p, "SiLU", siluSlice, y, x) }

// SiLUBackward sets dx = dy silu'(x). dx may be dy or x.
func SiLUBackward(p *parallel.Pool, dx, dy, x []float32) {
	zip(p, "SiLUBackward", siluBackwardSlice, dx, dy, x)
}

func siluGeneric(y, x []float32) {
	for i, v := range x {
		y[i] = silu32(v)
	}
}

func siluBackwardGeneric(dx, dy, x []float32) {
	for i, v := range x {
		dx[i] = float32(dy[i] * siluSlope(v))
	}
}
