package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"

	"ebb/engine/kernel/elementary"
)

// Lines draws curves over a common x axis.
type Lines struct {
	Caption
	X, Y   Axis
	Series []Series
	Size   Size
}

// Series is one curve. A value that is not finite breaks it.
type Series struct {
	Name   string
	X, Y   []float64
	Lo, Hi []float64 // a band around the curve, or nil
	Faint  bool      // thin and grey, behind the others: raw values under their mean
}

// HTML draws the chart.
func (f Lines) HTML() template.HTML {
	ex, ey := extent{log: f.X.Log}, extent{log: f.Y.Log}
	var keys []key
	for _, s := range f.Series {
		ex.add(s.X...)
		ey.add(s.Y...)
		ey.add(s.Lo...)
		ey.add(s.Hi...)
	}
	p := newPlot(f.Size, f.X, f.Y, newScale(f.X, ex, 0), newScale(f.Y, ey, 0.04))
	p.clip()
	for i, s := range f.Series {
		p.path("band "+fill(f.colour(i)), p.band(s.X, s.Lo, s.Hi), "")
	}
	for _, faint := range []bool{true, false} {
		for i, s := range f.Series {
			colour := f.colour(i)
			switch {
			case s.Faint != faint:
			case faint:
				p.path("curve faint", p.curve(s.X, s.Y), "")
				keys = append(keys, key{s.Name, `<path class="curve faint" d="M1 6 H25"/>`})
			default:
				p.path("curve "+stroke(colour), p.curve(s.X, s.Y), dash(colour))
				keys = append(keys, curveKey(s.Name, colour))
			}
		}
	}
	p.unclip()
	return f.wrap("", p.w, legend(keys)+p.document(f.alt(f.words())))
}

// colour counts the series before i that are not faint.
func (f Lines) colour(i int) int {
	n := 0
	for _, s := range f.Series[:i] {
		if !s.Faint {
			n++
		}
	}
	return n
}

func (f Lines) words() string {
	parts := make([]string, len(f.Series))
	for i, s := range f.Series {
		parts[i] = strings.TrimSpace(s.Name + " " + journey(s.Y))
	}
	return fmt.Sprintf("%s against %s; %s", orName(f.Y.Label, "values"), orName(f.X.Label, "x"), strings.Join(parts, "; "))
}

// journey says where a curve starts and ends.
func journey(y []float64) string {
	first, last := math.NaN(), math.NaN()
	for _, v := range y {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			continue
		}
		if math.IsNaN(first) {
			first = v
		}
		last = v
	}
	if math.IsNaN(first) {
		return "has no values"
	}
	return fmt.Sprintf("from %.3g to %.3g", first, last)
}

func orName(s, name string) string {
	if s == "" {
		return name
	}
	return s
}

// curve is the path through the points. Of the many points that share a pixel
// column only the first, lowest, highest and last are kept, which look the same.
func (p *plot) curve(xs, ys []float64) string {
	if len(xs) != len(ys) {
		panic(fmt.Sprintf("report: a curve of %d x and %d y", len(xs), len(ys)))
	}
	var d points
	c := column{px: math.NaN()}
	for i := range xs {
		x, okX := p.x.at(xs[i])
		y, okY := p.y.at(ys[i])
		if !okX || !okY {
			c.flush(&d)
			d.lift()
			continue
		}
		if at := math.Floor(x); at != c.px {
			c.flush(&d)
			c = column{px: at}
		}
		c.x, c.y = append(c.x, x), append(c.y, y)
	}
	c.flush(&d)
	return d.String()
}

// column holds the points of a curve within one pixel column.
type column struct {
	px   float64
	x, y []float64
}

func (c *column) flush(d *points) {
	n := len(c.x)
	if n > 4 {
		lo, hi := 0, 0
		for i, y := range c.y {
			if y < c.y[lo] {
				lo = i
			}
			if y > c.y[hi] {
				hi = i
			}
		}
		a, b := min(lo, hi), max(lo, hi)
		for _, i := range []int{0, a, b, n - 1} {
			d.to(c.x[i], c.y[i])
		}
	} else {
		for i := range c.x {
			d.to(c.x[i], c.y[i])
		}
	}
	c.x, c.y = nil, nil
}

// band is the area between two curves.
func (p *plot) band(xs, lo, hi []float64) string {
	if lo == nil || hi == nil {
		return ""
	}
	var d points
	for i := range xs {
		x, okX := p.x.at(xs[i])
		y, okY := p.y.at(hi[i])
		if okX && okY {
			d.to(x, y)
		}
	}
	for i := len(xs) - 1; i >= 0; i-- {
		x, okX := p.x.at(xs[i])
		y, okY := p.y.at(lo[i])
		if okX && okY {
			d.to(x, y)
		}
	}
	if d.open {
		d.WriteString(" Z")
	}
	return d.String()
}

func exp10(v float64) float64 { return elementary.Exp(v * math.Ln10) }
