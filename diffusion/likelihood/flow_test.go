package likelihood_test

import (
	"context"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"

	"ebb/diffusion/denoise"
	"ebb/diffusion/gauss"
	"ebb/diffusion/likelihood"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"

	"gonum.org/v1/gonum/mat"
)

func noiseOf(seed uint64) rng.Rows { return rng.Rows{Stream: rng.New(seed, rng.Test)} }

// known is Gaussian data whose covariance is Q diag(eig) Q'.
type known struct {
	*gauss.Gaussian
	mean, eig []float64
	q         *mat.Dense
}

// dependent is data of d dimensions with a full covariance of condition 30, and
// means that are not zero.
func dependent(d int) known {
	raw := mat.NewDense(d, d, nil)
	z := make([]float64, d)
	k := known{mean: make([]float64, d), eig: make([]float64, d), q: &mat.Dense{}}
	for i := range d {
		k.mean[i] = 0.3 * math.Sin(float64(i))
		k.eig[i] = 0.1 * math.Pow(30, float64(i)/float64(max(1, d-1)))
		rng.New(4, rng.Test).Normals(z, 1, uint64(i))
		raw.SetRow(i, z)
	}
	var qr mat.QR
	qr.Factorize(raw)
	qr.QTo(k.q)
	cov := mat.NewSymDense(d, nil)
	for j, e := range k.eig {
		cov.SymRankOne(cov, e, k.q.ColView(j))
	}
	var err error
	if k.Gaussian, err = gauss.New(k.mean, cov); err != nil {
		panic(err)
	}
	return k
}

// flowed is the exact log-density at x of the model: of N(0, I) taken back along
// the paths of the exact denoiser. Along each eigenvector a path keeps its
// number of standard deviations, so that it differs from the data's by the end
// of the process alone.
func (k known) flowed(sch schedule.Schedule, x []float64) float64 {
	alpha, sigma := sch.At(1)
	size := math.Hypot(alpha, sigma)
	sum := 0.0
	for j, e := range k.eig {
		deviation, centre := 0.0, 0.0
		for i, v := range x {
			deviation += k.q.At(i, j) * (v - k.mean[i])
			centre += k.q.At(i, j) * k.mean[i] * alpha / size
		}
		v := (alpha*alpha*e + sigma*sigma) / (size * size)
		w := deviation/math.Sqrt(e)*math.Sqrt(v) + centre
		sum += -w*w/2 - math.Log(2*math.Pi)/2 + math.Log(v/e)/2
	}
	return sum
}

func schedules() map[string]schedule.Schedule {
	return map[string]schedule.Schedule{
		"cosine": schedule.Cosine{}, "VE": schedule.VE{Min: 0.01, Max: 1000}, "flow": schedule.Flow{},
	}
}

// points are rows of the data and one far out.
func (k known) points(n int) *process.State {
	x := process.NewState(n, k.Dim())
	k.Draw(x, noiseOf(2), 0)
	for c := range x.Row(n - 1) {
		x.Row(n - 1)[c] *= 3
	}
	return x
}

// The probability-flow ODE of the exact denoiser gives the exact log-density of
// Gaussian data, under every kind of schedule: the model's own within the
// solver's estimate of its error and six standard errors over draws (of which
// there are few: 8), and the data's within how far the end of the process is
// from the normal that stands for it.
func TestFlowIsTheDensityOfGaussianData(t *testing.T) {
	for _, dim := range []int{1, 2, 5, 16} {
		g := dependent(dim)
		x := g.points(6)
		for name, sch := range schedules() {
			values, err := likelihood.Flow{Draws: 8}.Evaluate(context.Background(), gauss.Denoiser{Data: g.Gaussian, Sch: sch}, x, noiseOf(3))
			if err != nil {
				t.Fatal(err)
			}
			worst, stated, end, evals := 0.0, 0.0, 0.0, 0
			for i, v := range values {
				gap := math.Abs(v.LogLikelihood - g.flowed(sch, x.Row(i)))
				bound := v.SolverError + 6*v.StandardError + 1e-5
				if gap > bound {
					t.Errorf("%d dimensions, %s, row %d: %v, exact %v; stated error %v", dim, name, i, v.LogLikelihood, g.flowed(sch, x.Row(i)), bound)
				}
				if sum := v.Prior + v.Volume + v.Decoder; math.Abs(sum-v.LogLikelihood) > 1e-9 {
					t.Errorf("the parts add up to %v of %v", sum, v.LogLikelihood)
				}
				end = max(end, math.Abs(v.LogLikelihood-g.LogDensity(x.Row(i), 1, 0)))
				worst, stated, evals = max(worst, gap), max(stated, bound), max(evals, v.Evaluations/8)
			}
			t.Logf("%2d dimensions, %-6s: error %.1e, stated %.1e; from the data's density %.1e; %d evaluations", dim, name, worst, stated, end, evals)
			if end > 0.05 {
				t.Errorf("%d dimensions, %s: %v from the data's own density", dim, name, end)
			}
		}
	}
}

// The stated error of the solver holds at every tolerance, and falls with it.
func TestSolverErrorIsHonest(t *testing.T) {
	g := dependent(3)
	x := g.points(20)
	d := gauss.Denoiser{Data: g.Gaussian, Sch: schedule.Cosine{}}
	fine := evaluate(t, likelihood.Flow{Draws: 1, Tolerance: 1e-11}, d, x)
	last := math.Inf(1)
	for _, tol := range []float64{1e-5, 1e-7, 1e-9} {
		worst, stated := 0.0, 0.0
		for i, v := range evaluate(t, likelihood.Flow{Draws: 1, Tolerance: tol}, d, x) {
			// The same noise: the difference is the solver's alone.
			gap := math.Abs(v.LogLikelihood - fine[i].LogLikelihood)
			worst, stated = max(worst, gap), max(stated, v.SolverError)
			if gap > v.SolverError {
				t.Errorf("tolerance %v, row %d: off by %v, stated %v", tol, i, gap, v.SolverError)
			}
		}
		t.Logf("tolerance %.0e: worst %.1e, stated %.1e", tol, worst, stated)
		if stated > last/5 {
			t.Errorf("tolerance %v: stated %v, before %v", tol, stated, last)
		}
		last = stated
	}
}

func evaluate(t *testing.T, f likelihood.Flow, d denoise.Differentiable, x *process.State) []likelihood.Value {
	t.Helper()
	values, err := f.Evaluate(context.Background(), d, x, noiseOf(3))
	if err != nil {
		t.Fatal(err)
	}
	return values
}

// Random signs give the trace on average: the estimate lies within its standard
// error of the exact one, for rows enough to judge both.
func TestProbesGiveTheTraceOnAverage(t *testing.T) {
	g := dependent(8)
	x := g.points(60)
	d := gauss.Denoiser{Data: g.Gaussian, Sch: schedule.Flow{}}
	square := 0.0
	for i, v := range evaluate(t, likelihood.Flow{Draws: 32, Exact: 1, Tolerance: 1e-4}, d, x) {
		z := (v.LogLikelihood - g.flowed(d.Sch, x.Row(i))) / v.StandardError
		if v.StandardError < 0.01 {
			t.Errorf("row %d: a standard error of %v cannot be that of probes", i, v.StandardError)
		}
		if math.Abs(z) > 4.5 {
			t.Errorf("row %d is %v standard errors off", i, z)
		}
		square += z * z / 60
	}
	t.Logf("mean square of the errors in standard errors: %.2f", square)
	// 1 but for the noise of 60 rows and of standard errors from 32 draws.
	if square < 0.5 || square > 1.8 {
		t.Errorf("errors have the mean square %v in units of their standard errors", square)
	}
}

// A mixture has no affine paths; its log-density comes out all the same.
func TestFlowIsTheDensityOfAMixture(t *testing.T) {
	a, b := dependent(3), dependent(3)
	for i := range b.mean {
		b.mean[i] += 2
	}
	shifted, err := gauss.New(b.mean, b.Cov())
	if err != nil {
		t.Fatal(err)
	}
	m, err := gauss.Mix([]float64{0.3, 0.7}, []*gauss.Gaussian{a.Gaussian, shifted})
	if err != nil {
		t.Fatal(err)
	}
	x := process.NewState(10, 3)
	m.Draw(x, noiseOf(5), 0)
	for i, v := range evaluate(t, likelihood.Flow{Draws: 4}, gauss.Denoiser{Data: m, Sch: schedule.Flow{}}, x) {
		// The path ends at a signal of 4.5e-5, against noise of some units: the
		// normal there is that close.
		if want := m.LogDensity(x.Row(i), 1, 0); math.Abs(v.LogLikelihood-want) > v.SolverError+5*v.StandardError+1e-3 {
			t.Errorf("row %d: %v, exact %v; stated %v and %v", i, v.LogLikelihood, want, v.SolverError, v.StandardError)
		}
	}
}

// With levels for a decoder the value is a bound on the log-probability of the
// level, and close to it: a tenth of a nat for levels of a seventh of the data's
// standard deviation, under noise of half a level.
func TestFlowOfLevelsBoundsTheirProbability(t *testing.T) {
	g, err := gauss.New([]float64{0.05}, mat.NewSymDense(1, []float64{0.02}))
	if err != nil {
		t.Fatal(err)
	}
	const levels = 101
	x := process.NewState(200, 1)
	v := math.Round(0.16*50) / 50
	for i := range x.Rows {
		x.Data[i] = v
	}
	f := likelihood.Flow{Draws: 1, Decoder: denoise.Levels{Count: levels}, Last: math.Log(100)}
	mean, square := 0.0, 0.0
	for _, v := range evaluate(t, f, gauss.Denoiser{Data: g, Sch: schedule.Flow{}}, x) {
		mean += v.LogLikelihood / 200
		square += v.LogLikelihood * v.LogLikelihood / 200
	}
	se := math.Sqrt((square - mean*mean) / 200)
	exact, _ := denoise.Levels{Count: levels}.LogProb(v, 0.05, math.Log(0.02))
	t.Logf("bound %.3f +- %.3f, exact %.3f", mean, se, exact)
	if mean > exact+4*se || mean < exact-0.15-4*se {
		t.Errorf("bound %v +- %v, exact %v", mean, se, exact)
	}
}

// A row's value does not depend on the rows beside it.
func TestFlowOfARowIsItsOwn(t *testing.T) {
	g := dependent(4)
	x := g.points(7)
	d := gauss.Denoiser{Data: g.Gaussian, Sch: schedule.Cosine{}}
	all := evaluate(t, likelihood.Flow{}, d, x)
	if got := evaluate(t, likelihood.Flow{Batch: 2}, d, x); !slices.Equal(got, all) {
		t.Error("another batch gives other values")
	}
}

// broken answers NaN below a time.
type broken struct {
	gauss.Denoiser
	below float64
}

func (b broken) DenoiseVJP(x0, g, xt *process.State, t []float64, seed func(row int, v, x0 []float64)) {
	b.Denoiser.DenoiseVJP(x0, g, xt, t, seed)
	if t[len(t)-1] > b.below {
		g.Data[len(g.Data)-1] = math.NaN()
	}
}

// rough jumps at every hair.
type rough struct{ gauss.Denoiser }

func (r rough) DenoiseVJP(x0, g, xt *process.State, t []float64, seed func(row int, v, x0 []float64)) {
	r.Denoiser.DenoiseVJP(x0, g, xt, t, seed)
	for i, v := range xt.Data {
		x0.Data[i] += 1e12*v - math.Floor(1e12*v)
	}
}

func TestBadFlowsAreRefused(t *testing.T) {
	g := dependent(2)
	x := g.points(2)
	d := gauss.Denoiser{Data: g.Gaussian, Sch: schedule.Cosine{}}
	for _, c := range []struct {
		flow likelihood.Flow
		d    denoise.Differentiable
		want string
	}{
		{likelihood.Flow{Draws: -1}, d, "-1 draws"},
		{likelihood.Flow{Tolerance: math.NaN()}, d, "tolerance of NaN"},
		{likelihood.Flow{Last: -6}, d, "begin at a larger one"},
		{likelihood.Flow{}, broken{d, 0.5}, "row 2: the denoiser's answer"},
		{likelihood.Flow{Tolerance: 1e-12}, rough{d}, "not smooth there"},
	} {
		if _, err := c.flow.Evaluate(context.Background(), c.d, x, noiseOf(1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.flow, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (likelihood.Flow{}).Evaluate(ctx, d, x, noiseOf(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
