package table

import (
	"math"
	"strconv"
	"strings"
)

// Number is how the numbers of a column are spelled. The zero value is plain integers.
//
//	7099.0  129.0         MinDecimals 1, MaxDecimals 1          fixed
//	102.26  25  0.106     MinDecimals 0, MaxDecimals 4          trailing zeros dropped
//	68.7814  345.222      the same and Significant 6            as many digits wherever the mark stands
//	1.5  1e-05            MinDecimals 0, Exponent "python"      tiny and huge ones with an exponent
//	$1,234.50             Prefix "$", Thousands ","             and so on
type Number struct {
	MinDecimals int  `yaml:"min_decimals,omitempty"`
	MaxDecimals int  `yaml:"max_decimals,omitempty"`
	Significant int  `yaml:"significant,omitempty"`   // at most so many significant digits; 0: no bound
	Plus        bool `yaml:"plus,omitempty"`          // + before positive numbers
	BareFirst   bool `yaml:"bare_fraction,omitempty"` // .5 instead of 0.5
	Comma       bool `yaml:"comma,omitempty"`         // the decimal mark is a comma
	Thousands   Text `yaml:"thousands,omitempty"`     // between groups of three digits
	Prefix      Text `yaml:"prefix,omitempty"`
	Suffix      Text `yaml:"suffix,omitempty"`
	// Exponent names the notation of numbers too small or large to be written out (see
	// notations); empty: they are written out all the same.
	Exponent string `yaml:"exponent,omitempty"`
}

// notation is when and how a program writes a number with an exponent.
type notation struct {
	name      string
	low, high int  // exponents below low and from high on; high 0: from Significant on
	digits    int  // of the exponent, at least
	plus      bool // e+16, not e16
	letter    byte
	decimals  int // of the mantissa, at least
}

// notations are tried in this order when a column's format is found out.
var notations = []notation{
	{"python", -4, 16, 2, true, 'e', 0},
	{"c", -4, 0, 2, true, 'e', 0},
	{"c-upper", -4, 0, 2, true, 'E', 0},
	{"javascript", -6, 21, 1, true, 'e', 0},
	{"go", -4, 21, 2, true, 'e', 0},
	{"java", -3, 7, 1, false, 'E', 1},
	{"always", 400, -400, 2, true, 'e', 0},
	{"always-upper", 400, -400, 2, true, 'E', 0},
}

// always is true of the notations that write every number with an exponent; decimals are then
// those of the mantissa.
func (f *Number) always() bool { return strings.HasPrefix(f.Exponent, "always") }

func notationOf(name string) (notation, bool) {
	for _, n := range notations {
		if n.name == name {
			return n, true
		}
	}
	return notation{}, false
}

// Parse reads a number spelled this way, or nearly so: the count of decimals is not checked.
// Infinities, NaN and hexadecimal numbers are not numbers here.
func (f *Number) Parse(text string) (v float64, ok bool) {
	text, ok = f.core(text)
	if !ok || text == "" {
		return 0, false
	}
	for i := range len(text) {
		if c := text[i]; (c < '0' || c > '9') && c != '.' && c != '-' && c != '+' && c != 'e' && c != 'E' {
			return 0, false
		}
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil
}

// core strips what surrounds the number and turns its marks into Go's.
func (f *Number) core(text string) (string, bool) {
	if f.Prefix != "" || f.Suffix != "" {
		sign := ""
		if strings.HasPrefix(text, "-") {
			sign, text = "-", text[1:]
		}
		if !strings.HasPrefix(text, string(f.Prefix)) || !strings.HasSuffix(text, string(f.Suffix)) ||
			len(text) < len(f.Prefix)+len(f.Suffix) {
			return "", false
		}
		text = sign + text[len(f.Prefix):len(text)-len(f.Suffix)]
	}
	text = strings.Trim(text, " \t\u00a0") // a number set flush right is one all the same
	if f.Thousands != "" {
		var ok bool
		if text, ok = ungroup(text, string(f.Thousands), f.mark()); !ok {
			return "", false
		}
	}
	if f.Comma {
		if strings.Contains(text, ".") {
			return "", false
		}
		text = strings.Replace(text, ",", ".", 1)
	}
	return text, true
}

func (f *Number) mark() string {
	if f.Comma {
		return ","
	}
	return "."
}

// ungroup takes the separators between groups of three digits out; ok is false if one stands
// anywhere else.
func ungroup(text, sep, mark string) (plain string, ok bool) {
	whole, fraction, found := strings.Cut(text, mark)
	if found {
		fraction = mark + fraction
	}
	if strings.Contains(fraction, sep) {
		return "", false
	}
	parts := strings.Split(whole, sep)
	first := strings.TrimLeft(parts[0], "+-")
	if len(parts) > 1 && (len(first) == 0 || len(first) > 3) {
		return "", false
	}
	for _, p := range parts[1:] {
		if len(p) != 3 {
			return "", false
		}
	}
	return strings.Join(parts, "") + fraction, true
}

// Round returns the number nearest to v that the format can hold.
func (f *Number) Round(v float64) float64 {
	if v == 0 || math.IsInf(v, 0) || math.IsNaN(v) {
		return v + 0
	}
	if f.always() {
		return reparse(v, 'e', min(f.MaxDecimals, 17))
	}
	if f.Significant > 0 && f.Significant < 17 {
		v = reparse(v, 'e', f.Significant-1)
	}
	// Beyond 2^53 units of the last decimal a float64 is coarser than the format anyway.
	if f.MaxDecimals <= 22 && math.Abs(v)*pow10(f.MaxDecimals) < 1<<53 {
		v = reparse(v, 'f', f.MaxDecimals)
	}
	return v + 0 // no negative zero
}

func reparse(v float64, format byte, digits int) float64 {
	var space [64]byte
	r, err := strconv.ParseFloat(string(strconv.AppendFloat(space[:0], v, format, digits, 64)), 64)
	if err != nil { // rounding up passed the largest float64
		return v
	}
	return r
}

// pow10 is 10^n, exact for 0 <= n <= 22.
func pow10(n int) float64 {
	p := 1.0
	for range n {
		p *= 10
	}
	return p
}

// Format spells v, rounded to what the format can hold.
func (f *Number) Format(v float64) string {
	v = f.Round(v)
	sign := ""
	if v < 0 {
		sign, v = "-", -v
	} else if f.Plus && v > 0 {
		sign = "+"
	}
	body := f.body(v)
	if f.Prefix == "" && f.Suffix == "" {
		return sign + body
	}
	return sign + string(f.Prefix) + body + string(f.Suffix)
}

// body spells v >= 0 without sign and surroundings.
func (f *Number) body(v float64) string {
	n, ok := notationOf(f.Exponent)
	if ok {
		if text, done := f.scientific(v, n); done {
			return text
		}
	}
	digits := -1
	if f.MinDecimals == f.MaxDecimals {
		digits = f.MaxDecimals
	}
	text := strconv.FormatFloat(v, 'f', digits, 64)
	whole, fraction, _ := strings.Cut(text, ".")
	for len(fraction) < f.MinDecimals {
		fraction += "0"
	}
	if f.Thousands != "" {
		whole = group(whole, string(f.Thousands))
	}
	if fraction == "" {
		return whole
	}
	if f.BareFirst && whole == "0" {
		whole = ""
	}
	return whole + f.mark() + fraction
}

func group(whole, sep string) string {
	for i := len(whole) - 3; i > 0; i -= 3 {
		whole = whole[:i] + sep + whole[i:]
	}
	return whole
}

// scientific spells v with an exponent if the notation wants one there.
func (f *Number) scientific(v float64, n notation) (text string, done bool) {
	digits := -1
	if f.always() && f.MinDecimals == f.MaxDecimals {
		digits = f.MaxDecimals
	}
	mantissa, exp, _ := strings.Cut(strconv.FormatFloat(v, 'e', digits, 64), "e")
	e, _ := strconv.Atoi(exp)
	high := n.high
	if high == 0 {
		high = max(f.Significant, 1)
	}
	if v == 0 && n.low < 0 || n.low <= e && e < high {
		return "", false
	}
	if n.decimals > 0 && !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	mantissa = strings.Replace(mantissa, ".", f.mark(), 1)
	sign := ""
	if e < 0 {
		sign, e = "-", -e
	} else if n.plus {
		sign = "+"
	}
	exp = strconv.Itoa(e)
	if len(exp) < n.digits {
		exp = "0" + exp
	}
	return mantissa + string(n.letter) + sign + exp, true
}
