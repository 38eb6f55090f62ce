package table

import (
	"fmt"
	"strings"
	"testing"
)

// texts makes a column of n texts by a function of the row.
func texts(n int, text func(i int) string) *Column {
	t := New("x")
	for i := range n {
		t.Append(text(i))
	}
	return t.Columns[0]
}

func cycle(n int, of ...string) *Column {
	return texts(n, func(i int) string { return of[i%len(of)] })
}

func TestInferKinds(t *testing.T) {
	long := func(i int) string { return fmt.Sprintf("%d", 1_000_000_007*(i%97)+i*i%1009) }
	for _, c := range []struct {
		name   string
		column *Column
		kind   Kind
		reason string // a part of it
	}{
		{"integers", texts(300, long), Integer, "whole numbers"},
		{"integers with a fraction of 0", cycle(60, "41.0", "21.0", "52.0"), Integer, "1 digit of fraction"},
		{"reals", cycle(60, "1.5", "2.25", "3"), Real, "up to 2 decimals"},
		{"numbers and a mark", cycle(60, "1.5", "2.25", "3", "NA"), Real, `15 values missing, marked ["NA"]`},
		{"several marks", cycle(60, "1.5", "2.25", "3", "NA", "", "-"), Real, "30 values missing"},
		{"numbers and a word", texts(300, func(i int) string {
			if i%3 == 0 {
				return "unknown amount"
			}
			return fmt.Sprint(i)
		}), Integer, `1 other text (such as "unknown amount")`},
		{"infinities are words", texts(300, func(i int) string {
			if i%100 == 0 {
				return "inf"
			}
			return fmt.Sprint(i % 50)
		}), Integer, `"inf"`},
		{"words", cycle(60, "red", "green", "blue"), Category, "3 distinct values"},
		{"none is a word among words", cycle(60, "red", "none", "blue"), Category, "3 distinct values"},
		{"leading zeros", cycle(60, "01234", "90210", "00501"), Category, "3 distinct values"},
		{"more than 2^53", cycle(60, "9007199254740993", "9007199254740992", "1"), Category, "3 distinct values"},
		{"yes and no", cycle(60, "Yes", "No"), Boolean, "Yes and No"},
		{"0 and 1", cycle(60, "0", "1", "1"), Boolean, "1 and 0"},
		{"true, false, missing", cycle(60, "True", "False", ""), Boolean, "20 values missing"},
		{"dates", texts(300, func(i int) string { return fmt.Sprintf("2021-%02d-%02d", 1+i%12, 1+i%28) }), Date, "2006-01-02"},
		{"month or day first", cycle(60, "01/02/2021", "03/04/2021"), Date, "the month first"},
		{"one date misspelled", texts(300, func(i int) string {
			if i == 7 {
				return "2021-02-31"
			}
			return fmt.Sprintf("2021-%02d-%02d", 1+i%12, 1+i%28)
		}), Date, `"2021-02-31"`},
		{"eight digits that are no dates", cycle(60, "20219999", "20210101", "30210101"), Integer, ""},
		{"row numbers", texts(60, func(i int) string { return fmt.Sprint(i) }), Name, "count from 0"},
		{"row numbers in another order", texts(61, func(i int) string { return fmt.Sprint(1 + i*7%61) }), Name, "count from 1"},
		{"numbered names", texts(60, func(i int) string { return fmt.Sprintf("ID-%04d", i+1) }), Name, "count from ID-1"},
		{"thirty consecutive years", texts(30, func(i int) string { return fmt.Sprint(1990 + i) }), Integer, ""},
		{"distinct texts", texts(60, func(i int) string { return fmt.Sprintf("%x-%d", i*7919, i*i) }), Name, "60 of 60 texts differ"},
		{"nearly distinct texts", texts(200, func(i int) string { return fmt.Sprintf("%x-%d", i%190*7919, i%190) }), Name, "190 of 200 texts differ"},
		{"texts in pairs", texts(200, func(i int) string { return fmt.Sprintf("%x-%d", i%100*7919, i%100) }), Category, "100 distinct values"},
		{"ten distinct texts are a category", texts(10, func(i int) string { return strings.Repeat("x", i+1) }), Category, ""},
		{"one value", cycle(60, "7"), Constant, `"7"`},
		{"one value or none", cycle(60, "seven", ""), Category, "30 values missing"},
		{"all missing", cycle(60, "NA"), AllMissing, "every value is missing"},
		{"one row", cycle(1, "7"), Constant, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newProfile(c.column).field()
			if f.Kind != c.kind || !strings.Contains(f.Reason, c.reason) {
				t.Errorf("%s (%s), want %s (… %s …)", f.Kind, f.Reason, c.kind, c.reason)
			}
			if err := f.check(); err != nil {
				t.Error(err)
			}
		})
	}
}

func TestGridIsFound(t *testing.T) {
	for _, c := range []struct {
		column *Column
		step   float64
	}{
		{texts(50, func(i int) string { return fmt.Sprint(2700 + 25*(i*7%40)) }), 25},
		{texts(50, func(i int) string { return fmt.Sprintf("%.2f", 0.05*float64(i*7%40)+0.01) }), 0.05},
		{texts(50, func(i int) string { return fmt.Sprintf("%d.0", i*7%40) }), 1},
		{texts(50, func(i int) string { return fmt.Sprint(i * 7 % 43) }), 0},
		{texts(9, func(i int) string { return fmt.Sprint(10 * i) }), 0}, // too few to tell
		{texts(50, func(i int) string { return fmt.Sprintf("2021-01-01 %02d:%02d:00", i%24, i%4*15) }), 900},
	} {
		p := newProfile(c.column)
		if f := p.field(); f.Step != c.step {
			t.Errorf("%q …: step %v, want %v (%s)", c.column.Texts()[:3], f.Step, c.step, f.Reason)
		}
	}
}

// The schemas of the four tables that everybody knows.
func TestInferOnRealTables(t *testing.T) {
	want := map[string]string{
		"adult.csv.gz":      "integer category integer category integer category category category category category integer integer integer category category",
		"magic.csv.gz":      "real real real real real real real real real real category",
		"california.csv.gz": "real real integer integer integer integer integer real integer category",
		"penguins.csv":      "category category real real integer integer category integer",
	}
	for file, kinds := range want {
		tab, err := Open("testdata/" + file)
		if err != nil {
			t.Fatal(err)
		}
		for j, f := range Infer(tab).Columns {
			if want := strings.Fields(kinds)[j]; string(f.Kind) != want {
				t.Errorf("%s, %s: %s (%s), want %s", file, f.Name, f.Kind, f.Reason, want)
			}
		}
	}
}
