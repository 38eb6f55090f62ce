package ebb_test

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"ebb"
	"ebb/data/table"
	"ebb/engine/rng"
	"ebb/model"
)

// orders is a table with something for every kind of rule.
func orders(rows int) string {
	var b strings.Builder
	b.WriteString("ordered,shipped,net,tax,gross,country,city,code,year,number\n")
	s := rng.New(1, rng.Test)
	places := [][3]string{{"France", "Paris", "P"}, {"France", "Lyon", "L"}, {"Germany", "Bonn", "B"}}
	for i := range rows {
		u := func(k int) float64 { return s.Uniform(uint64(k), uint64(i)) }
		day := time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC).AddDate(0, 0, int(700*u(0)))
		shipped := ""
		if u(1) < 0.7 {
			shipped = day.AddDate(0, 0, int(20*u(2))).Format("2006-01-02")
		}
		net, p := int(100000*u(3)), places[s.Intn(3, 4, uint64(i))]
		fmt.Fprintf(&b, "%s,%s,%d.%02d,%d.%02d,%d.%02d,%s,%s,%s,%d,%d\n", day.Format("2006-01-02"), shipped,
			net/100, net%100, net/5/100, net/5%100, (net+net/5)/100, (net+net/5)%100, p[0], p[1], p[2], 2000+i%10, i/10)
	}
	return b.String()
}

// cents is a text with two decimals.
func cents(t *testing.T, text string) int {
	t.Helper()
	v, err := strconv.ParseFloat(text, 64)
	if err != nil {
		t.Fatal(err)
	}
	return int(math.Round(100 * v))
}

// A model barely trained knows little, and its rows obey all rules all the same.
func TestRowsOfATrainedModelObeyEveryRule(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "orders.csv")
	if err := os.WriteFile(path, []byte(orders(200)), 0o600); err != nil {
		t.Fatal(err)
	}
	rules, err := table.ParseRules([]byte(`
- less: [ordered, shipped]
- sum: {of: [net, tax], is: gross}
- together: [country, city]
- determines: {from: [code], to: [city]}
- unique: [year, number]
`))
	if err != nil {
		t.Fatal(err)
	}
	ctx := context.Background()
	m, err := ebb.Train(ctx, ebb.File(path), filepath.Join(dir, "run"), ebb.Options{Steps: 20, Rules: rules, Threads: 2})
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	drawn, err := m.Seed(5).Sample(ctx, 200) // every key there is
	if err != nil {
		t.Fatal(err)
	}
	keys, shipped := map[string]bool{}, 0
	for i := range drawn.Rows() {
		row := drawn.Row(nil, i)
		if row[1] != "" {
			shipped++
			if row[1] < row[0] {
				t.Errorf("row %d: shipped before it was ordered: %q", i, row)
			}
		}
		if cents(t, row[2])+cents(t, row[3]) != cents(t, row[4]) {
			t.Errorf("row %d does not add up: %q", i, row)
		}
		if place := strings.Join(row[5:8], " "); place != "France Paris P" && place != "France Lyon L" && place != "Germany Bonn B" {
			t.Errorf("row %d: %q", i, row)
		}
		if key := row[8] + " " + row[9]; keys[key] {
			t.Errorf("row %d repeats the key %s", i, key)
		} else {
			keys[key] = true
		}
	}
	if shipped == 0 || shipped == drawn.Rows() {
		t.Errorf("%d of %d are shipped", shipped, drawn.Rows())
	}
	if _, err := m.Seed(5).Sample(ctx, 201); err == nil || !strings.Contains(err.Error(), "rule (unique: [year, number]): 201 rows are asked for, but there are only 200") {
		t.Errorf("%v", err)
	}
	scores, err := m.Score(ctx, ebb.File(path), model.ScoreOptions{Draws: 2})
	if err != nil || len(scores) != 200 {
		t.Errorf("%d scores, %v", len(scores), err)
	}
}
