package report

import (
	"fmt"
	"html/template"
)

// Scatter draws points, and curves over them (ellipses of a covariance, paths).
type Scatter struct {
	Caption
	X, Y   Axis
	Sets   []Series // the points; bands are not drawn
	Curves []Series // drawn as lines, in the colours after those of Sets
	Equal  bool     // one unit is as long on both axes
	Radius float64  // of the marks in pixels; 0: 3, smaller for many points
	Size   Size
}

// HTML draws the chart.
func (f Scatter) HTML() template.HTML {
	ex, ey := extent{log: f.X.Log}, extent{log: f.Y.Log}
	var keys []key
	count := 0
	for i, s := range f.Sets {
		ex.add(s.X...)
		ey.add(s.Y...)
		count += len(s.X)
		keys = append(keys, markKey(s.Name, i))
	}
	for i, s := range f.Curves {
		ex.add(s.X...)
		ey.add(s.Y...)
		keys = append(keys, curveKey(s.Name, len(f.Sets)+i))
	}
	sx, sy := newScale(f.X, ex, 0.04), newScale(f.Y, ey, 0.04)
	if f.Equal {
		trial := newPlot(f.Size, f.X, f.Y, sx, sy)
		equalize(&sx, &sy, trial.right-trial.left, trial.bottom-trial.top)
	}
	p := newPlot(f.Size, f.X, f.Y, sx, sy)
	p.clip()
	for i, s := range f.Sets {
		p.marks(i, s, f.radius(count))
	}
	for i, s := range f.Curves {
		k := len(f.Sets) + i
		p.path("curve "+stroke(k), p.curve(s.X, s.Y), dash(k))
	}
	p.unclip()
	words := fmt.Sprintf("%d points of %s against %s", count, orName(f.Y.Label, "y"), orName(f.X.Label, "x"))
	return f.wrap("", p.w, legend(keys)+p.document(f.alt(words)))
}

func (f Scatter) radius(count int) float64 {
	switch {
	case f.Radius > 0:
		return f.Radius
	case count > 1000:
		return 1.5
	case count > 200:
		return 2
	}
	return 3
}

func (p *plot) marks(i int, s Series, r float64) {
	if len(s.X) != len(s.Y) {
		panic(fmt.Sprintf("report: points of %d x and %d y", len(s.X), len(s.Y)))
	}
	fmt.Fprintf(p, `<g opacity="%s">`, num(opacityFor(len(s.X))))
	for k := range s.X {
		x, okX := p.x.at(s.X[k])
		y, okY := p.y.at(s.Y[k])
		if okX && okY {
			p.WriteString(mark(i, x, y, r))
		}
	}
	p.WriteString("</g>")
}

func opacityFor(n int) float64 {
	if n > 500 {
		return 0.6
	}
	return 0.85
}

// equalize widens one axis so that a unit has the same length on both, in a
// rectangle of w x h pixels.
func equalize(x, y *scale, w, h float64) {
	perX, perY := (x.hi-x.lo)/w, (y.hi-y.lo)/h
	widen := func(s *scale, to float64) {
		mid := (s.lo + s.hi) / 2
		s.lo, s.hi = mid-to/2, mid+to/2
	}
	if perX < perY {
		widen(x, perY*w)
	} else {
		widen(y, perX*h)
	}
}
