package sample_test

import (
	"context"
	"math"
	"strings"
	"testing"

	"ebb/diffusion/gauss"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// candidates runs Particles for some rows, and returns one particle of each.
func candidates(t *testing.T, d sample.Denoiser, m sample.Particles, first uint64, rows, dim, steps int, card []int) (*process.State, *process.Cells) {
	t.Helper()
	at := func(p rng.Purpose) rng.Rows {
		return rng.Rows{Stream: rng.New(6, p), First: first * uint64(m.Each)}
	}
	if m.Cells == nil {
		m.Cells = process.NewCells(rows*m.Each, card)
	}
	m.CellNoise, m.Noise = at(rng.Cells), at(rng.Known)
	x := process.NewState(rows*m.Each, dim)
	process.Fill(x, at(rng.Prior), 0)
	if err := sample.Run(context.Background(), m, d, x, mustGrid(schedule.Uniform(steps)), at(rng.Sampler)); err != nil {
		t.Fatal(err)
	}
	out, cells := process.NewState(rows, dim), process.NewCells(rows, card)
	for i := range rows {
		copy(out.Row(i), x.Row(i*m.Each))
		copy(cells.Row(i), m.Cells.Row(i*m.Each))
	}
	return out, cells
}

// given is the exact conditional of the combinations, and of the number's mean
// within each, by a weight of every combination.
func (j *joint) given(weight func(c int) float64) []float64 {
	out, total := make([]float64, len(j.prob)), 0.0
	for c, p := range j.prob {
		out[c] = p * weight(c)
		total += out[c]
	}
	for c := range out {
		out[c] /= total
	}
	return out
}

// Given its number exactly, or in a range, or a set of categories, or all of
// these, rows follow Bayes' rule: the exact conditional of the joint data.
func TestParticlesDrawFromTheConditional(t *testing.T) {
	j := jointModel()
	const rows, steps, each = 1200, 64, 32
	inRange := func(lo, hi float64) func(c int) float64 {
		return func(c int) float64 {
			return elementary.NormCDF((hi-j.mean[c])/j.sd) - elementary.NormCDF((lo-j.mean[c])/j.sd)
		}
	}
	exactly := func(v float64) *process.State {
		x := process.NewState(rows, 1)
		for i := range x.Data {
			x.Data[i] = v
		}
		return x
	}
	set := sample.Wanted{Cell: 1, States: []bool{true, false, true}, Number: -1}
	for _, c := range []struct {
		name   string
		m      sample.Particles
		weight func(c int) float64
	}{
		{"number known", sample.Particles{Known: exactly(0.5), Hidden: make([]bool, rows)},
			func(c int) float64 { return math.Exp(-(0.5 - j.mean[c]) * (0.5 - j.mean[c]) / (2 * j.sd * j.sd)) }},
		{"number in a range", sample.Particles{Wanted: []sample.Wanted{{Cell: -1, Number: 0, Lo: 0.2, Hi: 0.8}}}, inRange(0.2, 0.8)},
		{"number above a bound few reach", sample.Particles{Wanted: []sample.Wanted{{Cell: -1, Number: 0, Lo: 1.3, Hi: math.Inf(1)}}}, inRange(1.3, 99)},
		{"two of three categories", sample.Particles{Wanted: []sample.Wanted{set}},
			func(c int) float64 {
				if j.combination(c)[1] == 1 {
					return 0
				}
				return 1
			}},
		{"range and categories", sample.Particles{Wanted: []sample.Wanted{set, {Cell: -1, Number: 0, Lo: -0.5, Hi: 0.4}}},
			func(c int) float64 {
				if j.combination(c)[1] == 1 {
					return 0
				}
				return inRange(-0.5, 0.4)(c)
			}},
	} {
		c.m.Each, c.m.Variance = each, sample.FixedLarge
		x, cells := candidates(t, j, c.m, 0, rows, 1, steps, j.card)
		share := make([]float64, 12)
		for i := range rows {
			r := cells.Row(i)
			share[6*r[0]+2*r[1]+r[2]] += 1.0 / rows
			for _, w := range c.m.Wanted {
				if w.Number >= 0 && (x.Row(i)[0] < w.Lo || x.Row(i)[0] > w.Hi) {
					t.Fatalf("%s: row %d has %v, outside [%v, %v]", c.name, i, x.Row(i)[0], w.Lo, w.Hi)
				}
				if w.Cell >= 0 && !w.States[r[w.Cell]] {
					t.Fatalf("%s: row %d has category %d", c.name, i, r[w.Cell])
				}
			}
			if c.m.Known != nil && x.Row(i)[0] != 0.5 {
				t.Fatalf("%s: row %d: the known number became %v", c.name, i, x.Row(i)[0])
			}
		}
		want, tv := j.given(c.weight), 0.0
		for k, p := range want {
			tv += math.Abs(share[k]-p) / 2
			// 4 standard errors, and 0.02 for 64 steps and 32 particles.
			if se := math.Sqrt(p * (1 - p) / rows); math.Abs(share[k]-p) > 4*se+0.02 {
				t.Errorf("%s: combination %v: %v, want %v within 4 x %v", c.name, j.combination(k), share[k], p, se)
			}
		}
		t.Logf("%s: total variation %.4f", c.name, tv)
	}
}

// numbersOnly is an exact denoiser as one of rows without cells.
type numbersOnly struct{ gauss.Denoiser }

func (d numbersOnly) DenoiseCells(x0 *process.State, _ []float64, xt *process.State, _ *process.Cells, t []float64) {
	d.Denoise(x0, xt, t)
}

// Given one number of a Gaussian, the others have the exact conditional mean
// and covariance; and the more particles, the closer.
func TestParticlesOfAGaussianHaveItsConditionalMoments(t *testing.T) {
	g := tilted()
	const rows, steps, v = 2000, 100, 2.5
	wantMean, wantCov := conditionOn(g, v)
	worst := func(each int) float64 {
		known, hidden := process.NewState(rows, 3), make([]bool, 3*rows)
		for i := range rows {
			known.Row(i)[0] = v
			hidden[3*i+1], hidden[3*i+2] = true, true
		}
		x, _ := candidates(t, numbersOnly{gauss.Denoiser{Data: g, Sch: schedule.Cosine{}}},
			sample.Particles{Each: each, Known: known, Hidden: hidden, Variance: sample.FixedLarge}, 0, rows, 3, steps, nil)
		mean, cov := rest(x)
		gap := 0.0
		for i := range 2 {
			gap = max(gap, math.Abs(mean[i]-wantMean[i]))
			for k := range 2 {
				gap = max(gap, math.Abs(cov.At(i, k)-wantCov.At(i, k)))
			}
		}
		t.Logf("%d particles: mean %.3f, want %.3f; covariance %.3f, want %.3f", each, mean, wantMean, cov.RawSymmetric().Data, wantCov.RawSymmetric().Data)
		return gap
	}
	// 4 standard errors of a mean of unit scale, and 0.03 for 100 steps.
	one, many := worst(1), worst(64)
	if many > 4/math.Sqrt(rows)+0.03 || many > one {
		t.Errorf("an error of %v with 64 particles, of %v with one", many, one)
	}
}

// A row is the same alone and among others, and its particles end as one.
func TestARowOfParticlesDoesNotDependOnItsBatch(t *testing.T) {
	j := jointModel()
	m := sample.Particles{Each: 8, Wanted: []sample.Wanted{{Cell: -1, Number: 0, Lo: 0.2, Hi: 0.8}, {Cell: 0, States: []bool{false, true}, Number: -1}}}
	xs, cs := candidates(t, j, m, 3, 4, 1, 12, j.card)
	for i := range 4 {
		x, c := candidates(t, j, m, 3+uint64(i), 1, 1, 12, j.card)
		if x.Data[0] != xs.Data[i] {
			t.Errorf("row %d: %v alone, %v among others", i, x.Data[0], xs.Data[i])
		}
		for k, v := range c.Data {
			if v != cs.Row(i)[k] {
				t.Errorf("row %d: cells %v alone, %v among others", i, c.Data, cs.Row(i))
			}
		}
	}
}

// What can't be wanted is said before the first step.
func TestParticlesCheck(t *testing.T) {
	j := jointModel()
	noise := rng.Rows{Stream: rng.New(8, rng.Test)}
	taken := process.NewCells(4, j.card)
	taken.Data[0] = 1
	for want, m := range map[string]sample.Particles{
		"do not divide":          {Each: 3},
		"fixed-small":            {Each: 2, Variance: sample.Learned},
		"allows no state":        {Each: 2, Wanted: []sample.Wanted{{Cell: 0, States: []bool{false, false}, Number: -1}}},
		"number 0 in [2, 1]":     {Each: 2, Wanted: []sample.Wanted{{Cell: -1, Number: 0, Lo: 2, Hi: 1}}},
		"marks 1 states of 2":    {Each: 2, Wanted: []sample.Wanted{{Cell: 0, States: []bool{true}, Number: -1}}},
		"state in cell 0 that i": {Each: 2, Cells: taken, Wanted: []sample.Wanted{{Cell: 0, States: []bool{true, false}, Number: -1}}},
		"known numbers (1, 1)":   {Each: 2, Known: process.NewState(1, 1), Hidden: []bool{false}},
	} {
		m.Noise, m.CellNoise = noise, noise
		if m.Cells == nil {
			m.Cells = process.NewCells(4, j.card)
		}
		err := sample.Run(context.Background(), m, j, process.NewState(4, 1), []float64{1, 0}, noise)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one that says %q", err, want)
		}
	}
}
