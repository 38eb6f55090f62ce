package metric

import (
	"fmt"
	"math"
	"sort"
)

// symmetricEigen returns the eigenvalues (n), largest first, and orthonormal
// eigenvectors of the symmetric matrix a (n,n), row k of vectors (n,n) belonging
// to value k. a is destroyed.
//
// Cyclic Jacobi (Golub and Van Loan, Matrix Computations, 8.5.5): rotations in a
// fixed order until no off-diagonal element counts beside its diagonal. Meant
// for up to some hundred rows. Written here, rather than taken from a library
// whose loops differ between machines, so that figures agree everywhere to the
// last bit.
func symmetricEigen(a []float64, n int) (values, vectors []float64) {
	if len(a) != n*n {
		panic(fmt.Sprintf("metric: %d elements for a matrix (%d,%d)", len(a), n, n))
	}
	v := make([]float64, n*n)
	for i := range n {
		v[i*n+i] = 1
	}
	for range 60 { // quadratic convergence: some 10 sweeps do
		rotated := false
		for p := range n {
			for q := p + 1; q < n; q++ {
				rotated = jacobiRotate(a, v, n, p, q) || rotated
			}
		}
		if !rotated {
			break
		}
	}
	order := make([]int, n)
	for i := range order {
		order[i] = i
	}
	sort.SliceStable(order, func(i, j int) bool { return a[order[i]*(n+1)] > a[order[j]*(n+1)] })
	values, vectors = make([]float64, n), make([]float64, n*n)
	for k, i := range order {
		values[k] = a[i*(n+1)]
		copy(vectors[k*n:(k+1)*n], v[i*n:(i+1)*n])
	}
	return values, vectors
}

// jacobiRotate turns the plane (p,q) so that a[p,q] vanishes; rows of v turn along.
func jacobiRotate(a, v []float64, n, p, q int) bool {
	apq, app, aqq := a[p*n+q], a[p*n+p], a[q*n+q]
	if math.Abs(apq) <= 0x1p-54*math.Sqrt(math.Abs(app))*math.Sqrt(math.Abs(aqq)) || math.Abs(apq) < 0x1p-1000 {
		return false
	}
	theta := (aqq - app) / (2 * apq)
	t := 1 / (math.Abs(theta) + math.Sqrt(float64(theta*theta)+1))
	if theta < 0 {
		t = -t
	}
	c := 1 / math.Sqrt(float64(t*t)+1)
	s := t * c
	rotate(a[p*n:(p+1)*n], a[q*n:(q+1)*n], c, s)
	for k := range n { // a stays symmetric: columns as rows
		x, y := a[k*n+p], a[k*n+q]
		a[k*n+p], a[k*n+q] = float64(c*x)-float64(s*y), float64(s*x)+float64(c*y)
	}
	a[p*n+q], a[q*n+p] = 0, 0
	rotate(v[p*n:(p+1)*n], v[q*n:(q+1)*n], c, s)
	return true
}

func rotate(x, y []float64, c, s float64) {
	for k, u := range x {
		w := y[k]
		x[k], y[k] = float64(c*u)-float64(s*w), float64(s*u)+float64(c*w)
	}
}
