package table

import (
	"errors"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"

	"github.com/goccy/go-yaml"
)

// Override infers the schema of a table under what a file of YAML says of it: the whole of a schema as
// it was written before, or a few columns and what is known of them,
//
//	columns:
//	- name: zip
//	  kind: category
//	- name: income
//	  missing: ["-999"]
//
// What the file does not say is inferred: from a kind, the spelling of its values; from marks of missing
// values, everything else. An unknown key or column is an error that names the nearest one there is,
// and so is a kind that the column's values do not allow. source names the file in messages.
func Override(t *Table, text []byte, source string) (*Schema, error) {
	s, err := override(t, text)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", source, err)
	}
	return s, nil
}

// OverrideFile is Override by the file at path.
func OverrideFile(t *Table, path string) (*Schema, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	return Override(t, text, path)
}

func override(t *Table, text []byte) (*Schema, error) {
	var keys struct {
		Columns []map[string]any `yaml:"columns"`
	}
	var top map[string]any
	if err := errors.Join(yaml.Unmarshal(text, &top), yaml.Unmarshal(text, &keys)); err != nil {
		return nil, fmt.Errorf("it is no YAML of a schema, which has a list of columns: %w", err)
	}
	if err := knownKeys(top, reflect.TypeFor[Schema](), "the schema"); err != nil {
		return nil, err
	}
	for i, c := range keys.Columns {
		if err := knownKeys(c, reflect.TypeFor[Field](), fmt.Sprintf("column %d (%v)", i+1, c["name"])); err != nil {
			return nil, err
		}
	}
	var said Schema
	if err := unmarshalStrict(text, &said); err != nil {
		return nil, fmt.Errorf("a value has the wrong form: %w", err)
	}
	s := Infer(t)
	seen := map[Text]bool{}
	for i := range said.Columns {
		f := &said.Columns[i]
		j, err := t.Lookup(string(f.Name))
		switch {
		case f.Name == "" && keys.Columns[i]["name"] == nil:
			return nil, fmt.Errorf("column %d has no name: say which column it is", i+1)
		case err != nil:
			return nil, err
		case seen[f.Name]:
			return nil, fmt.Errorf("the column %q is there twice", f.Name)
		}
		seen[f.Name] = true
		if err := s.Columns[j].override(newProfile(t.Columns[j]), f, keys.Columns[i]); err != nil {
			return nil, fmt.Errorf("column %q: %w", f.Name, err)
		}
	}
	delete(top, "columns")
	overlay(reflect.ValueOf(s).Elem(), reflect.ValueOf(said), top)
	return s, s.Check()
}

// knownKeys refuses keys that no field of the type has.
func knownKeys(keys map[string]any, of reflect.Type, where string) error {
	var known []string
	for i := range of.NumField() {
		known = append(known, keyOf(of.Field(i)))
	}
	var unknown []string
	for k := range keys {
		if !slices.Contains(known, k) {
			unknown = append(unknown, k)
		}
	}
	if len(unknown) == 0 {
		return nil
	}
	slices.Sort(unknown) // the order of a map is no order
	if near := nearest(unknown[0], known); near != "" {
		return fmt.Errorf("%s has the unknown key %q; did you mean %q?", where, unknown[0], near)
	}
	return fmt.Errorf("%s has the unknown key %q; there are %s", where, unknown[0], strings.Join(known, ", "))
}

func keyOf(f reflect.StructField) string {
	key, _, _ := strings.Cut(f.Tag.Get("yaml"), ",")
	return key
}

// overlay sets the fields of dst whose keys are given to those of src.
func overlay(dst, src reflect.Value, keys map[string]any) {
	for i := range dst.NumField() {
		if _, given := keys[keyOf(dst.Type().Field(i))]; given {
			dst.Field(i).Set(src.Field(i))
		}
	}
}

// override infers a column again under what is said of it, and lays that over.
func (f *Field) override(p *profile, said *Field, keys map[string]any) error {
	delete(keys, "reason") // written for people
	delete(keys, "warning")
	_, marks := keys["missing"]
	_, kind := keys["kind"]
	if marks {
		p.given = &said.Missing
	}
	was := *f
	if marks || kind && said.Kind != f.Kind {
		again, err := p.as(said, kind)
		if err != nil {
			return err
		}
		*f = again
		f.Name, f.Quoted, f.Bare = was.Name, was.Quoted, was.Bare
	}
	overlay(reflect.ValueOf(f).Elem(), reflect.ValueOf(*said), keys)
	if kind && said.Kind != was.Kind {
		f.Reason = "the schema says so; " + f.Reason
	}
	return f.check()
}

// setGiven applies the marks of missing values that are known.
func (p *profile) setGiven() {
	p.missing = make([]bool, len(p.texts))
	p.rows, p.distinct = 0, 0
	for i, text := range p.texts {
		p.missing[i] = p.counts[i] == 0 || slices.Contains(*p.given, Text(text))
		if !p.missing[i] {
			p.rows += p.counts[i]
			p.distinct++
		}
	}
}

// as is the field of a column that is known to be of a kind, or if not, what it seems to be.
func (p *profile) as(said *Field, known bool) (Field, error) {
	if !known {
		return p.field(), nil
	}
	if !slices.Contains(kinds, said.Kind) {
		names := make([]string, len(kinds))
		for i, k := range kinds {
			names[i] = string(k)
		}
		if near := nearest(string(said.Kind), names); near != "" {
			return Field{}, fmt.Errorf("there is no kind %q; did you mean %q?", said.Kind, near)
		}
		return Field{}, fmt.Errorf("there is no kind %q; the kinds are %s", said.Kind, strings.Join(names, ", "))
	}
	p.setMissing(said.Kind.Numeric())
	if p.distinct == 0 && said.Kind != AllMissing {
		return Field{}, fmt.Errorf("it can't be of kind %s: every value is missing", said.Kind)
	}
	switch said.Kind {
	case Real, Integer:
		return p.asNumber(said)
	case Date, Interval:
		return p.asTime(said)
	case Boolean:
		return p.asBoolean(said)
	case Name:
		return p.asName(), nil
	case Constant:
		if f, ok := p.constant(); ok {
			return f, nil
		}
		return Field{}, fmt.Errorf("it can't be constant: it holds %s", count(p.distinct, "value")+" and "+count(len(p.marks()), "mark")+" of missing ones")
	case AllMissing:
		if p.distinct > 0 {
			return Field{}, fmt.Errorf("it can't be missing throughout: it holds %q", p.present()[0])
		}
		return p.allMissing(), nil
	}
	return Field{Kind: Category, Missing: p.marks(), Reason: fmt.Sprintf("text, %s", count(p.distinct, "distinct value")) + p.marksReason()}, nil
}

// asNumber reads what numbers there are; whatever else stands there becomes a state.
func (p *profile) asNumber(said *Field) (Field, error) {
	format, values := said.Number, make([]float64, len(p.texts))
	if format == nil {
		fit := detectNumber(p.texts, p.counts, p.missing)
		if fit.parsed == 0 {
			return Field{}, p.noneIs("a number")
		}
		format, values = &fit.format, fit.values
	} else {
		for i, text := range p.texts {
			v, ok := format.Parse(text)
			if values[i] = v; !ok || p.missing[i] {
				values[i] = math.NaN()
			}
		}
	}
	whole, exact := p.whole(values)
	switch {
	case !exact:
		return Field{}, fmt.Errorf("it can't be of kind %s: it holds whole numbers beyond 10^15, which float64 does not tell apart; call it category or identifier", said.Kind)
	case said.Kind == Integer && !whole:
		return Field{}, fmt.Errorf("it can't be of kind integer: it holds fractions; call it real")
	}
	f := Field{Kind: said.Kind, Number: format, Missing: p.marks()}
	p.span(&f, values, format.MaxDecimals)
	if f.Min == "" {
		return Field{}, p.noneIs("a number of this format")
	}
	words, example := p.words(values)
	f.Reason = p.numberReason(&f, whole) + p.marksReason() + wordsReason(words, example)
	return f, nil
}

// words counts the texts that have no value.
func (p *profile) words(values []float64) (n int, example string) {
	for i, v := range values {
		if !p.missing[i] && math.IsNaN(v) {
			n++
			example = p.texts[i]
		}
	}
	return n, example
}

func (p *profile) noneIs(what string) error {
	return fmt.Errorf("none of its %s is %s; the first is %q", count(p.distinct, "value"), what, p.present()[0])
}

// asTime reads dates or lengths of time.
func (p *profile) asTime(said *Field) (Field, error) {
	var values []float64
	f := Field{Kind: said.Kind, Moment: said.Moment, Duration: said.Duration, Missing: p.marks()}
	switch {
	case said.Kind == Date && said.Moment == nil:
		m, v, ok := detectMoment(p.texts, p.counts, p.missing)
		if !ok {
			return f, fmt.Errorf("its values read as no date that is known, such as %q; say how they are spelled, such as moment: {layout: \"2006-01-02\", unit: day}", p.present()[0])
		}
		f.Moment, values = &m, v
	case said.Kind == Interval && said.Duration == nil:
		d, v, ok := detectDuration(p.texts, p.counts, p.missing)
		if !ok {
			return f, fmt.Errorf("its values read as no length of time that is known, such as %q; say how they are spelled, such as duration: {style: clock}", p.present()[0])
		}
		f.Duration, values = &d, v
	}
	if values == nil {
		if err := f.check(); err != nil {
			return f, err
		}
		values = make([]float64, len(p.texts))
		for i, text := range p.texts {
			values[i], _ = f.Float(text)
		}
	}
	if p.span(&f, values, 0); f.Min == "" {
		return f, p.noneIs("spelled so")
	}
	words, example := p.words(values)
	f.Reason = fmt.Sprintf("%s from %s to %s", said.Kind, f.Min, f.Max) + p.marksReason() + wordsReason(words, example)
	return f, nil
}

func (p *profile) asBoolean(said *Field) (Field, error) {
	if f, ok := p.boolean(); ok {
		return f, nil
	}
	f := Field{Kind: Boolean, True: said.True, False: said.False, Missing: p.marks()}
	for _, text := range p.present() {
		if Text(text) != said.True && Text(text) != said.False {
			return f, fmt.Errorf("it can't be boolean: it holds %q; say how yes and no are spelled, with the keys true and false, or call it category", text)
		}
	}
	f.Reason = fmt.Sprintf("two values, %s and %s", f.True, f.False) + p.marksReason()
	return f, nil
}

func (p *profile) asName() Field {
	f := Field{Kind: Name, Missing: p.marks(), Identifier: &Identifier{Shapes: shapesOf(p.present())}}
	f.Reason = fmt.Sprintf("%s in %s: made anew by pattern, not learned", count(p.distinct, "distinct text"), count(p.rows, "row")) + p.marksReason()
	return f
}
