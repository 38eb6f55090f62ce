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

// observedGaussian is a Gaussian, two noisy measurements of it, and its exact
// posterior given the value y of them: by the precision, not by C A'(..)^-1.
func observedGaussian(t *testing.T, sd float64, y []float64) (*gauss.Gaussian, [][]float64, *gauss.Gaussian) {
	t.Helper()
	mean := []float64{0.8, -1.2, 0.3}
	cov := mat.NewSymDense(3, []float64{1.5, 1.1, -0.3, 1.1, 1.0, 0.1, -0.3, 0.1, 0.6})
	g, err := gauss.New(mean, cov)
	if err != nil {
		t.Fatal(err)
	}
	a := [][]float64{{1, 0, 0}, {0, 0.5, -1}}
	var precision, post mat.Dense
	if err := precision.Inverse(cov); err != nil {
		t.Fatal(err)
	}
	h := mat.NewVecDense(3, nil)
	h.MulVec(&precision, mat.NewVecDense(3, mean))
	for m, row := range a {
		for i := range row {
			for j := range row {
				precision.Set(i, j, precision.At(i, j)+row[i]*row[j]/(sd*sd))
			}
			h.SetVec(i, h.AtVec(i)+row[i]*y[m]/(sd*sd))
		}
	}
	if err := post.Inverse(&precision); err != nil {
		t.Fatal(err)
	}
	var centre mat.VecDense
	centre.MulVec(&post, h)
	sym := mat.NewSymDense(3, nil)
	for i := range 3 {
		for j := range 3 {
			sym.SetSym(i, j, (post.At(i, j)+post.At(j, i))/2)
		}
	}
	p, err := gauss.New(centre.RawVector().Data, sym)
	if err != nil {
		t.Fatal(err)
	}
	return g, a, p
}

// repeated is rows of one observation.
func repeated(a [][]float64, y []float64, sd float64, rows int) process.Observation {
	o := process.Observation{A: a, Y: process.NewState(rows, len(y)), SD: sd}
	for i := range rows {
		copy(o.Y.Row(i), y)
	}
	return o
}

// For Gaussian data the moment-matching denoiser is the denoiser of the exact
// posterior, at every time.
func TestObservedGaussianIsItsPosterior(t *testing.T) {
	y, sd := []float64{2.1, -0.7}, 0.3
	g, a, posterior := observedGaussian(t, sd, y)
	sch := schedule.Cosine{}
	d := denoise.Observed{Inner: gauss.Denoiser{Data: g, Sch: sch}, Observation: repeated(a, y, sd, 2)}
	x, x0 := &process.State{Rows: 2, Dim: 3, Data: []float64{0.4, -0.2, 1.5, -2, 1, 0.1}}, process.NewState(2, 3)
	want := make([]float64, 3)
	for _, at := range []float64{0.02, 0.3, 0.7, 0.97} {
		d.Denoise(x0, x, []float64{at, at})
		for i := range 2 {
			alpha, sigma := sch.At(at)
			posterior.Denoise(want, x.Row(i), alpha, sigma)
			for j, v := range want {
				// sigma^2/alpha and its inverse lose a few digits.
				if math.Abs(x0.Row(i)[j]-v) > 1e-10 {
					t.Errorf("t = %v, row %d, dimension %d: %v, the posterior's is %v", at, i, j, x0.Row(i)[j], v)
				}
			}
		}
	}
}

// So ancestral sampling has the posterior's mean and covariance within standard
// errors; and a row does not depend on its batch.
func TestSamplingFromObservationsHasThePosteriorsMoments(t *testing.T) {
	y, sd := []float64{2.1, -0.7}, 0.3
	g, a, posterior := observedGaussian(t, sd, y)
	const rows, steps = 8000, 200
	times, err := schedule.Uniform(steps)
	if err != nil {
		t.Fatal(err)
	}
	times[0] = 0.999 // with some signal
	run := func(rows int) *process.State {
		x := process.NewState(rows, 3)
		process.Fill(x, rng.Rows{Stream: rng.New(3, rng.Prior)}, 0)
		d := denoise.Observed{Inner: gauss.Denoiser{Data: g, Sch: schedule.Cosine{}}, Observation: repeated(a, y, sd, rows)}
		if err := sample.Run(context.Background(), sample.DPMppSDE{}, d, x, times, rng.Rows{Stream: rng.New(3, rng.Sampler)}); err != nil {
			t.Fatal(err)
		}
		return x
	}
	x := run(rows)
	mean, cov := gauss.Moments(x)
	want, wantCov := posterior.Mean(), posterior.Cov()
	t.Logf("mean %.4f, want %.4f", mean, want)
	for i := range 3 {
		if se := math.Sqrt(wantCov.At(i, i) / rows); math.Abs(mean[i]-want[i]) > 4*se+0.005 {
			t.Errorf("mean of dimension %d: %v, want %v within 4 x %v", i, mean[i], want[i], se)
		}
		for j := range 3 {
			// 4 standard errors, and 2 % of the larger variance for 200 steps.
			scale := math.Sqrt(wantCov.At(i, i) * wantCov.At(j, j))
			if gap := math.Abs(cov.At(i, j) - wantCov.At(i, j)); gap > 4*scale*math.Sqrt(2.0/rows)+0.02*scale {
				t.Errorf("covariance (%d, %d): %v, want %v", i, j, cov.At(i, j), wantCov.At(i, j))
			}
		}
	}
	for i, v := range run(2).Data {
		if v != x.Data[i] {
			t.Errorf("value %d is %v in a batch of 2, %v in one of %d", i, v, x.Data[i], rows)
		}
	}
}

// DPS fits the observation and moves what hangs together with it to the side of
// the posterior, without being the posterior.
func TestDPSFitsTheObservation(t *testing.T) {
	y, sd := []float64{2.1, -0.7}, 0.05
	g, a, posterior := observedGaussian(t, sd, y)
	const rows = 500
	times, err := schedule.Uniform(400)
	if err != nil {
		t.Fatal(err)
	}
	d := gauss.Denoiser{Data: g, Sch: schedule.Cosine{}}
	misfit := func(m sample.Sampler) (float64, []float64) {
		x := process.NewState(rows, 3)
		process.Fill(x, rng.Rows{Stream: rng.New(3, rng.Prior)}, 0)
		if err := sample.Run(context.Background(), m, d, x, times, rng.Rows{Stream: rng.New(3, rng.Sampler)}); err != nil {
			t.Fatal(err)
		}
		o, r, sum := repeated(a, y, sd, rows), make([]float64, 2), 0.0
		for i := range rows {
			sum += o.Residual(r, i, x.Row(i)) / rows
		}
		mean, _ := gauss.Moments(x)
		return math.Sqrt(sum), mean
	}
	free, before := misfit(sample.DDPM{})
	fit, mean := misfit(sample.DPS{Sampler: sample.DDPM{}, Slope: d, Observation: repeated(a, y, sd, rows), Scale: 0.1})
	want := posterior.Mean()
	t.Logf("misfit %.3f, freely %.3f; mean %.3f, posterior %.3f, freely %.3f", fit, free, mean, want, before)
	if fit > 0.25*free {
		t.Errorf("a misfit of %v, without observation %v", fit, free)
	}
	for i := range 3 {
		if math.Abs(mean[i]-want[i]) > 0.25+math.Abs(before[i]-want[i])/2 {
			t.Errorf("mean of dimension %d: %v, the posterior's %v", i, mean[i], want[i])
		}
	}
}

// Observations of another size, or a noise that is none, are refused.
func TestObservationChecks(t *testing.T) {
	y := process.NewState(2, 1)
	for name, o := range map[string]process.Observation{
		"no measurement": {Y: y}, "rows": {A: [][]float64{{1, 0, 0}}, Y: process.NewState(3, 1)},
		"weights": {A: [][]float64{{1, 0}}, Y: y}, "deviation": {A: [][]float64{{1, 0, 0}}, Y: y, SD: -1},
	} {
		if o.Check(2, 3) == nil {
			t.Errorf("%s passes", name)
		}
	}
	flow, err := schedule.NewFlow(1)
	if err != nil {
		t.Fatal(err)
	}
	d := denoise.Observed{Inner: gauss.Denoiser{Sch: flow}}
	if d.Answers(1) == nil || d.Answers(0.9) != nil {
		t.Errorf("without signal %v, with some %v", d.Answers(1), d.Answers(0.9))
	}
}
