package sample_test

import (
	"context"
	"math"
	"testing"

	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

// joint is data with a known joint distribution: categories with a probability
// for each combination, and one number, normal around a mean that the
// combination decides. Its denoiser is exact: Bayes over all combinations.
type joint struct {
	card []int
	prob []float64 // of each combination, the last column running fastest
	mean []float64
	sd   float64
	sch  schedule.Schedule
}

func jointModel() *joint {
	j := &joint{card: []int{2, 3, 2}, sd: 0.3, sch: schedule.Cosine{}}
	total := 0.0
	for c := range 12 {
		a, b, k := c/6, c/2%3, c%2
		// The columns hang together: a likes b = 2a, k likes a XOR (b = 1).
		p := 1.0
		if b == 2*a {
			p *= 6
		}
		if (k == 1) == ((a == 1) != (b == 1)) {
			p *= 9
		}
		j.prob = append(j.prob, p)
		j.mean = append(j.mean, float64(a)+0.5*float64(b)-1.5*float64(k))
		total += p
	}
	for c := range j.prob {
		j.prob[c] /= total
	}
	return j
}

func (j *joint) combination(c int) []int32 {
	return []int32{int32(c / 6), int32(c / 2 % 3), int32(c % 2)}
}

func (j *joint) Schedule() schedule.Schedule { return j.sch }

func (j *joint) Denoise(x0, xt *process.State, t []float64) {
	j.DenoiseCells(x0, make([]float64, 7*xt.Rows), xt, process.NewCells(xt.Rows, j.card), t)
}

func (j *joint) DenoiseCells(x0 *process.State, logits []float64, xt *process.State, cells *process.Cells, t []float64) {
	offsets := process.Offsets(j.card)
	for r := range xt.Rows {
		alpha, sigma := j.sch.At(t[r])
		v := alpha*alpha*j.sd*j.sd + sigma*sigma
		out := logits[7*r : 7*r+7]
		clear(out)
		total, mean := 0.0, 0.0
		for c, p := range j.prob {
			combination := j.combination(c)
			for col, seen := range cells.Row(r) {
				if seen != process.Mask && seen != combination[col] {
					p = 0
				}
			}
			gap := xt.Row(r)[0] - alpha*j.mean[c]
			p *= math.Exp(-gap * gap / (2 * v))
			total += p
			mean += p * (j.mean[c] + j.sd*j.sd*alpha/v*gap)
			for col, k := range combination {
				out[offsets[col]+int(k)] += p
			}
		}
		x0.Row(r)[0] = mean / total
		for k := range out {
			out[k] = math.Log(out[k] / total)
		}
	}
}

// run samples rows of the joint data; the result counts combinations and the
// mean and variance of the number within each.
func (j *joint) run(t *testing.T, rows, steps int) (share, mean, variance []float64) {
	t.Helper()
	c := process.NewCells(rows, j.card)
	m := sample.Mixed{Numeric: sample.DDPM{Variance: sample.FixedLarge}, Cells: c, Noise: rng.Rows{Stream: rng.New(4, rng.Cells)}}
	x := process.NewState(rows, 1)
	process.Fill(x, rng.Rows{Stream: rng.New(4, rng.Prior)}, 0)
	evaluations := 0
	err := sample.Run(context.Background(), m, j, x, mustGrid(schedule.Uniform(steps)), noises(4), func(p sample.Progress) { evaluations = p.Evaluations })
	if err != nil {
		t.Fatal(err)
	}
	if evaluations != steps {
		t.Errorf("%d evaluations in %d steps; numbers and cells share one", evaluations, steps)
	}
	share, mean, variance = make([]float64, 12), make([]float64, 12), make([]float64, 12)
	for i := range rows {
		r := c.Row(i)
		for col, v := range r {
			if v == process.Mask {
				t.Fatalf("row %d, column %d is still masked", i, col)
			}
		}
		k := int(6*r[0] + 2*r[1] + r[2])
		share[k] += 1 / float64(rows)
		mean[k] += x.Row(i)[0]
		variance[k] += x.Row(i)[0] * x.Row(i)[0]
	}
	for k := range share {
		n := share[k] * float64(rows)
		mean[k] /= n
		variance[k] = variance[k]/n - mean[k]*mean[k]
	}
	return share, mean, variance
}

func (j *joint) distance(share []float64) float64 {
	tv := 0.0
	for c, p := range j.prob {
		tv += math.Abs(share[c]-p) / 2
	}
	return tv
}

// A mixed sampler with the exact network recovers the joint distribution of the
// categories, and of the number given each combination, as the steps grow. In
// few steps cells revealed together are drawn independently, and it does not.
func TestMixedSamplingRecoversTheJointDistribution(t *testing.T) {
	j := jointModel()
	coarse, _, _ := j.run(t, 4000, 2)
	const rows, steps = 6000, 256
	share, mean, variance := j.run(t, rows, steps)
	t.Logf("total variation from the joint: %.3f in 2 steps, %.4f in %d", j.distance(coarse), j.distance(share), steps)
	if j.distance(coarse) < 0.05 {
		t.Errorf("two steps are only %v from the joint; the test sees no dependence", j.distance(coarse))
	}
	for c, p := range j.prob {
		// 4 standard errors, and 1/steps of dependence lost where two
		// cells are revealed in one step.
		if se := math.Sqrt(p * (1 - p) / rows); math.Abs(share[c]-p) > 4*se+1.0/steps {
			t.Errorf("combination %v: %v, want %v within 4 x %v", j.combination(c), share[c], p, se)
		}
		n := rows * p
		if se := j.sd / math.Sqrt(n); math.Abs(mean[c]-j.mean[c]) > 4*se+0.02 {
			t.Errorf("combination %v: mean %v, want %v within 4 x %v", j.combination(c), mean[c], j.mean[c], se)
		}
		// The number and the cells are told apart in steps too: 10 %.
		want := j.sd * j.sd
		if se := want * math.Sqrt(2/n); math.Abs(variance[c]-want) > 4*se+0.1*want {
			t.Errorf("combination %v: variance %v, want %v within 4 x %v", j.combination(c), variance[c], want, se)
		}
	}
}

// Cells given at the start stay, and the rest follows their conditional.
func TestGivenCellsStayAndConditionTheRest(t *testing.T) {
	j := jointModel()
	const rows, steps = 6000, 128
	c := process.NewCells(rows, j.card)
	for i := range rows {
		c.Row(i)[1] = 2
	}
	m := sample.Mixed{Numeric: sample.DDPM{Variance: sample.FixedLarge}, Cells: c, Keep: process.CosineKeep{}, Noise: rng.Rows{Stream: rng.New(4, rng.Cells)}}
	x := process.NewState(rows, 1)
	process.Fill(x, rng.Rows{Stream: rng.New(4, rng.Prior)}, 0)
	if err := sample.Run(context.Background(), m, j, x, mustGrid(schedule.Uniform(steps)), noises(4)); err != nil {
		t.Fatal(err)
	}
	share := make([]float64, 12)
	for i := range rows {
		r := c.Row(i)
		if r[1] != 2 {
			t.Fatalf("row %d: the given cell became %d", i, r[1])
		}
		share[6*r[0]+2*r[1]+r[2]] += 1.0 / rows
	}
	given := 0.0
	for k, p := range j.prob {
		if j.combination(k)[1] == 2 {
			given += p
		}
	}
	for k, p := range j.prob {
		if j.combination(k)[1] != 2 {
			continue
		}
		p /= given
		if se := math.Sqrt(p * (1 - p) / rows); math.Abs(share[k]-p) > 4*se+2.0/steps {
			t.Errorf("combination %v: %v, want %v within 4 x %v", j.combination(k), share[k], p, se)
		}
	}
}

// A row of numbers and categories is the same alone and in any batch.
func TestAMixedRowDoesNotDependOnItsBatch(t *testing.T) {
	j := jointModel()
	run := func(ids ...uint64) (*process.State, *process.Cells) {
		c := process.NewCells(len(ids), j.card)
		x := process.NewState(len(ids), 1)
		process.Fill(x, rng.Rows{Stream: rng.New(5, rng.Prior), IDs: ids}, 0)
		m := sample.Mixed{Numeric: sample.DDIM{Eta: 0.7}, Cells: c, Noise: rng.Rows{Stream: rng.New(5, rng.Cells), IDs: ids}}
		if err := sample.Run(context.Background(), m, j, x, mustGrid(schedule.Uniform(9)), rng.Rows{Stream: rng.New(5, rng.Sampler), IDs: ids}); err != nil {
			t.Fatal(err)
		}
		return x, c
	}
	xs, cs := run(5, 6, 7)
	for i, id := range []uint64{5, 6, 7} {
		x, c := run(id)
		if x.Data[0] != xs.Data[i] {
			t.Errorf("row %d: number %v alone, %v in a batch", id, x.Data[0], xs.Data[i])
		}
		for col, v := range c.Data {
			if v != cs.Row(i)[col] {
				t.Errorf("row %d: cells %v alone, %v in a batch", id, c.Data, cs.Row(i))
			}
		}
	}
}
