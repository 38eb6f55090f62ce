package denoise_test

import (
	"context"
	"math"
	"testing"

	"ebb/diffusion/denoise"
	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

var (
	_ sample.Denoiser      = (*denoise.Model)(nil)
	_ sample.Variance      = denoise.Ranged{}
	_ sample.Variance      = denoise.FixedVariance{}
	_ sample.MixedDenoiser = (*denoise.TableModel)(nil)
)

// A network that says the right thing, in any parameterisation, is the exact
// denoiser, to float32's precision at its door. Near t = 1 noise hardly tells
// of data: an error of 1e-7 in it becomes sigma/alpha times as large.
func TestATrainedNetworkIsTheExactDenoiser(t *testing.T) {
	for _, p := range []denoise.Prediction{denoise.Epsilon, denoise.Sample, denoise.Velocity} {
		o := newOracle(p, false)
		x := process.NewState(5, 8)
		process.Fill(x, testNoise(1), 0)
		times := []float64{1, 0.8, 0.5, 0.1, 0.001}
		got, want := process.NewState(5, 8), process.NewState(5, 8)
		o.model().Denoise(got, x, times)
		gauss.Denoiser{Data: o.gaussian(), Sch: o.table}.Denoise(want, x, times)
		for r, at := range times {
			alpha, sigma := o.table.At(at)
			tol := 1e-6
			if p == denoise.Epsilon {
				tol *= max(1, sigma/alpha)
			}
			for i, v := range got.Row(r) {
				if !near(v, want.Row(r)[i], tol) {
					t.Errorf("%v at t = %v: %v, exact %v", p, at, v, want.Row(r)[i])
				}
			}
		}
	}
}

// Batches and threads do not change a bit.
func TestChunksAndThreadsDoNotMatter(t *testing.T) {
	x := process.NewState(7, 8)
	process.Fill(x, testNoise(1), 0)
	times := []float64{1, 0.8, 0.5, 0.1, 0.001, 0.25, 0.7}
	to := []float64{0.9, 0.5, 0.4, 0.05, 0, 0.125, 0.6}
	run := func(batch int, pool *parallel.Pool) (x0, v *process.State) {
		m := newOracle(denoise.Epsilon, true).model()
		m.Batch, m.Pool = batch, pool
		x0, v = process.NewState(7, 8), process.NewState(7, 8)
		denoise.Ranged{Model: m}.DenoiseVariance(x0, v, x, times, to)
		return x0, v
	}
	pool := parallel.New(3)
	defer pool.Close()
	wantX, wantV := run(0, nil)
	for _, batch := range []int{1, 3, 7, 100} {
		gotX, gotV := run(batch, pool)
		for i := range wantX.Data {
			if gotX.Data[i] != wantX.Data[i] || gotV.Data[i] != wantV.Data[i] {
				t.Fatalf("batches of %d: number %d differs", batch, i)
			}
		}
	}
}

// The learned variance of a network that says the right fraction is the true
// variance of the reverse step, channel by channel.
func TestRangedVarianceIsTheTrueOne(t *testing.T) {
	o := newOracle(denoise.Epsilon, true)
	x := process.NewState(3, 8)
	process.Fill(x, testNoise(1), 0)
	times, to := []float64{0.9, 0.4, 0.001}, []float64{0.899, 0.399, 0}
	x0, v := process.NewState(3, 8), process.NewState(3, 8)
	denoise.Ranged{Model: o.model()}.DenoiseVariance(x0, v, x, times, to)
	for r := range times {
		for i := range 8 {
			// float32 rounds the fraction; the range spans a few nats at most.
			if want := o.variance(times[r], to[r], i); !near(v.Row(r)[i]/want, 1, 1e-6) {
				t.Errorf("t = %v, number %d: variance %v, want %v", times[r], i, v.Row(r)[i], want)
			}
		}
	}
}

// From network to samples: ancestral sampling with the learned variance recovers
// the data's means and variances within standard errors, all 1000 steps.
func TestSamplingWithALearnedVarianceRecoversTheData(t *testing.T) {
	o := newOracle(denoise.Velocity, true)
	const rows = 400
	x := process.NewState(rows, 8)
	process.Fill(x, rng.Rows{Stream: rng.New(2, rng.Prior)}, 0)
	noise := rng.Rows{Stream: rng.New(2, rng.Sampler)}
	err := sample.Run(context.Background(), sample.DDPM{Variance: sample.Learned}, denoise.Ranged{Model: o.model()}, x, schedule.AllSteps(o.table), noise)
	if err != nil {
		t.Fatal(err)
	}
	mean, cov := gauss.Moments(x)
	for i := range mean {
		if se := o.sd[i] / math.Sqrt(rows); math.Abs(mean[i]-o.mean[i]) > 4*se {
			t.Errorf("number %d: mean %v, want %v within 4 x %v", i, mean[i], o.mean[i], se)
		}
		want := o.sd[i] * o.sd[i]
		if se := want * math.Sqrt(2.0/rows); math.Abs(cov.At(i, i)-want) > 4*se {
			t.Errorf("number %d: variance %v, want %v within 4 x %v", i, cov.At(i, i), want, se)
		}
	}
}
