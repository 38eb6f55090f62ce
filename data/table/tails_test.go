package table

import (
	"math"
	"slices"
	"strconv"
	"testing"

	"ebb/engine/rng"
)

// tailed are columns with caps, spikes and heavy tails, by a uniform u and a normal z of the row.
var tailed = map[string]func(u, z float64) string{
	"clipped at both ends":        func(u, z float64) string { return strconv.FormatFloat(min(max(z, -1.5), 1.2), 'f', 2, 64) },
	"clipped, full precision":     func(u, z float64) string { return strconv.FormatFloat(min(max(z, -1.5), 1.2), 'g', -1, 64) },
	"cap of half a per cent":      func(u, z float64) string { return strconv.FormatFloat(min(1000*math.Exp(z), 13_000), 'f', 1, 64) },
	"cap of half a per cent, all": func(u, z float64) string { return strconv.FormatFloat(min(math.Exp(z), 13), 'g', -1, 64) },
	"cap on whole numbers":        func(u, z float64) string { return strconv.FormatFloat(math.Floor(min(300*u, 270)), 'f', 0, 64) },
	"zero-inflated": func(u, z float64) string {
		if u < 0.7 {
			return "0"
		}
		return strconv.FormatFloat(math.Exp(3*z), 'f', 2, 64)
	},
	"zero and a few": func(u, z float64) string { return strconv.FormatFloat(math.Floor(math.Exp(z-2)*3), 'f', 0, 64) },
	"log-normal":     func(u, z float64) string { return strconv.FormatFloat(math.Exp(2*z), 'g', 8, 64) },
	"Cauchy":         func(u, z float64) string { return strconv.FormatFloat(math.Tan(math.Pi*(u-0.5)), 'f', 3, 64) },
	"Cauchy of units": func(u, z float64) string {
		return strconv.FormatFloat(math.Round(10*math.Tan(math.Pi*(u-0.5))), 'f', 0, 64)
	},
	"nearly all of a cap": func(u, z float64) string { return strconv.FormatFloat(min(z, -2.3), 'f', 4, 64) },
	"widest range": func(u, z float64) string {
		return strconv.FormatFloat(math.Copysign(math.Pow(10, 616*u-308), z), 'g', 5, 64)
	},
}

// ideal draws rows of one column as a perfect model would: its states as often as they were, its number
// from N(0,1).
func ideal(t *testing.T, tr *Transform, tab *Table, n int) *Table {
	t.Helper()
	d, err := tr.Encode(tab, 1)
	if err != nil {
		t.Fatal(err)
	}
	s := Sample{Rows: n, Num: make([]float64, n*tr.Numbers()), Cells: make([]int32, n*len(tr.Cards()))}
	all := d.Rows(nil, 0)
	r := rng.New(8, rng.Test)
	r.Normals(s.Num, 0, 0)
	for i := range n {
		from := r.Intn(tab.Rows(), 1, uint64(i))
		copy(s.Cells[i*len(all.Card):(i+1)*len(all.Card)], all.Cells[from*len(all.Card):])
	}
	return tr.Decode(s)
}

// ends are the shares of a column's values at its least and greatest value.
func shares(values []float64, lo, hi float64) (least, most float64) {
	for _, v := range values {
		if v == lo {
			least++
		}
		if v == hi {
			most++
		}
	}
	return least / float64(len(values)), most / float64(len(values))
}

// checkTails holds a perfect model's draws against the column: the mass at the least and the greatest
// value, none beyond them, and the distribution as a whole.
func checkTails(t *testing.T, tab *Table, j int) {
	t.Helper()
	one := &Table{Columns: tab.Columns[j : j+1]}
	tr := fit(t, one)
	const n = 40_000
	back := ideal(t, tr, one, n)
	real, made := present(tr.Schema.Floats(one, 0)), present(tr.Schema.Floats(back, 0))
	lo, hi := slices.Min(real), slices.Max(real)
	if slices.Min(made) < lo || slices.Max(made) > hi {
		t.Errorf("%v … %v is beyond %v … %v", slices.Min(made), slices.Max(made), lo, hi)
	}
	// Four standard errors of the draw, and what the distribution's corners may be off (see rankTolerance).
	slack := func(p float64) float64 {
		return 4*math.Sqrt(p*(1-p)/n) + 2*rankTolerance(len(real))/float64(len(real))
	}
	a, b := shares(real, lo, hi)
	c, d := shares(made, lo, hi)
	if math.Abs(a-c) > slack(a) || math.Abs(b-d) > slack(b) {
		t.Errorf("%.2f %% at the least and %.2f %% at the greatest value, %.2f %% and %.2f %% in the data", 100*c, 100*d, 100*a, 100*b)
	}
	// Kolmogorov and Smirnov: 1.95 sqrt(1/n) is passed once in a thousand.
	if ks, most := distance(real, made), 1.95/math.Sqrt(n)+slack(0); ks > most {
		t.Errorf("the distributions are %.4f apart, more than %.4f", ks, most)
	}
}

func present(values []float64) []float64 {
	return slices.DeleteFunc(values, math.IsNaN)
}

// Values stuck at the extremes are the best-known fault of generators of tables: here what a perfect
// model draws has the mass at both ends that the data has.
func TestMassAtTheEndsIsKept(t *testing.T) {
	const rows = 10_000
	for name, text := range tailed {
		t.Run(name, func(t *testing.T) {
			tab := New("x")
			r := rng.New(2, rng.Test)
			u, z := make([]float64, rows), make([]float64, rows)
			r.Uniforms(u, 0, 0)
			r.Normals(z, 1, 0)
			for i := range rows {
				tab.Append(text(u[i], z[i]))
			}
			checkTails(t, tab, 0)
		})
	}
}

func TestMassAtTheEndsOfRealColumns(t *testing.T) {
	for file, columns := range map[string][]string{
		"california.csv.gz": {"median_house_value", "housing_median_age", "median_income", "total_rooms"},
		"adult.csv.gz":      {"age", "capital.gain", "capital.loss", "hours.per.week"},
	} {
		tab := open(t, file)
		for _, name := range columns {
			t.Run(name, func(t *testing.T) {
				j, err := tab.Lookup(name)
				if err != nil {
					t.Fatal(err)
				}
				checkTails(t, tab, j)
			})
		}
	}
}
