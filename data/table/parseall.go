package table

import "math"

// timeFormat reads and writes the values of a column one way: [Moment] and [Duration].
type timeFormat interface {
	Parse(text string) (float64, bool)
	Format(v float64) string
}

// parseAll gives the value of each text that comes back as it is, and counts their rows; it gives
// up early if too many do not.
func parseAll(as timeFormat, texts []string, counts []int, skip []bool) (values []float64, rows int) {
	values = make([]float64, len(texts))
	odd := 0
	for i, text := range texts {
		values[i] = math.NaN()
		if skip[i] || counts[i] == 0 {
			continue
		}
		v, ok := as.Parse(text)
		if !ok || as.Format(v) != text {
			if odd++; odd > oddTexts {
				return nil, 0
			}
			continue
		}
		values[i] = v
		rows += counts[i]
	}
	return values, rows
}

// odd counts the texts without a value that are no marks of missing ones, and their rows; one of them is
// the example.
func (p *profile) odd(values []float64) (words, rows int, example string) {
	for i, v := range values {
		if !p.missing[i] && math.IsNaN(v) {
			words++
			rows += p.counts[i]
			example = p.texts[i]
		}
	}
	return words, rows, example
}
