package model

import (
	"fmt"

	"ebb/data/table"
)

// fillKeys are the keys of rows of completed tables under unique rules. A row whose key another
// row holds already is drawn again.
type fillKeys struct {
	keys  []table.Key
	taken []map[string]bool // (tables, keys)
}

// newKeys enters the keys of the rows that are given. A rule of which a column is absent can't be kept.
func (f *filling) newKeys() *fillKeys {
	u := &fillKeys{}
	for _, key := range f.Config.Table.Transform.Keys() {
		given := map[string]bool{}
		if !f.seen.Has(key.Columns) {
			continue
		}
		u.keys = append(u.keys, key)
		row := make([]string, f.wide)
		for i := range f.seen.Rows() {
			whole := true
			for _, j := range key.Columns {
				var ok bool
				row[j], ok = f.seen.Text(i, j)
				whole = whole && ok
			}
			if text, ok := key.OfRow(row); ok && whole {
				given[text] = true
			}
		}
		for range f.texts {
			taken := make(map[string]bool, len(given))
			for text := range given {
				taken[text] = true
			}
			u.taken = append(u.taken, taken)
		}
	}
	return u
}

// take enters the keys of gaps that break no rule, in their order, and names the rule of those whose key
// is there already.
func (u *fillKeys) take(f *filling, gaps []gap, broken []string) []string {
	for i, g := range gaps {
		if broken[i] != "" {
			continue
		}
		var enter []*map[string]bool
		var texts []string
		for k := range u.keys {
			if !f.drawn(g, u.keys[k].Columns) {
				continue
			}
			taken := &u.taken[k*len(f.texts)+g.table]
			text, ok := u.keys[k].OfRow(f.text(g))
			switch {
			case ok && (*taken)[text]:
				broken[i] = fmt.Sprintf("%s does not hold: another row has the same", u.keys[k].Rule)
			case ok:
				enter, texts = append(enter, taken), append(texts, text)
			}
		}
		for k, taken := range enter {
			if broken[i] == "" {
				(*taken)[texts[k]] = true
			}
		}
	}
	return broken
}

// drawn tells whether one of the columns is open in the gap's row.
func (f *filling) drawn(g gap, columns []int) bool {
	for _, j := range columns {
		if f.seen.Open(f.rows[g.row], j) {
			return true
		}
	}
	return false
}
