package table

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"
)

// Describe prints the columns of a schema: name, kind, and why it is thought so.
func (s *Schema) Describe(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "column\tkind\treason")
	for j := range s.Columns {
		f := &s.Columns[j]
		fmt.Fprintf(tw, "%s\t%s\t%s\n", s.label(f), f.Kind, f.Reason)
	}
	return tw.Flush()
}

// Describe prints how each column is modelled.
func (t *Transform) Describe(w io.Writer) error {
	t = t.core()
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "column\tkind\tmodelled as\treason")
	for j, place := range t.Places() {
		f := &t.Schema.Columns[j]
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\n", t.Schema.label(f), f.Kind, t.model(j, place), f.Reason)
	}
	return tw.Flush()
}

// label is a column's name on one line, marked if it is the target.
func (s *Schema) label(f *Field) string {
	name := strings.Join(strings.Fields(string(f.Name)), " ")
	if name == "" {
		name = "(no name)"
	}
	if f.Name == s.Target {
		name += " (label)"
	}
	return name
}

// Model says in words how column j is modelled.
func (t *Transform) Model(j int) string {
	t = t.core()
	return t.model(j, t.Places()[j])
}

func (t *Transform) model(j int, place Place) string {
	p, f := &t.Parts[j], &t.Schema.Columns[j]
	states := make([]string, 0, 4)
	for k := place.First; k < place.Card && len(states) < 3; k++ {
		states = append(states, shorten(t.stateText(j, k, place)))
	}
	list := strings.Join(states, ", ")
	if place.Card-place.First > len(states) {
		list += ", …"
	}
	switch {
	case f.Kind == Name && place.Cell >= 0:
		return "made anew, or " + list
	case f.Kind == Name:
		return "made anew"
	case place.Num < 0 && place.Cell < 0:
		return "stored"
	case place.Num < 0 && p.buckets() > 0:
		return fmt.Sprintf("%d states and %d buckets of rare values", len(p.States), p.buckets())
	case place.Num < 0:
		return fmt.Sprintf("%d states", place.Card)
	case place.Cell < 0:
		return "a number"
	}
	return fmt.Sprintf("a number (%.3g %%), or %s: %s", 100*float64(p.Rest)/float64(t.Rows), count(place.Card-1, "state"), list)
}

// shorten keeps a text on one line of a few characters.
func shorten(s string) string {
	if s == "" {
		return `""`
	}
	r := []rune(strings.Join(strings.Fields(s), " "))
	if len(r) > 16 {
		return string(r[:15]) + "…"
	}
	return string(r)
}
