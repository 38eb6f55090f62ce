package report

import (
	"fmt"
	"html/template"
	"math"
	"sort"
)

// Hexbin draws the density of many points: hexagonal cells, stronger in colour
// the more points lie in them. Give panels that are to be compared the same
// axis ranges and the same Full.
type Hexbin struct {
	Caption
	X, Y   Axis
	Points Series  // X and Y
	Color  int     // of the palette, from 0
	Full   float64 // share of all points at which a cell has its full colour; 0: the fullest cell's
	Size   Size
}

const hexRadius = 5.0 // pixels from the centre to a corner

// HTML draws the chart.
func (f Hexbin) HTML() template.HTML {
	ex, ey := extent{log: f.X.Log}, extent{log: f.Y.Log}
	ex.add(f.Points.X...)
	ey.add(f.Points.Y...)
	p := newPlot(f.Size, f.X, f.Y, newScale(f.X, ex, 0.04), newScale(f.Y, ey, 0.04))
	cells, total := p.hexCells(f.Points)
	full := f.Full * float64(total)
	if full == 0 {
		for _, c := range cells {
			full = math.Max(full, float64(c.n))
		}
	}
	p.clip()
	fmt.Fprintf(p, `<g class="%s">`, fill(f.Color))
	for _, c := range cells {
		// The square root keeps thin regions visible.
		opacity := 0.08 + 0.92*math.Sqrt(math.Min(1, float64(c.n)/full))
		fmt.Fprintf(p, `<path class="cell" fill-opacity="%s" d="%s"/>`, num(opacity), hexagon(c.x, c.y))
	}
	p.WriteString("</g>")
	p.unclip()
	words := fmt.Sprintf("density of %d points of %s against %s", total, orName(f.Y.Label, "y"), orName(f.X.Label, "x"))
	return f.wrap("", p.w, p.document(f.alt(words)))
}

type hexCell struct {
	x, y     float64 // centre
	n        int
	row, col int
}

// hexCells counts the points in pointy-topped hexagons: of the two nearest rows
// of centres, the nearer centre wins.
func (p *plot) hexCells(s Series) (cells []hexCell, total int) {
	if len(s.X) != len(s.Y) {
		panic(fmt.Sprintf("report: points of %d x and %d y", len(s.X), len(s.Y)))
	}
	dx, dy := hexRadius*math.Sqrt(3), hexRadius*1.5
	found := map[[2]int]int{}
	for i := range s.X {
		x, okX := p.x.at(s.X[i])
		y, okY := p.y.at(s.Y[i])
		if !okX || !okY {
			continue
		}
		total++
		var best hexCell
		least := math.Inf(1)
		for _, row := range []int{int(math.Floor(y / dy)), int(math.Floor(y/dy)) + 1} {
			shift := float64(row&1) * dx / 2
			col := int(math.Floor((x-shift)/dx + 0.5))
			c := hexCell{x: float64(col)*dx + shift, y: float64(row) * dy, row: row, col: col}
			if d := (c.x-x)*(c.x-x) + (c.y-y)*(c.y-y); d < least {
				best, least = c, d
			}
		}
		at, ok := found[[2]int{best.row, best.col}]
		if !ok {
			at = len(cells)
			found[[2]int{best.row, best.col}] = at
			cells = append(cells, best)
		}
		cells[at].n++
	}
	sort.Slice(cells, func(i, j int) bool {
		if cells[i].row != cells[j].row {
			return cells[i].row < cells[j].row
		}
		return cells[i].col < cells[j].col
	})
	return cells, total
}

func hexagon(x, y float64) string {
	const half = hexRadius * 0.8660254037844386
	return fmt.Sprintf("M%s %sl%s %sv%sl%s %sl%s %sv%sz", num(x), num(y-hexRadius),
		num(half), num(hexRadius/2), num(hexRadius), num(-half), num(hexRadius/2), num(-half), num(-hexRadius/2), num(-hexRadius))
}
