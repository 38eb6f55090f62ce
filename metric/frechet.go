package metric

import (
	"fmt"
	"math"
)

// Frechet is the squared Fréchet distance between the Gaussians fitted to two
// sets of points (mean and unbiased covariance), the formula behind FID
// (arXiv 1706.08500, eq. 6):
//
//	|μ1-μ2|² + tr(Σ1 + Σ2 - 2 (Σ1^½ Σ2 Σ1^½)^½)
//
// On Inception features it would be called FID; on any other it must be named
// with its features, and values compare only under the same features. It is
// biased upward for small sets, by roughly tr(Σ)·D/N: compare it with the
// distance between two real sets of the same sizes.
func Frechet(a, b *Points) float64 {
	if a.D != b.D {
		panic(fmt.Sprintf("metric: Fréchet distance between (%d,%d) and (%d,%d)", a.N, a.D, b.N, b.D))
	}
	mean1, cov1 := a.meanAndCovariance()
	mean2, cov2 := b.meanAndCovariance()
	return FrechetGaussians(mean1, cov1, mean2, cov2)
}

// FrechetGaussians is the squared Fréchet distance between N(mean1, cov1) and
// N(mean2, cov2), means (D), covariances (D,D) symmetric and not negative.
func FrechetGaussians(mean1, cov1, mean2, cov2 []float64) float64 {
	d := len(mean1)
	if len(mean2) != d || len(cov1) != d*d || len(cov2) != d*d {
		panic(fmt.Sprintf("metric: Fréchet distance of means %d, %d and covariances %d, %d", d, len(mean2), len(cov1), len(cov2)))
	}
	sum := 0.0
	for i, m := range mean1 {
		diff := m - mean2[i]
		sum += float64(diff * diff)
	}
	root := symmetricRoot(cov1, d)
	product := times(times(root, cov2, d), root, d)
	for i := range d { // rounding left it not quite symmetric
		for j := range i {
			v := (product[i*d+j] + product[j*d+i]) / 2
			product[i*d+j], product[j*d+i] = v, v
		}
	}
	values, _ := symmetricEigen(product, d)
	for i := range d {
		sum += cov1[i*(d+1)] + cov2[i*(d+1)] - 2*math.Sqrt(math.Max(0, values[i]))
	}
	return math.Max(0, sum)
}

// symmetricRoot is the symmetric square root of a positive semidefinite matrix;
// eigenvalues that rounding made negative count as zero.
func symmetricRoot(a []float64, d int) []float64 {
	values, vectors := symmetricEigen(append([]float64(nil), a...), d)
	root := make([]float64, d*d)
	for k, value := range values {
		r := math.Sqrt(math.Max(0, value))
		u := vectors[k*d : (k+1)*d]
		for i, x := range u {
			scaled := r * x
			row := root[i*d : (i+1)*d]
			for j, y := range u {
				row[j] += float64(scaled * y)
			}
		}
	}
	return root
}

// times is the product of two matrices (d,d), summed in increasing k.
func times(a, b []float64, d int) []float64 {
	c := make([]float64, d*d)
	for i := range d {
		row := c[i*d : (i+1)*d]
		for k, x := range a[i*d : (i+1)*d] {
			for j, y := range b[k*d : (k+1)*d] {
				row[j] += float64(x * y)
			}
		}
	}
	return c
}
