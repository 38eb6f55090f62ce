//go:build amd64 && !purego

package kernel

// Column kernels take full strips of 64 or 32 columns, then 16 at a time with a mask. Those that sum
// add to what is there, so it is cleared first.

// strips calls f for strips of at most `wide` columns that cover c: groups is the number of groups of
// 16 in a full strip, 1 where a mask is needed.
func (c columns) strips(wide int, f func(j, groups, lanes int)) {
	if c.rows == 0 {
		return
	}
	j := 0
	for ; wide > 16 && j+wide <= c.n; j += wide {
		f(j, wide/16, 16)
	}
	for ; j < c.n; j += 16 {
		f(j, 1, min(16, c.n-j))
	}
}

func columnSums(isa ISA, c columns, sum, x []float32) {
	if isa == Generic {
		columnSumsGeneric(c, sum, x)
		return
	}
	clear(sum[:c.n])
	c.strips(64, func(j, groups, lanes int) {
		s, x := &sum[j], &x[j]
		switch {
		case isa == AVX512 && groups == 4:
			columnSums4AVX512(s, x, c.rows, c.stride, normBlock, lanes)
		case isa == AVX512:
			columnSumsAVX512(s, x, c.rows, c.stride, normBlock, lanes)
		case groups == 4:
			columnSums4AVX2(s, x, c.rows, c.stride, normBlock, lanes)
		default:
			columnSumsAVX2(s, x, c.rows, c.stride, normBlock, lanes)
		}
	})
}

func columnSquares(isa ISA, c columns, sum, x, center []float32) {
	if isa == Generic {
		columnSquaresGeneric(c, sum, x, center)
		return
	}
	clear(sum[:c.n])
	c.strips(64, func(j, groups, lanes int) {
		s, x, m := &sum[j], &x[j], &center[j]
		switch {
		case isa == AVX512 && groups == 4:
			columnSquares4AVX512(s, x, m, c.rows, c.stride, normBlock, lanes)
		case isa == AVX512:
			columnSquaresAVX512(s, x, m, c.rows, c.stride, normBlock, lanes)
		case groups == 4:
			columnSquares4AVX2(s, x, m, c.rows, c.stride, normBlock, lanes)
		default:
			columnSquaresAVX2(s, x, m, c.rows, c.stride, normBlock, lanes)
		}
	})
}

func normGradient(isa ISA, c columns, dx, x, center, a, k0, k1 []float32) {
	if isa == Generic {
		normGradientGeneric(c, dx, x, center, a, k0, k1)
		return
	}
	c.strips(64, func(j, groups, lanes int) {
		dx, x, m, a, k0, k1 := &dx[j], &x[j], &center[j], &a[j], &k0[j], &k1[j]
		switch {
		case isa == AVX512 && groups == 4:
			normGradient4AVX512(dx, x, m, a, k0, k1, c.rows, c.stride, lanes)
		case isa == AVX512:
			normGradientAVX512(dx, x, m, a, k0, k1, c.rows, c.stride, lanes)
		case groups == 4:
			normGradient4AVX2(dx, x, m, a, k0, k1, c.rows, c.stride, lanes)
		default:
			normGradientAVX2(dx, x, m, a, k0, k1, c.rows, c.stride, lanes)
		}
	})
}

func normalize(isa ISA, c columns, silu bool, y, x, center, a, b []float32) {
	if isa == Generic {
		normalizeGeneric(c, silu, y, x, center, a, b)
		return
	}
	c.strips(32, func(j, groups, lanes int) {
		y, x, m, a, b := &y[j], &x[j], &center[j], &a[j], &b[j]
		if !silu {
			switch {
			case isa == AVX512 && groups == 2:
				normalize2AVX512(y, x, m, a, b, c.rows, c.stride, lanes)
			case isa == AVX512:
				normalizeAVX512(y, x, m, a, b, c.rows, c.stride, lanes)
			case groups == 2:
				normalize2AVX2(y, x, m, a, b, c.rows, c.stride, lanes)
			default:
				normalizeAVX2(y, x, m, a, b, c.rows, c.stride, lanes)
			}
			return
		}
		switch {
		case isa == AVX512 && groups == 2:
			normalizeSiLU2AVX512(y, x, m, a, b, c.rows, c.stride, lanes)
		case isa == AVX512:
			normalizeSiLUAVX512(y, x, m, a, b, c.rows, c.stride, lanes)
		case groups == 2:
			normalizeSiLU2AVX2(y, x, m, a, b, c.rows, c.stride, lanes)
		default:
			normalizeSiLUAVX2(y, x, m, a, b, c.rows, c.stride, lanes)
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
	c.strips(32, func(j, groups, lanes int) {
		dz, sx, s1, dy, x, m, a, b := &dz[j], &dotX[j], &dot1[j], &dy[j], &x[j], &center[j], &a[j], &b[j]
		if !silu {
			switch {
			case isa == AVX512 && groups == 2:
				normSums2AVX512(dz, sx, s1, dy, x, m, a, b, c.rows, c.stride, normBlock, lanes)
			case isa == AVX512:
				normSumsAVX512(dz, sx, s1, dy, x, m, a, b, c.rows, c.stride, normBlock, lanes)
			case groups == 2:
				normSums2AVX2(dz, sx, s1, dy, x, m, a, b, c.rows, c.stride, normBlock, lanes)
			default:
				normSumsAVX2(dz, sx, s1, dy, x, m, a, b, c.rows, c.stride, normBlock, lanes)
			}
			return
		}
		switch {
		case isa == AVX512 && groups == 2:
			normSumsSiLU2AVX512(dz, sx, s1, dy, x, m, a, b, c.rows, c.stride, normBlock, lanes)
		case isa == AVX512:
			normSumsSiLUAVX512(dz, sx, s1, dy, x, m, a, b, c.rows, c.stride, normBlock, lanes)
		case groups == 2:
			normSumsSiLU2AVX2(dz, sx, s1, dy, x, m, a, b, c.rows, c.stride, normBlock, lanes)
		default:
			normSumsSiLUAVX2(dz, sx, s1, dy, x, m, a, b, c.rows, c.stride, normBlock, lanes)
		}
	})
}
