package table

import (
	"math"
	"strings"
	"testing"
)

// compare is what a condition means of a row's text.
func meets(f *Field, text, op, value string) bool {
	if op == "=" && text == value {
		return true
	}
	u, ok := f.Float(text)
	v, _ := f.Float(value)
	switch {
	case !ok:
		return false
	case op == "=":
		return u == v
	}
	return holds(u, op, v)
}

// A row meets a condition exactly if its encoding is among what the condition asks for, and what
// is drawn within it decodes to a value that meets it: for numbers on a grid, with decimals, with
// values that many rows share, with missing ones, and for categories.
func TestWhereIsTheConditionInTheEncoding(t *testing.T) {
	for _, c := range []struct{ file, column, op, value string }{
		{"penguins.csv", "species", "=", "Gentoo"},
		{"penguins.csv", "sex", "=", "NA"},
		{"penguins.csv", "body_mass_g", ">=", "4500"},
		{"penguins.csv", "body_mass_g", "<", "4500"},
		{"penguins.csv", "bill_length_mm", ">", "45.1"},
		{"penguins.csv", "bill_length_mm", "<=", "45.1"},
		{"penguins.csv", "flipper_length_mm", "=", "195"},
		{"penguins.csv", "year", ">=", "2008"},
		{"adult.csv.gz", "age", ">=", "40"},
		{"adult.csv.gz", "age", "=", "40"},
		{"adult.csv.gz", "hours.per.week", "<", "40"},
		{"adult.csv.gz", "hours.per.week", "<=", "40"},
		{"adult.csv.gz", "capital.gain", ">", "0"},
		{"adult.csv.gz", "capital.gain", "=", "0"},
	} {
		tab := open(t, c.file)
		tr := fit(t, tab)
		j, err := tr.Schema.Lookup(c.column)
		if err != nil {
			t.Fatal(err)
		}
		where, err := tr.Where([]string{c.column + c.op + c.value})
		if err != nil {
			t.Fatalf("%s %s %s: %v", c.column, c.op, c.value, err)
		}
		w, place, field := where[0], tr.Places()[j], &tr.Schema.Columns[j]
		d, err := tr.Encode(tab, 3)
		if err != nil {
			t.Fatal(err)
		}
		n := min(tab.Rows(), 3000)
		num, cells := make([]float32, d.Numbers()), make([]int32, len(d.Cards()))
		wrong := 0
		for i := range n {
			d.Example(i, 0, num, nil, cells)
			in := place.Cell < 0 || w.States[cells[place.Cell]]
			if in && w.Number && (place.Cell < 0 || cells[place.Cell] == 0) {
				z := d.Number64(i, 0, place.Num)
				in = z >= w.Lo && z <= w.Hi
			}
			if want := meets(field, tab.Columns[j].At(i), c.op, c.value); in != want {
				wrong++
			}
		}
		// The hair's width at the ends of a range holds a row in 1e9; corners of the
		// distribution that were evened out may move a handful over a bound.
		if wrong > 0 {
			t.Errorf("%s %s %s: %d of %d rows are on the wrong side", c.column, c.op, c.value, wrong, n)
		}
		if !w.Number {
			continue
		}
		decoder, row := tr.NewDecoder(1), make([]string, len(tr.Parts))
		wide, none := make([]float64, d.Numbers()), make([]int32, len(d.Cards()))
		for k := range 101 {
			wide[place.Num] = w.Draw((float64(k) + 0.5) / 101)
			decoder.Row(row, wide, none, 0)
			if !meets(field, row[j], c.op, c.value) {
				t.Errorf("%s %s %s: drew %s", c.column, c.op, c.value, row[j])
			}
		}
	}
}

// Several conditions on a column join: values by or, bounds by and.
func TestWhereJoinsConditions(t *testing.T) {
	tr := fit(t, open(t, "penguins.csv"))
	one, err := tr.Where([]string{"species in Adelie, Gentoo"})
	if err != nil {
		t.Fatal(err)
	}
	two, err := tr.Where([]string{"species=Gentoo", "species==Adelie"})
	if err != nil {
		t.Fatal(err)
	}
	for k := range one[0].States {
		if one[0].States[k] != two[0].States[k] || one[0].States[k] == (tr.StateText(0, k) == "Chinstrap") {
			t.Errorf("state %s: %v by in, %v by two conditions", tr.StateText(0, k), one[0].States[k], two[0].States[k])
		}
	}
	span, err := tr.Where([]string{"body_mass_g>=4000", "body_mass_g<5000"})
	if err != nil {
		t.Fatal(err)
	}
	below, err := tr.Where([]string{"body_mass_g<5000"})
	if err != nil {
		t.Fatal(err)
	}
	if !(span[0].Lo > math.Inf(-1)) || math.Abs(span[0].Hi-below[0].Hi) > 1e-6 || !math.IsInf(below[0].Lo, -1) {
		t.Errorf("the span is [%v, %v], below 5000 [%v, %v]", span[0].Lo, span[0].Hi, below[0].Lo, below[0].Hi)
	}
}

// An error names what there is.
func TestWhereErrors(t *testing.T) {
	tr := fit(t, open(t, "penguins.csv"))
	for condition, want := range map[string]string{
		"specis=Gentoo":               `did you mean "species"`,
		"nothing=1":                   "the columns are",
		"species":                     "write a column",
		"species=Gento":               `did you mean "Gentoo"`,
		"species=whale":               `its values are`,
		"species>=Gentoo":             "for numbers and dates",
		"body_mass_g>=heavy":          "it holds integer from",
		"body_mass_g>=100000":         "no row that was learned",
		"body_mass_g=NaNa":            "no value of it",
		"body_mass_g!=4011":           "give a range",
		"bill_length_mm in 40.1,41.3": "give a range",
	} {
		if _, err := tr.Where([]string{condition}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want one that says %q", condition, err, want)
		}
	}
}
