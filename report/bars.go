package report

import (
	"fmt"
	"html/template"
	"math"
	"strings"
)

// Bars compares numbers over categories: for each category one horizontal bar
// per set, so that long names need not be turned.
type Bars struct {
	Caption
	Label      string // of the numbers
	Categories []string
	Sets       []BarSet
	Percent    bool // numbers are shares, shown in per cent
	Width      float64
}

// BarSet is one number per category; one that is not finite has no bar.
type BarSet struct {
	Name   string
	Values []float64
}

const (
	barHeight  = 9.0
	barSpacing = 8.0
	maxLabel   = 20 // characters of a category's name
)

// HTML draws the chart.
func (f Bars) HTML() template.HTML {
	var keys []key
	data := extent{}
	data.add(0)
	for i, s := range f.Sets {
		if len(s.Values) != len(f.Categories) {
			panic(fmt.Sprintf("report: %d bars for %d categories", len(s.Values), len(f.Categories)))
		}
		data.add(s.Values...)
		keys = append(keys, barKey(s.Name, i))
	}
	b := newBarPlot(f, data)
	for k, name := range f.Categories {
		b.category(f, k, name)
	}
	return f.wrap("", b.w, legend(keys)+b.document(f.alt(f.words())))
}

// barPlot is a drawing of horizontal bars.
type barPlot struct {
	svg
	x           scale
	left, group float64
}

func newBarPlot(f Bars, data extent) *barPlot {
	b := &barPlot{svg: svg{w: f.Width}}
	if b.w == 0 {
		b.w = Small.W
	}
	longest := 1
	for _, c := range f.Categories {
		longest = max(longest, len([]rune(shortName(c))))
	}
	b.left = math.Min(float64(longest)*charWidth+8, b.w*0.5)
	b.group = math.Max(14, float64(len(f.Sets))*(barHeight+1)) + barSpacing
	bottom := float64(len(f.Categories))*b.group + 4
	b.h = bottom + 20
	if f.Label != "" {
		b.h += 16
		b.text("", "middle", (b.left+b.w)/2, b.h-4, f.Label, "")
	}
	b.x = scale{lo: 0, hi: 1}
	if data.hi > data.lo {
		b.x.hi = data.hi + (data.hi-data.lo)*0.03
		if data.lo < 0 {
			b.x.lo = data.lo - (data.hi-data.lo)*0.03
		} else {
			b.x.lo = 0
		}
	}
	b.x.from, b.x.to = b.left, b.w-14
	for _, t := range b.x.ticks(max(2, int((b.w-b.left)/45))) {
		at, _ := b.x.at(t.at)
		label := t.label
		if f.Percent {
			label = percent(t.at)
		}
		b.line("grid", at, 0, at, bottom)
		b.text("tick", "middle", at, bottom+14, label, "")
	}
	return b
}

func (b *barPlot) category(f Bars, k int, name string) {
	top := float64(k)*b.group + barSpacing/2
	inner := b.group - barSpacing
	b.text("", "end", b.left-6, top+inner/2+4, shortName(name), "")
	first := top + (inner-float64(len(f.Sets))*(barHeight+1))/2
	zero, _ := b.x.at(0)
	for i, s := range f.Sets {
		at, ok := b.x.at(s.Values[k])
		if !ok {
			continue
		}
		value := fmt.Sprintf("%.4g", s.Values[k])
		if f.Percent {
			value = fmt.Sprintf("%.3g %%", 100*s.Values[k])
		}
		tip := strings.TrimSpace(name + ", " + s.Name + ": " + value)
		b.rect("mark "+fill(i), math.Min(zero, at), first+float64(i)*(barHeight+1), math.Abs(at-zero), barHeight, "", tip)
	}
	b.line("axis", zero, top-barSpacing/2, zero, top+inner+barSpacing/2)
}

func (f Bars) words() string {
	var parts []string
	for k, c := range f.Categories {
		if k == 12 {
			parts = append(parts, fmt.Sprintf("and %d more", len(f.Categories)-k))
			break
		}
		values := make([]string, len(f.Sets))
		for i, s := range f.Sets {
			values[i] = s.Name + " none"
			if v := s.Values[k]; !math.IsNaN(v) && !math.IsInf(v, 0) {
				values[i] = fmt.Sprintf("%s %.3g", s.Name, v)
			}
		}
		parts = append(parts, c+" "+strings.Join(values, ", "))
	}
	return orName(f.Label, "bars") + ": " + strings.Join(parts, "; ")
}

func shortName(s string) string {
	if r := []rune(s); len(r) > maxLabel {
		return string(r[:maxLabel-1]) + "…"
	}
	return s
}

func percent(v float64) string {
	s := num(100 * v)
	return strings.Replace(s, "-", "−", 1) + " %"
}
