package report

import (
	"fmt"
	"html/template"
	"math"
	"strconv"
	"strings"
)

// svg collects the elements of one drawing.
type svg struct {
	strings.Builder
	w, h float64
}

// num is a coordinate: at most two decimals, no trailing zeros.
func num(v float64) string {
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return "0"
	}
	s := strconv.FormatFloat(v, 'f', 2, 64)
	s = strings.TrimRight(strings.TrimRight(s, "0"), ".")
	if s == "-0" {
		return "0"
	}
	return s
}

func (s *svg) line(class string, x1, y1, x2, y2 float64) {
	fmt.Fprintf(s, `<line class="%s" x1="%s" y1="%s" x2="%s" y2="%s"/>`, class, num(x1), num(y1), num(x2), num(y2))
}

// path draws d; extra is further attributes, ready to use.
func (s *svg) path(class, d, extra string) {
	if d != "" {
		fmt.Fprintf(s, `<path class="%s" d="%s"%s/>`, class, d, extra)
	}
}

// rect draws a rectangle with a tooltip, if tip is not empty.
func (s *svg) rect(class string, x, y, w, h float64, extra, tip string) {
	fmt.Fprintf(s, `<rect class="%s" x="%s" y="%s" width="%s" height="%s"%s`, class, num(x), num(y), num(math.Max(0, w)), num(math.Max(0, h)), extra)
	if tip == "" {
		s.WriteString("/>")
		return
	}
	fmt.Fprintf(s, "><title>%s</title></rect>", template.HTMLEscapeString(tip))
}

// text writes words; anchor is start, middle or end.
func (s *svg) text(class, anchor string, x, y float64, words, extra string) {
	fmt.Fprintf(s, `<text class="%s" text-anchor="%s" x="%s" y="%s"%s>%s</text>`, class, anchor, num(x), num(y), extra, template.HTMLEscapeString(words))
}

// document wraps the drawing; alt is what it shows, in words.
func (s *svg) document(alt string) string {
	a := template.HTMLEscapeString(alt)
	return fmt.Sprintf(`<svg role="img" aria-label="%s" viewBox="0 0 %s %s" width="%s" height="%s">%s</svg>`,
		a, num(s.w), num(s.h), num(s.w), num(s.h), s.String())
}

// points builds the data of a path from corners; a break starts a new piece.
type points struct {
	strings.Builder
	open bool
}

func (p *points) to(x, y float64) {
	command := " L"
	if !p.open {
		command, p.open = "M", true
	}
	p.WriteString(command)
	p.WriteString(num(x))
	p.WriteByte(' ')
	p.WriteString(num(y))
}

func (p *points) lift() { p.open = false }

// Caption is what every figure has around it.
type Caption struct {
	Title string // above the figure
	Note  string // small, below it
	Alt   string // what it shows, in words; empty: made from the data
}

// minWidth is the least width in pixels of a figure with a note, which wraps.
const minWidth = 300

// wrap makes a figure element of a body that is width pixels wide (0: unknown),
// so that a long note does not make it wider; class may be empty.
func (c Caption) wrap(class string, width float64, body string) template.HTML {
	var b strings.Builder
	b.WriteString("<figure")
	if class != "" {
		fmt.Fprintf(&b, ` class="%s"`, class)
	}
	if width > 0 {
		if c.Note != "" || len(c.Title)*charWidth > int(width) {
			width = math.Max(width, minWidth)
		}
		fmt.Fprintf(&b, ` style="width:%spx"`, num(width))
	}
	b.WriteString(">\n")
	if c.Title != "" {
		fmt.Fprintf(&b, "<figcaption>%s</figcaption>\n", template.HTMLEscapeString(c.Title))
	}
	b.WriteString(body)
	if c.Note != "" {
		fmt.Fprintf(&b, "\n<p class=\"note\">%s</p>", template.HTMLEscapeString(c.Note))
	}
	b.WriteString("\n</figure>")
	return template.HTML(b.String())
}

// alt is the caption's own words, or the given ones with its title before them.
func (c Caption) alt(made string) string {
	switch {
	case c.Alt != "":
		return c.Alt
	case c.Title != "":
		return c.Title + ": " + made
	}
	return made
}
