package table

import (
	"math"
	"slices"
	"strings"
)

// held is what a column of the user's may hold.
type held struct {
	texts []Text // beside numbers on its grid and in its range
	made  bool   // values that are made by pattern
}

// held tells it of each column of the schema.
func (t *Transform) held() []held {
	all := make([]held, len(t.Schema.Columns))
	w := t.rewriting()
	if w == nil {
		for j := range t.Parts {
			all[j] = t.Parts[j].held()
		}
		return all
	}
	for k, s := range w.slots {
		own := t.core().Parts[k].held()
		if s.joint >= 0 {
			w.holdJoint(all, s.joint, own.texts)
			continue
		}
		all[s.column] = w.holdColumn(s.column, own)
	}
	return all
}

func (p *Part) held() held { return held{slices.Concat(p.States, p.Rare), p.Rest > 0} }

// holdJoint takes the combinations of a joint apart.
func (w *rewriting) holdJoint(all []held, joint int, combinations []Text) {
	row := make([]string, len(w.fields))
	seen := map[string]bool{}
	for _, text := range combinations {
		w.split(joint, string(text), row)
		for _, j := range w.joints[joint].columns {
			if key := combined(2, func(i int) string { return [2]string{w.schema.Names()[j], row[j]}[i] }); !seen[key] {
				seen[key] = true
				all[j].texts = append(all[j].texts, Text(row[j]))
			}
		}
	}
}

// holdColumn is what a column may hold that is learned as own: a found one the texts that stand for
// themselves, and numbers up to the ends of where it may lie.
func (w *rewriting) holdColumn(j int, own held) held {
	if !slices.Contains(w.order, j) {
		return own
	}
	out := held{made: own.made}
	if text, can := w.nothing(j); can {
		out.texts = append(out.texts, Text(text))
	}
	for _, text := range own.texts {
		switch kept, whole := strings.CutPrefix(string(text), verbatim); {
		case w.apart(j) && whole:
			out.texts = append(out.texts, Text(kept))
		case !w.apart(j) && (w.total[j] < 0 || text != w.facts[j].Mark):
			out.texts = append(out.texts, text)
		}
	}
	lo, hi := w.span(j)
	for _, v := range []float64{lo, hi} {
		if w.fields[j].Kind.Numeric() && !math.IsInf(v, 0) && !math.IsNaN(v) {
			out.texts = append(out.texts, Text(w.fields[j].spell(v)))
		}
	}
	return out
}
