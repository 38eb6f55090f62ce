package model

import (
	"context"
	"errors"
	"fmt"

	"ebb/data/table"
	"ebb/engine/rng"
)

// Rows under unique rules (table.Rule). A row that repeats the key of a row before it is drawn again,
// under another identity: row i is the first of its candidates 0, 1, 2, … whose keys no row before it
// has, and candidate k depends on the seed, on i and on k alone. So row i depends on the seed and on the
// rows before it of the same draw: the first 10 of 1000 rows are the 10 rows of a draw of 10, in any
// batch and with any number of threads. Two draws, or the two parts of one that --first continues,
// know nothing of each other's keys.

// ErrUnique is what a draw fails with that can't find enough rows with different keys.
var ErrUnique = errors.New("not enough different keys")

const (
	uniqueTries = 64 // candidates of a row
	uniqueShift = 40 // candidate k of row i has the identity i + k<<uniqueShift
)

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
	for {
		chosen, wanting, err := c.choose()
		if err != nil || len(wanting) == 0 {
			return chosen, err
		}
		// Of very many only the first: if these find no key the others need not be drawn.
		wanting = wanting[:min(len(wanting), max(1024, n/16))]
		number := make([]int, len(wanting))
		for k, i := range wanting {
			number[k] = len(c.of[i])
		}
		more, err := draw(wanting, number)
		if err != nil {
			return nil, err
		}
		for k, i := range wanting {
			c.add(i, more, k)
		}
	}
}

// choose gives each row the first of its candidates that repeats no key, and lists the rows that need
// another one.
func (c *candidates) choose() (chosen []candidate, wanting []int, err error) {
	taken := make([]map[string]bool, len(c.keys))
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
		switch {
		case won:
		case len(c.of[i]) < uniqueTries:
			wanting = append(wanting, i)
		case len(wanting) == 0:
			return nil, nil, c.exhausted(i, taken)
		}
	}
	return chosen, wanting, nil
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
func (c *candidates) exhausted(i int, taken []map[string]bool) error {
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
	return fmt.Errorf("%w: %s: of %d rows asked for, row %d repeated another in each of %d draws; the model found only %d different ones: ask for fewer rows, or drop the rule",
		ErrUnique, c.keys[worst].Rule, len(c.of), i+1, uniqueTries, len(taken[worst]))
}

// unique is the table of rows with those replaced that repeat a key.
func (m *TableModel) unique(ctx context.Context, first table.Sample, draw func(ctx context.Context, ids []uint64) (table.Sample, error)) (*table.Table, error) {
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
		s, err := draw(ctx, ids)
		if err != nil {
			return nil, err
		}
		s.Seed, s.IDs, s.Names = first.Seed, ids, names
		if err := transform.Verify(s); err != nil {
			return nil, err
		}
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

// identities are the rows first, first+1, …, or those that a draw names, each as so many particles.
func (o *DrawOptions) identities(p rng.Purpose, first uint64, each int) rng.Rows {
	r := rng.Rows{Stream: rng.New(o.Seed, p), First: first * uint64(each)}
	if o.ids == nil {
		return r
	}
	for _, id := range o.ids {
		for k := range each {
			r.IDs = append(r.IDs, id*uint64(each)+uint64(k))
		}
	}
	return r
}

// named is o for rows of these identities.
func (o DrawOptions) named(ids []uint64) DrawOptions {
	o.ids = ids
	return o
}
