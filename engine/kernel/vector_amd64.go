//go:build amd64 && !purego

package kernel

import "math"

//go:generate go run -C _asm ./vector -out ../vector_amd64.s -stubs ../vector_stubs_amd64.go -pkg kernel

// Each inner loop on contiguous memory, with the instructions of choice.

func expSlice(isa ISA, dst, x []float32) {
	switch {
	case len(x) == 0:
	case isa == AVX512:
		expAVX512(&dst[0], &x[0], len(x))
	case isa == AVX2:
		expAVX2(&dst[0], &x[0], len(x))
	default:
		expGeneric(dst, x)
	}
}

func sigmoidSlice(isa ISA, dst, x []float32) {
	switch {
	case len(x) == 0:
	case isa == AVX512:
		sigmoidAVX512(&dst[0], &x[0], len(x))
	case isa == AVX2:
		sigmoidAVX2(&dst[0], &x[0], len(x))
	default:
		sigmoidGeneric(dst, x)
	}
}

func tanhSlice(isa ISA, dst, x []float32) {
	switch {
	case len(x) == 0:
	case isa == AVX512:
		tanhAVX512(&dst[0], &x[0], len(x))
	case isa == AVX2:
		tanhAVX2(&dst[0], &x[0], len(x))
	default:
		tanhGeneric(dst, x)
	}
}

func siluSlice(isa ISA, y, x []float32) {
	switch {
	case len(x) == 0:
	case isa == AVX512:
		siluAVX512(&y[0], &x[0], len(x))
	case isa == AVX2:
		siluAVX2(&y[0], &x[0], len(x))
	default:
		siluGeneric(y, x)
	}
}

func siluBackwardSlice(isa ISA, dx, dy, x []float32) {
	switch {
	case len(x) == 0:
	case isa == AVX512:
		siluBackwardAVX512(&dx[0], &dy[0], &x[0], len(x))
	case isa == AVX2:
		siluBackwardAVX2(&dx[0], &dy[0], &x[0], len(x))
	default:
		siluBackwardGeneric(dx, dy, x)
	}
}

func addSlice(isa ISA, dst, a, b []float32) {
	switch {
	case len(dst) == 0:
	case isa == AVX512:
		addAVX512(&dst[0], &a[0], &b[0], len(dst))
	case isa == AVX2:
		addAVX2(&dst[0], &a[0], &b[0], len(dst))
	default:
		addGeneric(dst, a, b)
	}
}

func subSlice(isa ISA, dst, a, b []float32) {
	switch {
	case len(dst) == 0:
	case isa == AVX512:
		subAVX512(&dst[0], &a[0], &b[0], len(dst))
	case isa == AVX2:
		subAVX2(&dst[0], &a[0], &b[0], len(dst))
	default:
		subGeneric(dst, a, b)
	}
}

func mulSlice(isa ISA, dst, a, b []float32) {
	switch {
	case len(dst) == 0:
	case isa == AVX512:
		mulAVX512(&dst[0], &a[0], &b[0], len(dst))
	case isa == AVX2:
		mulAVX2(&dst[0], &a[0], &b[0], len(dst))
	default:
		mulGeneric(dst, a, b)
	}
}

func scaleSlice(isa ISA, dst, x []float32, c float32) {
	switch {
	case len(dst) == 0:
	case isa == AVX512:
		scaleAVX512(&dst[0], &x[0], c, len(dst))
	case isa == AVX2:
		scaleAVX2(&dst[0], &x[0], c, len(dst))
	default:
		scaleGeneric(dst, x, c)
	}
}

func axpySlice(isa ISA, dst, x []float32, a float32) {
	switch {
	case len(dst) == 0:
	case isa == AVX512:
		axpyAVX512(&dst[0], &x[0], a, len(dst))
	case isa == AVX2:
		axpyAVX2(&dst[0], &x[0], a, len(dst))
	default:
		axpyGeneric(dst, x, a)
	}
}

func lerpSlice(isa ISA, dst, x []float32, a float32) {
	switch {
	case len(dst) == 0:
	case isa == AVX512:
		lerpAVX512(&dst[0], &x[0], a, len(dst))
	case isa == AVX2:
		lerpAVX2(&dst[0], &x[0], a, len(dst))
	default:
		lerpGeneric(dst, x, a)
	}
}

func addFour(isa ISA, dst, upper, lower []float32) {
	c := len(dst)
	switch {
	case c == 0:
	case isa == AVX512:
		addFourAVX512(&dst[0], &upper[0], &upper[c], &lower[0], &lower[c], c)
	case isa == AVX2:
		addFourAVX2(&dst[0], &upper[0], &upper[c], &lower[0], &lower[c], c)
	default:
		addFourGeneric(dst, upper, lower)
	}
}

func adamwSlice(isa ISA, k *adamw, w, m, v, g []float32) {
	c := [9]float32{k.scale, k.beta1, k.gain1, k.beta2, k.gain2, k.root, k.eps, k.decay, k.negLR1}
	switch {
	case len(w) == 0:
	case isa == AVX512:
		adamwAVX512(&c, &w[0], &m[0], &v[0], &g[0], len(w))
	case isa == AVX2:
		adamwAVX2(&c, &w[0], &m[0], &v[0], &g[0], len(w))
	default:
		adamwGeneric(k, w, m, v, g)
	}
}

func sumSlice(isa ISA, x []float32) float64 {
	switch {
	case len(x) == 0:
		return 0
	case isa == AVX512:
		return sumAVX512(&x[0], len(x))
	case isa == AVX2:
		return sumAVX2(&x[0], len(x))
	}
	return sumGeneric(x)
}

func sumSquaresSlice(isa ISA, x []float32) float64 {
	switch {
	case len(x) == 0:
		return 0
	case isa == AVX512:
		return sumSquaresAVX512(&x[0], len(x))
	case isa == AVX2:
		return sumSquaresAVX2(&x[0], len(x))
	}
	return sumSquaresGeneric(x)
}

func rowSum(isa ISA, x []float32) float32 {
	switch {
	case len(x) == 0:
		return 0
	case isa == AVX512:
		return rowSumAVX512(&x[0], len(x))
	case isa == AVX2:
		return rowSumAVX2(&x[0], len(x))
	}
	return rowSumGeneric(x)
}

func rowSquares(isa ISA, x []float32, center float32) float32 {
	switch {
	case len(x) == 0:
		return 0
	case isa == AVX512:
		return rowSquaresAVX512(&x[0], center, len(x))
	case isa == AVX2:
		return rowSquaresAVX2(&x[0], center, len(x))
	}
	return rowSquaresGeneric(x, center)
}

func expRow(isa ISA, y, x []float32) (top, sum float32) {
	switch {
	case len(x) == 0:
		return float32(math.Inf(-1)), 0
	case isa == AVX512:
		return expRowAVX512(&y[0], &x[0], len(x))
	case isa == AVX2:
		return expRowAVX2(&y[0], &x[0], len(x))
	}
	return expRowGeneric(y, x)
}
