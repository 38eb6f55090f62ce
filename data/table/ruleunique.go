package table

import (
	"fmt"
	"math"
	"slices"
)

// Unique rules speak of many rows together, so no rewriting of single rows can keep them. Whoever draws
// rows asks for their keys (Key.Of) and draws those anew that repeat one.

// Key is a unique rule: the columns that no two rows have in common.
type Key struct {
	Rule    string // as messages name it
	Columns []int  // of the schema
	fields  []Field
}

// Keys lists the unique rules of the schema.
func (t *Transform) Keys() []Key {
	var keys []Key
	for i := range t.Schema.Rules {
		r := &t.Schema.Rules[i]
		if r.Unique == nil {
			continue
		}
		k := Key{Rule: r.String(), fields: t.Schema.Columns}
		for _, name := range r.Unique {
			k.Columns = append(k.Columns, indexOf(t.Schema, string(name)))
		}
		keys = append(keys, k)
	}
	return keys
}

// keyed names the identifiers that a unique rule may need to be made anew. One that counts never repeats.
func (t *Transform) keyed() map[Text]bool {
	keyed := map[Text]bool{}
	for _, k := range t.Keys() {
		for _, j := range k.Columns {
			if f := &t.Schema.Columns[j]; f.Kind == Name && !f.Identifier.Sequence {
				keyed[f.Name] = true
			}
		}
	}
	return keyed
}

// Of is one text for each key of a row of a table of the schema's columns, in their order; ok is false
// for a row that has none, since one of its values is missing.
func (k *Key) Of(tab *Table, row int) (key string, ok bool) {
	return k.of(func(j int) string { return tab.Columns[j].At(row) })
}

// OfRow is Of for the texts of one row.
func (k *Key) OfRow(texts []string) (key string, ok bool) {
	return k.of(func(j int) string { return texts[j] })
}

func (k *Key) of(text func(j int) string) (key string, ok bool) {
	for _, j := range k.Columns {
		if k.fields[j].IsMissing(text(j)) {
			return "", false
		}
	}
	return combined(len(k.Columns), func(i int) string { return text(k.Columns[i]) }), true
}

// Room makes sure that so many rows can be drawn under the unique rules, as far as that can be told
// beforehand: from the number of values that the columns of a key can take.
func (t *Transform) Room(rows int) error {
	for _, k := range t.Keys() {
		if most := t.capacity(&k); most < float64(rows) {
			return fmt.Errorf("%s: %d rows are asked for, but there are only %.0f different values of it: ask for no more rows than that, or drop the rule",
				k.Rule, rows, most)
		}
	}
	return nil
}

// capacity is how many rows a key has room for at most.
func (t *Transform) capacity(k *Key) float64 {
	core, w := t.core(), t.rewriting()
	joints := map[int]bool{}
	most := 1.0
	for _, j := range k.Columns {
		at := j // of the learned table
		if w != nil {
			at = w.slot(j)
			switch n := w.joint[j]; {
			case n >= 0 && joints[n]:
				continue
			case n >= 0:
				joints[n] = true
				most *= w.combinations(n, &core.Parts[at], k)
				continue
			case w.found(j):
				return math.Inf(1)
			}
		}
		most *= core.values(at)
	}
	return most
}

// values counts the values that column j of a transform without rules can take; infinite if it can be
// missing, which repeats no key.
func (t *Transform) values(j int) float64 {
	p, f := &t.Parts[j], &t.Schema.Columns[j]
	n := float64(len(p.States) + len(p.Rare))
	for _, text := range p.States {
		if f.IsMissing(string(text)) {
			return math.Inf(1)
		}
	}
	switch {
	case p.Rank != nil && p.Rank.Step > 0:
		last := len(p.Rank.X) - 1
		n += math.Round((p.Rank.X[last] - p.Rank.X[0]) / p.Rank.Step)
	case p.hasRest():
		return math.Inf(1)
	}
	return n
}

// combinations counts those of the key's columns that are in a joint.
func (w *rewriting) combinations(joint int, p *Part, k *Key) float64 {
	seen, row := map[string]bool{}, make([]string, len(w.fields))
	for _, text := range slices.Concat(p.States, p.Rare) {
		w.split(joint, string(text), row)
		key := ""
		for _, j := range k.Columns {
			if w.joint[j] != joint {
				continue
			}
			if w.fields[j].IsMissing(row[j]) {
				return math.Inf(1)
			}
			key += combined(1, func(int) string { return row[j] })
		}
		seen[key] = true
	}
	return float64(len(seen))
}
