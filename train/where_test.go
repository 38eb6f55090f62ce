package train_test

import (
	"maps"
	"math"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/model"
)

// Rows drawn under conditions are those that the same model draws freely and that happen to be so:
// equal shares of species, island and sex, equal means of what is measured.
func TestConditionsDrawTheModelsOwnConditional(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for hundreds of steps")
	}
	pool := parallel.New(0)
	defer pool.Close()
	src, err := model.OpenSource(filepath.Join(demoData, "penguins.csv"))
	if err != nil {
		t.Fatal(err)
	}
	m := learn(t, src, 3200, pool).(*model.TableModel)
	draw := func(n int, where ...string) *table.Table {
		rows, err := m.Draw(t.Context(), model.DrawOptions{N: n, Seed: uint64(7 + len(where)), Steps: 50, Where: where})
		if err != nil {
			t.Fatal(err)
		}
		return rows
	}
	free := draw(16000)
	for _, c := range []struct {
		where []string
		holds func(r map[string]string) bool
	}{
		{[]string{"island=Dream"}, func(r map[string]string) bool { return r["island"] == "Dream" }},
		{[]string{"species in Adelie,Gentoo", "bill_length_mm<42"}, func(r map[string]string) bool {
			return r["species"] != "Chinstrap" && number(r["bill_length_mm"]) < 42
		}},
		{[]string{"body_mass_g>=4500", "sex=female"}, func(r map[string]string) bool {
			return number(r["body_mass_g"]) >= 4500 && r["sex"] == "female"
		}},
		{[]string{"flipper_length_mm=195"}, func(r map[string]string) bool { return r["flipper_length_mm"] == "195" }},
	} {
		const n = 700
		given := records(draw(n, c.where...))
		var kept []map[string]string
		for _, r := range records(free) {
			if c.holds(r) {
				kept = append(kept, r)
			}
		}
		for _, r := range given {
			if !c.holds(r) {
				t.Fatalf("%q: drew %v", c.where, r)
			}
		}
		for _, column := range []string{"species", "island", "sex"} {
			a, b := shares(given, column), shares(kept, column)
			for _, k := range slices.Sorted(maps.Keys(b)) {
				// 4 standard errors of the difference, and 0.03 for 50 steps.
				se := math.Sqrt(b[k] * (1 - b[k]) * (1/float64(n) + 1/float64(len(kept))))
				if math.Abs(a[k]-b[k]) > 4*se+0.03 {
					t.Errorf("%q: %s is %s in %.3f of the rows, of the free ones in %.3f of %d", c.where, column, k, a[k], b[k], len(kept))
				}
			}
		}
		for _, column := range []string{"bill_length_mm", "body_mass_g", "flipper_length_mm"} {
			am, asd := moments(given, column)
			bm, bsd := moments(kept, column)
			if se := bsd * math.Sqrt(1/float64(n)+1/float64(len(kept))); math.Abs(am-bm) > 4*se+0.1*bsd {
				t.Errorf("%q: mean of %s %.2f, of the free rows %.2f within 4 x %.2f", c.where, column, am, bm, se)
			}
			if math.Abs(asd-bsd) > 0.15*bsd {
				t.Errorf("%q: deviation of %s %.2f, of the free rows %.2f", c.where, column, asd, bsd)
			}
		}
		t.Logf("%q: %d free rows, species %.3v, free %.3v", c.where, len(kept), shares(given, "species"), shares(kept, "species"))
	}
}

func number(text string) float64 {
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		return math.NaN()
	}
	return v
}

func records(t *table.Table) []map[string]string {
	var out []map[string]string
	for i := range t.Rows() {
		r := map[string]string{}
		for _, c := range t.Columns {
			r[c.Name] = c.At(i)
		}
		out = append(out, r)
	}
	return out
}

func shares(rows []map[string]string, column string) map[string]float64 {
	out := map[string]float64{}
	for _, r := range rows {
		out[r[column]] += 1 / float64(len(rows))
	}
	return out
}

func moments(rows []map[string]string, column string) (mean, sd float64) {
	n, sum, squares := 0.0, 0.0, 0.0
	for _, r := range rows {
		if v := number(r[column]); v == v {
			n++
			sum += v
			squares += v * v
		}
	}
	mean = sum / n
	return mean, math.Sqrt(max(squares/n-mean*mean, 0))
}
