package table

import (
	"math"
	"slices"
	"strings"
)

// Columns that are learned as their distance from others.

// base is what a distance of column j counts from: the highest of those it is above, or the lowest of
// those it is below, in their common unit. ok is false if all are missing.
func (w *rewriting) base(r *row, j int) (v float64, ok bool) {
	links := w.limits[j].above
	if len(links) == 0 {
		links = w.limits[j].below
	}
	sign, ticks := w.sign(j), w.ticks[j]
	for _, l := range links {
		u := r.values[l.column] * w.fields[l.column].factor(ticks)
		if !math.IsNaN(u) && (!ok || sign*u > sign*v) {
			v, ok = u, true
		}
	}
	return v, ok
}

// sign is 1 for columns that lie above others, -1 below.
func (p *plan) sign(j int) float64 {
	if len(p.limits[j].above) > 0 {
		return 1
	}
	return -1
}

// distance is the text that column j is learned as.
func (w *rewriting) distance(r *row, j int) string {
	text, v := r.texts[j], r.values[j]
	if math.IsNaN(v) || w.keeps[j][Text(text)] {
		return verbatim + text
	}
	return w.far(r, j, v)
}

// far is the distance of value v of column j.
func (w *rewriting) far(r *row, j int, v float64) string {
	base, ok := w.base(r, j)
	if !ok {
		base = w.facts[j].Base
	}
	format := distanceFormat(w.facts[j].Decimals)
	v *= w.fields[j].factor(w.ticks[j])
	if d := w.facts[j].Decimals; d >= 0 {
		return format.Format(w.sign(j) * (units(v, d) - units(base, d)) / pow10(d))
	}
	return format.Format(exactStep(base, v) * w.sign(j))
}

// exactStep is the difference d that takes base to v, base + d being v again where a float64 can.
func exactStep(base, v float64) float64 {
	d := v - base
	for _, try := range [3]float64{d, math.Nextafter(d, math.Inf(1)), math.Nextafter(d, math.Inf(-1))} {
		if base+try == v {
			return try
		}
	}
	return d
}

// distanceFormat spells distances: with as many decimals as the columns, or as many as it takes.
func distanceFormat(decimals int) *Number {
	if decimals < 0 {
		return &Number{MaxDecimals: 400}
	}
	return &Number{MinDecimals: decimals, MaxDecimals: decimals}
}

// away finds column j from the text that was learned.
func (w *rewriting) away(r *row, j int, text string) string {
	f := &w.fields[j]
	if kept, ok := strings.CutPrefix(text, verbatim); ok {
		v, number := f.Float(kept)
		if win := w.window(r, j); !number || win.side(v) == 0 {
			return kept
		}
		return w.settled(r, j, v)
	}
	fact := w.facts[j]
	far, ok := distanceFormat(fact.Decimals).Parse(text)
	if !ok {
		nothing, _ := w.nothing(j)
		return nothing
	}
	base, ok := w.base(r, j)
	if !ok {
		base = fact.Base
	}
	far *= w.sign(j)
	v := base + far
	if d := fact.Decimals; d >= 0 {
		v = (units(base, d) + units(far, d)) / pow10(d)
	}
	return w.settled(r, j, v/f.factor(w.ticks[j]))
}

// learnDistance finds out what there is to know of column j, which is learned as a distance.
func (w *rewriting) learnDistance(c *Column, rows scan, j int) *Fact {
	f := &w.fields[j]
	fact := &Fact{Column: f.Name, Decimals: w.distanceDecimals(rows, j), Nothing: commonestWord(f, c)}
	w.facts[j], w.keeps[j] = fact, map[Text]bool{}
	var bases []float64
	for _, r := range rows.each() {
		if b, ok := w.base(r, j); ok {
			bases = append(bases, b)
		}
	}
	if len(bases) > 0 {
		slices.Sort(bases)
		fact.Base = bases[len(bases)/2]
	}
	for _, text := range w.singular(c, rows, j) {
		fact.Keep = append(fact.Keep, Text(text))
		w.keeps[j][Text(text)] = true
	}
	return fact
}

// distanceDecimals is the count of decimals on which column j and all that limit it lie, -1 if
// there is none in which float64 counts exactly.
func (w *rewriting) distanceDecimals(rows scan, j int) int {
	most, ticks := 0, w.ticks[j]
	columns := append(w.needs(j), j)
	for _, k := range columns {
		d, ok := w.fields[k].decimalsOrNone()
		if !ok {
			return -1
		}
		most = max(most, d)
	}
	for _, r := range rows.each() {
		for _, k := range columns {
			if math.Abs(r.values[k])*w.fields[k].factor(ticks)*pow10(most) > exactUnits {
				return -1
			}
		}
	}
	return most
}

// commonestWord is the text without a number that most rows of a column hold: of marks of missing
// values, if it has any.
func commonestWord(f *Field, c *Column) Text {
	fit := fitter{field: f, texts: c.Texts(), counts: c.Counts()}
	best, missing := -1, false
	for i, text := range fit.texts {
		if _, number := f.Float(text); number || fit.counts[i] == 0 {
			continue
		}
		m := f.IsMissing(text)
		if best < 0 || m && !missing || m == missing && fit.counts[i] > fit.counts[best] {
			best, missing = i, m
		}
	}
	switch {
	case best >= 0:
		return Text(fit.texts[best])
	case len(f.Missing) > 0:
		return f.Missing[0]
	}
	return ""
}

// singular lists the values of column j that stand for themselves: the few in another spelling, and
// those that many more rows share than their neighbours without most of them being equally far
// from the other columns.
func (w *rewriting) singular(c *Column, rows scan, j int) []string {
	fit := fitter{field: &w.fields[j], texts: c.Texts(), counts: c.Counts(), rows: rows.table.Rows(), options: Options{}.filled()}
	fit.sort()
	var out []string
	for _, i := range fit.words {
		if !math.IsNaN(fit.values[i]) {
			out = append(out, fit.texts[i])
		}
	}
	values, counts := fit.distinct()
	spikes := map[float64]map[string]int{}
	for k, is := range fit.masses(values, counts, fit.step()) {
		if is {
			spikes[values[k]] = map[string]int{}
		}
	}
	if len(spikes) == 0 {
		return out
	}
	for _, r := range rows.each() {
		if at := spikes[r.values[j]]; at != nil {
			at[w.far(r, j, r.values[j])]++
		}
	}
	for _, i := range fit.numbers {
		total, most := 0, 0
		for _, n := range spikes[fit.values[i]] {
			total, most = total+n, max(most, n)
		}
		if 2*most < total {
			out = append(out, fit.texts[i])
		}
	}
	return out
}
