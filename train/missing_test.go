package train_test

import (
	"fmt"
	"math"
	"testing"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/model"
)

// silent is a table whose incomes are missing for reasons: the more often the older a person is, and
// most in group a, whose incomes are also the highest.
func silent(rows int) *table.Table {
	t := table.New("group", "age", "income")
	s := rng.New(5, rng.Test)
	for i := range rows {
		u, z := make([]float64, 4), make([]float64, 1)
		s.Uniforms(u, 0, uint64(i))
		s.Normals(z, 1, uint64(i))
		group, age := int(3*u[0]), 20+60*u[1]
		income := fmt.Sprintf("%.1f", 10+20*float64(2-group)+age/10+2*z[0])
		if missing := []float64{0.5, 0.1, 0.1}[group] + 0.4*(age-20)/60; u[2] < missing {
			income = "NA"
		}
		t.Append(string(rune('a'+group)), fmt.Sprintf("%.2f", age), income)
	}
	return t
}

// Missing marks are a state of their column: in new rows they come back as often as they were, and
// in the same rows. Filling then draws what a value would be, by the row's other columns.
func TestMissingMarksComeBackWhereTheyWere(t *testing.T) {
	if testing.Short() {
		t.Skip("trains for hundreds of steps")
	}
	pool := parallel.New(0)
	defer pool.Close()
	in := silent(1500)
	m := learn(t, &model.Source{Table: in}, 400, pool).(*model.TableModel)
	rows, err := m.Draw(t.Context(), model.DrawOptions{N: 4000, Seed: 1, Steps: 20})
	if err != nil {
		t.Fatal(err)
	}
	real, drawn := records(in), records(rows)
	missing := func(rows []map[string]string, group string) (share, age float64) {
		all, n, sum := 0.0, 0.0, 0.0
		for _, r := range rows {
			if r["group"] == group {
				all++
				if r["income"] == "NA" {
					n++
					sum += number(r["age"])
				}
			}
		}
		return n / all, sum / n
	}
	for _, g := range []string{"a", "b", "c"} {
		p, age := missing(real, g)
		q, drawnAge := missing(drawn, g)
		// 4 standard errors of 500 and 1333 rows.
		if se := math.Sqrt(p * (1 - p) * (1./500 + 1./1333)); math.Abs(p-q) > 4*se {
			t.Errorf("group %s: income is missing in %.3f of the rows, of the drawn ones in %.3f", g, p, q)
		}
		if se := 17 * math.Sqrt(1/(500*p)+1/(1333*q)); math.Abs(age-drawnAge) > 4*se+2 {
			t.Errorf("group %s: those without income are %.1f years old, of the drawn ones %.1f", g, age, drawnAge)
		}
	}
	f, err := m.Fill(t.Context(), in, model.FillOptions{Point: true, Draws: 8, Steps: 20})
	if err != nil {
		t.Fatal(err)
	}
	square, n := 0.0, 0.0
	for i, r := range records(f.Tables[0]) {
		if real[i]["income"] != "NA" {
			continue
		}
		want := 10 + 20*float64('c'-r["group"][0]) + number(r["age"])/10
		square += math.Pow(number(r["income"])-want, 2)
		n++
	}
	// Means of 8 draws of a deviation of 2, after a training of seconds. The mean of all incomes is 16 off.
	if rmse := math.Sqrt(square / n); !(rmse < 3.5) {
		t.Errorf("filled incomes are %.2f off what the others' say", rmse)
	} else {
		t.Logf("%v incomes filled, %.2f off their expectation", n, rmse)
	}
}
