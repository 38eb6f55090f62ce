package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// A form with types says what its columns are, and Infer believes it: digits in a column of text
// stay text, with their leading zeros, and a day stored as an integer stays an integer. Forms spell
// the values of the types so that they can be read back without loss:
//
//	boolean                     true, false
//	smallint, integer, bigint   -41
//	decimal(P,S)                12.50, with S digits after the mark
//	real, double                the shortest text that gives the same bits: 0.1, 1e-07, NaN, Inf, -Inf
//	date                        2006-01-02
//	time                        15:04:05, 15:04:05.25: zeros at the end of a fraction left out
//	timestamp                   2006-01-02 15:04:05.25
//	timestamptz                 2006-01-02 15:04:05.25Z, in UTC
//	bytea                       bytes that are UTF-8 as they are, a backslash twice, others as \ooo (octal)
//	uuid                        123e4567-e89b-12d3-a456-426614174000
//	text, json, interval        as they are

// StorageClass groups storage types by how their values are read.
type StorageClass int

// The classes of storage types.
const (
	StoredPlain   StorageClass = iota // no type, or one that says nothing: the texts tell
	StoredBoolean                     // boolean
	StoredInteger                     // smallint, integer, bigint
	StoredDecimal                     // decimal(P,S): exact
	StoredFloat                       // real, double
	StoredMoment                      // date, time, timestamp, timestamptz
	StoredText                        // text, json, uuid, bytea
)

// ClassOf returns the class of a storage type as Heading names it.
func ClassOf(storage string) StorageClass {
	name, _, _ := strings.Cut(storage, "(")
	switch name {
	case "boolean":
		return StoredBoolean
	case "smallint", "integer", "bigint":
		return StoredInteger
	case "decimal":
		return StoredDecimal
	case "real", "double":
		return StoredFloat
	case "date", "time", "timestamp", "timestamptz":
		return StoredMoment
	case "text", "json", "uuid", "bytea":
		return StoredText
	}
	return StoredPlain
}

// isMark reports whether a text stands for a missing value. Where the form tells "no value" from
// an empty text, an empty text is a value.
func (p *profile) isMark(text string, among bool) bool {
	if text == p.null {
		return true
	}
	if text == "" && p.stored != "" && p.hasNull() {
		return false
	}
	return isMissing(text, among)
}

func (p *profile) hasNull() bool {
	i := slices.Index(p.texts, p.null)
	return i >= 0 && p.counts[i] > 0
}

// byType decides by the storage type; ok is false where there is none that decides.
func (p *profile) byType() (f Field, ok bool) {
	switch ClassOf(p.stored) {
	case StoredBoolean:
		f, ok = p.storedBoolean()
	case StoredInteger, StoredDecimal:
		f, ok = p.storedExact(), true
	case StoredFloat:
		p.setMissing(true)
		if f, ok = p.number(); !ok {
			p.setMissing(false)
			f, ok = p.text(), true
		}
	case StoredMoment:
		p.setMissing(true)
		f, ok = p.storedMoment()
		p.setMissing(false)
	case StoredText:
		f, ok = p.storedText(), true
	}
	if ok {
		f.Reason += "; stored as " + p.stored
	}
	return f, ok
}

func (p *profile) storedBoolean() (Field, bool) {
	for _, text := range p.present() {
		if text != "true" && text != "false" {
			return Field{}, false
		}
	}
	return Field{Kind: Boolean, True: "true", False: "false", Missing: p.marks(), Reason: "true or false" + p.marksReason()}, true
}

// storedExact is for integers and decimals: numbers, unless float64 would lose digits.
func (p *profile) storedExact() Field {
	if f, ok := p.sequence(); ok {
		return f
	}
	if f, ok := p.key(p.column.Name); ok {
		return f
	}
	p.setMissing(true)
	f, ok := p.number()
	if ok && p.respelled(&f) <= oddTexts {
		return f
	}
	p.setMissing(false)
	f = p.text()
	f.Reason = "more digits than a number keeps; " + f.Reason
	return f
}

// respelled counts the texts that f reads and spells otherwise.
func (p *profile) respelled(f *Field) int {
	n := 0
	for _, text := range p.present() {
		if v, ok := f.Float(text); ok && f.spell(v) != text {
			n++
		}
	}
	return n
}

// storedText keeps what is text: of numbers and of dates in digits alone there are none.
func (p *profile) storedText() Field {
	if f, ok := p.boolean(); ok {
		return f
	}
	if f, ok := p.sequence(); ok {
		return f
	}
	p.setMissing(true)
	if f, ok := p.moment(); ok && f.Moment.Layout != "20060102" {
		return f
	}
	p.setMissing(false)
	return p.text()
}

// storedMoment reads dates and times as their types spell them. What is finer than a microsecond
// is cut, and the reason says so.
func (p *profile) storedMoment() (Field, bool) {
	var best *Moment
	var values []float64
	most := 0
	for _, m := range p.storedLayouts() {
		v, parsed, same := p.momentValues(&m)
		if same > most || best == nil && parsed > 0 && m.Unit == "microsecond" {
			best, values, most = &m, v, same
		}
	}
	if best == nil {
		return Field{}, false
	}
	words, example, cut := 0, "", 0
	for i, text := range p.texts {
		switch {
		case p.missing[i]:
		case math.IsNaN(values[i]):
			words++
			example = text
		case best.Format(values[i]) != text:
			cut++
		}
	}
	if words > oddTexts {
		return Field{}, false
	}
	f := Field{Kind: Date, Moment: best, Missing: p.marks()}
	p.span(&f, values, 0)
	f.Reason = "values read as " + best.Layout + p.marksReason() + wordsReason(words, example)
	if cut > 0 {
		f.Reason += fmt.Sprintf("; %s with parts of a %s, which are cut", count(cut, "value"), best.Unit)
	}
	return f, true
}

// storedLayouts lists the ways in which a type of dates and times may be spelled.
func (p *profile) storedLayouts() []Moment {
	var all []Moment
	add := func(dates, zones []string) {
		for _, d := range dates {
			for _, z := range zones {
				all = append(all, Moment{Layout: d + "15:04:05" + z, Unit: "second"}, Moment{Layout: d + "15:04:05.999999" + z, Unit: "microsecond"})
			}
		}
	}
	switch p.stored {
	case "date":
		all = append(all, Moment{Layout: "2006-01-02", Unit: "day"})
	case "time":
		add([]string{""}, []string{""})
	case "timestamp":
		add([]string{"2006-01-02 ", "2006-01-02T"}, []string{""})
	case "timestamptz":
		add([]string{"2006-01-02 ", "2006-01-02T"}, []string{"Z07:00", "-07", "-07:00"})
	}
	return all
}

// momentValues parses every text, and counts the rows that it can and those that come back as they are.
func (p *profile) momentValues(m *Moment) (values []float64, parsed, same int) {
	values = make([]float64, len(p.texts))
	for i, text := range p.texts {
		values[i] = math.NaN()
		if p.missing[i] {
			continue
		}
		if v, ok := m.Parse(text); ok {
			values[i] = v
			parsed += p.counts[i]
			if m.Format(v) == text {
				same += p.counts[i]
			}
		}
	}
	return values, parsed, same
}
