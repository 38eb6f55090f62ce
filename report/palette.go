package report

import (
	"fmt"
	"html/template"
	"slices"
	"strings"
)

// colours is the number of series that have a colour of their own; style.css
// defines them.
const colours = 6

// stroke and fill are the classes of series i.
func stroke(i int) string { return fmt.Sprintf("s%d", i%colours+1) }
func fill(i int) string   { return fmt.Sprintf("f%d", i%colours+1) }

// dashes tell curves apart without colour.
var dashes = [...]string{"", "7 4", "2 4", "10 4 2 4", "4 3 1 3 1 3", "14 5"}

func dash(i int) string {
	if d := dashes[i%len(dashes)]; d != "" {
		return fmt.Sprintf(` stroke-dasharray="%s"`, d)
	}
	return ""
}

// key is the sample of a series that stands in the legend.
type key struct{ name, svg string }

func curveKey(name string, i int) key {
	return key{name, fmt.Sprintf(`<path class="curve %s" d="M1 6 H25"%s/>`, stroke(i), dash(i))}
}

func areaKey(name string, i int) key {
	return key{name, fmt.Sprintf(`<rect class="area %s %s" x="1" y="1" width="24" height="10"%s/>`, fill(i), stroke(i), dash(i))}
}

func barKey(name string, i int) key {
	return key{name, fmt.Sprintf(`<rect class="mark %s" x="1" y="1" width="24" height="10"/>`, fill(i))}
}

func markKey(name string, i int) key { return key{name, mark(i, 13, 6, 4.5)} }

// mark is series i's shape around a point: disc, ring, square, triangle.
func mark(i int, x, y, r float64) string {
	switch i % 4 {
	case 1:
		return fmt.Sprintf(`<circle class="hollow %s" cx="%s" cy="%s" r="%s"/>`, stroke(i), num(x), num(y), num(r-0.5))
	case 2:
		return fmt.Sprintf(`<rect class="mark %s" x="%s" y="%s" width="%s" height="%s"/>`, fill(i), num(x-r+0.5), num(y-r+0.5), num(2*r-1), num(2*r-1))
	case 3:
		return fmt.Sprintf(`<path class="mark %s" d="M%s %s l%s %s h%s z"/>`, fill(i), num(x), num(y-r), num(r), num(2*r), num(-2*r))
	}
	return fmt.Sprintf(`<circle class="mark %s" cx="%s" cy="%s" r="%s"/>`, fill(i), num(x), num(y), num(r))
}

// legend lists the keys that have a name.
func legend(keys []key) string {
	keys = slices.DeleteFunc(keys, func(k key) bool { return k.name == "" })
	if len(keys) == 0 {
		return ""
	}
	var b strings.Builder
	b.WriteString(`<ul class="legend">`)
	for _, k := range keys {
		fmt.Fprintf(&b, `<li><svg viewBox="0 0 26 12" aria-hidden="true">%s</svg>%s</li>`, k.svg, template.HTMLEscapeString(k.name))
	}
	b.WriteString("</ul>\n")
	return b.String()
}
