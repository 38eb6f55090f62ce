package report

import (
	"fmt"
	"html/template"
	"math"
)

// Heatmap shows a matrix as coloured cells. Values from -1 to 1 (or whatever
// Full is) run from the second colour over nothing to the first, so that sign
// and size are seen; what is not finite stays empty, with a dot.
type Heatmap struct {
	Caption
	Rows, Cols []string
	Values     [][]float64 // a row for each of Rows
	Full       float64     // size of a value at which its cell has its full colour; 0: the largest
	Numbers    bool        // write the values into the cells
	Cell       float64     // side of a cell in pixels; 0: chosen by their number
}

// HTML draws the matrix.
func (f Heatmap) HTML() template.HTML {
	full := f.Full
	largest := extent{}
	for i, row := range f.Values {
		if len(row) != len(f.Cols) || len(f.Values) != len(f.Rows) {
			panic(fmt.Sprintf("report: row %d of a %dx%d heat map has %d values", i, len(f.Rows), len(f.Cols), len(row)))
		}
		for _, v := range row {
			largest.add(math.Abs(v))
		}
	}
	if full <= 0 {
		full = math.Max(largest.hi, 1e-300)
	}
	m := newMatrix(f)
	for i, row := range f.Values {
		for j, v := range row {
			m.cell(f, i, j, v, v/full)
		}
	}
	words := fmt.Sprintf("matrix of %d rows and %d columns, largest size %.3g", len(f.Rows), len(f.Cols), largest.hi)
	return f.wrap("", m.w, m.document(f.alt(words)))
}

// matrix is the drawing of a heat map.
type matrix struct {
	svg
	left, top, side float64
}

// slant is how far labels of columns rise per pixel of their length: sin 45°.
const slant = 0.7071067811865476

func newMatrix(f Heatmap) *matrix {
	m := &matrix{side: f.Cell}
	if m.side == 0 {
		most := 34.0
		if f.Numbers {
			most = 42
		}
		m.side = math.Max(12, math.Min(most, 420/float64(max(1, len(f.Cols)))))
	}
	longest := func(names []string) float64 {
		n := 0
		for _, s := range names {
			n = max(n, len([]rune(shortName(s))))
		}
		return float64(n) * charWidth
	}
	m.left = longest(f.Rows) + 10
	m.top = longest(f.Cols)*slant + 14
	m.w = m.left + float64(len(f.Cols))*m.side + longest(f.Cols)*slant + 4
	m.h = m.top + float64(len(f.Rows))*m.side + 2
	for i, name := range f.Rows {
		m.text("", "end", m.left-6, m.top+(float64(i)+0.5)*m.side+4, shortName(name), "")
	}
	for j, name := range f.Cols {
		x, y := m.left+(float64(j)+0.5)*m.side+3, m.top-6
		m.text("", "start", x, y, shortName(name), fmt.Sprintf(` transform="rotate(-45 %s %s)"`, num(x), num(y)))
	}
	return m
}

// cell draws value v, whose strength is part of the full colour.
func (m *matrix) cell(f Heatmap, i, j int, v, part float64) {
	x, y := m.left+float64(j)*m.side, m.top+float64(i)*m.side
	tip := fmt.Sprintf("%s, %s: %.3g", f.Rows[i], f.Cols[j], v)
	if math.IsNaN(v) || math.IsInf(v, 0) {
		m.text("tick", "middle", x+m.side/2, y+m.side/2+4, "·", "")
		return
	}
	class := fill(0)
	if v < 0 {
		class = fill(1)
	}
	opacity := ` fill-opacity="` + num(0.78*math.Min(1, math.Abs(part))) + `"`
	m.rect("cell "+class, x+0.5, y+0.5, m.side-1, m.side-1, opacity, tip)
	if f.Numbers && m.side >= 38 {
		m.text("", "middle", x+m.side/2, y+m.side/2+4, fixed(v, 2), ` style="font-size:11px"`)
	}
}
