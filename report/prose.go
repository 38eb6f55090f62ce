package report

import (
	"html/template"
	"strings"
)

// Prose is text between figures that may hold formulas: paragraphs of HTML that the program
// itself wrote. What comes from a user or a file goes through [Plain] first.
type Prose []template.HTML

// HTML writes the paragraphs over the whole width of a section.
func (p Prose) HTML() template.HTML {
	var b strings.Builder
	b.WriteString(`<div class="prose">`)
	for _, paragraph := range p {
		b.WriteString("<p>" + string(paragraph) + "</p>\n")
	}
	b.WriteString("</div>")
	return template.HTML(b.String())
}

// Formula is a line of mathematics as a paragraph of Prose.
func Formula(html template.HTML) template.HTML {
	return `<span class="formula">` + html + `</span>`
}

// Plain makes any text safe inside Prose.
func Plain(text string) template.HTML { return template.HTML(template.HTMLEscapeString(text)) }

// Panels is one figure of several small ones side by side, under one caption.
type Panels struct {
	Caption
	Figures []Figure
}

// HTML lays the panels out in a row that breaks where the page is narrow.
func (f Panels) HTML() template.HTML {
	var b strings.Builder
	b.WriteString(`<div class="panels">`)
	for _, p := range f.Figures {
		b.WriteString(string(p.HTML()))
	}
	b.WriteString("</div>")
	return f.wrap("wide", 0, b.String())
}
