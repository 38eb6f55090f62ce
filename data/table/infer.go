package table

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// What it takes to believe something of a column.
const (
	sequenceRows   = 10  // rows of consecutive integers that begin with 0 or 1, to call them identifiers
	sequenceAny    = 200 // rows, where they begin anywhere
	identifierRows = 20  // rows of texts that are all different
	freeTexts      = 10_000
	freeTextShare  = 0.5  // distinct texts a row from which on more than freeTexts texts are free text
	freeTextAny    = 0.9  // and from which on any number of texts is, in
	freeTextRows   = 100  // so many rows
	oddTexts       = 20   // distinct texts at most that are no numbers, in a column of numbers
	oddShare       = 0.1  // of the rows; where they hold more,
	oddNumbers     = 10   // there must be so many distinct numbers for each
	gridEvidence   = 10   // distinct values that must lie on a grid coarser than the decimals
	maxExactInt    = 1e15 // beyond, float64 can't tell neighbouring integers apart
)

// Infer finds out what each column of a table is. It reads every row, and gives its reasons in
// Field.Reason.
func Infer(t *Table) *Schema {
	s := &Schema{Dialect: t.Dialect}
	for j, c := range t.Columns {
		t.Watch.tell(Inferring, j, len(t.Columns))
		f := newProfile(c).field()
		f.Name, f.Quoted = Text(c.Name), c.Quoted
		f.Type, f.Null = c.Type, Text(c.Null)
		for _, b := range c.Bare {
			f.Bare = append(f.Bare, Text(b))
		}
		s.Columns = append(s.Columns, f)
	}
	t.Watch.tell(Inferring, len(t.Columns), len(t.Columns))
	return s
}

// profile is what Infer counts of a column.
type profile struct {
	column  *Column
	given   *[]Text    // the marks of missing values, where they are known
	numbers *numberFit // what number found, also where it declined

	texts    []string
	counts   []int // rows, by text
	missing  []bool
	rows     int // not missing
	distinct int // not missing

	stored string // see Column.Type
	null   string // see Column.Null
}

func newProfile(c *Column) *profile {
	return &profile{texts: c.Texts(), counts: c.Counts(), column: c, stored: c.Type, null: c.Null}
}

// setMissing applies the list of marks; among is true for numbers and dates.
func (p *profile) setMissing(among bool) {
	if p.given != nil {
		p.setGiven()
		return
	}
	p.missing = make([]bool, len(p.texts))
	p.rows, p.distinct = 0, 0
	for i, text := range p.texts {
		p.missing[i] = p.counts[i] == 0 || p.isMark(text, among)
		if !p.missing[i] {
			p.rows += p.counts[i]
			p.distinct++
		}
	}
}

func (p *profile) marks() []Text {
	var marks []Text
	for i, text := range p.texts {
		if p.missing[i] && p.counts[i] > 0 {
			marks = append(marks, Text(text))
		}
	}
	return marks
}

// present lists the texts that are not missing.
func (p *profile) present() []string {
	texts := make([]string, 0, p.distinct)
	for i, text := range p.texts {
		if !p.missing[i] {
			texts = append(texts, text)
		}
	}
	return texts
}

// field decides, from what is most particular to what is least.
func (p *profile) field() Field {
	p.setMissing(false)
	if p.distinct == 0 {
		return p.allMissing()
	}
	if f, ok := p.constant(); ok {
		return f
	}
	if f, ok := p.byType(); ok {
		return f
	}
	if f, ok := p.boolean(); ok {
		return f
	}
	if f, ok := p.sequence(); ok {
		return f
	}
	if f, ok := p.key(p.column.Name); ok {
		return f
	}
	p.setMissing(true)
	if p.distinct > 0 {
		if f, ok := p.interval(); ok {
			return f
		}
		if f, ok := p.moment(); ok {
			return f
		}
		if f, ok := p.number(); ok {
			return f
		}
	}
	p.setMissing(false)
	return p.text()
}

func (p *profile) allMissing() Field {
	marks := p.marks()
	f := Field{Kind: AllMissing, Missing: marks, Reason: "every value is missing"}
	if len(marks) > 0 {
		f.Value = marks[0]
	}
	return f
}

func (p *profile) constant() (Field, bool) {
	marks := p.marks()
	if p.distinct != 1 || len(marks) > 0 {
		return Field{}, false
	}
	value := p.present()[0]
	return Field{Kind: Constant, Value: Text(value), Reason: fmt.Sprintf("every row holds %q: stored, not learned", value)}, true
}

// pairs are the spellings of yes and no, in lower case.
var pairs = [][2]string{{"true", "false"}, {"yes", "no"}, {"y", "n"}, {"t", "f"}, {"on", "off"}, {"1", "0"}, {"1.0", "0.0"},
	{"-1", "0"}, {"ja", "nein"}, {"j", "n"}, {"wahr", "falsch"}, {"oui", "non"}, {"o", "n"}, {"vrai", "faux"}, {"sí", "no"}, {"si", "no"},
	{"s", "n"}, {"sim", "não"}, {"sì", "no"}, {"vero", "falso"}, {"tak", "nie"}, {"ano", "ne"}, {"da", "ne"}, {"да", "нет"}, {"evet", "hayır"},
	{"kyllä", "ei"}, {"ja", "nee"}, {"是", "否"}, {"enabled", "disabled"}, {"present", "absent"}, {"ja", "nej"}, {"igen", "nem"}}

func (p *profile) boolean() (Field, bool) {
	if p.distinct != 2 {
		return Field{}, false
	}
	two := p.present()
	for _, pair := range pairs {
		for k := range 2 {
			if strings.ToLower(two[k]) == pair[0] && strings.ToLower(two[1-k]) == pair[1] {
				return Field{Kind: Boolean, True: Text(two[k]), False: Text(two[1-k]), Missing: p.marks(),
					Reason: fmt.Sprintf("two values, %s and %s", two[k], two[1-k]) + p.marksReason()}, true
			}
		}
	}
	return Field{}, false
}

func (p *profile) sequence() (Field, bool) {
	if p.distinct != p.rows || p.rows < sequenceRows || len(p.marks()) > 0 {
		return Field{}, false
	}
	id, ok := detectSequence(p.present())
	if !ok || p.rows < sequenceAny && id.First != 0 && id.First != 1 {
		return Field{}, false
	}
	return Field{Kind: Name, Identifier: &id, Missing: p.marks(),
		Reason: fmt.Sprintf("all %d values differ and count from %s%d: numbered anew, not learned", p.rows, id.Prefix, id.First)}, true
}

func (p *profile) moment() (Field, bool) {
	m, values, ok := detectMoment(p.texts, p.counts, p.missing)
	if !ok {
		return Field{}, false
	}
	words, rows, example := p.odd(values)
	if !p.tolerable(words, rows) || m.Layout == "20060102" && !p.plausibleDays(&m, values) {
		return Field{}, false
	}
	f := Field{Kind: Date, Moment: &m, Missing: p.marks()}
	p.span(&f, values, 0)
	f.Reason = fmt.Sprintf("values read as %s", m.Layout)
	if strings.HasPrefix(m.Layout, "01/02") || strings.HasPrefix(m.Layout, "1/2") {
		f.Reason += ", the month first"
	}
	if m.Zones != nil {
		f.Reason += fmt.Sprintf(", at %d offsets from UTC, drawn as often as at that time", len(m.Zones.Offsets))
	}
	f.Reason += p.marksReason() + wordsReason(words, example)
	return f, true
}

func wordsReason(words int, example string) string {
	if words == 0 {
		return ""
	}
	return fmt.Sprintf("; %s (such as %q) kept as states of their own", count(words, "other text"), example)
}

// plausibleDays keeps eight-digit integers from being taken for dates by chance.
func (p *profile) plausibleDays(m *Moment, values []float64) bool {
	lo, _ := m.Parse("19000101")
	hi, _ := m.Parse("21001231")
	for _, v := range values {
		if v < lo || v > hi {
			return false
		}
	}
	return p.distinct >= 3
}

func (p *profile) marksReason() string {
	marks := p.marks()
	if len(marks) == 0 {
		return ""
	}
	n := 0
	for i := range p.texts {
		if p.missing[i] {
			n += p.counts[i]
		}
	}
	return fmt.Sprintf("; %s missing, marked %q", count(n, "value"), marks)
}

// number accepts a column whose texts are numbers, a few odd ones apart; those are kept as states
// of their own, as they are spelled.
func (p *profile) number() (Field, bool) {
	fit := detectNumber(p.texts, p.counts, p.missing)
	if fit.parsed > 0 {
		p.numbers = &fit
	}
	if fit.parsed == 0 || fit.padded > 0 {
		return Field{}, false
	}
	words, spelled := 0, 0
	word, example := "", ""
	for i := range p.texts {
		switch {
		case p.missing[i] || !fit.oddText[i]:
		case math.IsNaN(fit.values[i]):
			words++
			word = p.texts[i]
		default:
			spelled++
			example = p.texts[i]
		}
	}
	if !p.tolerable(words, p.rows-fit.parsed) {
		return Field{}, false
	}
	f := Field{Kind: Real, Number: &fit.format, Missing: p.marks()}
	whole, exact := p.whole(fit.values)
	if !exact {
		return Field{}, false
	}
	if whole {
		f.Kind = Integer
	}
	p.span(&f, fit.values, fit.format.MaxDecimals)
	f.Reason = p.numberReason(&f, whole) + p.marksReason()
	f.Reason += wordsReason(words, word)
	f.Warning = p.midway()
	switch {
	case spelled > oddTexts:
		f.Reason += fmt.Sprintf("; %s spelled otherwise (such as %q), which will come back in the common form", count(spelled, "number"), example)
	case spelled > 0:
		f.Reason += fmt.Sprintf("; %s spelled otherwise (such as %q), kept as states of their own", count(spelled, "number"), example)
	}
	return f, true
}

// tolerable decides whether a column may be called one of numbers or dates although so many of its
// texts, in so many rows, are none.
func (p *profile) tolerable(words, rows int) bool {
	numbers := p.distinct - words
	if words == 0 {
		return numbers > 0
	}
	if words > oddTexts || numbers < 3 {
		return false
	}
	return float64(rows) <= oddShare*float64(p.rows) || numbers >= oddNumbers*words
}

// whole reports whether all numbers are integers, and whether a float64 tells them apart exactly.
func (p *profile) whole(values []float64) (whole, exact bool) {
	whole, exact = true, true
	large := false
	for _, v := range values {
		if math.IsNaN(v) {
			continue
		}
		whole = whole && v == math.Floor(v)
		large = large || math.Abs(v) > maxExactInt
	}
	if whole && large {
		for i, v := range values {
			if !math.IsNaN(v) && math.Abs(v) > maxExactInt && strconv.FormatFloat(v, 'f', -1, 64) != p.texts[i] &&
				!strings.ContainsAny(p.texts[i], "eE.") {
				return whole, false
			}
		}
	}
	return whole, exact
}

func (p *profile) numberReason(f *Field, whole bool) string {
	n := f.Number
	what := "whole numbers"
	switch {
	case n.always():
		what = "numbers with exponents"
	case whole && n.MinDecimals > 0:
		what += fmt.Sprintf(" written with %s of fraction", count(n.MinDecimals, "digit"))
	case whole:
	case n.MinDecimals == n.MaxDecimals:
		what = fmt.Sprintf("numbers with %s", count(n.MaxDecimals, "decimal"))
	default:
		what = fmt.Sprintf("numbers with up to %s", count(n.MaxDecimals, "decimal"))
	}
	return fmt.Sprintf("%s, %s from %s to %s", what, count(p.distinct, "distinct value"), f.Min, f.Max)
}
