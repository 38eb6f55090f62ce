package kernel

import "ebb/engine/kernel/parallel"

// columns is a strip of n columns of a matrix, rows high, whose rows are stride floats apart. Its
// kernels work on every column alone: a vector register is a row of independent columns.
type columns struct{ n, rows, stride int }

// blocks calls f for the blocks of normBlock rows.
func (c columns) blocks(f func(lo, hi int)) {
	for lo := 0; lo < c.rows; lo += normBlock {
		f(lo, min(lo+normBlock, c.rows))
	}
}

// columnSumsGeneric sets sum to each column's sum: blocks of normBlock rows from +0 in order, and
// the blocks' sums from +0 in order.
func columnSumsGeneric(c columns, sum, x []float32) {
	for j := range c.n {
		sum[j] = 0
		c.blocks(func(lo, hi int) {
			var s float32
			for t := lo; t < hi; t++ {
				s += x[t*c.stride+j]
			}
			sum[j] += s
		})
	}
}

// columnSquaresGeneric sets sum to each column's sum of (x - center)², in the same order, each
// square joining its sum in one rounding.
func columnSquaresGeneric(c columns, sum, x, center []float32) {
	for j := range c.n {
		sum[j] = 0
		c.blocks(func(lo, hi int) {
			var s float32
			for t := lo; t < hi; t++ {
				d := x[t*c.stride+j] - center[j]
				s = fma32(d, d, s)
			}
			sum[j] += s
		})
	}
}

// normalizeGeneric sets y = (x - center) a + b, followed by SiLU if wanted. The rows of y are strideY
// floats apart.
func normalizeGeneric(c columns, silu bool, y []float32, strideY int, x, center, a, b []float32) {
	for t := range c.rows {
		x, y := x[t*c.stride:][:c.n], y[t*strideY:][:c.n]
		for j := range c.n {
			z := fma32(x[j]-center[j], a[j], b[j])
			if silu {
				z = silu32(z)
			}
			y[j] = z
		}
	}
}

// normSumsGeneric sets dz = dy, times the slope of SiLU at z = (x - center) a + b if wanted, and each
// column's sums of dz (x - center) and of dz, in the order of columnSums.
func normSumsGeneric(c columns, silu bool, dz, dotX, dot1, dy, x, center, a, b []float32) {
	for j := range c.n {
		dotX[j], dot1[j] = 0, 0
		c.blocks(func(lo, hi int) {
			var sx, s1 float32
			for t := lo; t < hi; t++ {
				d, g := x[t*c.stride+j]-center[j], dy[t*c.stride+j]
				if silu {
					g = float32(g * siluSlope(fma32(d, a[j], b[j])))
				}
				dz[t*c.stride+j] = g
				sx = fma32(g, d, sx)
				s1 += g
			}
			dotX[j] += sx
			dot1[j] += s1
		})
	}
}

// normGradientGeneric sets dx = dx a + ((x - center) k1 + k0).
func normGradientGeneric(c columns, dx, x, center, a, k0, k1 []float32) {
	for t := range c.rows {
		x, dx := x[t*c.stride:][:c.n], dx[t*c.stride:][:c.n]
		for j := range c.n {
			dx[j] = fma32(dx[j], a[j], fma32(x[j]-center[j], k1[j], k0[j]))
		}
	}
}

// joinRows adds the sums of some columns of part (rows,stride) to dst: those from first on.
func joinRows(p *parallel.Pool, isa ISA, dst, part []float32, first, stride int) {
	if len(part) == 0 {
		return
	}
	sum := p.Borrow(len(dst))
	defer p.Return(sum)
	columnSums(isa, columns{len(dst), len(part) / stride, stride}, sum, part[first:])
	addSlice(isa, dst, dst, sum)
}
