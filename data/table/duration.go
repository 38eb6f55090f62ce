package table

import (
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Duration is how the lengths of time of an interval column are spelled. Their values count seconds, or
// the last decimal of seconds that is written.
//
//	26:03:04  -00:00:07       Style "clock"
//	1 day 02:03:04  1 day     Style "postgres": days and time have a sign each
//	-1 days +21:56:56         Style "pandas": the time counts up from the day
//	1 day, 2:03:04            Style "python": likewise
//	PT26H3M4S  P1DT2H         Style "iso", Largest "h" or "d"
//	2h 5m  1d3h4m5s           Style "letters"
type Duration struct {
	Style    string `yaml:"style"`
	Largest  string `yaml:"largest,omitempty"`  // of iso and letters: the unit that is written beyond its 24 or 60: d, h, m or s
	Decimals int    `yaml:"decimals,omitempty"` // of seconds, at most
	Fixed    bool   `yaml:"fixed,omitempty"`    // all decimals are written
	Padded   bool   `yaml:"padded,omitempty"`   // of clocks: 02:03, not 2:03
	Minutes  bool   `yaml:"minutes,omitempty"`  // of clocks: hours and minutes alone
	Full     bool   `yaml:"full,omitempty"`     // of iso and letters: parts that are 0 are written
	Gap      Text   `yaml:"gap,omitempty"`      // of letters: between the parts
}

var (
	clockForm  = regexp.MustCompile(`^(?:([+-]?)(\d{1,8}) days?(?:, | |$))?(?:([+-]?)(\d{1,8}):(\d\d)(?::(\d\d)(?:\.(\d{1,9}))?)?)?$`)
	isoForm    = regexp.MustCompile(`^(-?)P(?:(\d{1,8})D)?(?:T(?:(\d{1,9})H)?(?:(\d{1,10})M)?(?:(\d{1,12})(?:\.(\d{1,9}))?S)?)?$`)
	letterForm = regexp.MustCompile(`^(-?)(?:(\d{1,8})d ?)?(?:(\d{1,9})h ?)?(?:(\d{1,10})m ?)?(?:(\d{1,12})(?:\.(\d{1,9}))?s)?$`)
)

var styles = []string{"clock", "postgres", "pandas", "python", "iso", "letters"}

// isClock is true of the styles with colons.
func (d *Duration) isClock() bool { return d.Style != "iso" && d.Style != "letters" }

// scale is how many units make a second.
func (d *Duration) scale() int64 { return int64(pow10(d.Decimals)) }

// Parse reads a length of time spelled this way, or nearly so.
func (d *Duration) Parse(text string) (v float64, ok bool) {
	if d.isClock() {
		return d.parseClock(text)
	}
	form := isoForm
	if d.Style == "letters" {
		form = letterForm
	}
	p := form.FindStringSubmatch(text)
	if p == nil || p[2]+p[3]+p[4]+p[5] == "" {
		return 0, false
	}
	ticks, ok := d.ticks(p[2], p[3], p[4], p[5], p[6])
	if p[1] == "-" {
		ticks = -ticks
	}
	return float64(ticks), ok
}

func (d *Duration) parseClock(text string) (v float64, ok bool) {
	p := clockForm.FindStringSubmatch(text)
	if p == nil || p[2]+p[4] == "" {
		return 0, false
	}
	days, ok1 := d.ticks(p[2], "", "", "", "")
	time, ok2 := d.ticks("", p[4], p[5], p[6], p[7])
	if p[1] == "-" {
		days = -days
	}
	if p[3] == "-" {
		time = -time
	}
	return float64(days + time), ok1 && ok2
}

// ticks adds parts up; ok is false where a float64 would lose some, or the decimals are too many.
func (d *Duration) ticks(days, hours, minutes, seconds, fraction string) (n int64, ok bool) {
	for i, part := range []string{days, hours, minutes, seconds} {
		k, _ := strconv.ParseInt("0"+part, 10, 64)
		n += k * []int64{secondsPerDay, 3600, 60, 1}[i]
	}
	if n > maxExactInt/d.scale() || len(fraction) > d.Decimals {
		return 0, false
	}
	f, _ := strconv.ParseInt("0"+(fraction + "000000000")[:d.Decimals], 10, 64)
	return n*d.scale() + f, true
}

// Format spells the length of time nearest to v.
func (d *Duration) Format(v float64) string {
	n := int64(math.Floor(min(max(v, -maxExactInt), maxExactInt) + 0.5))
	if d.Minutes {
		n = floorDiv(n+30*d.scale(), 60*d.scale()) * 60 * d.scale()
	}
	switch d.Style {
	case "iso", "letters":
		return d.parts(n)
	case "clock":
		return sign(n) + d.clock(abs(n))
	}
	return d.days(n)
}

func sign(n int64) string {
	if n < 0 {
		return "-"
	}
	return ""
}

func abs(n int64) int64 { return max(n, -n) }

// days spells "2 days" and the time of day, each style in its own way.
func (d *Duration) days(n int64) string {
	day := secondsPerDay * d.scale()
	days, time := n/day, n%day
	if d.Style != "postgres" {
		days = floorDiv(n, day)
		time = n - days*day
	}
	name := "days"
	if days == 1 && d.Style != "pandas" || days == -1 && d.Style == "python" {
		name = "day"
	}
	front := fmt.Sprintf("%d %s", days, name)
	switch {
	case d.Style == "python" && days == 0:
		return d.clock(time)
	case d.Style == "python":
		return front + ", " + d.clock(time)
	case d.Style == "pandas" && days < 0:
		return front + " +" + d.clock(time)
	case d.Style == "pandas":
		return front + " " + d.clock(time)
	case days == 0:
		return sign(time) + d.clock(abs(time))
	case time == 0:
		return front
	case days < 0 && time > 0:
		return front + " +" + d.clock(time)
	}
	return front + " " + sign(time) + d.clock(abs(time))
}

// clock spells n >= 0 as hours, minutes and seconds.
func (d *Duration) clock(n int64) string {
	s := n / d.scale()
	hours := strconv.FormatInt(s/3600, 10)
	if d.Padded && len(hours) < 2 {
		hours = "0" + hours
	}
	text := fmt.Sprintf("%s:%02d", hours, s/60%60)
	if d.Minutes {
		return text
	}
	return text + fmt.Sprintf(":%02d", s%60) + d.fraction(n%d.scale())
}

// fraction spells the decimals of a second, with the point.
func (d *Duration) fraction(n int64) string {
	if d.Decimals == 0 || n == 0 && !d.Fixed {
		return ""
	}
	text := fmt.Sprintf(".%0*d", d.Decimals, n)
	if d.Style == "postgres" && !d.Fixed || !d.isClock() && !d.Fixed || d.Style == "clock" && !d.Fixed {
		text = strings.TrimRight(text, "0")
	}
	return text
}

// parts spells n in the units from Largest down, as ISO 8601 does or with letters.
func (d *Duration) parts(n int64) string {
	text, rest := sign(n), abs(n)
	units, time := []string{"D", "H", "M", "S"}, "T"
	if d.Style == "iso" {
		text += "P"
	} else {
		units, time = []string{"d", "h", "m", "s"}, ""
	}
	var found []string
	first := max(strings.Index("dhms", d.Largest), 0)
	for i, each := range []int64{secondsPerDay, 3600, 60, 1} {
		if i < first {
			continue
		}
		k := rest / (each * d.scale())
		rest %= each * d.scale()
		part := strconv.FormatInt(k, 10)
		if i == 3 {
			part += d.fraction(rest)
		}
		if i > 0 && time != "" && (d.Full || part != "0" || i == 3 && len(found) == 0) {
			part, time = time+part, ""
		}
		if d.Full || strings.Trim(part, "T") != "0" || i == 3 && len(found) == 0 {
			found = append(found, part+units[i])
		}
	}
	return text + strings.Join(found, string(d.Gap))
}

func (d *Duration) check() error {
	if !slices.Contains(styles, d.Style) {
		return fmt.Errorf("the style %q of intervals is none of %v", d.Style, styles)
	}
	if d.Decimals < 0 || d.Decimals > 9 {
		return fmt.Errorf("%d decimals of seconds can't be; 9 at most", d.Decimals)
	}
	if len(d.Largest) > 1 || !strings.Contains("dhms", d.Largest) {
		return fmt.Errorf("the largest unit %q of intervals is none of d, h, m, s", d.Largest)
	}
	return nil
}

// candidates are the ways in which a column may spell its lengths of time, by its style and decimals.
func candidates(decimals int) []Duration {
	var all []Duration
	for _, fixed := range []bool{false, true} {
		if fixed && decimals == 0 {
			break
		}
		base := Duration{Decimals: decimals, Fixed: fixed}
		add := func(set func(d *Duration)) {
			d := base
			set(&d)
			all = append(all, d)
		}
		for _, style := range styles[:4] {
			for _, padded := range []bool{true, false} {
				add(func(d *Duration) { d.Style, d.Padded = style, padded })
			}
		}
		for _, largest := range []string{"d", "h", "m", "s"} {
			for _, full := range []bool{false, true} {
				add(func(d *Duration) { d.Style, d.Largest, d.Full = "iso", largest, full })
				add(func(d *Duration) { d.Style, d.Largest, d.Full = "letters", largest, full })
				add(func(d *Duration) { d.Style, d.Largest, d.Full, d.Gap = "letters", largest, full, " " })
			}
		}
	}
	if decimals == 0 {
		all = append(all, Duration{Style: "clock", Minutes: true, Padded: true}, Duration{Style: "clock", Minutes: true})
	}
	return all
}

// detectDuration finds the spelling under which most rows come back as they are, and gives the value of
// each text, NaN where it does not. Texts that a time of day, a number with a unit or a word could be
// are not enough: some text must be an interval beyond doubt.
func detectDuration(texts []string, counts []int, skip []bool) (d Duration, values []float64, ok bool) {
	decimals, evident, looked, rows := 0, false, 0, 0
	for i, text := range texts {
		if skip[i] || counts[i] == 0 {
			continue
		}
		rows += counts[i]
		p := clockForm.FindStringSubmatch(text)
		for _, form := range []*regexp.Regexp{isoForm, letterForm} {
			if p == nil {
				p = form.FindStringSubmatch(text)
			}
		}
		if looked++; p == nil {
			if looked > oddTexts && decimals == 0 && !evident {
				return d, nil, false
			}
			continue
		}
		decimals = max(decimals, len(p[len(p)-1]))
		evident = evident || isEvident(text)
	}
	if !evident {
		return d, nil, false
	}
	best := 0
	for _, c := range candidates(decimals) {
		if v, held := parseAll(&c, texts, counts, skip); held > best {
			d, values, best = c, v, held
			if best == rows {
				break
			}
		}
	}
	return d, values, best > 0
}

// isEvident is true of lengths of time that no time of day and no number can be.
func isEvident(text string) bool {
	if p := clockForm.FindStringSubmatch(text); p != nil {
		hours, _ := strconv.Atoi("0" + p[4])
		return p[4] != "" && (p[2] != "" || p[3] != "" || hours > 23)
	}
	if isoForm.MatchString(text) {
		return digitsIn(text) > 0
	}
	return strings.Trim(text, "-0123456789.") != text[len(text)-1:] && digitsIn(text) > 1 && letterForm.MatchString(text)
}

// interval accepts a column of lengths of time, a few odd texts apart.
func (p *profile) interval() (Field, bool) {
	d, values, ok := detectDuration(p.texts, p.counts, p.missing)
	if !ok {
		return Field{}, false
	}
	words, rows, example := p.odd(values)
	if !p.tolerable(words, rows) {
		return Field{}, false
	}
	f := Field{Kind: Interval, Duration: &d, Missing: p.marks()}
	p.span(&f, values, 0)
	f.Reason = fmt.Sprintf("lengths of time in the style %s, %s from %s to %s, counted in %s", d.Style,
		count(p.distinct-words, "distinct value"), f.Min, f.Max, d.unit()) + p.marksReason() + wordsReason(words, example)
	return f, true
}

func (d *Duration) unit() string {
	switch d.Decimals {
	case 0:
		return "seconds"
	case 3:
		return "milliseconds"
	case 6:
		return "microseconds"
	}
	return fmt.Sprintf("units of 10^-%d seconds", d.Decimals)
}
