package model

import (
	"errors"
	"fmt"

	"ebb/data/table"
)

// Rows under unique rules (table.Rule). A row that repeats the key of a row before it is drawn again,
// under another identity: row i is the first of its candidates 0, 1, 2, … whose keys no row before it
// has, and candidate k depends on the seed, on i and on k alone. So row i depends on the seed and on the
// rows before it of the same draw: the first 10 of 1000 rows are the 10 rows of a draw of 10, in any
// batch and with any number of threads. Two draws, or the two parts of one that --first continues,
// know nothing of each other's keys.

// ErrUnique is what a draw fails with that can't find enough rows with different keys.
var ErrUnique = errors.New("not enough different keys")

// uniqueShift: candidate k of row i has the identity i + k<<uniqueShift.
const uniqueShift = 28

// uniqueDraws bounds the rows that are drawn again for n rows. To find all of n equally likely keys takes
// n log n draws.
func uniqueDraws(n int) int { return 8*n + 8192 }

// uniqueBatch rows are drawn again together, if only as several candidates of the same row.
const uniqueBatch = 1024

// candidates are the rows drawn for each row so far.
type candidates struct {
	keys []table.Key
	of   [][]candidate // by row
}

type candidate struct {
	table *table.Table
	row   int
	keys  []string // of each rule, empty for none
}

// add enters row i's next candidate.
func (c *candidates) add(i int, t *table.Table, row int) {
	x := candidate{t, row, make([]string, len(c.keys))}
	for k := range c.keys {
		x.keys[k], _ = c.keys[k].Of(t, row)
	}
	c.of[i] = append(c.of[i], x)
}

// drawer draws the rows of these numbers (within the draw), each as its candidate of this number.
type drawer func(rows, number []int) (*table.Table, error)

// distinct chooses a candidate for each of n rows, of which first are candidates 0 already.
func (c *candidates) distinct(first *table.Table, draw drawer) ([]candidate, error) {
	n := first.Rows()
	c.of = make([][]candidate, n)
	for i := range c.of {
		c.add(i, first, i)
	}
	for drawn := 0; ; {
		chosen, wanting, taken := c.choose()
		if len(wanting) == 0 {
			return chosen, nil
		}
		if drawn >= uniqueDraws(n) {
			return nil, c.exhausted(wanting[0], drawn, taken)
		}
		// Of very many only the first: if these find no key the others need not be drawn.
		wanting = wanting[:min(len(wanting), max(uniqueBatch, n/16))]
		each := max(uniqueBatch/len(wanting), 1)
		var rows, number []int
		for _, i := range wanting {
			for k := range min(each, 2*len(c.of[i])) {
				rows, number = append(rows, i), append(number, len(c.of[i])+k)
			}
		}
		more, err := draw(rows, number)
		if err != nil {
			return nil, err
		}
		for k, i := range rows {
			c.add(i, more, k)
		}
		drawn += len(rows)
	}
}

// choose gives each row the first of its candidates that repeats no key, lists the rows that need
// another one, and the keys taken.
func (c *candidates) choose() (chosen []candidate, wanting []int, taken []map[string]bool) {
	taken = make([]map[string]bool, len(c.keys))
	for k := range taken {
		taken[k] = map[string]bool{}
	}
	for i := range c.of {
		won := false
		for _, x := range c.of[i] {
			if won = take(taken, x); won {
				chosen = append(chosen, x)
				break
			}
		}
		if !won {
			wanting = append(wanting, i)
		}
	}
	return chosen, wanting, taken
}

// take enters a candidate's keys, unless one is taken.
func take(taken []map[string]bool, x candidate) bool {
	for k, key := range x.keys {
		if taken[k][key] {
			return false
		}
	}
	for k, key := range x.keys {
		if key != "" {
			taken[k][key] = true
		}
	}
	return true
}

// exhausted names the rule that row i broke most often.
func (c *candidates) exhausted(i, drawn int, taken []map[string]bool) error {
	worst, most := 0, -1
	for k := range c.keys {
		n := 0
		for _, x := range c.of[i] {
			if taken[k][x.keys[k]] {
				n++
			}
		}
		if n > most {
			worst, most = k, n
		}
	}
	return fmt.Errorf("%w: %s: of %d rows asked for, only %d have keys of their own after %d more draws: ask for fewer rows, or drop the rule",
		ErrUnique, c.keys[worst].Rule, len(c.of), len(taken[worst]), drawn)
}

// mustDiffer tells whether the rows of a draw may not repeat keys.
func (m *TableModel) mustDiffer(o DrawOptions) bool {
	return !o.Repeat && len(m.Config.Table.Transform.Keys()) > 0
}

// checkUnique finds, before anything is drawn, that there can't be enough different keys.
func (m *TableModel) checkUnique(o DrawOptions, like *like) error {
	if !m.mustDiffer(o) {
		return nil
	}
	transform := m.Config.Table.Transform
	if like != nil {
		return fmt.Errorf("%w: %s asks for rows that differ, and rows like given ones can't be chosen: leave one out", ErrCondition, transform.Keys()[0].Rule)
	}
	if err := transform.Room(o.N); err != nil {
		return fmt.Errorf("%w: %w", ErrUnique, err)
	}
	return nil
}

// unique is the table of rows with those replaced that repeat a key.
func (m *TableModel) unique(first table.Sample, draw func(ids []uint64) (table.Sample, error)) (*table.Table, error) {
	transform := m.Config.Table.Transform
	c := candidates{keys: transform.Keys()}
	rows := transform.Decode(first)
	chosen, err := c.distinct(rows, func(which, number []int) (*table.Table, error) {
		ids := make([]uint64, len(which))
		names := make([]uint64, len(which))
		for k, i := range which {
			names[k] = first.First + uint64(i)
			ids[k] = names[k] + uint64(number[k])<<uniqueShift
		}
		s, err := draw(ids)
		if err != nil {
			return nil, err
		}
		s.Seed, s.IDs, s.Names = first.Seed, ids, names
		return transform.Decode(s), nil
	})
	if err != nil {
		return nil, err
	}
	out := transform.Empty()
	var text []string
	for _, x := range chosen {
		text = x.table.Row(text, x.row)
		out.Append(text...)
	}
	return out, nil
}
