package table

import (
	"fmt"
	"math"
	"testing"

	"pgregory.net/rapid"
)

// columnOf builds a column of these texts.
func columnOf(texts ...string) *Column {
	t := New("x")
	for _, text := range texts {
		t.Append(text)
	}
	return t.Columns[0]
}

// A column's numbers come back as they were spelled: Format(Parse(text)) is the text, and a number
// between them is spelled the same way.
func TestNumberFormatsAreFoundAndComeBack(t *testing.T) {
	for _, c := range []struct {
		name  string
		texts []string
		want  Number
		v     float64 // a new value
		text  string  // and how it must be spelled
	}{
		{"integers", []string{"1", "20", "-3", "0"}, Number{}, 7.4, "7"},
		{"trailing zeros dropped", []string{"102.26", "25", "0.5", "-1.125"}, Number{MaxDecimals: 3}, 2.5004, "2.5"},
		{"fixed decimals", []string{"41.00", "3.50", "-2.25"}, Number{MinDecimals: 2, MaxDecimals: 2}, 7, "7.00"},
		{"floats of Python", []string{"41.0", "3.25", "0.125"}, Number{MinDecimals: 1, MaxDecimals: 3}, 7, "7.0"},
		{"exponents of Python", []string{"41.0", "3.25", "1e-05", "2.5e-07"},
			Number{MinDecimals: 1, MaxDecimals: 8, Significant: 3, Exponent: "python"}, 0.0000305, "3.05e-05"},
		{"always an exponent", []string{"1.50e+00", "2.25e-03", "-7.00e+12"},
			Number{MinDecimals: 2, MaxDecimals: 2, Exponent: "always"}, 123.4, "1.23e+02"},
		{"Java", []string{"1.0E-5", "2.5", "3.0E8"}, Number{MinDecimals: 1, MaxDecimals: 5, Significant: 2, Exponent: "java"}, 4e7, "4.0E7"},
		{"thousands", []string{"1,234", "12", "1,234,567"}, Number{Thousands: ","}, 54321, "54,321"},
		{"thousands and decimals", []string{"1,234.50", "12.00", "-1,234,567.25"},
			Number{MinDecimals: 2, MaxDecimals: 2, Thousands: ","}, -54321, "-54,321.00"},
		{"German", []string{"1.234,5", "12,0", "0,5"}, Number{MinDecimals: 1, MaxDecimals: 1, Comma: true, Thousands: "."}, 2000, "2.000,0"},
		{"decimal comma", []string{"1,5", "12,25"}, Number{MinDecimals: 1, MaxDecimals: 2, Comma: true}, 0.75, "0,75"},
		{"money", []string{"$1.50", "$20.00", "-$3.25"}, Number{MinDecimals: 2, MaxDecimals: 2, Prefix: "$"}, -4, "-$4.00"},
		{"per cent", []string{"1%", "20%"}, Number{Suffix: "%"}, 33.3, "33%"},
		{"units", []string{"74 bhp", "103.5 bhp"}, Number{MaxDecimals: 1, Suffix: " bhp"}, 80.04, "80 bhp"},
		{"blanks before", []string{" 39", " 50", " 7"}, Number{Prefix: " "}, 12, " 12"},
		{"plus signs", []string{"+1.5", "-2.0", "+0.5"}, Number{MinDecimals: 1, MaxDecimals: 1, Plus: true}, 3, "+3.0"},
		{"no zero before the mark", []string{".5", "-.25", "1.5"}, Number{MinDecimals: 1, MaxDecimals: 2, BareFirst: true}, 0.75, ".75"},
		{"beyond 2^53 units", []string{"0.12345678901234566", "1.5"}, Number{MinDecimals: 1, MaxDecimals: 17}, 1.0 / 3, "0.3333333333333333"},
		{"1e308", []string{"1e+308", "-1e+308", "2.5"}, Number{MinDecimals: 1, MaxDecimals: 1, Significant: 2, Exponent: "python"}, 1.5e300, "1.5e+300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			p := newProfile(columnOf(c.texts...))
			p.setMissing(true)
			fit := detectNumber(p.texts, p.counts, p.missing)
			if fit.format != c.want {
				t.Errorf("format %+v, want %+v", fit.format, c.want)
			}
			for _, text := range c.texts {
				v, ok := fit.format.Parse(text)
				if got := fit.format.Format(v); !ok || got != text {
					t.Errorf("%q came back as %q", text, got)
				}
			}
			if got := fit.format.Format(c.v); got != c.text {
				t.Errorf("%v is spelled %q, want %q", c.v, got, c.text)
			}
		})
	}
}

// Twenty numbers that had room for another decimal and show none prove a bound on the digits.
func TestSignificantDigitsAreFound(t *testing.T) {
	p := &profile{}
	for i := range 50 {
		for _, v := range []float64{1.2345 + float64(i)/1e4, 12.345 + float64(i)/1e3, 1234.5 + float64(i)/10} {
			p.texts, p.counts = append(p.texts, fmt.Sprintf("%.5g", v)), append(p.counts, 1)
		}
	}
	p.setMissing(true)
	fit := detectNumber(p.texts, p.counts, p.missing)
	if fit.format.Significant != 5 || fit.exact != fit.parsed {
		t.Fatalf("%+v, %d of %d come back", fit.format, fit.exact, fit.parsed)
	}
	if got := fit.format.Format(4321.98765); got != "4322" {
		t.Errorf("4321.98765 is spelled %q", got)
	}
}

func TestWhatIsNoNumber(t *testing.T) {
	for _, text := range []string{"", "inf", "-Infinity", "nan", "0x1p4", "1_000", "1e999", "1,2", "--1", "1 2", "e5", "."} {
		var f Number
		if v, ok := f.Parse(text); ok {
			t.Errorf("%q was read as %v", text, v)
		}
	}
	grouped := Number{Thousands: ","}
	for _, text := range []string{"1,23", ",123", "1,2345", "1234,567", "1.234,567"} {
		if v, ok := grouped.Parse(text); ok {
			t.Errorf("%q was read as %v in groups of three", text, v)
		}
	}
}

// Rounding is idempotent, and Format spells exactly what Round returns.
func TestFormatSpellsTheRoundedNumber(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		least := rapid.IntRange(0, 6).Draw(t, "least")
		f := Number{MinDecimals: least, MaxDecimals: least + rapid.IntRange(0, 6).Draw(t, "more"),
			Significant: rapid.SampledFrom([]int{0, 3, 6}).Draw(t, "significant"),
			Comma:       rapid.Bool().Draw(t, "comma"), Prefix: rapid.SampledFrom([]Text{"", "$"}).Draw(t, "prefix"),
			Exponent: rapid.SampledFrom([]string{"", "python", "c", "java", "always"}).Draw(t, "exponent")}
		v := rapid.Float64Range(-1e12, 1e12).Draw(t, "v")
		r := f.Round(v)
		if f.Round(r) != r {
			t.Fatalf("%+v: %v rounds to %v and that to %v", f, v, r, f.Round(r))
		}
		back, ok := f.Parse(f.Format(v))
		if !ok || math.Abs(back-r) > 1e-15*math.Abs(r) {
			t.Fatalf("%+v: %v is spelled %q, which reads as %v, not %v", f, v, f.Format(v), back, r)
		}
	})
}
