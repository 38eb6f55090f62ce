package metric

import (
	"math"
	"math/rand/v2"
	"testing"

	"ebb/data/image"
	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"

	"gonum.org/v1/gonum/mat"
	"pgregory.net/rapid"
)

// Where Φ does not underflow yet, the series for its logarithm must agree with it.
func TestLogNormalCDFJoinsItsSeries(t *testing.T) {
	for x := -20.0; x > -37; x -= 0.25 {
		want := elementary.Log(elementary.NormCDF(x))
		if got := logNormalCDF(x); math.Abs(got-want) > 1e-15*math.Abs(want)+2e-15 {
			t.Errorf("log Φ(%g) = %v, want %v", x, got, want)
		}
	}
	// Far out, -z²/2 - log(z√2π) up to 1/z².
	if got, want := logNormalCDF(-1e6), -5e11-elementary.Log(1e6)-0.5*elementary.Log(2*math.Pi); math.Abs(got-want) > 1e-3 {
		t.Errorf("log Φ(-1e6) = %v, want %v", got, want)
	}
}

// A bin's probability is the integral of the density over it (Simpson's rule).
func TestLogBinAgreesWithQuadrature(t *testing.T) {
	for _, std := range []float64{0.25, 1, 8, 80} {
		for _, v := range []int{1, 100, 127, 128, 254} {
			const mean, steps = 127.3, 20000
			centre := float64(v) - mean
			shift := -centre * centre / (2 * std * std) // keeps the sum in range far out
			sum := 0.0
			for k := range steps + 1 {
				x := centre - 0.5 + float64(k)/steps
				w := 2.0 + 2*float64(k%2)
				if k == 0 || k == steps {
					w = 1
				}
				sum += w * math.Exp(-x*x/(2*std*std)-shift)
			}
			want := shift + math.Log(sum/(3*steps)/(std*math.Sqrt(2*math.Pi)))
			if got := logBin(v, mean, std); math.Abs(got-want) > 1e-6*math.Max(1, math.Abs(want)) {
				t.Errorf("std %g, value %d: log P = %v, by quadrature %v", std, v, got, want)
			}
		}
	}
}

func TestBinsAddUpToOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		mean := rapid.Float64Range(0, 255).Draw(t, "mean")
		std := rapid.Float64Range(0.25, 128).Draw(t, "std")
		sum := 0.0
		for v := range 256 {
			p := logBin(v, mean, std)
			if math.IsNaN(p) || math.IsInf(p, 0) || p > 1e-15 {
				t.Fatalf("log P(%d) = %v", v, p)
			}
			sum += math.Exp(p)
		}
		if math.Abs(sum-1) > 1e-12 {
			t.Fatalf("the bins add up to 1%+g", sum-1)
		}
	})
}

// gaussianImages are independent pixels N(128, std²), rounded.
func gaussianImages(seed uint64, n, side int, std float64) *image.Images {
	r := rand.New(rand.NewPCG(seed, 11))
	m := image.New(n, side, side, 1)
	for i := range m.Pixels {
		m.Pixels[i] = uint8(math.Round(math.Max(0, math.Min(255, 128+std*r.NormFloat64()))))
	}
	return m
}

// The fit has no slope left, beats its neighbours, and its derivatives are
// those of its value.
func TestFitBinnedIsTheMaximum(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var w [256]float64
		for range rapid.IntRange(1, 30).Draw(t, "n") {
			w[rapid.SampledFrom([]int{0, 0, 0, 1, 3, 17, 100, 101, 130, 200, 254, 255}).Draw(t, "v")]++
		}
		for v := range w {
			w[v] += 1.0 / 256
		}
		mean, std := fitBinned(&w)
		a, b := mean/std, 1/std
		best := binnedAt(&w, a, b)
		const h = 1e-4
		for _, d := range [][2]float64{{h, 0}, {-h, 0}, {0, h * b}, {0, -h * b}, {h, h * b}, {-h, h * b}} {
			if near := binnedAt(&w, a+d[0], b+d[1]).value; near > best.value+1e-7*math.Abs(best.value) {
				t.Fatalf("N(%g, %g²) has log-likelihood %v, a step %v away it is %v", mean, std, best.value, d, near)
			}
		}
		// Derivatives at another place, where they are not zero.
		a, b = a+0.1, b*1.1
		at := binnedAt(&w, a, b)
		up, down := binnedAt(&w, a+h, b), binnedAt(&w, a-h, b)
		right, left := binnedAt(&w, a, b+h*b), binnedAt(&w, a, b-h*b)
		for _, c := range []struct {
			name      string
			got, want float64
		}{
			{"∂a", at.a, (up.value - down.value) / (2 * h)},
			{"∂b", at.b, (right.value - left.value) / (2 * h * b)},
			{"∂a∂a", at.aa, (up.a - down.a) / (2 * h)},
			{"∂a∂b", at.ab, (up.b - down.b) / (2 * h)},
			{"∂b∂b", at.bb, (right.b - left.b) / (2 * h * b)},
		} {
			if math.Abs(c.got-c.want) > 1e-4*(1+math.Abs(c.want)) {
				t.Fatalf("%s is %v, by differences %v", c.name, c.got, c.want)
			}
		}
	})
}

// Far from the ends the fit is the plain moments, less the variance 1/12 of rounding.
func TestFitBinnedAgreesWithMomentsInside(t *testing.T) {
	var w [256]float64
	for v := range w {
		w[v] = math.Exp(logBin(v, 120, 9))
	}
	if mean, std := fitBinned(&w); math.Abs(mean-120) > 1e-4 || math.Abs(std-9) > 1e-4 {
		t.Errorf("N(120, 9²) came back as N(%g, %g²)", mean, std)
	}
	// A Gaussian half below black comes back although its lower half is one bin.
	for v := range w {
		w[v] = math.Exp(logBin(v, -5, 40))
	}
	if mean, std := fitBinned(&w); math.Abs(mean+5) > 1e-3 || math.Abs(std-40) > 1e-3 {
		t.Errorf("N(-5, 40²) came back as N(%g, %g²)", mean, std)
	}
}

// Data that are what both baselines assume cost the entropy log2(σ√(2πe)) bits a
// value. The full Gaussian pays for its D(D+3)/2 parameters, 1/(2N) nats each.
func TestBothBaselinesReachTheEntropy(t *testing.T) {
	p := parallel.New(2)
	defer p.Close()
	const side, std, n = 4, 20.0, 4000
	train, held := gaussianImages(1, n, side, std), gaussianImages(2, n, side, std)
	want := math.Log2(std * math.Sqrt(2*math.Pi*math.E))
	pixel := FitPixelGaussian(p, train)
	full, err := FitFullGaussian(p, train)
	if err != nil {
		t.Fatal(err)
	}
	// Standard error of the mean of n·D half squares: 0.5·√2/√(64000)/ln 2 = 0.004.
	if got := pixel.Bits(p, held); math.Abs(got-want) > 0.015 {
		t.Errorf("per-pixel Gaussian: %g bits, entropy %g", got, want)
	}
	if got := full.Bits(p, held); math.Abs(got-want) > 0.015 || got < pixel.Bits(p, held)-0.001 {
		t.Errorf("full Gaussian: %g bits, per-pixel %g, entropy %g", got, pixel.Bits(p, held), want)
	}
}

// Neighbouring pixels that agree: only the full covariance gains.
func TestFullGaussianUsesCorrelation(t *testing.T) {
	m := gaussianImages(3, 3000, 4, 30)
	for i := range m.N {
		px := m.Image(i)
		for k := 1; k < len(px); k += 2 {
			px[k] = px[k-1]/2 + px[k]/16 // half of the left neighbour and a little noise
		}
	}
	train, held := m.Slice(0, 2000), m.Slice(2000, 3000)
	b, err := BaselineBits(nil, held, train)
	if err != nil {
		t.Fatal(err)
	}
	if b.FullGaussian > b.PixelGaussian-0.5 {
		t.Errorf("full Gaussian %g bits, per-pixel %g", b.FullGaussian, b.PixelGaussian)
	}
}

// The closed form of the bound is the mean of -log2 N(x+u; μ, Σ) over u, which
// two-point Gauss-Legendre quadrature per dimension takes exactly, as the
// integrand is quadratic.
func TestFullGaussianBitsAgreeWithQuadrature(t *testing.T) {
	const d = 4
	train, held := randomImages(5, 60, 2, 2, 1), randomImages(6, 9, 2, 2, 1)
	g, err := FitFullGaussian(nil, train)
	if err != nil {
		t.Fatal(err)
	}
	mean, cov := pixelMoments(nil, train)
	joinInvented(mean, cov, float64(train.N), inventedImage(histogram256(train)))
	for i := range d {
		cov[i*(d+1)] += uniformVariance
	}
	var inv mat.Dense
	sigma := mat.NewDense(d, d, cov)
	if err := inv.Inverse(sigma); err != nil {
		t.Fatal(err)
	}
	node := 0.5 / math.Sqrt(3)
	want := 0.0
	for i := range held.N {
		for corner := range 1 << d {
			x := mat.NewVecDense(d, nil)
			for k, v := range held.Image(i) {
				u := node
				if corner>>k&1 == 1 {
					u = -node
				}
				x.SetVec(k, float64(v)+u-g.Mean[k])
			}
			want += 0.5 * (mat.Inner(x, &inv, x) + math.Log(mat.Det(sigma)) + d*math.Log(2*math.Pi))
		}
	}
	want /= float64(held.N) * (1 << d) * d * math.Ln2
	if got := g.Bits(nil, held); math.Abs(got-want) > 1e-10 {
		t.Errorf("%v bits, by quadrature %v", got, want)
	}
}

// The bound is above the cost of the discrete model it bounds: in one dimension
// that is an integral over each bin.
func TestFullGaussianBitsAreAnUpperBound(t *testing.T) {
	for _, std := range []float64{0.4, 2, 30} {
		m := gaussianImages(7, 500, 1, std)
		g, err := FitFullGaussian(nil, m)
		if err != nil {
			t.Fatal(err)
		}
		sigma := 1 / g.inv[0] // inv is 1/L
		discrete := 0.0
		for _, v := range m.Pixels {
			z := float64(v) - g.Mean[0]
			discrete -= logNormalInterval((z-0.5)/sigma, (z+0.5)/sigma) / math.Ln2 / float64(m.N)
		}
		if got := g.Bits(nil, m); got < discrete || got > discrete+0.5 {
			t.Errorf("std %g: bound %g, discrete cost %g", std, got, discrete)
		}
	}
}

// The moments with an invented image are those of the images and many draws of it,
// all draws together weighing as much as one image.
func TestInventedImageJoinsAsOneMore(t *testing.T) {
	m := randomImages(10, 3, 1, 2, 1)
	shares := &[256]float64{10: 0.25, 30: 0.75} // mean 25, variance 75
	mean, cov := pixelMoments(nil, m)
	joinInvented(mean, cov, 3, shares)
	type row struct{ x, y, w float64 }
	rows := []row{{10, 10, 1. / 16}, {10, 30, 3. / 16}, {30, 10, 3. / 16}, {30, 30, 9. / 16}}
	for i := range m.N {
		rows = append(rows, row{float64(m.Image(i)[0]), float64(m.Image(i)[1]), 1})
	}
	var mx, my, xx, xy float64
	for _, r := range rows {
		mx, my = mx+r.w*r.x/4, my+r.w*r.y/4
	}
	for _, r := range rows {
		xx, xy = xx+r.w*(r.x-mx)*(r.x-mx)/4, xy+r.w*(r.x-mx)*(r.y-my)/4
	}
	for i, c := range [][2]float64{{mean[0], mx}, {mean[1], my}, {cov[0], xx}, {cov[1], xy}} {
		if math.Abs(c[0]-c[1]) > 1e-9 {
			t.Errorf("moment %d is %v, want %v", i, c[0], c[1])
		}
	}
}

// Independent pixels of one variance: with few images the covariance is mostly
// noise, and shrinking recovers most of what it costs.
func TestShrinkingHelpsWhereImagesAreFew(t *testing.T) {
	train, held := gaussianImages(20, 80, 8, 20), gaussianImages(21, 500, 8, 20)
	g, err := FitFullGaussian(nil, train)
	if err != nil {
		t.Fatal(err)
	}
	entropy := math.Log2(20 * math.Sqrt(2*math.Pi*math.E))
	if got := g.Bits(nil, held); got > entropy+0.05 {
		t.Errorf("%g bits by 80 images of 64 values, entropy %g", got, entropy)
	}
	mean, cov := pixelMoments(nil, train)
	if few := ledoitWolf(mean, cov, train); few < 0.9 {
		t.Errorf("pure noise is shrunk by %g, want about 1", few)
	}
	many := gaussianImages(22, 4000, 2, 20)
	for i := range many.N { // two of four pixels agree
		many.Image(i)[1] = many.Image(i)[0]
	}
	mean, cov = pixelMoments(nil, many)
	if g := ledoitWolf(mean, cov, many); g > 0.01 {
		t.Errorf("4000 images of 4 values are shrunk by %g, want about 0", g)
	}
}

// A pixel that was constant in training and changes later costs many bits, not infinitely many.
func TestUnseenPixelsCostFinitely(t *testing.T) {
	train, held := gaussianImages(8, 200, 3, 20), gaussianImages(9, 50, 3, 20)
	for i := range train.N {
		train.Image(i)[0] = 0
	}
	b, err := BaselineBits(nil, held, train)
	if err != nil || !b.PixelGaussian.Defined() || !b.FullGaussian.Defined() || b.PixelGaussian < 7 {
		t.Errorf("%+v, %v", b, err)
	}
}

func TestCholeskyAndInverse(t *testing.T) {
	p := parallel.New(2)
	defer p.Close()
	for _, n := range []int{1, 5, choleskyBlock, 3*choleskyBlock + 7} {
		a := randomCovariance(uint64(n), n)
		l := append([]float64(nil), a...)
		if !cholesky(p, l, n) {
			t.Fatalf("n=%d: not positive definite", n)
		}
		inv := make([]float64, n*n)
		invertLower(p, inv, l, n)
		for i := range n {
			for j := range i + 1 {
				if got := dot(l[i*n:i*n+j+1], l[j*n:j*n+j+1]); math.Abs(got-a[i*n+j]) > 1e-11*float64(n) {
					t.Fatalf("n=%d: (L Lᵀ)[%d,%d] = %g, want %g", n, i, j, got, a[i*n+j])
				}
				want := 0.0
				if i == j {
					want = 1
				}
				sum := 0.0 // (L L⁻¹)[i,j]
				for k := j; k <= i; k++ {
					sum += l[i*n+k] * inv[j*n+k]
				}
				if math.Abs(sum-want) > 1e-9 {
					t.Fatalf("n=%d: (L L⁻¹)[%d,%d] = %g", n, i, j, sum)
				}
			}
		}
	}
	if cholesky(nil, []float64{1, 2, 2, 1}, 2) {
		t.Error("an indefinite matrix was factored")
	}
}

const digitsFile = "../data/image/testdata/digits/digits-images-idx3-ubyte.gz"

// Real digits: figures of real images in place of samples, of blurred ones and
// of noise come out in that order, whatever the number of threads.
func TestScoresOfDigits(t *testing.T) {
	m, err := image.Open(digitsFile, image.Options{})
	if err != nil {
		t.Fatal(err)
	}
	train, held, err := m.Split(397, 1)
	if err != nil {
		t.Fatal(err)
	}
	train, more, err := train.Split(400, 2)
	if err != nil {
		t.Fatal(err)
	}
	p := parallel.New(2)
	defer p.Close()
	real, err := ScoreImages(p, more, held, train, ImageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	noise, err := ScoreImages(nil, randomImages(1, 400, 8, 8, 1), held, train, ImageOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for i, r := range real.Features {
		n := noise.Features[i]
		if r.Frechet > 1.5*r.Floor || n.Frechet < 5*n.Floor || r.PRDC.Precision < 0.8 || n.PRDC.Precision > 0.1 {
			t.Errorf("%s: real %+v, noise %+v", r.Name, r, n)
		}
		if n.Floor != r.Floor || n.RealPRDC != r.RealPRDC {
			t.Errorf("%s: figures of the same real images differ between 1 and 2 threads", r.Name)
		}
	}
	if c := real.Memorisation; c.Ratio < 0.9 || c.Ratio > 1.1 || c.Close > 0.05 {
		t.Errorf("real digits as samples: ratio %g, close %g", c.Ratio, c.Close)
	}
	b, err := BaselineBits(p, held, train)
	if err != nil {
		t.Fatal(err)
	}
	serial, err := BaselineBits(nil, held, train)
	if err != nil || serial != b {
		t.Errorf("baselines %+v with one thread, %+v with two, %v", serial, b, err)
	}
	t.Logf("digits: %+v", b)
}
