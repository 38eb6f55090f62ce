package table

import (
	"fmt"
	"math"
	"slices"
)

// Class is a value of a column that rows can be asked to have, as Classes lists them.
type Class struct {
	Text  string
	Where Where // rows of the class
}

// Classes are the values of a column that its cell keeps apart: neither marks of missing values nor
// rare ones, which are learned together. Those of a column of a joint are each the combinations that have it.
func (t *Transform) Classes(column string) ([]Class, error) {
	j := slices.Index(t.Schema.Names(), column)
	if j < 0 {
		return nil, t.Schema.absent(column)
	}
	var classes []Class
	var err error
	if w := t.rewriting(); w != nil {
		classes, err = w.classes(t.core(), j)
	} else {
		classes, err = t.classes(j)
	}
	if err == nil && len(classes) == 0 {
		err = fmt.Errorf("column %q has no classes: it holds nothing but marks of missing values", column)
	}
	return classes, err
}

func (t *Transform) classes(j int) ([]Class, error) {
	place, f := t.Places()[j], &t.Schema.Columns[j]
	if place.Cell < 0 || place.Rest {
		return nil, fmt.Errorf("column %q has no classes: it is %s (%s)", f.Name, f.Kind, f.Reason)
	}
	var classes []Class
	for k, text := range t.Parts[j].States {
		if !f.IsMissing(string(text)) {
			c := newClass(j, place, string(text))
			c.Where.States[k] = true
			classes = append(classes, c)
		}
	}
	return classes, nil
}

// newClass has none of the states of column j's cell yet.
func newClass(j int, place Place, text string) Class {
	return Class{text, Where{Column: j, States: make([]bool, place.Card), Lo: math.Inf(-1), Hi: math.Inf(1)}}
}

// classes are those of the user's column j, in terms of what is learned.
func (w *rewriting) classes(core *Transform, j int) ([]Class, error) {
	k := w.slot(j)
	switch {
	case w.found(j):
		return nil, fmt.Errorf("column %q: %w", w.fields[j].Name, w.notAsked(j))
	case w.joint[j] < 0:
		return core.classes(k)
	}
	place, row := core.Places()[k], make([]string, len(w.fields))
	if place.Cell < 0 {
		return nil, fmt.Errorf("column %q has no classes: every row has the same %s", w.fields[j].Name, core.Schema.Columns[k].Name)
	}
	var classes []Class
	for i, text := range core.Parts[k].States {
		w.split(w.joint[j], string(text), row)
		if w.fields[j].IsMissing(row[j]) {
			continue
		}
		at := slices.IndexFunc(classes, func(c Class) bool { return c.Text == row[j] })
		if at < 0 {
			at = len(classes)
			classes = append(classes, newClass(k, place, row[j]))
		}
		classes[at].Where.States[place.First+i] = true
	}
	return classes, nil
}
