package report

import (
	"fmt"
	"html/template"
	"strings"
)

// Table is rows of text. Columns whose cells are all numbers (or empty) stand
// flush right.
type Table struct {
	Caption
	Header []string
	Rows   [][]string // the first cell of a row names it
}

// HTML writes the table; a wide one scrolls by itself.
func (f Table) HTML() template.HTML {
	var b strings.Builder
	b.WriteString(`<div class="scroll"><table><thead><tr>`)
	for j, h := range f.Header {
		fmt.Fprintf(&b, `<th scope="col"%s>%s</th>`, f.class(j), template.HTMLEscapeString(h))
	}
	b.WriteString("</tr></thead>\n<tbody>\n")
	for i, row := range f.Rows {
		if len(row) != len(f.Header) {
			panic(fmt.Sprintf("report: row %d has %d cells under %d headings", i, len(row), len(f.Header)))
		}
		b.WriteString("<tr>")
		for j, cell := range row {
			text := template.HTMLEscapeString(cell)
			if j == 0 {
				fmt.Fprintf(&b, `<th scope="row"%s>%s</th>`, f.class(j), text)
			} else {
				fmt.Fprintf(&b, `<td%s>%s</td>`, f.class(j), text)
			}
		}
		b.WriteString("</tr>\n")
	}
	b.WriteString("</tbody></table></div>")
	return f.wrap("", 0, b.String())
}

func (f Table) class(col int) string {
	some := false
	for _, row := range f.Rows {
		if col >= len(row) || !numeric(row[col]) {
			return ""
		}
		some = some || row[col] != ""
	}
	if !some {
		return ""
	}
	return ` class="number"`
}

// numeric says whether a cell starts like a number, empty ones included.
func numeric(s string) bool {
	s = strings.TrimLeft(s, "-−+±<> ")
	return s == "" || s == "—" || s[0] >= '0' && s[0] <= '9'
}
