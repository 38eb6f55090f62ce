package sample_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
)

func refused(t *testing.T, what string, err error, want ...string) {
	t.Helper()
	for _, w := range want {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("%s: got %v, want an error with %q", what, err, w)
		}
	}
}

func mustPoints(t *testing.T, at, alpha, sigma []float64) *schedule.Points {
	t.Helper()
	p, err := schedule.NewPoints(at, alpha, sigma)
	if err != nil {
		t.Fatal(err)
	}
	return p
}

// A grid through times at which a step would divide by zero is refused before
// the first step, by every sampler.
func TestGridsThatDivideByZeroAreRefused(t *testing.T) {
	quiet := mustPoints(t, []float64{0.5, 1}, []float64{1, 0.1}, []float64{0, 1}) // no noise up to t = 0.5
	dark := mustPoints(t, []float64{0.5}, []float64{0}, []float64{1})             // no signal from t = 0.5 on
	for name, m := range samplers() {
		for _, c := range []struct {
			sch  schedule.Schedule
			grid []float64
			want []string
		}{
			{quiet, []float64{1, 0.25, 0}, []string{"time 1 of the grid is 0.25", "sigma = 0"}},
			{dark, []float64{1, 0.75, 0}, []string{"times 1 and 0.75", "alpha = 0"}},
			{cosine, []float64{1.5, 0}, []string{"outside [0, 1]"}},
			{cosine, []float64{math.NaN(), 0}, []string{"outside [0, 1]"}},
			{cosine, []float64{0.5, 0.6, 0}, []string{"must fall"}},
			{cosine, []float64{1}, []string{"at least 2"}},
		} {
			d := exact()
			d.Sch = c.sch
			refused(t, name, sample.Run(context.Background(), m, d, process.NewState(1, 3), c.grid, noises(1)), c.want...)
		}
	}
}

// A network that predicts noise is refused where there is nothing else, before
// it is called; from a little later on it is not.
func TestNoiseSaysNothingWithoutSignal(t *testing.T) {
	for _, sch := range []schedule.Schedule{schedule.Flow{}, mustTable(schedule.CosineTable(50)).ZeroTerminal()} {
		for predict, fails := range map[denoise.Prediction]bool{
			denoise.Epsilon: true, denoise.Sample: false, denoise.Velocity: false, denoise.Flow: false, denoise.EDM{SD: 1}: false,
		} {
			d := &denoise.Model{Sch: sch, Predict: predict}
			if err := d.Answers(1); (err != nil) != fails {
				t.Errorf("%v at t = 1 of %T: %v", predict, sch, err)
			}
			if err := d.Answers(0.9); err != nil {
				t.Errorf("%v at t = 0.9 of %T: %v", predict, sch, err)
			}
		}
		d := &denoise.Model{Sch: sch, Predict: denoise.Epsilon} // no network: it must not be called
		err := sample.Run(context.Background(), sample.DDIM{}, d, process.NewState(1, 3), []float64{1, 0.5, 0}, noises(1))
		refused(t, "epsilon from t = 1", err, "predicts epsilon", "t = 1", "v_prediction")
	}
}

// The schedules that need not preserve variance bring back the data too: after
// the exact denoiser's steps from schedule.Start the moments are the data's.
func TestEveryKindOfScheduleBringsTheDataBack(t *testing.T) {
	g := tilted()
	for name, sch := range map[string]schedule.Schedule{
		"ve": schedule.VE{}, "edm": schedule.EDM{}, "flow": schedule.Flow{Shift: 2},
		"zero terminal": mustTable(schedule.CosineTable(1000)).ZeroTerminal(),
	} {
		const rows = 4000
		d := exact()
		d.Sch = sch
		x := process.NewState(rows, 3)
		process.Fill(x, noises(7), 1<<20)
		for i := range x.Data {
			x.Data[i] *= schedule.Start(sch, 1)
		}
		err := sample.Run(context.Background(), sample.DDPM{Variance: sample.Learned}, d, x, mustGrid(schedule.Uniform(400)), noises(7))
		if err != nil {
			t.Fatal(err)
		}
		t.Logf("%s: furthest off %.1f standard errors", name, checkMoments(t, name, x, g.Mean(), g.Cov()))
	}
}
