package report

import (
	_ "embed" // the page's template and style
	"fmt"
	"html/template"
	"io"
)

// Figure draws itself as a piece of HTML.
type Figure interface {
	HTML() template.HTML
}

// Page is a report.
type Page struct {
	Title    string
	Lead     string  // one or two sentences under the title
	Facts    []Fact  // figures worth knowing at once, shown large
	Grades   []Grade // of the facts; nil: they are not judged
	Sections []*Section
	Footer   string // how and when it was made
}

// Fact is a number with its name, such as "3.2" and "bits per dimension".
type Fact struct{ Value, Name, Note string }

// Section is a part of a page.
type Section struct {
	Heading string
	Text    string // what to see, one sentence
	Figures []Figure
}

// Add appends a section and returns it.
func (p *Page) Add(heading, text string, figures ...Figure) *Section {
	s := &Section{Heading: heading, Text: text, Figures: figures}
	p.Sections = append(p.Sections, s)
	return s
}

// Add appends figures.
func (s *Section) Add(figures ...Figure) { s.Figures = append(s.Figures, figures...) }

//go:embed page.html
var pageText string

//go:embed style.css
var style string

var pageTemplate = template.Must(template.New("page").Parse(pageText))

// Write writes the page as one HTML document.
func (p *Page) Write(w io.Writer) error {
	type section struct {
		ID, Heading, Text string
		Figures           []template.HTML
	}
	type fact struct {
		Fact
		Tone string
	}
	view := struct {
		*Page
		Style template.CSS
		Tiles []fact
		Parts []section
	}{Page: p, Style: template.CSS(style)}
	for i, f := range p.Facts {
		tile := fact{Fact: f}
		if i < len(p.Grades) {
			tile.Tone = p.Grades[i].String()
		}
		view.Tiles = append(view.Tiles, tile)
	}
	for i, s := range p.Sections {
		part := section{ID: fmt.Sprintf("s%d", i+1), Heading: s.Heading, Text: s.Text}
		for _, f := range s.Figures {
			part.Figures = append(part.Figures, f.HTML())
		}
		view.Parts = append(view.Parts, part)
	}
	return pageTemplate.Execute(w, view)
}
