package table

import (
	"fmt"
	"math"
	"strings"
	"testing"
)

// Lengths of time are found in the ways in which programs write them, and come back as they were.
func TestDurationsAreFoundAndComeBack(t *testing.T) {
	pick := func(i int) int64 { return int64(i*7919%400_000) - 50_000 }
	positive := func(i int) int64 { return int64(i * 7919 % 400_000) }
	spelled := func(d Duration, n func(int) int64) func(i int) string {
		return func(i int) string { return d.Format(float64(n(i))) }
	}
	for _, c := range []struct {
		name string
		text func(i int) string
		want Duration
		step float64
	}{
		{"clock", func(i int) string { return fmt.Sprintf("%02d:%02d:%02d", i%50, i%60, i*7%60) }, Duration{Style: "clock", Padded: true}, 0},
		{"clock of hours and minutes", func(i int) string { return fmt.Sprintf("%d:%02d", i%50, i*7%60) }, Duration{Style: "clock", Minutes: true}, 60},
		{"hundredths", func(i int) string { return fmt.Sprintf("%02d:%02d:%02d.%02d", i%50, i%60, i*7%60, i%100) },
			Duration{Style: "clock", Padded: true, Decimals: 2, Fixed: true}, 0},
		{"PostgreSQL", spelled(Duration{Style: "postgres", Padded: true}, pick), Duration{Style: "postgres", Padded: true}, 0},
		{"pandas", spelled(Duration{Style: "pandas", Padded: true}, pick), Duration{Style: "pandas", Padded: true}, 0},
		{"Python", spelled(Duration{Style: "python"}, pick), Duration{Style: "python"}, 0},
		{"ISO 8601", spelled(Duration{Style: "iso", Largest: "d"}, positive), Duration{Style: "iso", Largest: "d"}, 0},
		{"Java", spelled(Duration{Style: "iso", Largest: "h"}, positive), Duration{Style: "iso", Largest: "h"}, 0},
		{"minutes alone", func(i int) string { return fmt.Sprintf("PT%dM", i%90+1) }, Duration{Style: "iso", Largest: "m"}, 60},
		{"letters", spelled(Duration{Style: "letters", Largest: "h", Gap: " "}, positive), Duration{Style: "letters", Largest: "h", Gap: " "}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := newProfile(texts(500, c.text)).field()
			if f.Kind != Interval || *f.Duration != c.want || f.Step != c.step {
				t.Fatalf("%s %+v step %v (%s), want %+v step %v", f.Kind, f.Duration, f.Step, f.Reason, c.want, c.step)
			}
			for i := range 500 {
				v, ok := f.Float(c.text(i))
				if got := f.spell(v); !ok || got != c.text(i) {
					t.Fatalf("%q came back as %q", c.text(i), got)
				}
			}
		})
	}
}

// The examples of the type's own documentation, in seconds.
func TestDurationsMeanSeconds(t *testing.T) {
	for _, c := range []struct {
		style, text string
		want        float64
	}{
		{"clock", "26:03:04", 93784}, {"clock", "-00:00:07", -7}, {"postgres", "1 day 02:03:04", 93784}, {"postgres", "1 day", 86400},
		{"postgres", "-1 days -02:03:04", -93784}, {"postgres", "-1 days +02:03:04", -79016}, {"pandas", "-1 days +21:56:56", -7384},
		{"python", "1 day, 2:03:04", 93784}, {"python", "-1 day, 21:56:56", -7384}, {"iso", "PT26H3M4S", 93784}, {"iso", "P1DT2H", 93600},
		{"iso", "PT5M", 300}, {"letters", "2h 5m", 7500}, {"letters", "1d3h4m5s", 97445},
	} {
		d := Duration{Style: c.style}
		if v, ok := d.Parse(c.text); !ok || v != c.want {
			t.Errorf("%s %q is %v seconds (%v), want %v", c.style, c.text, v, ok, c.want)
		}
	}
}

// Times of day, numbers with units and words stay what they are.
func TestWhatIsNoInterval(t *testing.T) {
	for _, c := range []struct {
		text func(i int) string
		kind Kind
	}{
		{func(i int) string { return fmt.Sprintf("%02d:%02d", i%24, i*7%60) }, Date},
		{func(i int) string { return fmt.Sprintf("%dm", i%97) }, Integer},
		{func(i int) string { return fmt.Sprintf("%d days", i%97+2) }, Integer},
		{func(i int) string { return []string{"P", "PT", "d", "hms"}[i%4] }, Category},
		{func(i int) string { return []string{"P1M", "P1Y2M", "P2Y"}[i%3] }, Category},
	} {
		if f := newProfile(texts(400, c.text)).field(); f.Kind != c.kind {
			t.Errorf("%q: %s (%s), want %s", c.text(1), f.Kind, f.Reason, c.kind)
		}
	}
}

// No length of time, however long or odd, makes a spelling panic or lose its way.
func TestDurationFormatInvertsParse(t *testing.T) {
	for _, d := range append(candidates(0), candidates(3)...) {
		for _, v := range []float64{0, 1, -1, 59, 60, 3599, 3600, 86399, 86400, -86400, -86401, 1e9, -1e9, math.Inf(1), math.Inf(-1), 1e300} {
			text := d.Format(v)
			got, ok := d.Parse(text)
			if want := v; math.Abs(v) <= 1e9 && !d.Minutes && (!ok || got != want) {
				t.Errorf("%+v: %v is spelled %q and read as %v", d, v, text, got)
			}
		}
	}
}

// Conditions read lengths of time as the column spells them.
func TestWhereReadsIntervals(t *testing.T) {
	tab := New("wait", "x")
	for i := range 1000 {
		tab.Append((&Duration{Style: "iso", Largest: "h"}).Format(float64(i*37%9000)), fmt.Sprint(i%3))
	}
	tr := fit(t, tab)
	w, err := tr.Where([]string{"wait>=PT30M", "wait<PT1H"})
	if err != nil {
		t.Fatal(err)
	}
	for _, u := range []float64{0.001, 0.5, 0.999} {
		d := tr.NewDecoder(1)
		row := make([]string, 2)
		d.Row(row, []float64{w[0].Draw(u)}, []int32{0}, 0)
		if v, ok := tr.Schema.Columns[0].Float(row[0]); !ok || v < 1800 || v >= 3600 {
			t.Errorf("%s was drawn", row[0])
		}
	}
	if _, err := tr.Where([]string{"wait>soon"}); err == nil || !strings.Contains(err.Error(), "it holds interval from PT0S to PT2H29M51S") {
		t.Errorf("error %v", err)
	}
}
