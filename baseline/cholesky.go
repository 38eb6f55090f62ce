package baseline

import "math"

// cholesky overwrites the lower triangle of a (D,D) with L, a = L Lᵀ, and says whether a was positive
// definite. Sums run in one order, so that machines agree to the last bit.
func cholesky(a []float64, d int) bool {
	for i := range d {
		for j := range i + 1 {
			v := a[i*d+j]
			for k := range j {
				v -= float64(a[i*d+k] * a[j*d+k])
			}
			if j < i {
				a[i*d+j] = v / a[j*d+j]
				continue
			}
			if !(v > 1e-12) {
				return false
			}
			a[i*d+i] = math.Sqrt(v)
		}
	}
	return true
}
