package table

import (
	"math"
	"slices"
	"testing"

	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// distanceToNormal is the Kolmogorov distance of the values from N(0,1).
func distanceToNormal(x []float64) float64 {
	x = slices.Clone(x)
	slices.Sort(x)
	d, n := 0.0, float64(len(x))
	for i, v := range x {
		p := elementary.NormCDF(v)
		d = max(d, math.Abs(p-float64(i)/n), math.Abs(p-float64(i+1)/n))
	}
	return d
}

// distance is the Kolmogorov distance of two samples.
func distance(a, b []float64) float64 {
	a, b = slices.Clone(a), slices.Clone(b)
	slices.Sort(a)
	slices.Sort(b)
	d, i, j := 0.0, 0, 0
	for i < len(a) && j < len(b) {
		x := min(a[i], b[j])
		for i < len(a) && a[i] <= x {
			i++
		}
		for j < len(b) && b[j] <= x {
			j++
		}
		d = max(d, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return d
}

// Every numeric column of the four tables: of exact N(0,1) noise, the transform makes the column's
// own distribution, up to the rank's tolerance; and what it makes of the column is N(0,1).
func TestNoiseDecodesToTheColumn(t *testing.T) {
	for _, file := range []string{"adult.csv.gz", "magic.csv.gz", "california.csv.gz", "penguins.csv"} {
		tab := open(t, file)
		tr := fit(t, tab)
		dec := tr.NewDecoder(0)
		data, _ := tr.Encode(tab, 1)
		enc := data.Rows(nil, 0)
		for j, place := range tr.Places() {
			if place.Num < 0 {
				continue
			}
			f, c := &tr.Schema.Columns[j], &dec.columns[j]
			var smooth, z []float64
			x := tr.Schema.Floats(tab, j)
			for i := range x {
				if enc.Weight[i*tr.Numbers()+place.Num] > 0 {
					smooth = append(smooth, x[i])
					z = append(z, float64(enc.Num[i*tr.Numbers()+place.Num]))
				}
			}
			// Evenly spaced ranks stand for the whole of N(0,1), so no sampling error is added but
			// their spacing.
			const m = 40_000
			made := make([]float64, m)
			for i := range made {
				made[i], _ = f.Float(c.number(elementary.NormQuantile((float64(i) + 0.5) / m)))
			}
			tol := tr.Parts[j].Rank.Tolerance/float64(len(smooth)) + 1.0/m
			if d := distance(made, smooth); d > tol+1e-9 {
				t.Errorf("%s, %s: N(0,1) decodes to a distribution %.5f from the data's, tolerance %.5f", file, f.Name, d, tol)
			}
			// The encoded numbers are a stratified sample: one in each interval of n/rows, where ties
			// are spread at random. Within a tie of k rows the distance is at most of the order
			// sqrt(k)/rows, below 1.95/sqrt(rows) in any case but one of a thousand.
			if d, most := distanceToNormal(z), 1.95/math.Sqrt(float64(len(z))); d > most {
				t.Errorf("%s, %s: the column encodes to a distribution %.5f from N(0,1), at most %.5f", file, f.Name, d, most)
			}
		}
	}
}

// A sample of as many rows as the table is as close to the table as a bootstrap sample is: the
// transform adds nothing that could be seen.
func TestSampleIsAsCloseAsABootstrap(t *testing.T) {
	tab := open(t, "magic.csv.gz")
	tr := fit(t, tab)
	n, D := tab.Rows(), tr.Numbers()
	draws := rng.New(11, rng.Test)
	s := encode64(t, tr, tab, 0)
	for j, place := range tr.Places() {
		if place.Num < 0 {
			continue
		}
		x := tr.Schema.Floats(tab, j)
		var ours, boot float64
		const repeats = 10
		for r := range uint64(repeats) {
			draws.Normals(s.Num, 2*r, uint64(j))
			y := make([]float64, n)
			for i := range y {
				y[i], _ = tr.Schema.Columns[j].Float(tr.NewDecoder(0).columns[j].number(s.Num[i*D+place.Num]))
			}
			ours += distance(y, x) / repeats
			b := make([]float64, n)
			for i := range b {
				b[i] = x[draws.Intn(n, 2*r+1, uint64(i*100+j))]
			}
			boot += distance(b, x) / repeats
		}
		// The mean of ten Kolmogorov distances (mean 0.87/sqrt(n), deviation 0.26/sqrt(n)) has the
		// deviation 0.08/sqrt(n), the difference of two 0.12/sqrt(n); four of these.
		if most := boot + 0.48/math.Sqrt(float64(n)); ours > most {
			t.Errorf("%s: distance %.4f, a bootstrap has %.4f", tr.Schema.Columns[j].Name, ours, boot)
		}
	}
}
