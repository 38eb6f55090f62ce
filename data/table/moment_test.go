package table

import (
	"testing"

	"pgregory.net/rapid"
)

func TestMomentsAreFoundAndComeBack(t *testing.T) {
	for _, c := range []struct {
		texts  []string
		layout string
		unit   string
	}{
		{[]string{"2021-09-22", "1899-12-31", "0001-01-01", "9999-12-31"}, "2006-01-02", "day"},
		{[]string{"03/25/2021", "12/01/1999"}, "01/02/2006", "day"},
		{[]string{"03/02/2021", "25/12/1999"}, "02/01/2006", "day"},
		{[]string{"3/25/2021", "12/1/1999"}, "1/2/2006", "day"},
		{[]string{"01.02.2020", "31.12.2021"}, "02.01.2006", "day"},
		{[]string{"20210922", "19991231", "20000229"}, "20060102", "day"},
		{[]string{"05-Jan-98", "17-Nov-21"}, "02-Jan-06", "day"},
		{[]string{"2021-09", "1999-12"}, "2006-01", "month"},
		{[]string{"Jan 2021", "Dec 1969"}, "Jan 2006", "month"},
		{[]string{"09:15", "23:59"}, "15:04", "second"},
		{[]string{"2021-09-22 09:15:01", "1969-12-31 23:59:59"}, "2006-01-02 15:04:05", "second"},
		{[]string{"2021-09-22T09:15:01Z", "2021-09-22T10:00:00Z"}, "2006-01-02T15:04:05Z07:00", "second"},
		{[]string{"2021-09-22T09:15:01+02:00", "2021-01-22T10:00:00+02:00"}, "2006-01-02T15:04:05Z07:00", "second"},
		{[]string{"2021-09-22 09:15:01.250", "1969-12-31 23:59:59.999"}, "2006-01-02 15:04:05.000", "millisecond"},
		{[]string{"2021-09-22 09:15:01.250001", "1969-12-31 23:59:59.999999"}, "2006-01-02 15:04:05.000000", "microsecond"},
		{[]string{"9/22/2021 9:15 PM", "12/1/2021 11:05 AM"}, "1/2/2006 3:04 PM", "second"},
	} {
		skip, counts := make([]bool, len(c.texts)), make([]int, len(c.texts))
		for i := range counts {
			counts[i] = 1
		}
		m, values, ok := detectMoment(c.texts, counts, skip)
		if !ok || m.Layout != c.layout || m.Unit != c.unit {
			t.Errorf("%q: layout %q in %ss, want %q in %ss", c.texts, m.Layout, m.Unit, c.layout, c.unit)
			continue
		}
		for i, text := range c.texts {
			if got := m.Format(values[i]); got != text {
				t.Errorf("%q came back as %q (%v)", text, got, values[i])
			}
		}
	}
}

func TestWhatIsNoMoment(t *testing.T) {
	for _, texts := range [][]string{{"12", "2021"}, {"1.5", "2.5"}, {"a-b", "c d"}, {"2021-02-30"}, {"192.168.0.1"}} {
		if m, _, ok := detectMoment(texts, make([]int, len(texts)), make([]bool, len(texts))); ok {
			t.Errorf("%q was taken for %+v", texts, m)
		}
	}
}

// Any number of a moment is spelled so that it reads back as the nearest whole one.
func TestMomentFormatInvertsParse(t *testing.T) {
	for _, m := range []Moment{{Layout: "2006-01-02", Unit: "day"}, {Layout: "01/2006", Unit: "month"},
		{Layout: "2006-01-02 15:04:05", Unit: "second"}, {Layout: "2006-01-02T15:04:05.000Z07:00", Unit: "millisecond", Offset: -5 * 3600},
		{Layout: "2006-01-02 15:04:05.000000", Unit: "microsecond"}} {
		rapid.Check(t, func(t *rapid.T) {
			years := rapid.IntRange(-1900, 8000).Draw(t, "years")
			base, _ := (&m).Parse((&m).Format(0))
			v := base + float64(years)*11 + float64(rapid.IntRange(0, 1_000_000).Draw(t, "more"))
			if m.Unit == "month" {
				v = float64(years)
			}
			back, ok := m.Parse(m.Format(v))
			if !ok || back != v {
				t.Fatalf("%+v: %v is spelled %q, which reads as %v", m, v, m.Format(v), back)
			}
		})
	}
}
