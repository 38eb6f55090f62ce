package denoise_test

import (
	"context"
	"errors"
	"math"
	"strings"
	"testing"

	"ebb/diffusion/denoise"
	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"

	"gonum.org/v1/gonum/mat"
)

func mustGauss(mean []float64, cov ...float64) *gauss.Gaussian {
	g, err := gauss.New(mean, mat.NewSymDense(len(mean), cov))
	if err != nil {
		panic(err)
	}
	return g
}

// repeat is n rows, all equal to x.
func repeat(n int, x ...float64) *process.State {
	s := process.NewState(n, len(x))
	for r := range n {
		copy(s.Row(r), x)
	}
	return s
}

func meanAndError(terms []denoise.Terms, f func(denoise.Terms) float64) (mean, se float64) {
	n := float64(len(terms))
	square := 0.0
	for _, term := range terms {
		mean += f(term) / n
		square += f(term) * f(term) / n
	}
	return mean, math.Sqrt((square - mean*mean) / n)
}

func total(t denoise.Terms) float64 { return t.Total }

// For data with independent dimensions the true reverse kernels have the form
// of the model's, so with the exact mean and variance the bound is tight: for
// every point it is the exact -log density, in any number of steps, but for the
// distance of q(x_T) from N(0, I).
func TestTheBoundIsTightForTheExactModel(t *testing.T) {
	g := mustGauss([]float64{0.4, -1}, 0.8, 0, 0, 0.1)
	table := ddpm()
	d := gauss.Denoiser{Data: g, Sch: table}
	for _, n := range []int{1, 3, 20} {
		grid, err := schedule.Trailing(table, n)
		if err != nil {
			t.Fatal(err)
		}
		for _, x := range [][]float64{{0.4, -1}, {1.6, -0.9}, {-1, -1.5}} {
			bound := denoise.Bound{Grid: grid, Decoder: denoise.Density{}}
			terms, err := bound.Evaluate(context.Background(), d, repeat(2000, x...), testNoise(3))
			if err != nil {
				t.Fatal(err)
			}
			want := -g.LogDensity(x, 1, 0) / 2 / math.Ln2
			mean, se := meanAndError(terms, total)
			if math.Abs(mean-want) > 4*se+1e-4 {
				t.Errorf("%d steps at %v: bound %v, exact %v within 4 x %v", n, x, mean, want, se)
			}
			for _, term := range terms[:3] {
				sum := term.Prior + term.Decoder
				for _, l := range term.Steps {
					sum += l
				}
				if !near(sum, term.Total, 1e-12) {
					t.Errorf("the terms add up to %v, the total is %v", sum, term.Total)
				}
			}
		}
	}
}

// For data whose dimensions hang together a diagonal variance cannot be exact:
// the bound lies above the true value, and comes down to it as the steps grow
// many.
func TestTheBoundComesDownAsTheStepsGrow(t *testing.T) {
	g := mustGauss([]float64{0, 0}, 1, 0.9, 0.9, 1)
	table := ddpm()
	rows := process.NewState(4000, 2)
	g.Draw(rows, testNoise(1), 0)
	entropy := 0.0
	for r := range rows.Rows {
		entropy -= g.LogDensity(rows.Row(r), 1, 0) / 2 / math.Ln2 / float64(rows.Rows)
	}
	last := math.Inf(1)
	for _, n := range []int{4, 16, 64} {
		grid, err := schedule.Linspace(table, n)
		if err != nil {
			t.Fatal(err)
		}
		terms, err := denoise.Bound{Grid: grid, Decoder: denoise.Density{}}.Evaluate(context.Background(), gauss.Denoiser{Data: g, Sch: table}, rows, testNoise(2))
		if err != nil {
			t.Fatal(err)
		}
		mean, se := meanAndError(terms, total)
		t.Logf("%3d steps: bound %.4f bits per dimension, exact %.4f, standard error %.4f", n, mean, entropy, se)
		if mean < entropy-4*se || mean >= last {
			t.Errorf("%d steps: bound %v, before %v, exact %v", n, mean, last, entropy)
		}
		last = mean
	}
	if last > entropy+0.05 {
		t.Errorf("64 steps leave the bound %v above the exact value", last-entropy)
	}
}

// Drawing some of the terms gives the same bound on average as all of them.
func TestDrawnTermsAreUnbiased(t *testing.T) {
	g := mustGauss([]float64{0.4, -1}, 0.8, 0, 0, 0.1)
	table := ddpm()
	grid, err := schedule.Linspace(table, 40)
	if err != nil {
		t.Fatal(err)
	}
	// The variance beta is not the exact one, so that the terms differ.
	d := denoise.FixedVariance{Denoiser: gauss.Denoiser{Data: g, Sch: table}}
	rows := repeat(3000, 0.1, -0.7)
	var mean, se [2]float64
	for i, draws := range []int{0, 5} {
		bound := denoise.Bound{Grid: grid, Decoder: denoise.Density{}, Draws: draws}
		terms, err := bound.Evaluate(context.Background(), d, rows, testNoise(4))
		if err != nil {
			t.Fatal(err)
		}
		mean[i], se[i] = meanAndError(terms, total)
		drawn := 0
		for _, l := range terms[0].Steps {
			if !math.IsNaN(l) {
				drawn++
			}
		}
		if draws > 0 && (drawn == 0 || drawn > draws) {
			t.Errorf("%d terms were kept of %d drawn", drawn, draws)
		}
	}
	t.Logf("all terms %.4f +- %.4f, five of 39 %.4f +- %.4f", mean[0], se[0], mean[1], se[1])
	if gap := math.Abs(mean[0] - mean[1]); gap > 4*math.Hypot(se[0], se[1]) {
		t.Errorf("all terms %v, some %v", mean[0], mean[1])
	}
}

// 8-bit levels: data rounded to levels has a bound near the continuous one plus
// the logarithm of the levels' density, 127.5 a unit, when the levels are fine
// beside the data's spread.
func TestLevelsAndDensityAgreeForSmoothData(t *testing.T) {
	g := mustGauss([]float64{0.05}, 0.02)
	table := ddpm()
	d := gauss.Denoiser{Data: g, Sch: table}
	x := math.Round(0.11*127.5+127.5)/127.5 - 1
	grid, err := schedule.Linspace(table, 10)
	if err != nil {
		t.Fatal(err)
	}
	var mean, se [2]float64
	for i, decoder := range []denoise.Decoder{denoise.Density{}, denoise.Levels{Count: 256}} {
		terms, err := denoise.Bound{Grid: grid, Decoder: decoder}.Evaluate(context.Background(), d, repeat(2000, x), testNoise(5))
		if err != nil {
			t.Fatal(err)
		}
		mean[i], se[i] = meanAndError(terms, total)
	}
	// x_1 still has noise of 0.01, against levels of 0.0078: a tenth of a bit.
	if gap := mean[1] - mean[0] - math.Log2(127.5); math.Abs(gap) > 0.1+4*(se[0]+se[1]) {
		t.Errorf("levels %v bits, density %v and log2(127.5) more is %v", mean[1], mean[0], mean[0]+math.Log2(127.5))
	}
}

func TestBadBoundsAreRefused(t *testing.T) {
	d := gauss.Denoiser{Data: mustGauss([]float64{0}, 1), Sch: ddpm()}
	for _, c := range []struct {
		bound denoise.Bound
		want  string
	}{
		{denoise.Bound{}, "ends at 0"},
		{denoise.Bound{Grid: []float64{1, 0.5}}, "ends at 0"},
		{denoise.Bound{Grid: []float64{1, 1, 0}}, "must fall"},
		{denoise.Bound{Grid: []float64{1.5, 0}}, "must fall"},
		{denoise.Bound{Grid: []float64{1, 0.5, 0}, Draws: 2}, "2 terms drawn of 1"},
	} {
		if _, err := c.bound.Evaluate(context.Background(), d, repeat(1, 0), testNoise(1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.bound, err)
		}
	}
	ok := denoise.Bound{Grid: []float64{1, 0.5, 0}}
	if _, err := ok.Evaluate(context.Background(), d, repeat(2, math.NaN()), testNoise(1)); err == nil || !strings.Contains(err.Error(), "row 0") {
		t.Errorf("NaN in the data: %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := ok.Evaluate(ctx, d, repeat(2, 0), testNoise(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
