package sample_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

// conditionOn is the exact mean and covariance of the other dimensions of a
// Gaussian given that dimension 0 is v.
func conditionOn(g *gauss.Gaussian, v float64) ([]float64, *mat.SymDense) {
	d := g.Dim() - 1
	cov, mean := g.Cov(), g.Mean()[1:]
	out := mat.NewSymDense(d, nil)
	for i := range d {
		mean[i] += cov.At(i+1, 0) / cov.At(0, 0) * (v - g.Mean()[0])
		for j := range d {
			out.SetSym(i, j, cov.At(i+1, j+1)-cov.At(i+1, 0)*cov.At(0, j+1)/cov.At(0, 0))
		}
	}
	return mean, out
}

// repaint draws dimensions 1 and 2 of the tilted Gaussian given dimension 0.
func repaint(t *testing.T, m sample.Sampler, rows, steps, jump, repeats int, v float64) *process.State {
	t.Helper()
	known, hidden := process.NewState(rows, 3), make([]bool, 3*rows)
	for i := range rows {
		known.Row(i)[0] = v
		hidden[3*i+1], hidden[3*i+2] = true, true
	}
	return draw(t, sample.Repaint{Sampler: m, Known: known, Hidden: hidden, Jump: jump, Repeats: repeats,
		Noise: rng.Rows{Stream: rng.New(8, rng.Test)}}, gauss.Denoiser{Data: tilted(), Sch: schedule.Cosine{}}, rows, 3, mustGrid(schedule.Uniform(steps)))
}

// rest is the mean and covariance of dimensions 1 and 2.
func rest(x *process.State) ([]float64, *mat.SymDense) {
	mean, cov := gauss.Moments(x)
	out := mat.NewSymDense(2, nil)
	for i := range 2 {
		for j := range 2 {
			out.SetSym(i, j, cov.At(i+1, j+1))
		}
	}
	return mean[1:], out
}

// The error of the hidden values' mean and covariance falls as the repeats
// grow, to the exact conditional of the Gaussian within standard errors.
func TestRepaintComesToTheConditionalAsRepeatsGrow(t *testing.T) {
	const v = 2.5
	wantMean, wantCov := conditionOn(tilted(), v)
	rows := 2500
	before := math.Inf(1)
	for _, repeats := range []int{1, 3, 10, 40} {
		x := repaint(t, sample.DDPM{Variance: sample.FixedLarge}, rows, 100, 10, repeats, v)
		mean, cov := rest(x)
		gap := 0.0
		for i := range 2 {
			gap = max(gap, math.Abs(mean[i]-wantMean[i]))
			for j := range 2 {
				gap = max(gap, math.Abs(cov.At(i, j)-wantCov.At(i, j)))
			}
		}
		t.Logf("%2d repeats: mean %.3f, want %.3f; covariance %.3f, want %.3f; largest error %.4f", repeats, mean, wantMean, cov.RawSymmetric().Data, wantCov.RawSymmetric().Data, gap)
		// 4 standard errors of a mean of unit scale.
		if noise := 4 / math.Sqrt(float64(rows)); gap > before && gap > noise {
			t.Errorf("%d repeats: an error of %v after %v with fewer", repeats, gap, before)
		}
		before = gap
	}
	if before > 0.05 {
		t.Errorf("an error of %v is left after 40 repeats", before)
	}
}

// What is known comes out as it went in, and one time down with nothing known
// is the sampler itself.
func TestRepaintKeepsTheKnownAndAddsNothingElse(t *testing.T) {
	x := repaint(t, sample.DDIM{}, 5, 20, 5, 3, -1.25)
	for i := range x.Rows {
		if x.Row(i)[0] != -1.25 {
			t.Errorf("row %d: the known value became %v", i, x.Row(i)[0])
		}
	}
	d, grid := gauss.Denoiser{Data: tilted(), Sch: schedule.Cosine{}}, mustGrid(schedule.Uniform(20))
	hidden := make([]bool, 15)
	for i := range hidden {
		hidden[i] = true
	}
	for name, m := range map[string]sample.Sampler{"ddpm": sample.DDPM{}, "dpmpp-2m": sample.DPMpp{}, "langevin": sample.Langevin{}} {
		want := draw(t, m, d, 5, 3, grid)
		got := draw(t, sample.Repaint{Sampler: m, Known: process.NewState(5, 3), Hidden: hidden, Repeats: 1,
			Noise: rng.Rows{Stream: rng.New(8, rng.Test)}}, d, 5, 3, grid)
		for i := range got.Data {
			if got.Data[i] != want.Data[i] {
				t.Fatalf("%s: value %d is %v, without repainting %v", name, i, got.Data[i], want.Data[i])
			}
		}
	}
}

// A repainted row is the same alone and in any batch.
func TestARepaintedRowDoesNotDependOnItsBatch(t *testing.T) {
	d := gauss.Denoiser{Data: tilted(), Sch: schedule.Cosine{}}
	run := func(ids ...uint64) *process.State {
		at := func(p rng.Purpose) rng.Rows { return rng.Rows{Stream: rng.New(5, p), IDs: ids} }
		x, known, hidden := process.NewState(len(ids), 3), process.NewState(len(ids), 3), make([]bool, 3*len(ids))
		for i, id := range ids {
			known.Row(i)[2] = float64(id)
			hidden[3*i], hidden[3*i+1] = true, true
		}
		process.Fill(x, at(rng.Prior), 0)
		m := sample.Repaint{Sampler: sample.DDPM{}, Known: known, Hidden: hidden, Jump: 3, Repeats: 2, Noise: at(rng.Test)}
		if err := sample.Run(context.Background(), m, d, x, mustGrid(schedule.Uniform(10)), at(rng.Sampler)); err != nil {
			t.Fatal(err)
		}
		return x
	}
	all := run(0, 1, 2)
	for i, id := range []uint64{0, 1, 2} {
		for j, v := range run(id).Data {
			if v != all.Row(i)[j] {
				t.Errorf("row %d: %v alone, %v in a batch", id, v, all.Row(i)[j])
			}
		}
	}
}

// What can't be repainted is said before the first step.
func TestRepaintChecks(t *testing.T) {
	noise := rng.Rows{Stream: rng.New(8, rng.Test)}
	nan := process.NewState(2, 3)
	nan.Data[4] = math.NaN()
	for want, m := range map[string]sample.Repaint{
		"at least 1":             {Known: process.NewState(2, 3), Hidden: make([]bool, 6), Jump: -1, Noise: noise},
		"noise stream":           {Known: process.NewState(2, 3), Hidden: make([]bool, 6)},
		"for a state (2, 3)":     {Known: process.NewState(1, 3), Hidden: make([]bool, 6), Noise: noise},
		"value 1 of row 1 is Na": {Known: nan, Hidden: make([]bool, 6), Noise: noise},
	} {
		m.Sampler = sample.DDIM{}
		err := sample.Run(context.Background(), m, gauss.Denoiser{Data: tilted(), Sch: schedule.Cosine{}}, process.NewState(2, 3), []float64{1, 0}, noise)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}
