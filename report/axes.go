package report

import (
	"math"
)

// Axis describes one direction of a chart.
type Axis struct {
	Label    string
	Log      bool    // logarithmic; values that are not positive are left out
	Min, Max float64 // the range; both zero: that of the data
}

// Size is the size of a chart in CSS pixels; zero: 640 x 340.
type Size struct{ W, H float64 }

// Small is the size of a chart that stands among others of its kind.
var Small = Size{320, 220}

func (s Size) orDefault() Size {
	if s.W == 0 {
		s.W = 640
	}
	if s.H == 0 {
		s.H = 340
	}
	return s
}

// extent is the range of finite values, positive ones only for a logarithmic axis.
type extent struct {
	log    bool
	lo, hi float64
	any    bool
}

func (e *extent) add(values ...float64) {
	for _, v := range values {
		if math.IsNaN(v) || math.IsInf(v, 0) || e.log && v <= 0 {
			continue
		}
		if !e.any {
			e.lo, e.hi, e.any = v, v, true
			continue
		}
		e.lo, e.hi = math.Min(e.lo, v), math.Max(e.hi, v)
	}
}

// scale maps values of an axis to pixels.
type scale struct {
	log      bool
	whole    bool    // ticks at whole numbers only
	lo, hi   float64 // values at the ends
	from, to float64 // pixels there
}

// newScale takes the axis' range or the data's, the latter widened by the
// margin (a share of it) on both sides.
func newScale(a Axis, data extent, margin float64) scale {
	s := scale{log: a.Log, lo: data.lo, hi: data.hi}
	switch {
	case a.Min < a.Max && !(a.Log && a.Min <= 0):
		s.lo, s.hi = a.Min, a.Max
		return s
	case !data.any:
		s.lo, s.hi = 0, 1
		if a.Log {
			s.lo, s.hi = 0.1, 1
		}
		return s
	case a.Log:
		ratio := math.Max(s.hi/s.lo, 1.5)
		grow := exp10(log10(ratio) * margin)
		s.lo, s.hi = s.lo/grow, s.hi*grow
		return s
	}
	room := (s.hi - s.lo) * margin
	if s.hi == s.lo {
		room = math.Max(math.Abs(s.hi)*0.1, 0.5)
	}
	s.lo, s.hi = s.lo-room, s.hi+room
	return s
}

// at is the pixel of v; ok is false if v has none.
func (s scale) at(v float64) (px float64, ok bool) {
	if math.IsNaN(v) || math.IsInf(v, 0) || s.log && v <= 0 {
		return 0, false
	}
	part := (v - s.lo) / (s.hi - s.lo)
	if s.log {
		part = log10(v/s.lo) / log10(s.hi/s.lo)
	}
	return s.from + float64(part*(s.to-s.from)), true
}

func (s scale) ticks(n int) []tick {
	if s.log {
		return logTicks(s.lo, s.hi, n)
	}
	if s.whole {
		n = min(n, max(1, int(s.hi-s.lo)))
	}
	return linearTicks(s.lo, s.hi, n)
}

// plot is a drawing with axes.
type plot struct {
	svg
	x, y                     scale
	left, right, top, bottom float64 // the inner rectangle
}

// charWidth is about the width of a digit at 12 pixels.
const charWidth = 7

// newPlot lays out and draws the axes: labels of y stand above its axis, where
// they read without turning the head.
func newPlot(size Size, xAxis, yAxis Axis, x, y scale) *plot {
	size = size.orDefault()
	p := &plot{svg: svg{w: size.W, h: size.H}, x: x, y: y}
	p.top, p.right, p.bottom = 8, size.W-10, size.H-24
	if yAxis.Label != "" {
		p.top += 18
	}
	if xAxis.Label != "" {
		p.bottom -= 18
	}
	p.y.from, p.y.to = p.bottom, p.top
	yTicks := p.y.ticks(max(2, int((p.bottom-p.top)/38)))
	widest := 1
	for _, t := range yTicks {
		widest = max(widest, len([]rune(t.label)))
	}
	p.left = float64(widest)*charWidth + 10
	p.x.from, p.x.to = p.left, p.right
	for _, t := range yTicks {
		if at, ok := p.y.at(t.at); ok {
			p.line("grid", p.left, at, p.right, at)
			p.text("tick", "end", p.left-6, at+4, t.label, "")
		}
	}
	p.xTicks()
	p.line("axis", p.left, p.bottom, p.right, p.bottom)
	if yAxis.Label != "" {
		p.text("", "start", 2, 12, yAxis.Label, "")
	}
	if xAxis.Label != "" {
		p.text("", "middle", (p.left+p.right)/2, size.H-4, xAxis.Label, "")
	}
	return p
}

// xTicks draws as many ticks as their labels leave room for.
func (p *plot) xTicks() {
	for n := max(2, int((p.right-p.left)/52)); n >= 1; n-- {
		ticks := p.x.ticks(n)
		if !p.fits(ticks) && n > 1 {
			continue
		}
		for _, t := range ticks {
			at, ok := p.x.at(t.at)
			if !ok {
				continue
			}
			p.line("axis", at, p.bottom, at, p.bottom+4)
			anchor := "middle"
			if half := float64(len([]rune(t.label))) * charWidth / 2; at+half > p.w {
				anchor, at = "end", p.w
			}
			p.text("tick", anchor, at, p.bottom+17, t.label, "")
		}
		return
	}
}

func (p *plot) fits(ticks []tick) bool {
	end := math.Inf(-1)
	for _, t := range ticks {
		at, ok := p.x.at(t.at)
		half := float64(len([]rune(t.label))) * charWidth / 2
		if ok && at-half < end+6 {
			return false
		}
		end = at + half
	}
	return true
}

// clip starts a group whose drawing stays within the axes; unclip ends it.
// The inner rectangle becomes a nested drawing, which clips by itself and needs
// no identifier.
func (p *plot) clip() {
	p.WriteString(`<svg x="` + num(p.left) + `" y="` + num(p.top-3) + `" width="` + num(p.right-p.left) + `" height="` + num(p.bottom-p.top+3) +
		`" viewBox="` + num(p.left) + " " + num(p.top-3) + " " + num(p.right-p.left) + " " + num(p.bottom-p.top+3) + `">`)
}

func (p *plot) unclip() { p.WriteString("</svg>") }
