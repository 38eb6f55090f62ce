package metric

import (
	"fmt"
	"math"

	"ebb/data/image"
	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
)

// FullGaussian is the baseline that knows every pair of pixels: one Gaussian
// N(μ, Σ) with full covariance, as a likelihood of 8-bit values by uniform
// dequantisation. With u uniform on [-½,½)^D, Jensen's inequality gives
//
//	-log P(x) = -log E_u p(x+u) ≤ E_u[-log p(x+u)]
//
// (Theis et al., arXiv 1511.01844, sec. 3.1), and for a Gaussian the right side
// has a closed form, as E_u of a quadratic form adds only tr(Σ⁻¹)/12:
//
//	½ log det(2πΣ) + ½ (x-μ)ᵀ Σ⁻¹ (x-μ) + tr(Σ⁻¹)/24
//
// It is an upper bound on the bits of a proper discrete model, so a model with
// fewer bits is better without doubt. Fitting the bound by maximum likelihood
// gives the training mean and Σ = Cov(train) + I/12. As for PixelGaussian one
// invented image joins the training images, here with independent pixels, so
// that no direction is impossible. With fewer than two images for each value
// that is not enough: then the covariance is shrunk as well (see ledoitWolf).
type FullGaussian struct {
	Mean   []float64 // (D), pixel values 0…255
	logDet float64   // of Σ
	inv    []float64 // (D,D) L⁻ᵀ with Σ = L Lᵀ
}

// MaxFullGaussian is the largest D that FitFullGaussian takes: three matrices of
// D x D float64 and some D³/2 operations.
const MaxFullGaussian = 4096

// uniformVariance is that of the dequantising noise.
const uniformVariance = 1.0 / 12

// FitFullGaussian fits the baseline to one image or more.
func FitFullGaussian(p *parallel.Pool, train *image.Images) (*FullGaussian, error) {
	d := train.Dim()
	if d > MaxFullGaussian {
		return nil, fmt.Errorf("metric: a full covariance of %d x %d values is too large (at most %d)", d, d, MaxFullGaussian)
	}
	mean, cov := pixelMoments(p, train)
	if train.N < 2*d {
		shrink(cov, d, ledoitWolf(mean, cov, train))
	}
	joinInvented(mean, cov, float64(train.N), inventedImage(histogram256(train)))
	for i := range d {
		cov[i*(d+1)] += uniformVariance
	}
	if !cholesky(p, cov, d) {
		return nil, fmt.Errorf("metric: the covariance of %v is not positive definite", train)
	}
	g := &FullGaussian{Mean: mean, inv: make([]float64, d*d)}
	for i := range d {
		g.logDet += 2 * elementary.Log(cov[i*(d+1)])
	}
	invertLower(p, g.inv, cov, d)
	return g, nil
}

// joinInvented turns the moments of n images into the expected ones of n+1, the
// last with independent pixels of the given shares of values.
func joinInvented(mean, cov []float64, n float64, shares *[256]float64) {
	centre, variance := 0.0, 0.0
	for v, w := range shares {
		centre += float64(w * float64(v))
	}
	for v, w := range shares {
		diff := float64(v) - centre
		variance += float64(w * float64(diff*diff))
	}
	d := len(mean)
	off := make([]float64, d) // of the invented mean from the others'
	for i, m := range mean {
		off[i] = centre - m
		mean[i] += off[i] / (n + 1)
	}
	for i, oi := range off {
		for j, oj := range off {
			cov[i*d+j] = n / (n + 1) * (cov[i*d+j] + float64(oi*oj)/(n+1))
		}
		cov[i*(d+1)] += variance / (n + 1)
	}
}

// ledoitWolf is the weight g in [0,1] for which (1-g) S + g tr(S)/D I is expected
// to come closest to the true covariance (Ledoit and Wolf 2004, "A
// well-conditioned estimator for large-dimensional covariance matrices", J.
// Multivariate Analysis 88, lemma 3.2-3.4): the mean squared error of S over its
// squared distance from a multiple of I, both of which the images tell.
func ledoitWolf(mean, cov []float64, m *image.Images) float64 {
	d := len(mean)
	trace, squares := 0.0, 0.0
	for i := range d {
		trace += cov[i*(d+1)]
		squares += dot4(cov[i*d:(i+1)*d], cov[i*d:(i+1)*d])
	}
	fourth := 0.0 // mean of |x-mean|^4
	for i := range m.N {
		s := 0.0
		for j, v := range m.Image(i) {
			diff := float64(v) - mean[j]
			s += float64(diff * diff)
		}
		fourth += float64(s * s)
	}
	off := squares - trace*trace/float64(d)
	if off <= 0 {
		return 1
	}
	return math.Max(0, math.Min(1, (fourth/float64(m.N)-squares)/float64(m.N)/off))
}

// shrink moves cov (D,D) by the weight g towards the multiple of I of equal trace.
func shrink(cov []float64, d int, g float64) {
	trace := 0.0
	for i := range d {
		trace += cov[i*(d+1)]
	}
	for i := range cov {
		cov[i] *= 1 - g
	}
	for i := range d {
		cov[i*(d+1)] += g * trace / float64(d)
	}
}

// Bits is the mean over images of the bound above over D, in bits per dimension.
func (g *FullGaussian) Bits(p *parallel.Pool, m *image.Images) float64 {
	if m.Dim() != len(g.Mean) || m.N == 0 {
		panic(fmt.Sprintf("metric: bits of %v under a Gaussian of %d values", m, len(g.Mean)))
	}
	mean, cov := pixelMoments(p, m)
	return g.bits(p, mean, cov)
}

// bits needs only the images' moments: with M = Cov + (mean-μ)(mean-μ)ᵀ + I/12
// the mean of the bound is ½ (log det(2πΣ) + tr(Σ⁻¹ M)). cov is destroyed.
func (g *FullGaussian) bits(p *parallel.Pool, mean, cov []float64) float64 {
	d := len(g.Mean)
	for i := range d {
		di := mean[i] - g.Mean[i]
		for j := range d {
			cov[i*d+j] += float64(di * (mean[j] - g.Mean[j]))
		}
		cov[i*(d+1)] += uniformVariance
	}
	const logTwoPi = 1.83787706640934548356
	total := float64(float64(d)*logTwoPi) + g.logDet + g.traceWith(p, cov)
	return total / 2 / (float64(d) * math.Ln2)
}

// traceWith is tr(Σ⁻¹ M) = Σ_ij (Σ⁻¹)_ij M_ij for symmetric M, where (Σ⁻¹)_ij is
// the product of columns i and j of L⁻¹.
func (g *FullGaussian) traceWith(p *parallel.Pool, m []float64) float64 {
	d := len(g.Mean)
	parts := make([]float64, d)
	p.Run((d+7)/8, func(_, piece int) {
		for i := piece * 8; i < min(d, piece*8+8); i++ {
			x := g.inv[i*d : (i+1)*d]
			for j := range i + 1 { // column j starts higher, column i is zero above i
				weight := 2.0
				if j == i {
					weight = 1
				}
				parts[i] += float64(weight * float64(dot4(x[i:], g.inv[j*d+i:(j+1)*d])*m[i*d+j]))
			}
		}
	})
	sum := 0.0
	for _, v := range parts {
		sum += v
	}
	return sum
}
