package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"testing"

	"ebb/engine/rng"
	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// staff is a table that obeys the rules of staffRules: dates, decimals, missing values, a cap.
func staff(rows int, seed uint64) *Table {
	t := New("id", "hired", "left", "net", "tax", "gross", "limit", "country", "city", "zip", "year", "number")
	s := rng.New(seed, rng.Test)
	day := Moment{Layout: "2006-01-02", Unit: "day"}
	places := [][3]string{{"FR", "Paris", "75001"}, {"FR", "Lyon", "69001"}, {"DE", "Berlin", "10115"}, {"DE", "Berlin", "10117"}, {"DE", "a|b\\c", "1"}, {"", "Nowhere", ""}}
	for i := range rows {
		u := func(k int) float64 { return s.Uniform(uint64(k), uint64(i)) }
		hired := 15000 + math.Floor(2000*u(0))
		left := ""
		if u(1) < 0.6 {
			left = day.Format(max(hired, min(hired+math.Floor(3000*u(2)*u(2)), 16500))) // a cap, for those hired before
		}
		net, tax := math.Floor(100000*u(3)), math.Floor(20000*u(4))
		netText, taxText := fmt.Sprintf("%.2f", net/100), fmt.Sprintf("%.1f", tax/10)
		gross := fmt.Sprintf("%.2f", (net+10*tax)/100)
		if u(5) < 0.1 {
			taxText = "NA"
		}
		if u(6) < 0.1 {
			gross = "NA"
		}
		limit := fmt.Sprintf("%.0f", math.Ceil((net+10*tax)/100)+math.Floor(50*u(9)))
		if taxText == "NA" && gross != "NA" {
			limit = fmt.Sprintf("%.0f", 4000+math.Floor(50*u(9)))
		}
		p := places[s.Intn(len(places), 7, uint64(i))]
		t.Append(strconv.Itoa(i), day.Format(hired), left, netText, taxText, gross, limit, p[0], p[1], p[2],
			strconv.Itoa(2000+i%20), strconv.Itoa(i/20))
	}
	return t
}

const staffRules = `
- less: [1990-01-01, hired, left]
- {name: pay, sum: {of: [net, tax], is: gross}}
- less: [0, gross, limit]
- less: [net, gross]
- together: [country, city]
- determines: {from: [zip], to: [city]}
- unique: [year, number]
`

func rulesOf(t testing.TB, text string) []Rule {
	t.Helper()
	var rules []Rule
	if err := yaml.UnmarshalWithOptions([]byte(text), &rules, yaml.Strict()); err != nil {
		t.Fatal(err)
	}
	return rules
}

// ruled fits a table under rules, and reads the transform back from YAML.
func ruled(t testing.TB, tab *Table, rules string) *Transform {
	t.Helper()
	s := Infer(tab)
	s.Rules = rulesOf(t, rules)
	tr, err := Fit(s, tab, Options{})
	if err != nil {
		t.Fatal(err)
	}
	saved, err := yaml.Marshal(tr)
	if err != nil {
		t.Fatal(err)
	}
	back, err := ParseTransform(saved)
	if err != nil {
		t.Fatalf("%v\n%s", err, saved)
	}
	return back
}

func TestRewritingTakesEveryRowBack(t *testing.T) {
	tab := staff(3000, 1)
	tr := ruled(t, tab, staffRules)
	learned, err := tr.Apply(tab)
	if err != nil {
		t.Fatal(err)
	}
	back, err := tr.Restore(learned)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff(rows(tab), rows(back)); d != "" {
		t.Error(d)
	}
}

// Many rows left on one day, at all distances from the day they were hired: that day is learned as
// itself, and comes back as often.
func TestCapsOfADistanceStandForThemselves(t *testing.T) {
	tab := staff(3000, 1)
	tr := ruled(t, tab, staffRules)
	for _, f := range tr.Ruled.Facts {
		if want := f.Column == "left"; want != slices.Contains(f.Keep, "2015-03-06") || len(f.Keep) > 1 {
			t.Errorf("of column %s these stand for themselves: %q", f.Column, f.Keep)
		}
	}
	learned, err := tr.Apply(tab)
	if err != nil {
		t.Fatal(err)
	}
	j, _ := learned.Lookup("left")
	caps, zeros := 0, 0
	for i := range learned.Rows() {
		switch learned.Columns[j].At(i) {
		case "=2015-03-06":
			caps++
		case "0":
			zeros++
		}
	}
	if caps < 300 || zeros < 30 {
		t.Errorf("%d rows at the cap, %d at distance 0", caps, zeros)
	}
}

// anyRows are rows that a network could draw: any numbers, any states.
func anyRows(tr *Transform, n int, seed uint64) Sample {
	s := Sample{Rows: n, Seed: seed}
	draw := rng.New(seed, rng.Test)
	z := make([]float64, tr.Numbers())
	for i := range n {
		draw.Normals(z, 0, uint64(i))
		for k, v := range z {
			s.Num = append(s.Num, v*float64(1+(i+k)%4)) // far out too
		}
		for k, card := range tr.Cards() {
			s.Cells = append(s.Cells, int32(draw.Intn(card, uint64(1+k), uint64(i))))
		}
	}
	return s
}

// obeys checks every rule but unique, which is no matter of single rows.
func obeys(t testing.TB, tr *Transform, tab *Table) {
	t.Helper()
	s := *tr.Schema
	s.Rules = slices.DeleteFunc(slices.Clone(s.Rules), func(r Rule) bool { return r.Unique != nil })
	p, err := newPlan(&s)
	if err != nil {
		t.Fatal(err)
	}
	at, err := s.Match(tab)
	if err != nil {
		t.Fatal(err)
	}
	if err := p.checkRows(tab, at); err != nil {
		t.Fatal(err)
	}
}

func TestWhateverIsDrawnObeysTheRules(t *testing.T) {
	tab := staff(2000, 2)
	tr := ruled(t, tab, staffRules)
	drawn := tr.Decode(anyRows(tr, 3000, 3))
	obeys(t, tr, drawn)
	for _, name := range []string{"left", "gross", "tax"} {
		j, _ := tr.Schema.Lookup(name)
		missing := 0
		for i := range drawn.Rows() {
			if tr.Schema.Columns[j].IsMissing(drawn.Columns[j].At(i)) {
				missing++
			}
		}
		if missing == 0 || missing == drawn.Rows() {
			t.Errorf("%s: %d of %d are missing", name, missing, drawn.Rows())
		}
	}
}
