package table

import (
	"fmt"
	"slices"
	"strings"

	"ebb/engine/rng"
)

// Summary is what a person wants to see of a column before it is learned.
type Summary struct {
	Name     string  `json:"name"`
	Kind     Kind    `json:"kind"`
	Missing  float64 `json:"missing"`  // share of the rows
	Distinct int     `json:"distinct"` // values, missing ones not counted
	Min      string  `json:"min,omitempty"`
	Max      string  `json:"max,omitempty"`
	// Values are examples: the commonest, or of an identifier, some that were made anew.
	Values  []string `json:"values,omitempty"`
	Model   string   `json:"modelled_as"`
	Reason  string   `json:"reason"`
	Warning string   `json:"warning,omitempty"`
}

// summaryValues are shown of a column.
const summaryValues = 3

// Summaries describes the columns of the table that the transform was fitted to, in the schema's order;
// where rules rewrite the table those that are learned in their place.
func (t *Transform) Summaries(tab *Table) ([]Summary, error) {
	if t.Ruled != nil {
		learned, err := t.Apply(tab)
		if err != nil {
			return nil, err
		}
		return t.Ruled.Learned.Summaries(learned)
	}
	at, err := t.Schema.Match(tab)
	if err != nil {
		return nil, err
	}
	out := make([]Summary, len(t.Parts))
	for j, place := range t.Places() {
		f, c := &t.Schema.Columns[j], tab.Columns[at[j]]
		s := Summary{Name: string(f.Name), Kind: f.Kind, Model: t.model(j, place), Reason: f.Reason, Warning: f.Warning}
		if f.Kind.Numeric() {
			s.Min, s.Max = string(f.Min), string(f.Max)
		}
		s.count(f, c)
		if f.Kind == Name {
			n := newNamer(f.Identifier, rng.New(0, rng.Decode), uint64(j))
			s.Values = nil
			for i := range uint64(summaryValues) {
				s.Values = append(s.Values, n.name(i))
			}
		}
		out[j] = s
	}
	return out, nil
}

func (s *Summary) count(f *Field, c *Column) {
	texts, counts := c.Texts(), c.Counts()
	missing := 0
	var best []int
	for i, n := range counts {
		switch {
		case n == 0:
			continue
		case f.IsMissing(texts[i]):
			missing += n
			continue
		}
		s.Distinct++
		at, _ := slices.BinarySearchFunc(best, i, func(a, b int) int { return counts[b] - counts[a] })
		for at < len(best) && counts[best[at]] == n {
			at++ // of equally common ones, the first
		}
		if best = slices.Insert(best, at, i); len(best) > summaryValues {
			best = best[:summaryValues]
		}
	}
	s.Missing = float64(missing) / float64(max(c.Len(), 1))
	if !f.Kind.Numeric() {
		for _, i := range best {
			s.Values = append(s.Values, texts[i])
		}
	}
}

// Content is the column's range or examples on one line.
func (s *Summary) Content() string {
	if s.Min != "" {
		return shorten(s.Min) + " … " + shorten(s.Max)
	}
	var shown []string
	for _, v := range s.Values {
		shown = append(shown, shorten(v))
	}
	text := strings.Join(shown, ", ")
	if s.Distinct > len(s.Values) && len(s.Values) > 0 {
		text += ", …"
	}
	return text
}

// Label is the column's name on one line.
func (s *Summary) Label(target Text) string {
	return (&Schema{Target: target}).label(&Field{Name: Text(s.Name)})
}

// MissingShare is the share of missing values in per cent, empty if there are none.
func (s *Summary) MissingShare() string {
	switch {
	case s.Missing == 0:
		return ""
	case s.Missing < 0.001:
		return "<0.1 %"
	}
	return fmt.Sprintf("%.3g %%", 100*s.Missing)
}

// Warnings lists what people should know of the columns before they are learned.
func (s *Schema) Warnings() []string {
	var out []string
	for j := range s.Columns {
		if f := &s.Columns[j]; f.Warning != "" {
			out = append(out, fmt.Sprintf("column %q: %s", f.Name, f.Warning))
		}
	}
	return out
}
