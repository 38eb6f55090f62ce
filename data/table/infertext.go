package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"unicode"
)

// What remains when a column is neither of numbers nor of dates: words and codes that repeat, which
// are learned, and texts that hardly do, which are made anew.

// text is an identifier if nearly every text is different or if the texts point to people, a category
// otherwise.
func (p *profile) text() Field {
	f := Field{Kind: Category, Missing: p.marks()}
	present := p.present()
	unique := p.distinct == p.rows && p.rows >= identifierRows
	share := float64(p.distinct) / float64(p.rows)
	free := p.distinct > freeTexts && share > freeTextShare || p.rows >= freeTextRows && share > freeTextAny
	form := personal(present)
	contacts := p.distinct >= identifierRows && (form == mailAddresses || form == phoneNumbers)
	if (unique || free) && form == "" {
		if f, ok := p.mostlyNumbers(); ok {
			return f
		}
	}
	if unique || free || contacts {
		f.Kind = Name
		f.Identifier = &Identifier{Shapes: shapesOf(present)}
		f.Reason = fmt.Sprintf("%d of %d texts differ%s: made anew by pattern, not learned", p.distinct, p.rows, form.like()) +
			cutReason(present) + p.mixReason() + p.marksReason()
		f.Warning = p.midway()
		return f
	}
	f.Reason = fmt.Sprintf("text, %s", count(p.distinct, "distinct value")) + p.spellingsReason(present) + p.mixReason() + p.marksReason()
	f.Warning = p.midway()
	if form != "" && p.distinct >= identifierRows {
		f.Warning = join(f.Warning, fmt.Sprintf("the values look like %s and come back as they are; if nobody may be named, "+
			"say kind: identifier in the schema", form))
	}
	return f
}

// like says the form in a reason.
func (f form) like() string {
	if f == "" {
		return ""
	}
	return ", which look like " + string(f)
}

func join(a, b string) string {
	if a == "" {
		return b
	}
	return a + "; " + b
}

func cutReason(texts []string) string {
	long := 0
	for _, t := range texts {
		if len([]rune(t)) > maxLength {
			long++
		}
	}
	if long == 0 {
		return ""
	}
	return fmt.Sprintf("; %s longer than %d characters, to which new ones are cut", count(long, "text"), maxLength)
}

// spellingsReason tells of yes and no in several spellings.
func (p *profile) spellingsReason(present []string) string {
	if p.distinct < 3 || p.distinct > 8 {
		return ""
	}
	for _, pair := range pairs {
		if !slices.ContainsFunc(present, func(t string) bool { t = strings.ToLower(t); return t != pair[0] && t != pair[1] }) {
			return fmt.Sprintf(": %s and %s in several spellings, each kept as it is", pair[0], pair[1])
		}
	}
	return ""
}

// mostlyNumbers is a column of numbers in which so many different words stand that number declined
// it, but which would not be learned at all as text. Numbers that all differ and are whole are no
// measurements but codes.
func (p *profile) mostlyNumbers() (Field, bool) {
	fit := p.numbers
	if fit == nil || fit.padded > 0 || 2*fit.parsed < p.rows {
		return Field{}, false
	}
	whole, exact := p.whole(fit.values)
	if !exact {
		return Field{}, false
	}
	numbers, words, example := 0, 0, ""
	for i, v := range fit.values {
		switch {
		case p.counts[i] == 0 || p.missing[i]:
		case math.IsNaN(v):
			words++
			example = p.texts[i]
		default:
			numbers++
		}
	}
	if whole && numbers == fit.parsed || numbers < 3 {
		return Field{}, false
	}
	f := Field{Kind: Real, Number: &fit.format, Missing: p.marks()}
	if whole {
		f.Kind = Integer
	}
	p.span(&f, fit.values, fit.format.MaxDecimals)
	f.Reason = p.numberReason(&f, whole) + p.marksReason() + wordsReason(words, example)
	f.Warning = p.midway()
	return f, true
}

// mixReason tells how many rows of a column of text are numbers.
func (p *profile) mixReason() string {
	if p.numbers == nil || p.numbers.padded > 0 || p.numbers.parsed == 0 || p.numbers.parsed >= p.rows {
		return ""
	}
	return fmt.Sprintf("; numbers in %d of %d rows, words in the others", p.numbers.parsed, p.rows)
}

// midwayEvidence: where words and numbers are mixed at random, the odds that the column begins with so
// long a stretch of one of them are exp(-midwayEvidence).
const midwayEvidence = 7

// midway is the warning for a column whose type changes on the way: it begins with a stretch of
// numbers or of words that is too long for chance.
func (p *profile) midway() string {
	if p.numbers == nil {
		return ""
	}
	was, stretch, rows := false, -1, 0 // what the first value is, values until another follows
	first, text := 0, ""               // the row where it does
	tally := map[bool]int{}
	for i, code := range p.column.codes {
		if p.missing[code] {
			continue
		}
		is := !math.IsNaN(p.numbers.values[code])
		if rows == 0 {
			was = is
		}
		if is != was && stretch < 0 {
			stretch, first, text = rows, i+1, p.texts[code]
		}
		tally[is]++
		rows++
	}
	if stretch < 0 || stretch*min(tally[true], tally[false]) < midwayEvidence*rows || tally[!was] < 2 {
		return ""
	}
	from, to := "words", "numbers"
	if was {
		from, to = to, from
	}
	return fmt.Sprintf("the type changes midway: %s in the first %d values, then %s from row %d on (%q)", from, stretch, to, first, shorten(text))
}

// key finds whole numbers that all differ, in a column whose name says that they are keys.
func (p *profile) key(name string) (Field, bool) {
	if p.distinct != p.rows || p.rows < identifierRows || len(p.marks()) > 0 || !isKeyName(name) {
		return Field{}, false
	}
	present := p.present()
	for _, t := range present {
		if strings.Trim(t, digits) != "" || len(t) > 1 && t[0] == '0' {
			return Field{}, false
		}
	}
	id := Identifier{Shapes: shapesOf(present)}
	how := "by pattern"
	rising := slices.IsSortedFunc(present, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	if numbered, ok := countFrom(present[0]); rising && ok {
		id, how = numbered, "counting from "+present[0]
	}
	return Field{Kind: Name, Identifier: &id, Missing: p.marks(),
		Reason: fmt.Sprintf("a key by its name, all %d numbers differ: made anew %s, not learned", p.rows, how)}, true
}

// keyWords name keys.
var keyWords = []string{"id", "key", "pk", "uid", "oid", "rowid", "index", "idx", "serial", "nr", "no"}

// isKeyName is true of names such as id, customer_id, OrderID, order key.
func isKeyName(name string) bool {
	words := strings.FieldsFunc(splitCamel(name), func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) })
	return len(words) > 0 && slices.Contains(keyWords, strings.ToLower(words[len(words)-1]))
}

// splitCamel puts a blank between a small letter and a capital.
func splitCamel(name string) string {
	var b strings.Builder
	small := false
	for _, r := range name {
		if small && unicode.IsUpper(r) {
			b.WriteByte(' ')
		}
		b.WriteRune(r)
		small = unicode.IsLower(r)
	}
	return b.String()
}
