package report

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"html/template"
	stdimage "image"
	"image/color"
	"image/png"
	"math"
)

// MatrixGrid shows matrices of one size side by side, so that they can be compared: values from
// -Full to Full run from the second colour over nothing to the first.
type MatrixGrid struct {
	Caption
	Rows, Cols []string        // titles
	Cells      [][]MatrixPanel // a row for each of Rows
	Full       float64         // size of a value at which it has its full colour; 0: the largest
	Label      string          // of the colour bar
	Side       float64         // of a matrix in pixels; 0: chosen by their number
	Root       bool            // colours grow as the root of a value, so that small ones are seen
}

// MatrixPanel is one matrix of a grid.
type MatrixPanel struct {
	Values [][]float64 // nil: nothing is drawn
	Lines  []string    // words below it
}

// Sizes of a grid of matrices in pixels.
const (
	panelGap   = 16.0
	panelLine  = 15.0
	barLength  = 220.0
	mostRects  = 16 // matrices of so many rows are drawn as rectangles, larger ones as pictures
	fullStrong = 0.85
)

// HTML draws the matrices, and a bar that says what their colours mean.
func (f MatrixGrid) HTML() template.HTML {
	full, lines := f.Full, 0
	largest := extent{}
	for _, row := range f.Cells {
		for _, p := range row {
			lines = max(lines, len(p.Lines))
			for _, values := range p.Values {
				for _, v := range values {
					largest.add(math.Abs(v))
				}
			}
		}
	}
	if full <= 0 {
		full = math.Max(largest.hi, 1e-300)
	}
	g := f.layout(lines)
	for j, name := range f.Cols {
		g.text("", "middle", g.left+float64(j)*(g.side+panelGap)+g.side/2, 13, name, "")
	}
	for i, row := range f.Cells {
		top := 22 + float64(i)*g.step
		g.text("", "end", g.left-10, top+g.side/2+4, f.Rows[i], "")
		for j, p := range row {
			g.panel(p, g.left+float64(j)*(g.side+panelGap), top, full)
		}
	}
	g.bar(f.Label, full)
	words := fmt.Sprintf("%d by %d matrices, largest value %.3g", len(f.Rows), len(f.Cols), largest.hi)
	return f.wrap("wide", g.w, g.document(f.alt(words)))
}

// matrixGrid is the drawing of a MatrixGrid.
type matrixGrid struct {
	svg
	left, side, step float64
	root             bool
}

func (f MatrixGrid) layout(lines int) *matrixGrid {
	longest := 0
	for _, name := range f.Rows {
		longest = max(longest, len([]rune(name)))
	}
	g := &matrixGrid{side: f.Side, left: 14, root: f.Root}
	if longest > 0 {
		g.left = float64(longest)*charWidth + 14
	}
	columns := float64(len(f.Cols))
	if g.side == 0 {
		g.side = math.Min(180, (1040-g.left)/columns-panelGap)
	}
	g.step = g.side + float64(lines)*panelLine + 14
	g.w = g.left + columns*(g.side+panelGap)
	g.h = 22 + float64(len(f.Rows))*g.step + 40
	return g
}

// panel draws one matrix with its words.
func (g *matrixGrid) panel(p MatrixPanel, x, y, full float64) {
	if n := len(p.Values); n > mostRects {
		part := func(v float64) float64 { return g.strength(v / full) }
		fmt.Fprintf(g, `<image x="%s" y="%s" width="%s" height="%s" style="image-rendering:pixelated" href="%s"/>`,
			num(x), num(y), num(g.side), num(g.side), pixels(p.Values, part))
	} else {
		cell := g.side / float64(max(1, n))
		for i, row := range p.Values {
			for j, v := range row {
				g.cell(x+float64(j)*cell, y+float64(i)*cell, cell, cell, v/full, fmt.Sprintf("%.3g", v))
			}
		}
	}
	g.rect("frame", x, y, g.side, g.side, "", "")
	for k, line := range p.Lines {
		g.text("tick", "middle", x+g.side/2, y+g.side+panelLine*float64(k+1), line, "")
	}
}

// cell is one value as a rectangle; part is its share of the full colour.
func (g *matrixGrid) cell(x, y, w, h, part float64, tip string) {
	class := fill(0)
	if part < 0 {
		class = fill(1)
	}
	g.rect("cell "+class, x, y, w, h, ` fill-opacity="`+num(fullStrong*g.strength(part))+`"`, tip)
}

// The colours of matrices that are pictures: between those of the light and the dark page.
var (
	above = color.NRGBA{R: 0x1f, G: 0x86, B: 0xc9}
	below = color.NRGBA{R: 0xe0, G: 0x6c, B: 0x14}
)

// strength is how much of the full colour a share of the full value has.
func (g *matrixGrid) strength(part float64) float64 {
	part = math.Min(1, math.Abs(part))
	if g.root {
		return math.Sqrt(part)
	}
	return part
}

// pixels is a matrix as a PNG whose pixels let the paper shine through, as the address of an
// image; strength is from 0 to 1, whatever the sign.
func pixels(values [][]float64, strength func(v float64) float64) string {
	img := stdimage.NewNRGBA(stdimage.Rect(0, 0, len(values[0]), len(values)))
	for i, row := range values {
		for j, v := range row {
			c := above
			if v < 0 {
				c = below
			}
			c.A = uint8(math.Floor(255*strength(v) + 0.5))
			img.SetNRGBA(j, i, c)
		}
	}
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		panic(err) // a buffer takes everything, and no image is too large here
	}
	return "data:image/png;base64," + base64.StdEncoding.EncodeToString(b.Bytes())
}

// bar draws what the colours mean.
func (g *matrixGrid) bar(label string, full float64) {
	const pieces = 44
	y := g.h - 34
	for k := range pieces {
		part := (float64(k)+0.5)/pieces*2 - 1
		g.cell(g.left+barLength*float64(k)/pieces, y, barLength/pieces, 10, part, "")
	}
	for _, mark := range []float64{-1, 0, 1} {
		x := g.left + barLength*(mark+1)/2
		words := fmt.Sprintf("%.3g", math.Abs(mark*full))
		if mark < 0 {
			words = "−" + words
		}
		g.text("tick", "middle", math.Max(x, float64(len([]rune(words)))*charWidth/2), y+24, words, "")
	}
	if g.root {
		label += " (colour grows as its root)"
	}
	g.text("", "start", g.left+barLength+18, y+10, label, "")
}
