package train_test

import (
	"maps"
	"math"
	"slices"
	"strconv"
	"testing"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/model"
)

// Rows drawn under conditions follow the conditionals of the table that was learned: of a value, a set, a
// range, a number, and several of these together. They are held against many more rows of the same
// kind, of which those are taken that happen to be so.
func TestConditionsDrawTheTablesConditionals(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for hundreds of steps")
	}
	pool := parallel.New(0)
	defer pool.Close()
	m := learn(t, &model.Source{Table: silent(1500)}, 800, pool).(*model.TableModel)
	all := records(silent(60000))
	for _, c := range []struct {
		where []string
		holds func(r map[string]string) bool
	}{
		{[]string{"group=a"}, func(r map[string]string) bool { return r["group"] == "a" }},
		{[]string{"group in a,b", "age<40"}, func(r map[string]string) bool { return r["group"] != "c" && number(r["age"]) < 40 }},
		{[]string{"age>=65"}, func(r map[string]string) bool { return number(r["age"]) >= 65 }},
		{[]string{"income>30", "income<60"}, func(r map[string]string) bool { return number(r["income"]) > 30 && number(r["income"]) < 60 }},
		{[]string{"age<30", "income=NA"}, func(r map[string]string) bool { return number(r["age"]) < 30 && r["income"] == "NA" }},
		{[]string{"age>50", "income>35"}, func(r map[string]string) bool { return number(r["age"]) > 50 && number(r["income"]) > 35 }},
	} {
		const n = 1500
		rows, err := m.Draw(t.Context(), model.DrawOptions{N: n, Seed: 3, Where: c.where})
		if err != nil {
			t.Fatal(err)
		}
		given := records(rows)
		var kept []map[string]string
		for _, r := range all {
			if c.holds(r) {
				kept = append(kept, r)
			}
		}
		for _, r := range given {
			if !c.holds(r) {
				t.Fatalf("%q: drew %v", c.where, r)
			}
			if r["income"] != "NA" {
				r["known"] = "yes"
			}
		}
		for _, r := range kept {
			if r["income"] != "NA" {
				r["known"] = "yes"
			}
		}
		for _, column := range []string{"group", "known"} {
			a, b := shares(given, column), shares(kept, column)
			for _, k := range slices.Sorted(maps.Keys(b)) {
				// 4 standard errors of the drawn rows, and 0.1 for a training of seconds.
				if se := math.Sqrt(b[k] * (1 - b[k]) / n); math.Abs(a[k]-b[k]) > 4*se+0.1 {
					t.Errorf("%q: %s is %q in %.3f of the rows, in truth in %.3f", c.where, column, k, a[k], b[k])
				}
			}
		}
		for _, column := range []string{"age", "income"} {
			am, asd := moments(given, column)
			bm, bsd := moments(kept, column)
			if math.Abs(am-bm) > 0.4*bsd || math.Abs(asd-bsd) > 0.6*bsd {
				t.Errorf("%q: %s is %.2f ± %.2f, in truth %.2f ± %.2f", c.where, column, am, asd, bm, bsd)
			}
		}
		t.Logf("%q: groups %.3v, in truth %.3v", c.where, shares(given, "group"), shares(kept, "group"))
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
