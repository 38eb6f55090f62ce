//go:build amd64 && !purego

package kernel

// The inner loops of LayerNorm.

func normalizeRow(isa ISA, silu bool, y, x []float32, mean, rstd float32, w affine) {
	n := len(x)
	switch {
	case isa == AVX512 && silu:
		normalizeRowSiLUAVX512(&y[0], &x[0], &w.gamma[0], &w.beta[0], mean, rstd, n)
	case isa == AVX512:
		normalizeRowAVX512(&y[0], &x[0], &w.gamma[0], &w.beta[0], mean, rstd, n)
	case isa == AVX2 && silu:
		normalizeRowSiLUAVX2(&y[0], &x[0], &w.gamma[0], &w.beta[0], mean, rstd, n)
	case isa == AVX2:
		normalizeRowAVX2(&y[0], &x[0], &w.gamma[0], &w.beta[0], mean, rstd, n)
	default:
		normalizeRowGeneric(silu, y, x, mean, rstd, w)
	}
}

func normRowSums(isa ISA, silu bool, dz, sums, dy, x []float32, mean, rstd float32, w affine) (dot1, dotX float32) {
	n := len(x)
	sx, s1, g, b := &sums[0], &sums[n], &w.gamma[0], &w.beta[0]
	switch {
	case isa == AVX512 && silu:
		return normRowSumsSiLUAVX512(&dz[0], sx, s1, &dy[0], &x[0], g, b, mean, rstd, n)
	case isa == AVX512:
		return normRowSumsAVX512(&dz[0], sx, s1, &dy[0], &x[0], g, b, mean, rstd, n)
	case isa == AVX2 && silu:
		return normRowSumsSiLUAVX2(&dz[0], sx, s1, &dy[0], &x[0], g, b, mean, rstd, n)
	case isa == AVX2:
		return normRowSumsAVX2(&dz[0], sx, s1, &dy[0], &x[0], g, b, mean, rstd, n)
	}
	return normRowSumsGeneric(silu, dz, sums, dy, x, mean, rstd, w)
}

func normRowGradient(isa ISA, dx, x []float32, mean, rstd float32, gamma []float32, k1, kx float32) {
	switch isa {
	case AVX512:
		normRowGradientAVX512(&dx[0], &x[0], &gamma[0], mean, rstd, k1, kx, len(x))
	case AVX2:
		normRowGradientAVX2(&dx[0], &x[0], &gamma[0], mean, rstd, k1, kx, len(x))
	default:
		normRowGradientGeneric(dx, x, mean, rstd, gamma, k1, kx)
	}
}
