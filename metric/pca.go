package metric

import (
	"fmt"
	"math"

	"ebb/data/image"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// PCA features are the coordinates of an image along the directions in which
// training images vary most: where ink lies and how much of it, not how sharp
// it is. Pixels count as 0…1 and the training mean as origin.
type PCA struct {
	Mean      []float64 // (D) of the training pixels, 0…255
	Basis     []float32 // (dims,D) orthonormal rows, largest variance first
	Explained float64   // share of the training variance within
}

var _ Features = (*PCA)(nil)

const (
	pcaRounds = 6  // of subspace iteration
	pcaExtra  = 16 // directions carried along beyond those asked for
)

// FitPCA finds the dims (at most D) leading directions of the training images
// by subspace iteration with a Rayleigh-Ritz step (Halko, Martinsson, Tropp,
// arXiv 0909.4061, algorithm 4.4) on the exact covariance, from a fixed random
// start. Directions of nearly equal variance may come out mixed, which does not
// change distances.
func FitPCA(p *parallel.Pool, train *image.Images, dims int) *PCA {
	d := train.Dim()
	mean, cov := pixelMoments(p, train)
	dims = min(dims, d)
	m := min(d, dims+pcaExtra)
	block := make([]float64, d*m) // (D,m)
	stream := rng.New(0, rng.Metric)
	for k := range d {
		stream.Normals(block[k*m:(k+1)*m], 0, uint64(k))
	}
	orthonormalise(block, d, m)
	for range pcaRounds {
		block = blockTimes(p, cov, block, d, m)
		orthonormalise(block, d, m)
	}
	values, basis := ritz(block, blockTimes(p, cov, block, d, m), d, m)
	f := &PCA{Mean: mean, Basis: basis[:dims*d]}
	inside, all := 0.0, 0.0
	for _, v := range values[:dims] {
		inside += math.Max(0, v)
	}
	for i := range d {
		all += cov[i*(d+1)]
	}
	if all > 0 {
		f.Explained = inside / all
	}
	return f
}

// blockTimes is cov (D,D) times block (D,m).
func blockTimes(p *parallel.Pool, cov, block []float64, d, m int) []float64 {
	out := make([]float64, d*m)
	const rows = 16
	p.Run((d+rows-1)/rows, func(_, piece int) {
		for i := piece * rows; i < min(d, (piece+1)*rows); i++ {
			y := out[i*m : (i+1)*m]
			for k, c := range cov[i*d : (i+1)*d] {
				for j, v := range block[k*m : (k+1)*m] {
					y[j] += float64(c * v)
				}
			}
		}
	})
	return out
}

// orthonormalise makes the columns of block (D,m) orthonormal by modified
// Gram-Schmidt, done twice for accuracy; a column that depends on those before
// it becomes zero.
func orthonormalise(block []float64, d, m int) {
	cols := make([]float64, d*m) // (m,D)
	for k := range d {
		for j := range m {
			cols[j*d+k] = block[k*m+j]
		}
	}
	for j := range m {
		x := cols[j*d : (j+1)*d]
		before := dot(x, x)
		for range 2 {
			for i := range j {
				y := cols[i*d : (i+1)*d]
				c := dot(x, y)
				for k, v := range y {
					x[k] -= float64(c * v)
				}
			}
		}
		after, scale := dot(x, x), 0.0
		if after > 1e-24*before {
			scale = 1 / math.Sqrt(after)
		}
		for k := range x {
			x[k] *= scale
			block[k*m+j] = x[k]
		}
	}
}

// ritz turns the orthonormal block (D,m), with image = cov times block, into
// the eigenvectors of cov within its span, rows of (m,D), largest value first.
func ritz(block, image []float64, d, m int) (values []float64, basis []float32) {
	small := make([]float64, m*m)
	for k := range d {
		for i, x := range block[k*m : (k+1)*m] {
			for j, y := range image[k*m : (k+1)*m] {
				small[i*m+j] += float64(x * y)
			}
		}
	}
	for i := range m {
		for j := range i {
			v := (small[i*m+j] + small[j*m+i]) / 2
			small[i*m+j], small[j*m+i] = v, v
		}
	}
	values, vectors := symmetricEigen(small, m)
	basis = make([]float32, m*d)
	for i := range m {
		for k := range d {
			basis[i*d+k] = float32(dot(vectors[i*m:(i+1)*m], block[k*m:(k+1)*m]))
		}
	}
	return values, basis
}

func (f *PCA) dims() int { return len(f.Basis) / len(f.Mean) }

// Name is "pca-" and the number of directions.
func (f *PCA) Name() string { return fmt.Sprintf("pca-%d", f.dims()) }

// Describe says what the features are.
func (f *PCA) Describe() string {
	return fmt.Sprintf("coordinates of the pixels (0…1) along the %d principal directions of the training images, which hold %.1f %% of their variance",
		f.dims(), 100*f.Explained)
}

// Points projects the images: (pixels - mean)/255 times the basis.
func (f *PCA) Points(p *parallel.Pool, m *image.Images) *Points {
	d, dims := len(f.Mean), f.dims()
	if m.Dim() != d {
		panic(fmt.Sprintf("metric: features of %d values for %v", d, m))
	}
	out := NewPoints(m.N, dims)
	block := make([]float32, exactTerms*d)
	for first := 0; first < m.N; first += exactTerms {
		rows := min(exactTerms, m.N-first)
		for i, v := range m.Pixels[first*d : (first+rows)*d] {
			block[i] = float32((float64(v) - f.Mean[i%d]) / 255)
		}
		g := kernel.Gemm{M: rows, N: dims, K: d, A: block, LDA: d, B: f.Basis, LDB: d, TransB: true, C: out.X[first*dims:], LDC: dims}
		g.Run(p)
	}
	return out
}
