package report

import (
	"fmt"
	"html/template"
)

// ShareMap shows shares between 0 and 1 over an axis, a row for each of many things: nothing at 0,
// the full colour at 1.
type ShareMap struct {
	Caption
	Values [][]float64 // rows of equal length, evenly spaced over the axis
	X      Axis
	Y      string // what the rows are
	Label  string // of the colours
	Size   Size
}

// HTML draws the rows as bands of cells.
func (f ShareMap) HTML() template.HTML {
	if f.Size.W == 0 {
		f.Size = Size{500, 320}
	}
	rows := float64(len(f.Values))
	data := extent{}
	data.add(f.X.Min, f.X.Max)
	// The scale of y falls, and so has no ticks: rows have no numbers.
	p := newPlot(f.Size, f.X, Axis{Label: f.Y}, newScale(f.X, data, 0), scale{lo: rows, hi: 0})
	fmt.Fprintf(p, `<image x="%s" y="%s" width="%s" height="%s" preserveAspectRatio="none" style="image-rendering:pixelated" href="%s"/>`,
		num(p.left), num(p.top), num(p.right-p.left), num(p.bottom-p.top), pixels(f.Values, func(v float64) float64 { return v }))
	p.rect("frame", p.left, p.top, p.right-p.left, p.bottom-p.top, "", "")
	keys := []key{
		{f.Label + ": all", fmt.Sprintf(`<rect class="cell %s" fill-opacity="%s" x="1" y="1" width="24" height="10"/>`, fill(0), num(fullStrong))},
		{"half", fmt.Sprintf(`<rect class="cell %s" fill-opacity="%s" x="1" y="1" width="24" height="10"/>`, fill(0), num(fullStrong/2))},
		{"none", `<rect class="frame" x="1" y="1" width="24" height="10"/>`},
	}
	words := fmt.Sprintf("%s of %d rows against %s", f.Label, len(f.Values), orName(f.X.Label, "x"))
	return f.wrap("", p.w, legend(keys)+p.document(f.alt(words)))
}
