package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"ebb/data/image"
	"ebb/engine/kernel/parallel"

	"gonum.org/v1/gonum/mat"
)

// randomPoints are n points of N(shift, scale² I) in d dimensions.
func randomPoints(seed uint64, n, d int, shift, scale float64) *Points {
	r := rand.New(rand.NewPCG(seed, 1))
	a := NewPoints(n, d)
	for i := range a.X {
		a.X[i] = float32(shift + scale*r.NormFloat64())
	}
	return a
}

// randomCovariance is a positive definite matrix (d,d).
func randomCovariance(seed uint64, d int) []float64 {
	r := rand.New(rand.NewPCG(seed, 2))
	b := make([]float64, d*d)
	for i := range b {
		b[i] = r.NormFloat64()
	}
	a := make([]float64, d*d)
	for i := range d {
		for j := range d {
			for k := range d {
				a[i*d+j] += b[i*d+k] * b[j*d+k]
			}
		}
	}
	return a
}

func TestSymmetricEigenAgreesWithLAPACK(t *testing.T) {
	for _, d := range []int{1, 2, 3, 17, 64} {
		a := randomCovariance(uint64(d), d)
		if d == 17 { // rank 1 and equal eigenvalues
			for i := range a {
				a[i] = 2
			}
		}
		var want mat.EigenSym
		if !want.Factorize(mat.NewSymDense(d, append([]float64(nil), a...)), true) {
			t.Fatal("no reference")
		}
		values, vectors := symmetricEigen(append([]float64(nil), a...), d)
		scale := math.Abs(values[0])
		for k, v := range want.Values(nil) { // increasing
			if diff := math.Abs(values[d-1-k] - v); diff > 1e-12*scale {
				t.Errorf("d=%d: eigenvalue %d is %g, LAPACK has %g", d, k, values[d-1-k], v)
			}
		}
		// A u = λ u, and the vectors are orthonormal.
		for k := range d {
			u := vectors[k*d : (k+1)*d]
			for i := range d {
				if diff := math.Abs(dot(a[i*d:(i+1)*d], u) - values[k]*u[i]); diff > 1e-12*scale {
					t.Fatalf("d=%d: A u - λ u = %g for vector %d", d, diff, k)
				}
				want := 0.0
				if i == k {
					want = 1
				}
				if got := dot(vectors[i*d:(i+1)*d], u); math.Abs(got-want) > 1e-13 {
					t.Fatalf("d=%d: product of vectors %d and %d is %g", d, i, k, got)
				}
			}
		}
	}
}

// In one dimension the squared distance is (μ1-μ2)² + (σ1-σ2)²; for commuting
// covariances it is the sum over their common axes.
func TestFrechetOfKnownGaussians(t *testing.T) {
	const c, s = 0.6, 0.8 // a rotation of the plane
	turned := func(x, y float64) []float64 {
		return []float64{c*c*x + s*s*y, c * s * (x - y), c * s * (x - y), s*s*x + c*c*y}
	}
	for _, v := range []struct {
		name           string
		m1, c1, m2, c2 []float64
		want           float64
	}{
		{"one dimension", []float64{1}, []float64{4}, []float64{3}, []float64{25}, 4 + 9},
		{"equal", []float64{1, 2}, turned(3, 5), []float64{1, 2}, turned(3, 5), 0},
		{"common axes", []float64{0, 0}, turned(4, 9), []float64{0, 1}, turned(16, 1), 1 + 4 + 4},
		{"singular", []float64{0, 0}, turned(4, 0), []float64{0, 0}, turned(0, 9), 4 + 9},
		{"point mass", []float64{0}, []float64{0}, []float64{0}, []float64{9}, 9},
	} {
		got := FrechetGaussians(v.m1, v.c1, v.m2, v.c2)
		// A square root halves the digits where eigenvalues vanish.
		if math.Abs(got-v.want) > 1e-7 {
			t.Errorf("%s: %g, want %g", v.name, got, v.want)
		}
	}
}

func TestFrechetIsSymmetricAndRotationInvariant(t *testing.T) {
	const d = 8
	c1, c2 := randomCovariance(1, d), randomCovariance(2, d)
	m1, m2 := make([]float64, d), make([]float64, d)
	m1[3] = 2
	ab, ba := FrechetGaussians(m1, c1, m2, c2), FrechetGaussians(m2, c2, m1, c1)
	if math.Abs(ab-ba) > 1e-10*ab {
		t.Errorf("distance %g one way, %g the other", ab, ba)
	}
	// Bures: tr (Σ1^½ Σ2 Σ1^½)^½ is the sum of the roots of the eigenvalues of Σ1 Σ2.
	var prod mat.Dense
	prod.Mul(mat.NewDense(d, d, c1), mat.NewDense(d, d, c2))
	var e mat.Eigen
	if !e.Factorize(&prod, mat.EigenNone) {
		t.Fatal("no reference")
	}
	want := 4.0
	for i := range d {
		want += c1[i*(d+1)] + c2[i*(d+1)]
	}
	for _, v := range e.Values(nil) {
		want -= 2 * math.Sqrt(real(v))
	}
	if math.Abs(ab-want) > 1e-9*want {
		t.Errorf("distance %g, by the eigenvalues of the product %g", ab, want)
	}
}

// Two samples of one Gaussian differ by sampling error only, some D/N in the
// means and as much in the covariances; a shift shows in full.
func TestFrechetOfSamples(t *testing.T) {
	const d = 4
	near := Frechet(randomPoints(1, 4000, d, 0, 1), randomPoints(2, 4000, d, 0, 1))
	far := Frechet(randomPoints(1, 4000, d, 0, 1), randomPoints(3, 4000, d, 2, 1))
	if near > 0.02 {
		t.Errorf("two samples of one distribution are %g apart", near)
	}
	if math.Abs(far-4*d) > 0.7 { // |μ|² = 2²·4; standard error 2·2·√(4·2/4000) ≈ 0.18
		t.Errorf("a shift of 2 in %d dimensions measures %g, want %d", d, far, 4*d)
	}
}

func line(xs ...float32) *Points { return &Points{N: len(xs), D: 1, X: xs} }

// Points on a line, k = 1: the ball of each real point reaches to its neighbour.
func TestPrecisionRecallByHand(t *testing.T) {
	real := line(0, 1, 10, 12) // radii 1, 1, 2, 2
	samples := line(0.5, 3, 12, 30)
	// Inside real balls: 0.5 (those of 0 and 1), 12 (of 10, on its surface, and of 12).
	// Radii of the samples: 2.5, 2.5, 9, 18; the ball of 12 reaches from 3 to 21, of 30 from 12.
	// Real points inside those: 0, 1 (of 0.5), 10, 12.
	got := PrecisionRecall(nil, samples, real, 1)
	want := PRDC{K: 1, Precision: 2.0 / 4, Recall: 1, Density: 4.0 / 4, Coverage: 1}
	if got != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	got = PrecisionRecall(nil, line(0.25, 0.5, 0.5, 0.75), real, 1)
	// All samples inside both balls at 0 and 1. Their radii are 0.25, 0, 0, 0.25:
	// the ball of 0.25 reaches 0 and that of 0.75 reaches 1.
	want = PRDC{K: 1, Precision: 1, Recall: 0.5, Density: 8.0 / 4, Coverage: 0.5}
	if got != want {
		t.Errorf("collapsed: got %+v, want %+v", got, want)
	}
}

func TestPrecisionRecallOfEqualDistributions(t *testing.T) {
	const k = 5
	got := PrecisionRecall(nil, randomPoints(5, 1500, 6, 0, 1), randomPoints(6, 1500, 6, 0, 1), k)
	// Naeem et al., lemma 1: coverage is 1 - (N-1)…(N-k)/((2N-1)…(2N-k)), density has mean 1.
	want := 1.0
	for i := 1; i <= k; i++ {
		want *= float64(1500-i) / float64(3000-i)
	}
	if math.Abs(got.Coverage-(1-want)) > 0.015 || math.Abs(got.Density-1) > 0.05 || math.Abs(got.Precision-got.Recall) > 0.05 {
		t.Errorf("%+v; want coverage %.3f and density 1", got, 1-want)
	}
	narrow := PrecisionRecall(nil, randomPoints(5, 1500, 6, 0, 0.3), randomPoints(6, 1500, 6, 0, 1), k)
	wide := PrecisionRecall(nil, randomPoints(5, 1500, 6, 0, 3), randomPoints(6, 1500, 6, 0, 1), k)
	if narrow.Precision < 0.95 || narrow.Recall > 0.1 || wide.Precision > 0.1 || wide.Recall < 0.9 {
		t.Errorf("narrow samples %+v, wide samples %+v", narrow, wide)
	}
}

// Sets larger than one block of distances, against the plain definition.
func TestDistancesAgreeWithTheDefinition(t *testing.T) {
	p := parallel.New(2)
	defer p.Close()
	a, b := randomPoints(7, blockRows+3, 5, 0, 1), randomPoints(8, blockCols+9, 5, 0, 1)
	copy(b.Row(blockCols+1), a.Row(2)) // an exact copy
	worst, zero := 0.0, 0
	eachDistance(p, a, b, func(i0, rows, j0, cols int, d2 []float32) {
		if i0 != 0 {
			return // one worker counts
		}
		for i := range rows {
			for j := range cols {
				want := 0.0
				for k, v := range a.Row(i0 + i) {
					diff := float64(v) - float64(b.Row(j0 + j)[k])
					want += diff * diff
				}
				worst = math.Max(worst, math.Abs(want-float64(d2[i*cols+j])))
				if d2[i*cols+j] == 0 {
					zero++
				}
			}
		}
	})
	// Norms up to about 25, so that float32 leaves about 25 * 2^-23 * a few.
	if worst > 2e-5 || zero != 1 {
		t.Errorf("worst error %g, %d zero distances (want the 1 copy)", worst, zero)
	}
	radii := neighbourRadii(p, a, 3)
	for i := range a.N {
		closer := 0
		for j := range a.N {
			want := 0.0
			for k, v := range a.Row(i) {
				diff := float64(v) - float64(a.Row(j)[k])
				want += diff * diff
			}
			if j != i && want < float64(radii[i])+2e-5 {
				closer++
			}
		}
		if closer < 3 || closer > 4 {
			t.Fatalf("radius of point %d holds %d others, want 3", i, closer)
		}
	}
}

func randomImages(seed uint64, n, h, w, c int) *image.Images {
	r := rand.New(rand.NewPCG(seed, 3))
	m := image.New(n, h, w, c)
	for i := range m.Pixels {
		m.Pixels[i] = uint8(r.IntN(256))
	}
	return m
}

// 40 x 30 x 1 has more than exactTerms values, so that products come in parts.
func TestNearestImagesAreExact(t *testing.T) {
	p := parallel.New(2)
	defer p.Close()
	queries, refs := randomImages(1, nearRows+4, 40, 30, 1), randomImages(2, nearCols+30, 40, 30, 1)
	copy(queries.Image(3), refs.Image(nearCols+7))
	copy(queries.Image(5), refs.Image(9))
	queries.Image(5)[1000] ^= 1
	copy(refs.Image(20), refs.Image(9)) // a tie: the lower index wins
	got := NearestImages(p, queries, refs)
	for i, n := range got {
		best := Neighbour{-1, math.MaxInt64}
		for j := range refs.N {
			sum := int64(0)
			for k, v := range queries.Image(i) {
				diff := int64(v) - int64(refs.Image(j)[k])
				sum += diff * diff
			}
			if sum < best.Squares {
				best = Neighbour{j, sum}
			}
		}
		if n != best {
			t.Fatalf("query %d: found %+v, want %+v", i, n, best)
		}
	}
	if got[3].Squares != 0 || got[5] != (Neighbour{9, 1}) {
		t.Errorf("the copies: %+v %+v", got[3], got[5])
	}
}

func TestMemorisationTellsCopies(t *testing.T) {
	train, held := randomImages(1, 300, 4, 4, 1), randomImages(2, 3000, 4, 4, 1)
	honest := Memorisation(nil, randomImages(3, 3000, 4, 4, 1), held, train)
	// Close is 30 of 3000 but for two binomial errors of about 5.5 each.
	if honest.Copies != 0 || honest.Close > 0.02 || honest.Close < 0.002 || honest.Ratio < 0.97 || honest.Ratio > 1.03 {
		t.Errorf("new images: close %g, ratio %g, %d copies", honest.Close, honest.Ratio, honest.Copies)
	}
	copies := train.Slice(0, 100)
	if c := Memorisation(nil, copies, held, train); c.Copies != 100 || c.Close != 1 || c.Ratio != 0 {
		t.Errorf("copies: close %g, ratio %g, %d copies", c.Close, c.Ratio, c.Copies)
	}
	if c := Memorisation(nil, copies, copies, train); c.Ratio.Defined() || c.HeldOutCopies != 100 {
		t.Errorf("held-out copies: ratio %g, %d copies", c.Ratio, c.HeldOutCopies)
	}
}

func TestPixelMomentsAreExact(t *testing.T) {
	m := randomImages(4, exactTerms+77, 3, 3, 1)
	mean, cov := pixelMoments(nil, m)
	d, n := m.Dim(), int64(m.N)
	for i := range d {
		var si int64
		for r := range m.N {
			si += int64(m.Image(r)[i])
		}
		if mean[i] != float64(si-128*n)/float64(n)+128 {
			t.Errorf("mean %d: %v", i, mean[i])
		}
		for j := range d {
			var sj, sij int64
			for r := range m.N {
				sj += int64(m.Image(r)[j])
				sij += int64(m.Image(r)[i]) * int64(m.Image(r)[j])
			}
			want := float64(n*sij-si*sj) / float64(n*n)
			if math.Abs(cov[i*d+j]-want) > 1e-9 { // of some 5000: rounding of the last two steps
				t.Errorf("cov %d,%d: %v, want %v", i, j, cov[i*d+j], want)
			}
		}
	}
}

// Images that vary along two directions only: PCA finds them.
func TestPCAFindsThePlane(t *testing.T) {
	m := image.New(500, 6, 6, 1)
	r := rand.New(rand.NewPCG(9, 9))
	for i := range m.N {
		a, b := 40*r.NormFloat64(), 10*r.NormFloat64()
		for k := range m.Image(i) {
			m.Image(i)[k] = uint8(math.Max(0, math.Min(255, 128+a*float64(k%6-2)/6+b*float64(k/6-2)/6)))
		}
	}
	f := FitPCA(nil, m, 2)
	if f.Explained < 0.98 || f.Name() != "pca-2" { // rounding to whole levels is the rest
		t.Errorf("%s explains %g", f.Name(), f.Explained)
	}
	pts := f.Points(nil, m)
	_, cov := pts.meanAndCovariance()
	if math.Abs(cov[1]) > 1e-4*cov[0] || cov[3] >= cov[0] {
		t.Errorf("covariance of the coordinates %v is not diagonal and decreasing", cov)
	}
	// Distances within the plane survive: compare with the pixels'.
	for i := range 20 {
		want, got := 0.0, 0.0
		for k, v := range m.Image(i) {
			diff := (float64(v) - float64(m.Image(i + 20)[k])) / 255
			want += diff * diff
		}
		for k, v := range pts.Row(i) {
			diff := float64(v - pts.Row(i + 20)[k])
			got += diff * diff
		}
		if math.Abs(got-want) > 0.05*want+1e-3 {
			t.Errorf("distance² %g became %g", want, got)
		}
	}
}

func TestPCAOfFewerDirectionsThanAsked(t *testing.T) {
	m := image.New(8, 3, 3, 1) // all images equal: no variance at all
	f := FitPCA(nil, m, 64)
	if got := Frechet(f.Points(nil, m), f.Points(nil, m)); got != 0 || f.Name() != "pca-9" {
		t.Errorf("%s: distance %g of a set to itself", f.Name(), got)
	}
}

func TestRandomConvSeesTextureWhereverItLies(t *testing.T) {
	stripes := func(seed uint64, n, period int) *image.Images {
		r := rand.New(rand.NewPCG(seed, 5))
		m := image.New(n, 12, 12, 1)
		for i := range n {
			at := r.IntN(period)
			for k := range m.Image(i) {
				if (k%12+at)%period < period/2 {
					m.Image(i)[k] = 200
				}
			}
		}
		return m
	}
	train := stripes(1, 200, 4)
	f := FitRandomConv(nil, train)
	same := Frechet(f.Points(nil, stripes(2, 200, 4)), f.Points(nil, stripes(3, 200, 4)))
	other := Frechet(f.Points(nil, stripes(2, 200, 4)), f.Points(nil, stripes(3, 200, 6)))
	if other < 20*same {
		t.Errorf("stripes of another width are %g away, of the same %g", other, same)
	}
	mean, cov := f.Points(nil, train).meanAndCovariance()
	for j, v := range mean {
		if math.Abs(v) > 1e-4 || math.Abs(cov[j*65]-1) > 1e-3 && cov[j*65] != 0 {
			t.Errorf("channel %d has mean %g and variance %g on its training images", j, v, cov[j*65])
		}
	}
}
