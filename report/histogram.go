package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Histogram lays distributions over the same bins over each other. Heights are
// the share of a set's values in a bin, so that sets of different sizes compare.
type Histogram struct {
	Caption
	X    Axis
	Sets []Values
	Bins int // at most; 0: 30. If all values are whole, each bin holds as many whole numbers
	Size Size
}

// Values are the numbers of one set; those that are not finite do not count.
type Values struct {
	Name string
	X    []float64
}

// HTML draws the chart.
func (f Histogram) HTML() template.HTML {
	data := extent{log: f.X.Log}
	var keys []key
	for i, s := range f.Sets {
		data.add(s.X...)
		keys = append(keys, areaKey(s.Name, i))
	}
	x, bins := f.bins(data)
	heights := make([][]float64, len(f.Sets))
	top := extent{}
	top.add(0)
	for i, s := range f.Sets {
		heights[i] = shares(s.X, x, bins)
		top.add(heights[i]...)
	}
	y := Axis{Label: "share of values", Min: 0, Max: top.hi * 1.05}
	if y.Max == 0 {
		y.Max = 1
	}
	if f.Size.W > 0 && f.Size.W <= Small.W {
		y.Label = "" // evident among its kind
	}
	p := newPlot(f.Size, f.X, y, x, newScale(y, top, 0))
	p.clip()
	for i := range f.Sets {
		p.path("area "+fill(i)+" "+stroke(i), p.steps(heights[i]), dash(i))
	}
	p.unclip()
	return f.wrap("", p.w, legend(keys)+p.document(f.alt(f.words())))
}

// bins chooses the range and the number of bins. Whole numbers get bins that
// start half-way between two of them.
func (f Histogram) bins(data extent) (x scale, bins int) {
	x, bins = newScale(f.X, data, 0), f.Bins
	if bins <= 0 {
		bins = 30
	}
	if f.X.Log || !f.whole() {
		return x, bins
	}
	lo, hi := math.Ceil(x.lo), math.Floor(x.hi)
	if f.X.Min >= f.X.Max { // x is the data's range, widened if it is but one value
		lo, hi = data.lo, data.hi
	}
	width := math.Ceil((hi - lo + 1) / float64(bins))
	bins = int(math.Ceil((hi - lo + 1) / width))
	x.lo = lo - 0.5
	x.hi, x.whole = x.lo+float64(bins)*width, true
	return x, bins
}

func (f Histogram) whole() bool {
	some := false
	for _, s := range f.Sets {
		for _, v := range s.X {
			if math.IsNaN(v) || math.IsInf(v, 0) {
				continue
			}
			if v != math.Floor(v) || math.Abs(v) > 1<<52 {
				return false
			}
			some = true
		}
	}
	return some
}

func (f Histogram) words() string {
	parts := make([]string, len(f.Sets))
	for i, s := range f.Sets {
		mean, n := 0.0, 0
		for _, v := range s.X {
			if !math.IsNaN(v) && !math.IsInf(v, 0) {
				mean += v
				n++
			}
		}
		parts[i] = fmt.Sprintf("%s %d values", s.Name, n)
		if n > 0 {
			parts[i] += fmt.Sprintf(" with mean %.4g", mean/float64(n))
		}
	}
	return "histogram of " + orName(f.X.Label, "values") + ": " + strings.Join(parts, "; ")
}

// shares counts values in bins of equal width on the axis; the last holds its upper end.
func shares(values []float64, x scale, bins int) []float64 {
	x.from, x.to = 0, float64(bins)
	out := make([]float64, bins)
	total := 0
	for _, v := range values {
		at, ok := x.at(v)
		if !ok {
			continue
		}
		total++
		k := int(math.Floor(at))
		if at == float64(bins) {
			k = bins - 1
		}
		if k >= 0 && k < bins {
			out[k]++
		}
	}
	for k := range out {
		out[k] /= math.Max(1, float64(total))
	}
	return out
}

// steps is the outline of a histogram over bins of equal width in pixels.
func (p *plot) steps(heights []float64) string {
	var d points
	width := (p.right - p.left) / float64(len(heights))
	d.to(p.left, p.bottom)
	for k, h := range heights {
		y, _ := p.y.at(h)
		d.to(p.left+float64(k)*width, y)
		d.to(p.left+float64(k+1)*width, y)
	}
	d.to(p.right, p.bottom)
	d.WriteString(" Z")
	return d.String()
}
