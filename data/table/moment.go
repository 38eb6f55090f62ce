package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"time"
)

// Moment is how the dates or times of a column are spelled, and what the count of time is that
// stands for them: days, seconds and so on since 1970-01-01, which a float64 holds exactly.
type Moment struct {
	Layout string `yaml:"layout"`           // in the notation of Go's time package
	Unit   string `yaml:"unit"`             // month, day, second, millisecond or microsecond
	Offset int    `yaml:"offset,omitempty"` // seconds east of UTC, where the layout shows a zone
	Zones  *Zones `yaml:"zones,omitempty"`  // in place of Offset, where there are several
}

// units by name: how many of them make a second; months and days count otherwise.
var perSecond = map[string]int64{"second": 1, "millisecond": 1e3, "microsecond": 1e6}

const secondsPerDay = 86400

// Parse reads a date or time spelled this way; ok is false if it is spelled otherwise.
func (m *Moment) Parse(text string) (v float64, ok bool) {
	t, err := time.Parse(m.Layout, text)
	if err != nil {
		return 0, false
	}
	if _, offset := t.Zone(); m.Zones == nil && offset != m.Offset || m.Zones != nil && !slices.Contains(m.Zones.Offsets, offset) {
		return 0, false
	}
	v = m.count(t)
	return v, math.Abs(v) <= mostExact
}

func (m *Moment) count(t time.Time) float64 {
	if m.clockOnly() {
		t = time.Date(1970, 1, 1, t.Hour(), t.Minute(), t.Second(), t.Nanosecond(), time.UTC)
	}
	switch m.Unit {
	case "month":
		return float64(t.Year()*12 + int(t.Month()) - 1 - 1970*12)
	case "day":
		return float64(floorDiv(t.Unix(), secondsPerDay))
	}
	k := perSecond[m.Unit]
	return float64(t.Unix()*k + int64(t.Nanosecond())/(1e9/k))
}

// mostExact units of time are told from each other, and from a half, by a float64. In microseconds
// they reach from 1827 to 2112.
const mostExact = 1 << 52

// coarser counts in milliseconds or seconds what microseconds count too finely for its years, if the
// moments have no finer parts; ok is false if nothing is gained.
func (m *Moment) coarser(texts []string, counts []int, skip []bool, rows int) (c Moment, values []float64, ok bool) {
	for _, unit := range []string{"second", "millisecond"} {
		c = *m
		c.Unit = unit
		if values, held := parseAll(&c, texts, counts, skip); perSecond[unit] < perSecond[m.Unit] && held > rows {
			return c, values, true
		}
	}
	return c, nil, false
}

// clockOnly is true of a time of day, whose date would be in the year 0.
func (m *Moment) clockOnly() bool { return !strings.Contains(m.Layout, "06") }

// Format spells the moment nearest to v; v is cut to the years 1 to 9999. Of several zones it takes
// the one that most rows have around v.
func (m *Moment) Format(v float64) string {
	if m.Zones != nil {
		return m.formatAt(v, m.Zones.usual(v))
	}
	return m.formatAt(v, m.Offset)
}

// formatAt spells v so many seconds east of UTC.
func (m *Moment) formatAt(v float64, offset int) string { return m.time(v, offset).Format(m.Layout) }

// spells reports whether text, which reads as v, is one of the ways in which the column spells v.
func (m *Moment) spells(v float64, text string) bool {
	if m.Zones == nil {
		return m.Format(v) == text
	}
	return slices.ContainsFunc(m.Zones.Offsets, func(offset int) bool { return m.formatAt(v, offset) == text })
}

func (m *Moment) time(v float64, offset int) time.Time {
	zone := time.UTC
	if offset != 0 {
		zone = time.FixedZone("", offset)
	}
	lo, hi := m.limits()
	n := int64(math.Floor(min(max(v, lo), hi) + 0.5))
	switch m.Unit {
	case "month":
		return time.Date(1970, time.January+time.Month(n), 1, 0, 0, 0, 0, zone)
	case "day":
		return time.Unix(n*secondsPerDay, 0).UTC()
	}
	k := perSecond[m.Unit]
	s := floorDiv(n, k)
	return time.Unix(s, (n-s*k)*(1e9/k)).In(zone)
}

// limits are the first and last moment of the years 1 to 9999, a day's margin kept for zones.
func (m *Moment) limits() (lo, hi float64) {
	const firstDay, lastDay = -719162, 2932896
	switch m.Unit {
	case "month":
		return -1969 * 12, 8030*12 - 1
	case "day":
		return firstDay, lastDay
	}
	perDay := secondsPerDay * float64(perSecond[m.Unit])
	return (firstDay + 1) * perDay, lastDay * perDay
}

func floorDiv(a, b int64) int64 {
	q := a / b
	if a%b < 0 {
		q--
	}
	return q
}

func (m *Moment) check() error {
	if _, ok := perSecond[m.Unit]; !ok && m.Unit != "day" && m.Unit != "month" {
		return fmt.Errorf("the unit of time %q is none of month, day, second, millisecond, microsecond", m.Unit)
	}
	if m.Layout == "" {
		return fmt.Errorf("a date has no layout; give one like 2006-01-02 15:04:05")
	}
	if m.Zones != nil {
		return m.Zones.check()
	}
	return nil
}

// Where two layouts fit a whole column, the one that stands first here is taken; month before day
// in 01/02/2006.
var (
	dateLayouts = []string{"2006-01-02", "2006/01/02", "2006.01.02", "20060102", "01/02/2006", "02/01/2006",
		"1/2/2006", "2/1/2006", "02.01.2006", "2.1.2006", "02-01-2006", "01-02-2006", "2-1-2006", "1-2-2006",
		"2006-1-2", "2006/1/2", "01/02/06", "02/01/06", "1/2/06", "2/1/06", "02.01.06",
		"02-Jan-2006", "2-Jan-2006", "02-Jan-06", "2-Jan-06", "02 Jan 2006", "2 Jan 2006", "2 January 2006",
		"Jan 2, 2006", "Jan 02, 2006", "January 2, 2006", "January 02, 2006", "Mon, 02 Jan 2006", "Mon Jan _2 2006"}
	monthLayouts = []string{"2006-01", "2006/01", "01/2006", "Jan 2006", "January 2006", "Jan-06", "Jan-2006"}
	clockLayouts = []string{"15:04:05", "15:04", "15:04:05.000", "15:04:05.000000", "15:04:05.999999",
		"15:04:05.000000000", "15:04:05.999999999", "3:04 PM", "03:04 PM", "3:04:05 PM", "03:04:05 PM", "3:04PM"}
	zoneLayouts  = []string{"", "Z07:00", "-07:00", "Z07", "-07", "Z0700", "-0700", " -0700", " -07:00", " UTC"}
	dateTimeGaps = []string{" ", "T", ", "}
)

// layouts lists every candidate that reads the text and spells it the same way.
func layoutsOf(text string) []string {
	var found []string
	try := func(layout string) {
		if t, err := time.Parse(layout, text); err == nil && t.Format(layout) == text {
			found = append(found, layout)
		}
	}
	for _, d := range slices.Concat(dateLayouts, monthLayouts, clockLayouts) {
		try(d)
	}
	for _, d := range dateLayouts {
		for _, gap := range dateTimeGaps {
			for _, clock := range clockLayouts {
				for _, zone := range zoneLayouts {
					try(d + gap + clock + zone)
				}
			}
		}
	}
	return found
}

// mayBeMoment spares other texts the long list of layouts.
func mayBeMoment(text string) bool {
	if len(text) < 4 || len(text) > 40 || !strings.ContainsAny(text, "-/.: ") && len(text) != 8 {
		return false
	}
	return strings.ContainsAny(text, "0123456789")
}

// momentSamples texts propose layouts, so that an odd one among them does no harm.
const momentSamples = 3

// detectMoment finds the layout under which most rows (texts to skip apart) come back as they are,
// and gives the value of each text, NaN where it does not come back. It settles for none that
// fails on more than oddTexts texts.
func detectMoment(texts []string, counts []int, skip []bool) (m Moment, values []float64, ok bool) {
	var candidates []Moment
	for _, i := range samples(texts, counts, skip) {
		for _, layout := range layoutsOf(texts[i]) {
			c := Moment{Layout: layout, Unit: unitOf(layout)}
			t, err := time.Parse(layout, texts[i])
			if err != nil {
				continue
			}
			_, c.Offset = t.Zone()
			if !slices.Contains(candidates, c) {
				candidates = append(candidates, c)
			}
		}
	}
	slices.SortStableFunc(candidates, func(a, b Moment) int { return layoutRank(a.Layout) - layoutRank(b.Layout) })
	best := 0
	for _, c := range candidates {
		if v, rows := parseAll(&c, texts, counts, skip); rows > best {
			m, values, best = c, v, rows
		}
		if c, v, ok := c.coarser(texts, counts, skip, best); ok {
			m, values, best = c, v, total(v, counts)
		}
	}
	for _, c := range candidates {
		if v, rows, ok := c.zoned(texts, counts, skip); ok && rows > best {
			m, values, best = c, v, rows
		}
	}
	return m, values, best > 0
}

// total counts the rows of the texts that have a value.
func total(values []float64, counts []int) int {
	n := 0
	for i, v := range values {
		if !math.IsNaN(v) {
			n += counts[i]
		}
	}
	return n
}

// layoutRank orders dates by their place in dateLayouts.
func layoutRank(layout string) int {
	for i, d := range dateLayouts {
		if strings.HasPrefix(layout, d) {
			return i
		}
	}
	return len(dateLayouts)
}

// samples are the first few texts that may be moments.
func samples(texts []string, counts []int, skip []bool) []int {
	var found []int
	for i, text := range texts {
		if !skip[i] && counts[i] > 0 && mayBeMoment(text) {
			if found = append(found, i); len(found) == momentSamples {
				break
			}
		}
	}
	return found
}

func unitOf(layout string) string {
	switch {
	case slices.Contains(monthLayouts, layout):
		return "month"
	case strings.Contains(layout, "000000"), strings.Contains(layout, "999999"):
		return "microsecond"
	case strings.Contains(layout, ".000"):
		return "millisecond"
	case strings.Contains(layout, "04"):
		return "second"
	}
	return "day"
}
