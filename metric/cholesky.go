package metric

import (
	"math"

	"ebb/engine/kernel/parallel"
)

// choleskyBlock columns are eliminated at a time; the rows below them are
// independent of each other and run in parallel.
const choleskyBlock = 32

// cholesky overwrites the lower triangle of the symmetric matrix a (n,n) with
// L, a = L Lᵀ, and says whether a was positive definite.
func cholesky(p *parallel.Pool, a []float64, n int) bool {
	for k0 := 0; k0 < n; k0 += choleskyBlock {
		k1 := min(n, k0+choleskyBlock)
		for i := k0; i < k1; i++ { // the diagonal block
			if !choleskyRow(a, n, i, k0, i+1) {
				return false
			}
		}
		p.Run((n-k1+15)/16, func(_, piece int) {
			for i := k1 + piece*16; i < min(n, k1+piece*16+16); i++ {
				choleskyRow(a, n, i, k0, k1)
			}
		})
	}
	return true
}

// choleskyRow finds L[i,lo…hi]; all of L left of and above it is known.
func choleskyRow(a []float64, n, i, lo, hi int) bool {
	row := a[i*n : (i+1)*n]
	for j := lo; j < hi; j++ {
		v := row[j] - dot4(row[:j], a[j*n:j*n+j])
		if j < i {
			row[j] = v / a[j*n+j]
			continue
		}
		if !(v > 0) {
			return false
		}
		row[j] = math.Sqrt(v)
	}
	return true
}

// invertLower sets inv (n,n) to the inverse of the lower triangle l (n,n),
// transposed, so that row j of inv is column j of the inverse: inv[j,i] = (L⁻¹)[i,j], i ≥ j.
func invertLower(p *parallel.Pool, inv, l []float64, n int) {
	p.Run((n+7)/8, func(_, piece int) {
		for j := piece * 8; j < min(n, piece*8+8); j++ {
			x := inv[j*n : (j+1)*n]
			clear(x[:j])
			x[j] = 1 / l[j*n+j]
			for i := j + 1; i < n; i++ {
				x[i] = -dot4(l[i*n+j:i*n+i], x[j:i]) / l[i*n+i]
			}
		}
	})
}

// dot4 is a dot product in four interleaved sums, added as (s0+s1)+(s2+s3).
func dot4(a, b []float64) float64 {
	var s0, s1, s2, s3 float64
	b = b[:len(a)]
	for len(a) >= 4 && len(b) >= 4 {
		s0 += float64(a[0] * b[0])
		s1 += float64(a[1] * b[1])
		s2 += float64(a[2] * b[2])
		s3 += float64(a[3] * b[3])
		a, b = a[4:], b[4:]
	}
	for i, v := range a {
		s0 += float64(v * b[i])
	}
	return (s0 + s1) + (s2 + s3)
}
