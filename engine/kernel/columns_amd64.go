//go:build amd64 && !purego

package kernel

// The inner loops on columns. Those that sum add to what is there, so it is cleared first. A matrix
// of several strips goes through in blocks of rows, which lie together in memory.

func columnSums(isa ISA, c columns, sum, x []float32) {
	if isa == Generic {
		columnSumsGeneric(c, sum, x)
		return
	}
	clear(sum[:c.n])
	c.inBlocks(func(at, rows int) {
		switch {
		case isa == AVX512:
			columnSumsAVX512(&sum[0], &x[at], rows, c.stride, c.n)
		default:
			columnSumsAVX2(&sum[0], &x[at], rows, c.stride, c.n)
		}
	})
}

func columnSquares(isa ISA, c columns, sum, x, center []float32) {
	if isa == Generic {
		columnSquaresGeneric(c, sum, x, center)
		return
	}
	clear(sum[:c.n])
	c.inBlocks(func(at, rows int) {
		switch {
		case isa == AVX512:
			columnSquaresAVX512(&sum[0], &x[at], &center[0], rows, c.stride, c.n)
		default:
			columnSquaresAVX2(&sum[0], &x[at], &center[0], rows, c.stride, c.n)
		}
	})
}

func normalize(isa ISA, c columns, silu bool, y []float32, strideY int, x, center, a, b []float32) {
	if isa == Generic {
		normalizeGeneric(c, silu, y, strideY, x, center, a, b)
		return
	}
	c.inBlocks(func(at, rows int) {
		to := at / c.stride * strideY
		switch {
		case isa == AVX512 && silu:
			normalizeSiLUAVX512(&y[to], &x[at], &center[0], &a[0], &b[0], rows, strideY, c.stride, c.n)
		case isa == AVX512:
			normalizeAVX512(&y[to], &x[at], &center[0], &a[0], &b[0], rows, strideY, c.stride, c.n)
		case isa == AVX2 && silu:
			normalizeSiLUAVX2(&y[to], &x[at], &center[0], &a[0], &b[0], rows, strideY, c.stride, c.n)
		default:
			normalizeAVX2(&y[to], &x[at], &center[0], &a[0], &b[0], rows, strideY, c.stride, c.n)
		}
	})
}

func normSums(isa ISA, c columns, silu bool, dz, dotX, dot1, dy, x, center, a, b []float32) {
	if isa == Generic {
		normSumsGeneric(c, silu, dz, dotX, dot1, dy, x, center, a, b)
		return
	}
	clear(dotX[:c.n])
	clear(dot1[:c.n])
	c.inBlocks(func(at, rows int) {
		switch {
		case isa == AVX512 && silu:
			normSumsSiLUAVX512(&dz[at], &dotX[0], &dot1[0], &dy[at], &x[at], &center[0], &a[0], &b[0], rows, c.stride, c.n)
		case isa == AVX512:
			normSumsAVX512(&dz[at], &dotX[0], &dot1[0], &dy[at], &x[at], &center[0], &a[0], &b[0], rows, c.stride, c.n)
		case isa == AVX2 && silu:
			normSumsSiLUAVX2(&dz[at], &dotX[0], &dot1[0], &dy[at], &x[at], &center[0], &a[0], &b[0], rows, c.stride, c.n)
		default:
			normSumsAVX2(&dz[at], &dotX[0], &dot1[0], &dy[at], &x[at], &center[0], &a[0], &b[0], rows, c.stride, c.n)
		}
	})
}

func normGradient(isa ISA, c columns, dx, x, center, a, k0, k1 []float32) {
	if isa == Generic {
		normGradientGeneric(c, dx, x, center, a, k0, k1)
		return
	}
	c.inBlocks(func(at, rows int) {
		switch {
		case isa == AVX512:
			normGradientAVX512(&dx[at], &x[at], &center[0], &a[0], &k0[0], &k1[0], rows, c.stride, c.n)
		default:
			normGradientAVX2(&dx[at], &x[at], &center[0], &a[0], &k0[0], &k1[0], rows, c.stride, c.n)
		}
	})
}

func (c columns) inBlocks(f func(at, rows int)) {
	step := c.rows
	if c.n > 64 {
		step = normBlock
	}
	for t := 0; t < c.rows && c.n > 0; t += step {
		f(t*c.stride, min(step, c.rows-t))
	}
}
