package table

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"time"
)

// The numbers of columns that rules compare and add: dates of different units in one unit, and the
// spelling that is nearest to a number within bounds.

// ticks is how many units of time make a day; 0 for months, which do not.
func (m *Moment) ticks() float64 {
	if m.Unit == "day" {
		return 1
	}
	return secondsPerDay * float64(perSecond[m.Unit])
}

// ticks is how many of the units in which a date or a length of time is counted make a day; 0 where none do.
func (f *Field) ticks() float64 {
	switch f.Kind {
	case Date:
		return f.Moment.ticks()
	case Interval:
		return secondsPerDay * float64(f.Duration.scale())
	}
	return 0
}

// comparable tells whether the values of two columns lie on one line.
func comparable(a, b *Field) bool {
	if a.Kind == Interval || b.Kind == Interval {
		return a.Kind == b.Kind
	}
	if a.Kind != Date || b.Kind != Date {
		return a.Kind != Date && b.Kind != Date
	}
	return (a.Moment.ticks() == 0) == (b.Moment.ticks() == 0) && a.Moment.clockOnly() == b.Moment.clockOnly()
}

// finest is the finest unit of dates and lengths of time, ticks a day; 0 where there are none.
func finest(fields ...*Field) float64 {
	most := 0.0
	for _, f := range fields {
		most = max(most, f.ticks())
	}
	return most
}

// factor is how many of a unit of so many ticks make one of the field's.
func (f *Field) factor(ticks float64) float64 {
	if own := f.ticks(); own > 0 && ticks > 0 {
		return ticks / own
	}
	return 1
}

// constant reads a number or date in a rule, as the column spells it or plainly.
func (f *Field) constant(text string) (v float64, ok bool) {
	if v, ok := f.Float(text); ok {
		return v, true
	}
	if f.Kind == Date {
		for _, layout := range []string{"2006-01-02", "2006-01-02 15:04:05", time.RFC3339, "2006-01", "15:04", "15:04:05"} {
			if t, err := time.Parse(layout, text); err == nil && (layout[0] == '1') == f.Moment.clockOnly() {
				return f.Moment.count(t), true
			}
		}
		return 0, false
	}
	if f.Kind == Interval {
		return 0, false
	}
	v, err := strconv.ParseFloat(text, 64)
	return v, err == nil && !math.IsInf(v, 0) && !math.IsNaN(v)
}

// decimals of a column's numbers; ok is false if they lie on no grid of decimals.
func (f *Field) decimals() (n int, ok bool) {
	if f.Kind == Date || f.Kind == Interval {
		return 0, true
	}
	return f.Number.MaxDecimals, !f.Number.always() && f.Number.MaxDecimals <= 15
}

// exactUnits bounds the units of the last decimal in which a float64 counts without error, with
// room for the error of the product.
const exactUnits = 1e15

// units counts v in units of the last of so many decimals.
func units(v float64, decimals int) float64 {
	return math.Round(v * pow10(decimals))
}

// window is where a value may lie, in units of its column times factor. The zero value of a bound that
// is not set is ignored.
type window struct {
	factor             float64
	lo, hi             float64
	above, below       bool // lo, hi are set
	openLow, openAbove bool // they are excluded
}

func anywhere(factor float64) window { return window{factor: factor} }

func (w *window) atLeast(v float64, strict bool) {
	switch {
	case !w.above || v > w.lo:
		w.lo, w.openLow = v, strict
	case v == w.lo:
		w.openLow = w.openLow || strict
	}
	w.above = true
}

func (w *window) atMost(v float64, strict bool) {
	switch {
	case !w.below || v < w.hi:
		w.hi, w.openAbove = v, strict
	case v == w.hi:
		w.openAbove = w.openAbove || strict
	}
	w.below = true
}

// fix is atLeast or atMost of a number in a rule, which is in the column's own unit.
func (w *window) fix(x fixed) {
	if x.least {
		w.atLeast(x.value*w.factor, x.strict)
	} else {
		w.atMost(x.value*w.factor, x.strict)
	}
}

// side is -1 for a value below the window, 1 above, 0 within.
func (w *window) side(v float64) int {
	v *= w.factor
	switch {
	case w.above && (v < w.lo || w.openLow && v == w.lo):
		return -1
	case w.below && (v > w.hi || w.openAbove && v == w.hi):
		return 1
	}
	return 0
}

// settle spells the number nearest to v that lies on the column's grid, in its range and in the window.
// inside is false if none in the range was found; the text then lies in the window, out of the
// range. ok is false if there is none at all.
func (f *Field) settle(v float64, w window) (text string, inside, ok bool) {
	lo, hi := f.limits()
	v = f.onGrid(min(max(v, lo), hi))
	text, side := f.try(v, &w)
	if side != 0 {
		if text, ok = f.search(&w, side); !ok {
			return "", false, false
		}
	}
	u, _ := f.Float(text)
	return text, u >= lo && u <= hi, true
}

func (f *Field) try(v float64, w *window) (text string, side int) {
	text = f.spell(v)
	u, ok := f.Float(text)
	if !ok {
		return text, 2
	}
	return text, w.side(u)
}

// search goes from the bound that was missed away into the window, by steps that double.
func (f *Field) search(w *window, side int) (text string, ok bool) {
	at, sign := w.lo, 1.0
	if side > 0 {
		at, sign = w.hi, -1
	}
	at /= w.factor
	step := 0.0
	for range 70 {
		text, now := f.try(f.onGrid(at+float64(sign*step)), w)
		switch now {
		case 0:
			return text, true
		case -side:
			return "", false // no point of the grid lies between
		}
		if step == 0 {
			step = f.unit(at)
		} else {
			step *= 2
		}
	}
	return "", false
}

// limits is the range of the column; infinite where the schema does not say.
func (f *Field) limits() (lo, hi float64) {
	lo, hi = math.Inf(-1), math.Inf(1)
	if v, ok := f.Float(string(f.Min)); ok {
		lo = v
	}
	if v, ok := f.Float(string(f.Max)); ok {
		hi = v
	}
	return lo, hi
}

// onGrid is the point of the schema's grid nearest to v.
func (f *Field) onGrid(v float64) float64 {
	origin, ok := f.Float(string(f.Min))
	if f.Step <= 0 || !ok {
		return v
	}
	return origin + float64(math.Round((v-origin)/f.Step)*f.Step)
}

// unit is the least step between two spellings near v.
func (f *Field) unit(v float64) float64 {
	switch {
	case f.Step > 0:
		return f.Step
	case f.Kind == Date || f.Kind == Interval:
		return 1
	}
	n := f.Number
	_, exp, _ := cutExponent(v)
	step := math.Nextafter(math.Abs(v), math.Inf(1)) - math.Abs(v)
	if n.MaxDecimals <= 22 && !n.always() {
		step = max(step, 1/pow10(n.MaxDecimals))
	}
	digits := n.Significant
	if n.always() {
		digits = n.MaxDecimals + 1
	}
	if digits > 0 && digits < 17 {
		step = max(step, decimalPower(exp-digits+1))
	}
	return step
}

func cutExponent(v float64) (mantissa string, exp int, ok bool) {
	text := strconv.FormatFloat(v, 'e', -1, 64)
	for i := range len(text) {
		if text[i] == 'e' {
			exp, err := strconv.Atoi(text[i+1:])
			return text[:i], exp, err == nil
		}
	}
	return text, 0, false
}

func decimalPower(n int) float64 {
	v, _ := strconv.ParseFloat("1e"+strconv.Itoa(n), 64)
	return v
}

// counts makes sure that a field can take part in less or sum.
func (f *Field) counts() error {
	if f.Kind == AllMissing || f.Kind == Constant || f.Kind.Numeric() {
		return nil
	}
	return fmt.Errorf("the column %q is %s, not a number or date", f.Name, f.Kind)
}

// numberOfConstant reads the value of a constant column.
func (f *Field) numberOfConstant() (Number, bool) {
	fit := detectNumber([]string{string(f.Value)}, []int{1}, []bool{false})
	return fit.format, fit.parsed == 1 && !slices.ContainsFunc(fit.values, math.IsNaN)
}
