package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Kind is what a column is.
type Kind string

// The kinds of columns.
const (
	Real       Kind = "real"       // numbers with a fraction
	Integer    Kind = "integer"    // whole numbers, however they are spelled (41, 41.0)
	Category   Kind = "category"   // words, codes
	Boolean    Kind = "boolean"    // two values: yes and no, 0 and 1, …
	Date       Kind = "date"       // dates, times of day, or both
	Interval   Kind = "interval"   // lengths of time
	Name       Kind = "identifier" // names its row, is not learned
	Constant   Kind = "constant"   // one value, stored
	AllMissing Kind = "missing"    // nothing but marks of missing values
)

var kinds = []Kind{Real, Integer, Category, Boolean, Date, Interval, Name, Constant, AllMissing}

// Numeric is true of columns whose values have an order and a distance: real, integer, date,
// interval.
func (k Kind) Numeric() bool { return k == Real || k == Integer || k == Date || k == Interval }

// Schema says what the columns of a table are, how their values are spelled, and why it is thought
// so. It can be written, edited and read back as YAML.
type Schema struct {
	Dialect Dialect `yaml:"dialect,omitempty"`
	Target  Text    `yaml:"target,omitempty"` // the column to be predicted; metrics alone use it
	Columns []Field `yaml:"columns"`
	Rules   []Rule  `yaml:"rules,omitempty"` // that every row obeys
}

// Field is the schema of one column.
type Field struct {
	Name   Text   `yaml:"name"`
	Kind   Kind   `yaml:"kind"`
	Reason string `yaml:"reason,omitempty"` // for people; not read
	// Warning is what people should know before they use the column as it is; not read.
	Warning string `yaml:"warning,omitempty"`

	// Type is the storage type of the column where it came from (see Heading), for sinks that have
	// types; empty of plain text. Null is the text of rows without a value; see Column.Null.
	Type string `yaml:"type,omitempty"`
	Null Text   `yaml:"no_value,omitempty"`

	Missing    []Text      `yaml:"missing,omitempty"`    // the marks of missing values, as they are spelled
	Number     *Number     `yaml:"number,omitempty"`     // of real and integer columns
	Moment     *Moment     `yaml:"moment,omitempty"`     // of dates
	Duration   *Duration   `yaml:"duration,omitempty"`   // of intervals
	Identifier *Identifier `yaml:"identifier,omitempty"` // of identifiers
	Value      Text        `yaml:"value,omitempty"`      // of constant columns, and those all missing
	True       Text        `yaml:"true,omitempty"`       // of booleans, how yes is spelled
	False      Text        `yaml:"false,omitempty"`      // and no

	// Of numeric columns: the least and greatest value as spelled, and the grid on which all lie,
	// in the unit of the numbers or of the moment; 0 if there is none coarser than the decimals.
	Min  Text    `yaml:"min,omitempty"`
	Max  Text    `yaml:"max,omitempty"`
	Step float64 `yaml:"step,omitempty"`

	Quoted bool   `yaml:"quoted,omitempty"` // see Column.Quoted
	Bare   []Text `yaml:"bare,omitempty"`
}

// Names lists the columns' names.
func (s *Schema) Names() []string {
	names := make([]string, len(s.Columns))
	for j := range s.Columns {
		names[j] = string(s.Columns[j].Name)
	}
	return names
}

// Lookup returns the number of the column of this name. Its error names the nearest one there is.
func (s *Schema) Lookup(name string) (int, error) { return lookup(s.Names(), name) }

// SetTarget makes the column of this name the one that metrics predict.
func (s *Schema) SetTarget(name string) error {
	j, err := s.Lookup(name)
	if err != nil {
		return err
	}
	switch k := s.Columns[j].Kind; k {
	case Name, Constant, AllMissing:
		return fmt.Errorf("column %q can't be the label: it is %s (%s)", name, k, s.Columns[j].Reason)
	}
	s.Target = Text(s.Columns[j].Name)
	return nil
}

// TargetColumn is the number of the target column, -1 if there is none.
func (s *Schema) TargetColumn() int {
	if s.Target == "" {
		return -1
	}
	return slices.Index(s.Names(), string(s.Target))
}

// IsMissing reports whether a text is one of the column's marks of a missing value.
func (f *Field) IsMissing(text string) bool { return slices.Contains(f.Missing, Text(text)) }

// Float parses a text of a numeric column (dates in their unit since 1970); ok is false for a
// missing value, and for a text that is none of the column's.
func (f *Field) Float(text string) (v float64, ok bool) {
	switch {
	case f.IsMissing(text):
		return math.NaN(), false
	case f.Number != nil && (f.Kind == Real || f.Kind == Integer):
		v, ok = f.Number.Parse(text)
	case f.Moment != nil && f.Kind == Date:
		v, ok = f.Moment.Parse(text)
	case f.Duration != nil && f.Kind == Interval:
		v, ok = f.Duration.Parse(text)
	}
	if !ok {
		return math.NaN(), false
	}
	return v, true
}

// Floats parses column j of a table, a row each; what is missing or no number is NaN.
func (s *Schema) Floats(t *Table, j int) []float64 {
	c := t.Columns[j]
	byText := make([]float64, len(c.texts))
	for i, text := range c.texts {
		byText[i], _ = s.Columns[j].Float(text)
	}
	v := make([]float64, c.Len())
	for i := range v {
		v[i] = byText[c.codes[i]]
	}
	return v
}

// Codes gives the texts of column j one coding across tables, so that they can be compared: codes, a
// slice of rows a table, count into labels, the texts in order of first appearance. Missing
// marks are texts like others.
func (s *Schema) Codes(j int, tables ...*Table) (codes [][]int32, labels []string) {
	known := map[string]int32{}
	for _, t := range tables {
		c := t.Columns[j]
		byText := make([]int32, len(c.texts))
		for i, text := range c.texts {
			k, ok := known[text]
			if !ok {
				k = int32(len(labels))
				known[text] = k
				labels = append(labels, text)
			}
			byText[i] = k
		}
		of := make([]int32, c.Len())
		for i, code := range c.codes {
			of[i] = byText[code]
		}
		codes = append(codes, of)
	}
	return codes, labels
}

// spell is Float's inverse: the text of a number, on the column's grid and in its range.
func (f *Field) spell(v float64) string {
	switch f.Kind {
	case Date:
		return f.Moment.Format(v)
	case Interval:
		return f.Duration.Format(v)
	}
	return f.Number.Format(v)
}

// spells reports whether text, which reads as v, is how the column spells v.
func (f *Field) spells(v float64, text string) bool {
	if f.Kind == Date {
		return f.Moment.spells(v, text)
	}
	return f.spell(v) == text
}

// Match checks that a table has the schema's columns, in any order, and returns for each column of
// the schema its number in the table.
func (s *Schema) Match(t *Table) ([]int, error) {
	at := make([]int, len(s.Columns))
	places := make(map[string]int, len(t.Columns))
	for k, c := range slices.Backward(t.Columns) {
		places[c.Name] = k
	}
	for j, name := range s.Names() {
		var there bool
		if at[j], there = places[name]; !there {
			return nil, &Error{File: t.Source, Problem: fmt.Sprintf("the column %q is not there", name),
				Remedy: fmt.Sprintf("the table must have the columns %q", s.Names())}
		}
	}
	return at, nil
}

// ParseSchema reads a schema from YAML and checks it. An unknown key is an error.
func ParseSchema(text []byte) (*Schema, error) {
	var s Schema
	if err := unmarshalStrict(text, &s); err != nil {
		return nil, fmt.Errorf("the schema is no valid YAML or has an unknown key: %w", err)
	}
	if err := s.Check(); err != nil {
		return nil, err
	}
	return &s, nil
}

// Check reports the first thing in the schema that can't be.
func (s *Schema) Check() error {
	if len(s.Columns) == 0 {
		return fmt.Errorf("the schema has no columns")
	}
	seen := map[Text]bool{}
	for j := range s.Columns {
		f := &s.Columns[j]
		if err := f.check(); err != nil {
			return fmt.Errorf("schema, column %d (%s): %w", j+1, f.Name, err)
		}
		if seen[f.Name] {
			return fmt.Errorf("schema, column %d (%s): another column has the same name", j+1, f.Name)
		}
		seen[f.Name] = true
	}
	if s.Target != "" && !seen[s.Target] {
		return fmt.Errorf("the schema's target %q is not among its columns", s.Target)
	}
	if d := s.Dialect.Delimiter; len(d) > 1 || !strings.Contains(delimiters, d) {
		return fmt.Errorf("the schema's delimiter %q is none of comma, semicolon, tab, bar", d)
	}
	if e := s.Dialect.Encoding; !slices.Contains(encodings, e) {
		return fmt.Errorf("the schema's encoding %q is none of utf-16le, utf-16be, windows-1252; leave it out for UTF-8", e)
	}
	_, err := newPlan(s)
	return err
}

func (f *Field) check() error {
	if !slices.Contains(kinds, f.Kind) {
		return fmt.Errorf("the kind %q is none of %v", f.Kind, kinds)
	}
	if math.IsNaN(f.Step) || math.IsInf(f.Step, 0) || f.Step < 0 {
		return fmt.Errorf("the step %v is no positive number", f.Step)
	}
	switch f.Kind {
	case Real, Integer:
		if f.Number == nil {
			return fmt.Errorf("a column of numbers needs a number format; at least number: {}")
		}
		return f.Number.check()
	case Date:
		if f.Moment == nil {
			return fmt.Errorf("a column of dates needs a moment with layout and unit")
		}
		return f.Moment.check()
	case Interval:
		if f.Duration == nil {
			return fmt.Errorf("a column of intervals needs a duration with its style; at least duration: {style: clock}")
		}
		return f.Duration.check()
	case Name:
		if f.Identifier == nil {
			return fmt.Errorf("an identifier needs a sequence or shapes")
		}
		return f.Identifier.check()
	}
	return nil
}

func (f *Number) check() error {
	if f.MinDecimals < 0 || f.MaxDecimals < f.MinDecimals || f.MaxDecimals > 400 {
		return fmt.Errorf("decimals from %d to %d can't be", f.MinDecimals, f.MaxDecimals)
	}
	if f.Significant < 0 || f.Significant > 400 {
		return fmt.Errorf("%d significant digits can't be", f.Significant)
	}
	if _, ok := notationOf(f.Exponent); !ok && f.Exponent != "" {
		return fmt.Errorf("the exponent notation %q is not known", f.Exponent)
	}
	return nil
}
