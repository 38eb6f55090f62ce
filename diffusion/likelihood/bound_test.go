package likelihood_test

import (
	"context"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"ebb/diffusion/gauss"
	"ebb/diffusion/likelihood"
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/parallel"

	"gonum.org/v1/gonum/mat"
)

// numbersOnly is an exact denoiser of rows without cells.
type numbersOnly struct{ gauss.Denoiser }

func (n numbersOnly) DenoiseCells(x0 *process.State, _ []float64, xt *process.State, _ *process.Cells, t []float64) {
	n.Denoise(x0, xt, t)
}

// joint is a small table of categories with known probabilities, (2,3,2) row-major.
type joint struct {
	card []int
	p    []float64
}

func newJoint() joint {
	return joint{[]int{2, 3, 2}, []float64{0.2, 0.02, 0.05, 0.13, 0.01, 0.09, 0.04, 0.16, 0.12, 0.03, 0.1, 0.05}}
}

func (j joint) Schedule() schedule.Schedule { return schedule.Cosine{} }

func (j joint) at(code int) []int32 {
	return []int32{int32(code / 6), int32(code / 2 % 3), int32(code % 2)}
}

// of is the probability of cells, those masked summed out.
func (j joint) of(cells []int32) float64 {
	sum := 0.0
	for code, p := range j.p {
		fits := true
		for k, v := range j.at(code) {
			fits = fits && (cells[k] == process.Mask || cells[k] == v)
		}
		if fits {
			sum += p
		}
	}
	return sum
}

// base is the log-probability of each category by itself.
func (j joint) base() []float64 {
	var out []float64
	for k, card := range j.card {
		for v := range card {
			cells := []int32{process.Mask, process.Mask, process.Mask}
			cells[k] = int32(v)
			out = append(out, math.Log(j.of(cells)))
		}
	}
	return out
}

func (j joint) DenoiseCells(_ *process.State, logits []float64, _ *process.State, cells *process.Cells, _ []float64) {
	width := 7
	for i := range cells.Rows {
		at := 0
		for k, card := range j.card {
			for v := range card {
				given := append([]int32(nil), cells.Row(i)...)
				given[k] = int32(v)
				logits[i*width+at] = math.Log(j.of(given)) + 3 // up to a constant
				at++
			}
		}
	}
}

// classes are numbers of a Gaussian for each class, beside the class in a cell:
// a mixture's components and their labels.
type classes struct {
	sch    schedule.Schedule
	weight []float64
	parts  []*gauss.Gaussian
	mix    *gauss.Mixture
}

func (c classes) Schedule() schedule.Schedule { return c.sch }

func (c classes) DenoiseCells(x0 *process.State, logits []float64, xt *process.State, cells *process.Cells, t []float64) {
	for i := range xt.Rows {
		alpha, sigma := c.sch.At(t[i])
		if k := cells.Row(i)[0]; k != process.Mask {
			c.parts[k].Denoise(x0.Row(i), xt.Row(i), alpha, sigma)
		} else {
			c.mix.Denoise(x0.Row(i), xt.Row(i), alpha, sigma)
		}
		for k, r := range c.mix.Responsibilities(xt.Row(i), alpha, sigma) {
			logits[i*len(c.parts)+k] = math.Log(r)
		}
	}
}

func bound(t *testing.T, b likelihood.Bound, d likelihood.MixedDenoiser, data likelihood.Data, seed uint64) []likelihood.Gain {
	t.Helper()
	g, err := b.Evaluate(context.Background(), d, data, noiseOf(seed))
	if err != nil {
		t.Fatal(err)
	}
	return g
}

// honest checks that gains scatter around exact values as their standard errors
// say, over seeds: the mean of all errors, in standard errors, is 0 and their
// mean square about 1.
func honest(t *testing.T, name string, seeds int, exact []float64, gains func(seed uint64) []likelihood.Gain) {
	t.Helper()
	n := 0.0
	square, worst := 0.0, 0.0
	for i := range exact {
		mean, variance := 0.0, 0.0
		for s := range seeds {
			g := gains(uint64(s))[i]
			mean += (g.Total - exact[i]) / float64(seeds)
			variance += g.StandardError * g.StandardError / float64(seeds*seeds)
		}
		z := mean / math.Sqrt(variance)
		worst = max(worst, math.Abs(z))
		for s := range seeds {
			g := gains(uint64(s))[i]
			z := (g.Total - exact[i]) / g.StandardError
			square += z * z
			n++
		}
	}
	t.Logf("%s: mean over %d seeds at most %.1f standard errors off; mean square %.2f", name, seeds, worst, square/n)
	if worst > 4.5 {
		t.Errorf("%s: the mean over seeds is %v standard errors from the exact value", name, worst)
	}
	// Standard errors are themselves estimates, from some tens of pairs.
	if square/n < 0.5 || square/n > 1.7 {
		t.Errorf("%s: the mean square error is %v in units of its standard error squared", name, square/n)
	}
}

// Of Gaussian numbers with the exact denoiser the bound in continuous time is
// the exact log-density at every point, under every kind of schedule.
func TestBoundOfNumbersIsTheirDensity(t *testing.T) {
	g := dependent(4)
	x := g.points(8)
	data := likelihood.Data{Rows: x.Rows, Numbers: 4, Row: func(i, _ int, z, known []float64, _ []int32) {
		copy(z, x.Row(i))
		for j := range known {
			known[j] = 1
		}
	}}
	for name, sch := range schedules() {
		var exact []float64
		for i := range x.Rows {
			exact = append(exact, g.LogDensity(x.Row(i), 1, 0)-likelihood.LogNormal(x.Row(i)))
		}
		d := numbersOnly{gauss.Denoiser{Data: g.Gaussian, Sch: sch}}
		honest(t, name, 40, exact, func(seed uint64) []likelihood.Gain {
			return bound(t, likelihood.Bound{Draws: 128}, d, data, seed)
		})
	}
}

// Of categories with exact conditionals the bound is exact too; a cell that is
// not known is summed out.
func TestBoundOfCategoriesIsTheirProbability(t *testing.T) {
	j := newJoint()
	var rows [][]int32
	for code := range j.p {
		rows = append(rows, j.at(code))
	}
	rows = append(rows, []int32{1, process.Mask, 0}, []int32{process.Mask, 2, process.Mask}, []int32{process.Mask, process.Mask, process.Mask})
	base := j.base()
	offsets := process.Offsets(j.card)
	var exact []float64
	for _, r := range rows {
		l := math.Log(j.of(r))
		for k, v := range r {
			if v != process.Mask {
				l -= base[offsets[k]+int(v)]
			}
		}
		exact = append(exact, l)
	}
	data := likelihood.Data{Rows: len(rows), Card: j.card, Base: base, Row: func(i, _ int, _, _ []float64, cells []int32) { copy(cells, rows[i]) }}
	one := bound(t, likelihood.Bound{}, j, data, 1)
	// A single known cell, or none, has no dependence to estimate.
	for i := len(rows) - 2; i < len(rows); i++ {
		if math.Abs(one[i].Total) > 1e-12 {
			t.Errorf("row %d of at most one known cell gains %v", i, one[i].Total)
		}
	}
	for _, keep := range []process.Keep{nil, process.CosineKeep{}} {
		honest(t, "categories", 60, exact[:len(rows)-2], func(seed uint64) []likelihood.Gain {
			return bound(t, likelihood.Bound{Draws: 64, Keep: keep}, j, data, seed)
		})
	}
}

// Of numbers and a category that hang together - the components of a mixture and
// their label - the bound is the joint likelihood.
func TestBoundOfBothIsTheJointLikelihood(t *testing.T) {
	mustGauss := func(mean []float64, cov ...float64) *gauss.Gaussian {
		g, err := gauss.New(mean, mat.NewSymDense(len(mean), cov))
		if err != nil {
			t.Fatal(err)
		}
		return g
	}
	c := classes{sch: schedule.Cosine{}, weight: []float64{0.3, 0.7},
		parts: []*gauss.Gaussian{mustGauss([]float64{1, -0.5}, 0.5, 0.2, 0.2, 0.4), mustGauss([]float64{-0.5, 0.3}, 0.6, -0.3, -0.3, 1)}}
	var err error
	if c.mix, err = gauss.Mix(c.weight, c.parts); err != nil {
		t.Fatal(err)
	}
	x := process.NewState(8, 2)
	c.mix.Draw(x, noiseOf(6), 0)
	data := likelihood.Data{Rows: x.Rows, Numbers: 2, Card: []int{2}, Base: []float64{math.Log(0.3), math.Log(0.7)},
		Row: func(i, _ int, z, known []float64, cells []int32) {
			copy(z, x.Row(i))
			known[0], known[1] = 1, 1
			cells[0] = int32(i % 2)
		}}
	var exact []float64
	for i := range x.Rows {
		exact = append(exact, c.parts[i%2].LogDensity(x.Row(i), 1, 0)-likelihood.LogNormal(x.Row(i)))
	}
	honest(t, "both", 40, exact, func(seed uint64) []likelihood.Gain {
		return bound(t, likelihood.Bound{Draws: 128}, c, data, seed)
	})
	// Each column's share adds up to the whole.
	for i, g := range bound(t, likelihood.Bound{}, c, data, 1) {
		if sum := g.Numbers[0] + g.Numbers[1] + g.Cells[0]; math.Abs(sum-g.Total) > 1e-9 {
			t.Errorf("row %d: columns add up to %v of %v", i, sum, g.Total)
		}
	}
}

// A denoiser that is not exact bounds the likelihood from below: here that of
// data elsewhere, with which the bound is the density of that data.
func TestAWrongDenoiserBoundsFromBelow(t *testing.T) {
	g := dependent(3)
	const rows, seeds = 100, 80
	x := process.NewState(rows, 3)
	g.Draw(x, noiseOf(7), 0)
	wrong := append([]float64(nil), g.mean...)
	for i := range wrong {
		wrong[i] += 0.3
	}
	other, err := gauss.New(wrong, g.Cov())
	if err != nil {
		t.Fatal(err)
	}
	data := likelihood.Data{Rows: rows, Numbers: 3, Row: func(i, _ int, z, known []float64, _ []int32) {
		copy(z, x.Row(i))
		known[0], known[1], known[2] = 1, 1, 1
	}}
	exact, of, mean, square := 0.0, 0.0, 0.0, 0.0
	for i := range rows {
		exact += (g.LogDensity(x.Row(i), 1, 0) - likelihood.LogNormal(x.Row(i))) / rows
		of += (other.LogDensity(x.Row(i), 1, 0) - likelihood.LogNormal(x.Row(i))) / rows
	}
	for s := range seeds {
		got := 0.0
		for _, gain := range bound(t, likelihood.Bound{}, numbersOnly{gauss.Denoiser{Data: other, Sch: schedule.Cosine{}}}, data, uint64(s)) {
			got += gain.Total / rows
		}
		mean += got / seeds
		square += got * got / seeds
	}
	se := math.Sqrt((square - mean*mean) / (seeds - 1))
	t.Logf("mean bound %.3f +- %.3f, exact %.3f, of the denoiser's own data %.3f", mean, se, exact, of)
	if mean > exact-4*se || math.Abs(mean-of) > 4*se {
		t.Errorf("the mean bound %v +- %v, the exact value %v, that of the denoiser's own data %v", mean, se, exact, of)
	}
}

// Equal rows have equal values, wherever they stand; batches and threads change
// nothing.
func TestABoundIsOfTheRowAlone(t *testing.T) {
	j := newJoint()
	data := likelihood.Data{Rows: 50, Card: j.card, Base: j.base(), Row: func(i, _ int, _, _ []float64, cells []int32) { copy(cells, j.at(i%12)) }}
	all := bound(t, likelihood.Bound{}, j, data, 1)
	for i := 12; i < 50; i++ {
		if !reflect.DeepEqual(all[i], all[i%12]) {
			t.Fatalf("row %d is %+v, and its like %+v", i, all[i], all[i%12])
		}
	}
	pool := parallel.New(3)
	defer pool.Close()
	if got := bound(t, likelihood.Bound{Batch: 7, Pool: pool}, j, data, 1); !reflect.DeepEqual(got, all) {
		t.Error("other batches and threads give other values")
	}
}

// stray answers NaN for one row.
type stray struct{ numbersOnly }

func (s stray) DenoiseCells(x0 *process.State, logits []float64, xt *process.State, cells *process.Cells, t []float64) {
	s.numbersOnly.DenoiseCells(x0, logits, xt, cells, t)
	x0.Row(1)[0] = math.NaN()
}

func TestBadBoundsAreRefused(t *testing.T) {
	g := dependent(1)
	d := numbersOnly{gauss.Denoiser{Data: g.Gaussian, Sch: schedule.Cosine{}}}
	data := likelihood.Data{Rows: 2, Numbers: 1, Row: func(_, _ int, _, known []float64, _ []int32) { known[0] = 1 }}
	for _, c := range []struct {
		bound likelihood.Bound
		d     likelihood.MixedDenoiser
		want  string
	}{
		{likelihood.Bound{Draws: 3}, d, "must be even"},
		{likelihood.Bound{Draws: -2}, d, "-2 draws"},
		{likelihood.Bound{Last: -7}, d, "must be larger"},
		{likelihood.Bound{}, stray{d}, "row 2: the network's answer"},
	} {
		if _, err := c.bound.Evaluate(context.Background(), c.d, data, noiseOf(1)); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%+v: %v", c.bound, err)
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := (likelihood.Bound{}).Evaluate(ctx, d, data, noiseOf(1)); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
}
