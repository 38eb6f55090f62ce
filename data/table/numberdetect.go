package table

import (
	"math"
	"strings"
)

// spelling is what one text shows of the format of its column.
type spelling struct {
	value       float64
	whole       int  // digits before the mark
	decimals    int  // digits after it, of the mantissa
	plain       int  // decimals when written out without an exponent
	significant int  // digits from the first that is not 0, trailing zeros left out
	padded      bool // 007: zeros that a number would lose
	exponent    bool
}

// spell takes a text apart; ok is false if it is no finite number under f.
func (f *Number) spell(text string) (s spelling, ok bool) {
	core, ok := f.core(text)
	if !ok {
		return s, false
	}
	s.value, ok = f.Parse(text)
	if !ok {
		return s, false
	}
	core = strings.TrimLeft(core, "+-")
	mantissa, exp := core, ""
	if i := strings.IndexAny(core, "eE"); i >= 0 {
		mantissa, exp = core[:i], core[i+1:]
		s.exponent = true
	}
	whole, fraction, _ := strings.Cut(mantissa, ".")
	s.whole, s.decimals = len(whole), len(fraction)
	s.padded = len(whole) > 1 && whole[0] == '0'
	s.plain = s.decimals
	if s.exponent {
		e := 0
		for _, c := range strings.TrimLeft(exp, "+-") {
			e = min(10*e+int(c-'0'), 10000)
		}
		if strings.HasPrefix(exp, "-") {
			e = -e
		}
		s.plain = max(0, len(strings.TrimRight(fraction, "0"))-e)
	}
	s.significant = len(strings.TrimRight(strings.TrimLeft(whole+fraction, "0"), "0"))
	return s, true
}

// numberFit is how well a format describes the texts of a column.
type numberFit struct {
	format  Number
	values  []float64 // by text; NaN where it is no number
	parsed  int       // rows that are numbers
	exact   int       // rows whose text comes back as it was
	padded  int       // rows with zeros that a number would lose
	oddText []bool    // by text: it would not come back as it was, or is no number
}

// marks are the pairs of decimal mark and thousands separator that are tried.
var marks = []Number{{}, {Thousands: ","}, {Comma: true}, {Comma: true, Thousands: "."},
	{Thousands: " "}, {Thousands: "'"}, {Thousands: "_"}, {Comma: true, Thousands: " "}, {Comma: true, Thousands: "\u00a0"}}

// detectNumber finds the format under which most rows are numbers and, of these, most come back as
// they were. skip tells the texts to leave out of account, the missing marks.
func detectNumber(texts []string, counts []int, skip []bool) numberFit {
	rows := 0
	for i, n := range counts {
		if !skip[i] {
			rows += n
		}
	}
	affix := affixes(texts, counts, skip)
	best := bestMarks(affix, texts, counts, skip, rows)
	if best.parsed < rows && (affix.Prefix != "" || affix.Suffix != "") {
		if bare := bestMarks(Number{}, texts, counts, skip, rows); bare.parsed > best.parsed {
			best = bare
		}
	}
	return best
}

// bestMarks tries all marks between the given prefix and suffix.
func bestMarks(affix Number, texts []string, counts []int, skip []bool, rows int) numberFit {
	var best numberFit
	for _, m := range marks {
		m.Prefix, m.Suffix = affix.Prefix, affix.Suffix
		fit := numberFit{format: m}
		spellings := fit.parse(texts, counts, skip)
		if fit.parsed > best.parsed {
			fit.refine(texts, counts, skip, spellings)
			best = fit
		}
		if best.parsed == rows {
			break
		}
	}
	return best
}

// affixes guesses prefix and suffix from the commonest text: a currency sign or blanks before the
// number, a currency sign, per cent or a short unit after it.
func affixes(texts []string, counts []int, skip []bool) Number {
	best := -1
	for i, text := range texts {
		if !skip[i] && strings.ContainsAny(text, "0123456789") && (best < 0 || counts[i] > counts[best]) {
			best = i
		}
	}
	if best < 0 {
		return Number{}
	}
	text := strings.TrimPrefix(texts[best], "-")
	first := strings.IndexAny(text, "+-.0123456789")
	last := strings.LastIndexAny(text, ".0123456789")
	prefix, suffix := text[:first], text[last+1:]
	if !isPrefix(prefix) {
		prefix = ""
	}
	if !isSuffix(suffix) {
		suffix = ""
	}
	return Number{Prefix: Text(prefix), Suffix: Text(suffix)}
}

func isPrefix(s string) bool { return strings.Trim(s, " \t\u00a0$€£¥₹") == "" }

// isSuffix accepts signs and units of at most five letters. An "e" would be an exponent's.
func isSuffix(s string) bool {
	rest := strings.Trim(s, " \t\u00a0$€£¥₹%°")
	if len(rest) > 5 || rest == "e" || rest == "E" {
		return false
	}
	for _, c := range rest {
		if (c < 'a' || c > 'z') && (c < 'A' || c > 'Z') && c != '/' && c != '²' && c != '³' {
			return false
		}
	}
	return true
}

func (n *numberFit) parse(texts []string, counts []int, skip []bool) []spelling {
	n.values = make([]float64, len(texts))
	spellings := make([]spelling, len(texts))
	for i, text := range texts {
		n.values[i] = math.NaN()
		if skip[i] {
			continue
		}
		s, ok := n.format.spell(text)
		if !ok {
			continue
		}
		n.values[i], spellings[i] = s.value, s
		n.parsed += counts[i]
		if s.padded {
			n.padded += counts[i]
		}
	}
	return spellings
}

// refine fills in decimals, digits and notation from what the texts show, then counts which texts
// come back.
func (n *numberFit) refine(texts []string, counts []int, skip []bool, spellings []spelling) {
	f := &n.format
	plus, bare, exps, numbers := 0, 0, 0, 0
	first := true
	for i, s := range spellings {
		if skip[i] || math.IsNaN(n.values[i]) {
			continue
		}
		numbers++
		core, _ := f.core(texts[i])
		if strings.HasPrefix(core, "+") {
			plus++
		}
		if s.whole == 0 {
			bare++
		}
		if s.exponent {
			exps++
			continue
		}
		if first || s.decimals < f.MinDecimals {
			f.MinDecimals = s.decimals
		}
		f.MaxDecimals = max(f.MaxDecimals, s.decimals)
		first = false
	}
	f.Plus = plus > 0
	f.BareFirst = bare > 0
	n.significance(spellings)
	if exps > 0 {
		n.notation(texts, counts, spellings, exps == numbers)
	}
	n.exact, n.oddText = f.comeBack(texts, counts, n.values)
}

// significanceEvidence distinct numbers must have had room for more digits than any of them shows
// before a bound on the digits is believed.
const significanceEvidence = 20

// significance finds a bound on significant digits, as printf's %g and R's print set one: some
// numbers would have had room for more decimals, had the decimals been the only bound.
func (n *numberFit) significance(spellings []spelling) {
	f := &n.format
	most, evidence := 0, 0
	for _, s := range spellings {
		most = max(most, s.significant)
	}
	for _, s := range spellings {
		if s.whole+f.MaxDecimals > most && s.value != 0 && !s.padded && s.whole > 1 {
			evidence++
		}
	}
	if f.MinDecimals < f.MaxDecimals && most < 16 && evidence >= significanceEvidence {
		f.Significant = most
	}
}

// notation tries every way of writing exponents and keeps the one under which most rows come back.
func (n *numberFit) notation(texts []string, counts []int, spellings []spelling, all bool) {
	plain := n.format
	most := 0
	for i, s := range spellings {
		if math.IsNaN(n.values[i]) {
			continue
		}
		most = max(most, s.significant)
		if s.exponent {
			plain.MaxDecimals = max(plain.MaxDecimals, s.plain)
		}
	}
	best, bestExact := plain, -1
	for _, nt := range notations {
		f := plain
		f.Exponent = nt.name
		if f.always() {
			if !all {
				continue
			}
			f.MinDecimals, f.MaxDecimals = mantissaDecimals(spellings, n.values)
			f.Significant = 0
		} else if most < 16 {
			f.Significant = most
		}
		if exact, _ := f.comeBack(texts, counts, n.values); exact > bestExact {
			best, bestExact = f, exact
		}
	}
	n.format = best
}

func mantissaDecimals(spellings []spelling, values []float64) (least, most int) {
	least = math.MaxInt
	for i, s := range spellings {
		if !math.IsNaN(values[i]) {
			least, most = min(least, s.decimals), max(most, s.decimals)
		}
	}
	return least, most
}

// comeBack counts the rows whose text is what f makes of its value, and marks the others' texts.
func (f *Number) comeBack(texts []string, counts []int, values []float64) (exact int, odd []bool) {
	odd = make([]bool, len(texts))
	for i, v := range values {
		odd[i] = true
		if !math.IsNaN(v) && f.Format(v) == texts[i] {
			odd[i] = false
			exact += counts[i]
		}
	}
	return exact, odd
}
