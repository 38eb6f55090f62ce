package model

import (
	"fmt"
	"math"
	"testing"

	"ebb/data/table"
	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// jointly is data with a known joint distribution: a number of rank u, evenly spread over (0,1), and
// categories a and b whose probabilities depend on u and on each other.
func jointly(u float64, a, b int) float64 {
	pa := []float64{1, 3 * u, 2 * (1 - u) * (1 - u)}
	pb := func(a, b int) float64 { return 0.2 + float64((a+b)%4) + 2*u*float64(b%2) }
	return pa[a] / (pa[0] + pa[1] + pa[2]) * pb(a, b) / (pb(a, 0) + pb(a, 1) + pb(a, 2) + pb(a, 3))
}

// foreseen is the exact network of these data: the logits of a and b given whatever is known.
func foreseen(k *known) ([]float64, error) {
	out := make([]float64, 7*len(k.ids))
	for i := range k.ids {
		var us []float64
		if k.given.Is[i] {
			us = []float64{elementary.NormCDF(k.given.X.Data[i])}
		}
		for n := 0; us == nil || n < 400 && !k.given.Is[i]; n++ {
			us = append(us, (float64(n)+0.5)/400)
		}
		for _, u := range us {
			for a := range 3 {
				for b := range 4 {
					row := k.cells.Row(i)
					if row[0] != process.Mask && int(row[0]) != a || row[1] != process.Mask && int(row[1]) != b {
						continue
					}
					p := jointly(u, a, b)
					out[7*i+a] += p
					out[7*i+3+b] += p
				}
			}
		}
	}
	for i, p := range out {
		out[i] = math.Log(p)
	}
	return out, nil
}

// joint is a transform of a number and two categories in equal parts.
func joint(t *testing.T) *table.Transform {
	t.Helper()
	rows := table.New("y", "a", "b")
	for i := range 3000 {
		rows.Append(fmt.Sprintf("%.4f", float64(i*7%3000)/3000), string(rune('p'+i%3)), string(rune('w'+i/3%4)))
	}
	transform, err := table.Fit(table.Infer(rows), rows, table.Options{})
	if err != nil {
		t.Fatal(err)
	}
	if transform.Numbers() != 1 || len(transform.Cards()) != 2 {
		t.Fatalf("%d numbers, cells of %v", transform.Numbers(), transform.Cards())
	}
	return transform
}

// Ways have the shares of Bayes' rule, exactly: of a range and two sets, of sets alone, whatever
// depends on what; and rows take them by their shares.
func TestWaysHaveTheSharesOfBayesRule(t *testing.T) {
	transform := joint(t)
	for name, conditions := range map[string][]string{
		"range and sets":     {"y>=0.3", "y<0.85", "a in q,r", "b in w,z"},
		"range and category": {"y<0.2", "b=x"},
		"sets":               {"a in p,r", "b!=y"},
	} {
		where, err := transform.Where(conditions)
		if err != nil {
			t.Fatal(err)
		}
		c := newChances(transform, 1, foreseen)
		exact, _ := foreseen(&known{ids: []uint64{0}, cells: process.NewCells(1, transform.Cards()), given: denoise.NewGiven(1, 1)})
		c.logs = make([]float64, 7)
		copy(c.logs, exact)
		for i := range c.logs {
			c.logs[i] -= math.Log(400)
		}
		lo, hi := 0.0, 1.0
		will := [2][]bool{{true, true, true}, {true, true, true, true}}
		for i, w := range where {
			if place := transform.Places()[w.Column]; w.Number {
				lo, hi = elementary.NormCDF(w.Lo), elementary.NormCDF(w.Hi)
				c.begin(&where[i], place)
			} else {
				will[place.Cell] = w.States
				if err := c.cell(place.Cell, w.States); err != nil {
					t.Fatal(err)
				}
			}
		}
		// The exact shares: by integration over the range.
		want, total := [12]float64{}, 0.0
		for n := range 4000 {
			u := lo + (hi-lo)*(float64(n)+0.5)/4000
			for a := range 3 {
				for b := range 4 {
					if will[0][a] && will[1][b] {
						p := jointly(u, a, b) * (hi - lo) / 4000
						want[4*a+b] += p
						total += p
					}
				}
			}
		}
		if got := c.total(); math.Abs(got-total) > 1e-4*total {
			t.Errorf("%s: all ways have %v, want %v", name, got, total)
		}
		c.seal()
		const n = 20000
		ids := identities(0, n, 0)
		k := &known{ids: ids, cells: process.NewCells(n, transform.Cards()), given: denoise.NewGiven(n, 1)}
		noise := rng.Rows{Stream: rng.New(2, rng.Test), IDs: ids}
		got, u := [12]float64{}, make([]float64, 2)
		for i := range n {
			noise.Uniforms(u, 0, i)
			c.take(k, i, u[0], u[1])
			a, b := k.cells.Row(i)[0], k.cells.Row(i)[1]
			if k.given.Is[i] {
				if r := elementary.NormCDF(k.given.X.Data[i]); r < lo || r > hi {
					t.Fatalf("%s: row %d has rank %v, outside [%v, %v]", name, i, r, lo, hi)
				}
			}
			if b < 0 {
				t.Fatalf("%s: row %d has no b", name, i)
			}
			if a < 0 { // not asked for, and so left to the sampler
				a = 0
			}
			got[4*a+b] += 1.0 / n
		}
		for ab, p := range want {
			p /= total
			if name == "range and category" {
				continue // of b alone, of which one will do
			}
			if se := math.Sqrt(p * (1 - p) / n); math.Abs(got[ab]-p) > 4*se+1e-4 {
				t.Errorf("%s: a %d, b %d in %v of the rows, want %v within 4 x %v", name, ab/4, ab%4, got[ab], p, se)
			}
		}
	}
}

// Where there are more ways than can be kept, they are thinned without bias: shares stay.
func TestThinnedWaysKeepTheirShares(t *testing.T) {
	transform := joint(t)
	c := newChances(transform, 3, foreseen)
	where, err := transform.Where([]string{"y<0.9"})
	if err != nil {
		t.Fatal(err)
	}
	c.begin(&where[0], transform.Places()[where[0].Column])
	if err := c.cell(0, []bool{true, true, true}); err != nil {
		t.Fatal(err)
	}
	shares := func() (of [3]float64) {
		for k, s := range c.share {
			of[c.cells.Row(k)[0]] += s / c.total()
		}
		return of
	}
	before, sum := shares(), c.total()
	c.thin(100)
	after := shares()
	if len(c.share) != 100 || math.Abs(c.total()-sum) > 1e-9 {
		t.Fatalf("%d ways of %v in all, want 100 of %v", len(c.share), c.total(), sum)
	}
	for a := range before {
		// Systematic resampling of ways in order: each share is off by no more than a few ways.
		if math.Abs(before[a]-after[a]) > 0.05 {
			t.Errorf("category %d has %v, had %v", a, after[a], before[a])
		}
	}
}
