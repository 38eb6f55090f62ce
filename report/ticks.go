package report

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"ebb/engine/kernel/elementary"
)

// tick is a marked place of an axis.
type tick struct {
	at    float64
	label string
}

// linearTicks are about n round values within [lo,hi]: multiples of 1, 2 or 5
// times a power of ten.
func linearTicks(lo, hi float64, n int) []tick {
	if !(hi > lo) || n < 1 {
		return nil
	}
	mantissa, exponent := roundStep((hi - lo) / float64(n))
	place := func(k float64) float64 { // k*mantissa*10^exponent, rounded once
		if exponent < 0 {
			return k * mantissa / pow10(-exponent)
		}
		return k * mantissa * pow10(exponent)
	}
	step := place(1)
	var ticks []tick
	for k := math.Ceil(lo/step - 1e-9); k <= math.Floor(hi/step+1e-9); k++ {
		v := place(k)
		ticks = append(ticks, tick{v, tickLabel(v, exponent, math.Max(math.Abs(lo), math.Abs(hi)))})
	}
	return ticks
}

// roundStep is the smallest of 1, 2, 5 times a power of ten that is at least about step.
func roundStep(step float64) (mantissa float64, exponent int) {
	exponent = floorLog10(step)
	rest := step / pow10(exponent)
	switch {
	case rest <= 1.2:
		return 1, exponent
	case rest <= 2.5:
		return 2, exponent
	case rest <= 6:
		return 5, exponent
	}
	return 1, exponent + 1
}

// tickLabel writes v with the decimals that a step of 10^exponent needs;
// thousands and millions are shortened.
func tickLabel(v float64, exponent int, largest float64) string {
	switch {
	case v == 0:
		return "0"
	case largest < 1e-4 || largest >= 1e10:
		return scientific(v, exponent)
	case exponent >= 3 && largest >= 1e7:
		return fixed(v/1e6, max(0, 6-exponent)) + "M"
	case exponent >= 2 && largest >= 1e4:
		return fixed(v/1e3, max(0, 3-exponent)) + "k"
	}
	return fixed(v, max(0, -exponent))
}

func fixed(v float64, decimals int) string {
	return strings.Replace(strconv.FormatFloat(v, 'f', decimals, 64), "-", "−", 1)
}

func scientific(v float64, exponent int) string {
	e := floorLog10(math.Abs(v))
	m := strconv.FormatFloat(v/pow10(e), 'f', max(0, e-exponent), 64)
	if m == "1" {
		return "10" + superscript(e)
	}
	return strings.Replace(m, "-", "−", 1) + "×10" + superscript(e)
}

func superscript(e int) string {
	return strings.NewReplacer("-", "⁻", "0", "⁰", "1", "¹", "2", "²", "3", "³", "4", "⁴",
		"5", "⁵", "6", "⁶", "7", "⁷", "8", "⁸", "9", "⁹").Replace(strconv.Itoa(e))
}

// logTicks are powers of ten within [lo,hi], thinned to about n; where less
// than two fit, 2 and 5 times them as well.
func logTicks(lo, hi float64, n int) []tick {
	first, last := floorLog10(lo), floorLog10(hi)
	stride := 1
	if decades := last - first; decades > n+1 {
		stride = (decades + n - 1) / n
	}
	var ticks []tick
	for e := first; e <= last; e++ {
		if e%stride == 0 {
			ticks = addLogTick(ticks, 1, e, lo, hi)
		}
		if last-first <= 2 && n >= 4 {
			ticks = addLogTick(ticks, 2, e, lo, hi)
			ticks = addLogTick(ticks, 5, e, lo, hi)
		}
	}
	return ticks
}

func addLogTick(ticks []tick, mantissa float64, e int, lo, hi float64) []tick {
	v := mantissa * pow10(e)
	if v < lo*(1-1e-9) || v > hi*(1+1e-9) {
		return ticks
	}
	label := strconv.Itoa(int(mantissa)) + "×10" + superscript(e)
	if mantissa == 1 {
		label = "10" + superscript(e)
	}
	if e >= -3 && e <= 3 {
		label = fixed(v, max(0, -e))
	}
	return append(ticks, tick{v, label})
}

// floorLog10 is the exponent of v in scientific notation, exactly.
func floorLog10(v float64) int {
	s := strconv.FormatFloat(v, 'e', 17, 64)
	e, err := strconv.Atoi(s[strings.IndexByte(s, 'e')+1:])
	if err != nil {
		return 0 // not finite
	}
	return e
}

func pow10(e int) float64 {
	v, err := strconv.ParseFloat(fmt.Sprintf("1e%d", e), 64)
	if err != nil {
		return math.Inf(1)
	}
	return v
}

func log10(v float64) float64 { return elementary.Log(v) / math.Ln10 }
