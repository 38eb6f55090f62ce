package table

import (
	"fmt"
	"slices"

	"github.com/goccy/go-yaml"
)

// TransformVersion is written into every transform; a later one that means something else has a
// higher number.
const TransformVersion = 1

// Transform turns rows into numbers and cells and back. It is made by Fit, and is plain data that
// can be written as YAML; its methods may be called concurrently.
type Transform struct {
	Version int     `yaml:"version"`
	Rows    int     `yaml:"rows"` // it was fitted to
	Schema  *Schema `yaml:"schema"`
	Parts   []Part  `yaml:"parts,omitempty"` // one a column of the schema
	// Ruled stands in the place of Parts where rules of the schema rewrite the table.
	Ruled *Ruled `yaml:"ruled,omitempty"`
}

// Part is what the transform knows of one column. Which of its two parts are modelled:
//
//	States         Rest    modelled as
//	two or more    no      a cell of len(States) states
//	any number     yes     a cell of 1+len(States) states, of which state 0 is the rest
//	none           yes     no cell
//	one            no      nothing: every row holds it
//
// The rest of a numeric column is a number, given by Rank; that of an identifier is made by pattern.
type Part struct {
	States []Text `yaml:"states,omitempty"` // texts, each a state
	Counts Ints   `yaml:"counts,omitempty"` // rows that held each, in the table fitted to
	Rest   int    `yaml:"rest,omitempty"`   // rows that held none of them
	Rank   *Rank  `yaml:"rank,omitempty"`
	// Rare are the texts of a category that are not kept apart, in alphabetical order. Each of Buckets is
	// a state, the last ones, and tells how many of them share it; without any, all share one. A row
	// that draws it draws one of them, as often as it occurred. See rare.go.
	Rare       []Text `yaml:"rare,omitempty"`
	RareCounts Ints   `yaml:"rare_counts,omitempty"`
	Buckets    Ints   `yaml:"buckets,omitempty"`
}

// Place says where the numbers and cells of a column stand in an encoded row.
type Place struct {
	Num   int  // its number, -1 if it has none
	Cell  int  // its cell, -1 if it has none
	Card  int  // the states of the cell, 0 if it has none
	First int  // the state of States[0]: 1 if state 0 is the rest, else 0
	Rest  bool // the rest exists
}

// hasRest is true of parts whose rows may hold something else than a state.
func (p *Part) hasRest() bool { return p.Rest > 0 }

// states counts the states, those that rare texts share among them.
func (p *Part) states() int {
	return len(p.States) + p.buckets()
}

// Places lists where each column of the learned schema stands.
func (t *Transform) Places() []Place {
	t = t.core()
	places := make([]Place, len(t.Parts))
	num, cell := 0, 0
	for j := range t.Parts {
		p := &t.Parts[j]
		place := Place{Num: -1, Cell: -1, Rest: p.hasRest()}
		card := p.states()
		if p.hasRest() {
			card++
			place.First = 1
		}
		if card > 1 {
			place.Cell, place.Card = cell, card
			cell++
		}
		if p.Rank != nil {
			place.Num = num
			num++
		}
		places[j] = place
	}
	return places
}

// Numbers is D, the numbers of an encoded row.
func (t *Transform) Numbers() int {
	t = t.core()
	n := 0
	for j := range t.Parts {
		if t.Parts[j].Rank != nil {
			n++
		}
	}
	return n
}

// Cards lists the states of each of the C cells of an encoded row.
func (t *Transform) Cards() []int {
	var cards []int
	for _, p := range t.Places() {
		if p.Cell >= 0 {
			cards = append(cards, p.Card)
		}
	}
	return cards
}

// State returns the state of column j's cell that stands for a text: that of the text itself, or
// state 0 for a number of the rest. ok is false for a text that the column can't hold.
func (t *Transform) State(j int, text string) (state int, ok bool) {
	t = t.core()
	p, place := &t.Parts[j], t.Places()[j]
	if k := slices.Index(p.States, Text(text)); k >= 0 {
		return place.First + k, true
	}
	if k, ok := p.rareState(text); ok {
		return place.First + k, true
	}
	if p.Rank != nil {
		_, ok = t.Schema.Columns[j].Float(text)
		return 0, ok
	}
	return 0, place.Rest && !t.Schema.Columns[j].IsMissing(text)
}

// StateText names state k of column j's cell for people.
func (t *Transform) StateText(j, k int) string {
	t = t.core()
	return t.stateText(j, k, t.Places()[j])
}

func (t *Transform) stateText(j, k int, place Place) string {
	p := &t.Parts[j]
	switch i := k - place.First; {
	case i < 0 && p.Rank != nil:
		return "(a number)"
	case i < 0:
		return "(a new value)"
	case i < len(p.States):
		return string(p.States[i])
	default:
		return p.bucketText(i - len(p.States))
	}
}

// ParseTransform reads a transform from YAML and checks it.
func ParseTransform(text []byte) (*Transform, error) {
	var t Transform
	if err := yaml.UnmarshalWithOptions(text, &t, yaml.Strict()); err != nil {
		return nil, fmt.Errorf("the table's transform is no valid YAML or has an unknown key: %w", err)
	}
	if err := t.Check(); err != nil {
		return nil, err
	}
	return &t, nil
}

// Check reports the first thing in the transform that can't be, such as after it was edited.
func (t *Transform) Check() error {
	if t.Version < 1 || t.Version > TransformVersion {
		return fmt.Errorf("the table's transform has version %d, this program knows 1 to %d; use a newer ebb", t.Version, TransformVersion)
	}
	if t.Schema == nil {
		return fmt.Errorf("the table's transform has no schema")
	}
	if err := t.Schema.Check(); err != nil {
		return err
	}
	if err := t.checkRuled(); err != nil || t.Ruled != nil {
		return err
	}
	if len(t.Parts) != len(t.Schema.Columns) {
		return fmt.Errorf("the table's transform has %d parts for %d columns", len(t.Parts), len(t.Schema.Columns))
	}
	for j := range t.Parts {
		f := &t.Schema.Columns[j]
		if err := t.Parts[j].check(f); err != nil {
			return fmt.Errorf("the table's transform, column %d (%s): %w", j+1, f.Name, err)
		}
	}
	return nil
}

func (p *Part) check(f *Field) error {
	if len(p.Counts) != len(p.States) || len(p.RareCounts) != len(p.Rare) {
		return fmt.Errorf("%d counts for %d states and %d for %d rare ones", len(p.Counts), len(p.States), len(p.RareCounts), len(p.Rare))
	}
	if p.Rest < 0 || p.Rest == 0 && p.states() == 0 {
		return fmt.Errorf("it has neither a state nor a rest")
	}
	if err := p.checkBuckets(); err != nil {
		return err
	}
	total := int64(0)
	for _, n := range p.RareCounts {
		if n < 1 || total > 1<<53 {
			return fmt.Errorf("a rare text occurs %d times", n)
		}
		total += n
	}
	switch {
	case p.Rank != nil && (!f.Kind.Numeric() || p.Rest == 0):
		return fmt.Errorf("a distribution of numbers in a column that has none (%s)", f.Kind)
	case p.Rank != nil:
		return p.Rank.check()
	case p.Rest > 0 && f.Kind != Name:
		return fmt.Errorf("%d rows without a state or a distribution", p.Rest)
	}
	return nil
}
