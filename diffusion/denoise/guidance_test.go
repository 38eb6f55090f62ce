package denoise_test

import (
	"context"
	"math"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/denoise"
	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

// twoClasses is a mixture of two classes on a line.
func twoClasses(t *testing.T) *gauss.Mixture {
	t.Helper()
	var parts []*gauss.Gaussian
	for _, p := range [][2]float64{{-1, 0.4}, {1.2, 0.7}} {
		g, err := gauss.New([]float64{p[0]}, mat.NewSymDense(1, []float64{p[1] * p[1]}))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, g)
	}
	m, err := gauss.Mix([]float64{0.35, 0.65}, parts)
	if err != nil {
		t.Fatal(err)
	}
	return m
}

func same(n int, label int32) []int32 {
	out := make([]int32, n)
	for i := range out {
		out[i] = label
	}
	return out
}

// The guided field is the mixture of scores that its doc says, in noise as in
// data, at every weight and time: eq. 6 of the paper.
func TestGuidanceIsTheFormulaInNoise(t *testing.T) {
	m := twoClasses(t)
	_, parts := m.Parts()
	sch := schedule.Cosine{}
	x, x0 := process.NewState(1, 1), process.NewState(1, 1)
	for _, w := range []float64{0, 0.5, 1, 3} {
		d := denoise.Guide(&gauss.Classes{Data: m, Sch: sch}, denoise.Guidance{Weight: w}, []int32{1}, nil)
		for _, at := range []float64{0.1, 0.5, 0.9} {
			alpha, sigma := sch.At(at)
			x.Data[0] = 0.3
			d.Denoise(x0, x, []float64{at})
			score, class := []float64{0}, []float64{0}
			m.Score(score, x.Data, alpha, sigma)
			parts[1].Score(class, x.Data, alpha, sigma)
			// eps = -sigma score, and w of the paper is Weight - 1.
			eps := (1+(w-1))*(-sigma*class[0]) - (w-1)*(-sigma*score[0])
			want := (x.Data[0] - sigma*eps) / alpha
			if math.Abs(x0.Data[0]-want) > 1e-11 {
				t.Errorf("weight %v, t = %v: x0 %v, by the noise %v", w, at, x0.Data[0], want)
			}
		}
	}
}

// flow integrates dx/dr = eps, for x in units of alpha, of the guided field by
// the classical Runge-Kutta method in many steps of log r: a reference that
// shares no code with the samplers.
func guidedEnd(m *gauss.Mixture, class int, w, x, from, to float64) float64 {
	_, parts := m.Parts()
	field := func(x, logr float64) float64 {
		r := math.Exp(logr)
		c, u := []float64{0}, []float64{0}
		parts[class].Denoise(c, []float64{x}, 1, r)
		m.Denoise(u, []float64{x}, 1, r)
		return x - (u[0] + w*(c[0]-u[0])) // r times (x - x0)/r
	}
	const steps = 20000
	h := (math.Log(to) - math.Log(from)) / steps
	for k := range steps {
		l := math.Log(from) + float64(k)*h
		k1 := field(x, l)
		k2 := field(x+h/2*k1, l+h/2)
		k3 := field(x+h/2*k2, l+h/2)
		k4 := field(x+h*k3, l+h)
		x += h / 6 * (k1 + 2*k2 + 2*k3 + k4)
	}
	return x
}

// Sampling under guidance ends where the guided field leads; with weight 1 that
// is the class's own distribution exactly, whose quantiles the flow keeps.
func TestGuidedSamplingFollowsTheGuidedField(t *testing.T) {
	m := twoClasses(t)
	sch, err := schedule.NewVE(0.002, 60)
	if err != nil {
		t.Fatal(err)
	}
	least := 0.004
	levels, err := schedule.Exponential(800, schedule.Ratio(sch, 1), least)
	if err != nil {
		t.Fatal(err)
	}
	grid, err := schedule.ByRatio(sch, levels)
	if err != nil {
		t.Fatal(err)
	}
	grid = grid[:len(grid)-1] // ends at the least level, as the reference does
	z := []float64{-2, -1, 0, 1, 2}
	_, parts := m.Parts()
	for _, w := range []float64{0, 1, 2.5, 5} {
		_, sigma := sch.At(1)
		x := process.NewState(len(z), 1)
		for i, v := range z {
			x.Data[i] = v * sigma
		}
		d := denoise.Guide(&gauss.Classes{Data: m, Sch: sch}, denoise.Guidance{Weight: w}, same(len(z), 1), nil)
		if err := sample.Run(context.Background(), sample.Heun{}, d, x, grid, nil); err != nil {
			t.Fatal(err)
		}
		for i, v := range z {
			// Heun's error falls with 1/steps^2: 1e-4 in 800.
			if want := guidedEnd(m, 1, w, v*sigma, sigma, least); math.Abs(x.Data[i]-want) > 5e-4 {
				t.Errorf("weight %v from z = %v: %v, the field leads to %v", w, v, x.Data[i], want)
			}
			if w != 1 {
				continue
			}
			mean, sd := parts[1].Mean()[0], math.Sqrt(parts[1].Eigenvalues()[0])
			place := (v*sigma - mean) / math.Sqrt(sd*sd+sigma*sigma) * math.Sqrt(sd*sd+least*least)
			if math.Abs(x.Data[i]-mean-place) > 5e-4 {
				t.Errorf("weight 1 from z = %v: %v, the class's own quantile is %v", v, x.Data[i], mean+place)
			}
		}
	}
}

// With weight 1 ancestral sampling draws the class: its mean and variance.
func TestGuidanceOfWeightOneIsTheClass(t *testing.T) {
	m := twoClasses(t)
	_, parts := m.Parts()
	const rows, steps = 20000, 200
	grid, err := schedule.Uniform(steps)
	if err != nil {
		t.Fatal(err)
	}
	x := process.NewState(rows, 1)
	process.Fill(x, rng.Rows{Stream: rng.New(3, rng.Prior)}, 0)
	d := denoise.Guide(&gauss.Classes{Data: m, Sch: schedule.Cosine{}}, denoise.Guidance{Weight: 1}, same(rows, 1), nil)
	if err := sample.Run(context.Background(), sample.DDPM{Variance: sample.FixedLarge}, d, x, grid, rng.Rows{Stream: rng.New(3, rng.Sampler)}); err != nil {
		t.Fatal(err)
	}
	mean, cov := gauss.Moments(x)
	want, variance := parts[1].Mean()[0], parts[1].Eigenvalues()[0]
	if se := math.Sqrt(variance / rows); math.Abs(mean[0]-want) > 4*se {
		t.Errorf("mean %v, want %v within 4 x %v", mean[0], want, se)
	}
	// 4 standard errors, and 3 % for 200 steps of the large variance.
	if se := variance * math.Sqrt(2.0/rows); math.Abs(cov.At(0, 0)-variance) > 4*se+0.03*variance {
		t.Errorf("variance %v, want %v within 4 x %v", cov.At(0, 0), variance, se)
	}
}

// counting counts the rows that a labelled denoiser is asked for.
type counting struct {
	*gauss.Classes
	rows int
}

func (c *counting) Denoise(x0, xt *process.State, t []float64) {
	c.rows += xt.Rows
	c.Classes.Denoise(x0, xt, t)
}

// Outside its interval guidance is the class alone and costs nothing.
func TestGuidanceActsInItsIntervalAlone(t *testing.T) {
	m := twoClasses(t)
	sch, err := schedule.NewEDM(80, 7)
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		level float64
		rows  int
	}{{0.1, 1}, {0.5, 1}, {0.51, 2}, {3, 2}, {3.1, 1}} {
		times, err := schedule.ByRatio(sch, []float64{c.level})
		if err != nil {
			t.Fatal(err)
		}
		inner := &counting{Classes: &gauss.Classes{Data: m, Sch: sch}}
		d := denoise.Guide(inner, denoise.Guidance{Weight: 4, Least: 0.5, Most: 3 * (1 + 1e-9)}, []int32{0}, nil)
		x, got, class := process.NewState(1, 1), process.NewState(1, 1), process.NewState(1, 1)
		x.Data[0] = 0.2
		// Just below the boundary, so that rounding does not decide.
		at := times[:1]
		if c.level == 0.5 {
			at[0] *= 1 - 1e-12
		}
		d.Denoise(got, x, at)
		inner.Classes.Label([]int32{0})
		inner.Classes.Denoise(class, x, at)
		if inner.rows != c.rows || (got.Data[0] == class.Data[0]) != (c.rows == 1) {
			t.Errorf("level %v: %d rows asked for, want %d; x0 %v, of the class %v", c.level, inner.rows, c.rows, got.Data[0], class.Data[0])
		}
	}
}

// A negative label takes the place of no label.
func TestNegativeLabelIsTheOtherClass(t *testing.T) {
	m := twoClasses(t)
	inner := &gauss.Classes{Data: m, Sch: schedule.Cosine{}}
	x, got := process.NewState(1, 1), process.NewState(1, 1)
	x.Data[0] = -0.4
	of := func(label int32) float64 {
		out := process.NewState(1, 1)
		inner.Label([]int32{label})
		inner.Denoise(out, x, []float64{0.6})
		return out.Data[0]
	}
	denoise.Guide(inner, denoise.Guidance{Weight: 2}, []int32{1}, []int32{0}).Denoise(got, x, []float64{0.6})
	if want := of(0) + 2*(of(1)-of(0)); math.Abs(got.Data[0]-want) > 1e-15 {
		t.Errorf("x0 %v, want %v", got.Data[0], want)
	}
}

// Rescale 1 gives a row the spread that its class has, 0 leaves it, and the
// mean goes with the spread, as in eq. 15.
func TestRescaleRestoresTheSpread(t *testing.T) {
	var parts []*gauss.Gaussian
	for _, mean := range [][]float64{{1, -1, 0}, {0.2, 0.5, 2}} {
		g, err := gauss.New(mean, mat.NewDiagDense(3, []float64{0.2, 0.3, 0.1}))
		if err != nil {
			t.Fatal(err)
		}
		parts = append(parts, g)
	}
	m, err := gauss.Mix([]float64{1, 1}, parts)
	if err != nil {
		t.Fatal(err)
	}
	x := &process.State{Rows: 1, Dim: 3, Data: []float64{0.3, -0.1, 0.8}}
	run := func(weight, rescale float64) []float64 {
		out := process.NewState(1, 3)
		denoise.Guide(&gauss.Classes{Data: m, Sch: schedule.Cosine{}}, denoise.Guidance{Weight: weight, Rescale: rescale}, []int32{1}, nil).
			Denoise(out, x, []float64{0.7})
		return out.Data
	}
	sd := func(v []float64) float64 {
		mean := (v[0] + v[1] + v[2]) / 3
		return math.Sqrt(((v[0]-mean)*(v[0]-mean) + (v[1]-mean)*(v[1]-mean) + (v[2]-mean)*(v[2]-mean)) / 3)
	}
	class, plain, full, half := run(1, 0), run(4, 0), run(4, 1), run(4, 0.5)
	if math.Abs(sd(full)-sd(class)) > 1e-14 || math.Abs(sd(plain)-sd(class)) < 0.1 {
		t.Errorf("spread %v rescaled, %v of the class, %v guided", sd(full), sd(class), sd(plain))
	}
	for j := range half {
		if want := (full[j] + plain[j]) / 2; math.Abs(half[j]-want) > 1e-14 {
			t.Errorf("half of the rescale: %v, want %v", half[j], want)
		}
	}
}

// A guided row is the same alone and among others of other classes.
func TestAGuidedRowDoesNotDependOnItsBatch(t *testing.T) {
	m := twoClasses(t)
	x := &process.State{Rows: 3, Dim: 1, Data: []float64{-0.4, 0.9, 2}}
	at, labels := []float64{0.3, 0.8, 0.5}, []int32{0, 1, 0}
	g := denoise.Guidance{Weight: 3, Least: 0.6, Rescale: 0}
	all := process.NewState(3, 1)
	denoise.Guide(&gauss.Classes{Data: m, Sch: schedule.Cosine{}}, g, labels, nil).Denoise(all, x, at)
	for i := range 3 {
		one := process.NewState(1, 1)
		denoise.Guide(&gauss.Classes{Data: m, Sch: schedule.Cosine{}}, g, labels[i:i+1], nil).Denoise(one, x.Slice(i, i+1), at[i:i+1])
		if one.Data[0] != all.Data[i] {
			t.Errorf("row %d: %v alone, %v in a batch", i, one.Data[0], all.Data[i])
		}
	}
}

// Settings that mean nothing are refused.
func TestGuidanceChecks(t *testing.T) {
	for _, g := range []denoise.Guidance{{Weight: -1}, {Weight: math.NaN()}, {Weight: math.Inf(1)}, {Weight: 2, Least: -1},
		{Weight: 2, Least: 3, Most: 2}, {Weight: 2, Rescale: 1.5}, {Weight: 2, Rescale: -0.1}} {
		if g.Check() == nil {
			t.Errorf("%+v passes", g)
		}
	}
	if err := (denoise.Guidance{Weight: 3, Least: 0.2, Most: 5, Rescale: 0.7}).Check(); err != nil {
		t.Error(err)
	}
}
