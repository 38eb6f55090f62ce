package model

import (
	"fmt"
	"slices"

	"ebb/data/table"
	"ebb/diffusion/process"
	"ebb/engine/rng"
)

// Conditions on the columns of a table (DrawOptions.Where; see table.Transform.Where for how they
// are written).
//
// Values that are given stand from the first step, and the network, which was trained to complete
// rows of which any part is given, draws the rest: that is exact, at no cost. Sets of categories and
// one range of numbers are first drawn to a value each, by Bayes' rule (chances). Of further ranges
// nothing can be told before the row is drawn: a row is drawn until they hold, and conditions that
// hardly ever do are an error.

// wish is what conditions ask of the rows of a table.
type wish struct {
	exact  []*table.Where // by number: the value is given
	ways   *chances
	ranges []numberRange
	text   []string // the conditions, for messages
}

// numberRange is where a number must lie, if its cell is in state 0 or there is none.
type numberRange struct {
	cell, num int
	lo, hi    float64
}

// wishes reads conditions: one wish, or with balance one for each class of that column.
func (m *TableModel) wishes(conditions []string, balance string, seed uint64) ([]*wish, error) {
	if len(conditions) == 0 && balance == "" {
		return nil, nil
	}
	transform := m.Config.Table.Transform
	where, err := transform.Where(conditions)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCondition, err)
	}
	if balance == "" {
		w, err := m.wish(where, conditions, seed)
		return []*wish{w}, err
	}
	classes, err := transform.Classes(balance)
	if err != nil {
		return nil, fmt.Errorf("%w: balance: %w", ErrCondition, err)
	}
	var out []*wish
	for _, c := range classes {
		all := append(slices.Clip(conditions), balance+"="+c.Text)
		class, ok := within(where, c.Where)
		if !ok {
			continue
		}
		w, err := m.wish(class, all, seed)
		if err != nil {
			return nil, err
		}
		out = append(out, w)
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("%w: the conditions exclude every class of %q", ErrCondition, balance)
	}
	return out, nil
}

// within narrows conditions to a class of a column; ok is false if they exclude it.
func within(where []table.Where, class table.Where) (out []table.Where, ok bool) {
	class.States = slices.Clone(class.States)
	for _, w := range where {
		if w.Column != class.Column {
			out = append(out, w)
			continue
		}
		for k := range w.States {
			class.States[k] = class.States[k] && w.States[k]
		}
	}
	return append(out, class), slices.Contains(class.States, true)
}

// wish works out how rows under conditions begin.
func (m *TableModel) wish(where []table.Where, text []string, seed uint64) (*wish, error) {
	transform := m.Config.Table.Transform
	places := transform.Places()
	w := &wish{exact: make([]*table.Where, transform.Numbers()), text: text}
	w.ways = newChances(transform, seed, func(k *known) ([]float64, error) { return m.foresee(k, seed) })
	for i := range where {
		if c := &where[i]; c.Exact && c.Number && onlyRest(c, places[c.Column]) {
			w.exact[places[c.Column].Num] = c
			if cell := places[c.Column].Cell; cell >= 0 {
				w.ways.cells.Data[cell] = 0
			}
		}
	}
	lead := w.lead(transform, where, places)
	if lead >= 0 {
		w.ways.begin(&where[lead], places[where[lead].Column])
	} else {
		w.fix(where, places)
	}
	for i := range where {
		if err := w.add(&where[i], places[where[i].Column], i == lead); err != nil {
			return nil, err
		}
	}
	// Softmax gives every state a share above zero; a share this small is its rounding.
	if w.ways.total() < 1e-12 {
		return nil, fmt.Errorf("%w: %q: no row that the model knows of is so: each may be met, but not together; leave one out", ErrCondition, text)
	}
	w.ways.seal()
	return w, nil
}

// onlyRest tells whether a condition admits nothing but a number that is no state.
func onlyRest(c *table.Where, p table.Place) bool {
	return p.Cell < 0 || c.States[0] && len(admitted(c.States)) == 1
}

// lead is the range with which the ways begin: the narrowest. There is none beside numbers that are
// given, whose chances under it are not known.
func (w *wish) lead(t *table.Transform, where []table.Where, places []table.Place) int {
	if slices.ContainsFunc(w.exact, func(e *table.Where) bool { return e != nil }) {
		return -1
	}
	best, least := -1, 2.0
	for i := range where {
		if s := t.ShareOf(where[i]); where[i].Number && places[where[i].Column].Num >= 0 && s < least {
			best, least = i, s
		}
	}
	return best
}

// fix gives what needs no choice first: exact numbers, by the middle of their ranks, and cells of
// which one state will do.
func (w *wish) fix(where []table.Where, places []table.Place) {
	for j, e := range w.exact {
		if e != nil {
			w.ways.given.X.Data[j], w.ways.given.Is[j] = e.Draw(0.5), true
		}
	}
	for i := range where {
		if cell := places[where[i].Column].Cell; cell >= 0 {
			if will := admitted(where[i].States); len(will) == 1 {
				w.ways.cells.Data[cell] = int32(will[0])
			}
		}
	}
}

// add splits the ways by one condition.
func (w *wish) add(c *table.Where, p table.Place, leads bool) error {
	if leads {
		return nil
	}
	if p.Cell >= 0 && w.ways.cells.Data[p.Cell] == process.Mask && slices.Contains(c.States, false) {
		if err := w.ways.cell(p.Cell, c.States); err != nil {
			return err
		}
	}
	if c.Number && w.exact[p.Num] == nil {
		w.ranges = append(w.ranges, numberRange{p.Cell, p.Num, c.Lo, c.Hi})
	}
	return nil
}

// start is how row i of k begins, by uniforms of its own.
func (w *wish) start(k *known, i int, noise process.Noise) {
	u := make([]float64, 2+len(w.exact))
	noise.Uniforms(u, 0, i)
	w.ways.take(k, i, u[0], u[1])
	for j, e := range w.exact {
		if e != nil {
			k.given.X.Row(i)[j] = e.Draw(u[2+j])
		}
	}
}

// holds tells whether a row that was drawn is as wanted.
func (w *wish) holds(num []float64, cells []int32) bool {
	for _, r := range w.ranges {
		if r.cell >= 0 && cells[r.cell] != 0 {
			continue
		}
		if v := num[r.num]; v < r.lo || v > r.hi {
			return false
		}
	}
	return true
}

const (
	mostTries = 1 << 14 // draws of one row, until its ranges hold
	idleTries = 1 << 16 // draws of all rows without a single one
)

// wanted draws the chunk's rows under the wishes in turn. A row whose ranges do not hold is drawn
// anew, under an identity of its own for each try, so that it does not matter which others are drawn.
func (c *chunk) wanted(wishes []*wish, rows []uint64) error {
	of := func(i int) *wish { return inTurn(wishes, rows[i], c.o.Seed) }
	pending := make([]int, len(rows))
	for i := range pending {
		pending[i] = i
	}
	watch, tried, done := c.watch(), 0, 0
	for try := 0; len(pending) > 0; watch = nil {
		each := min(max(1, len(rows)/len(pending)), 64) // tries of a row at once
		k := c.tries(pending, rows, try, each, of)
		x, cells, err := c.sample(k, watch...)
		if err != nil {
			return err
		}
		var again []int
		for p, i := range pending {
			hit := p * each
			for hit < (p+1)*each && !of(i).holds(x.Row(hit), cells.Row(hit)) {
				hit++
			}
			if hit == (p+1)*each {
				again = append(again, i)
				continue
			}
			done++
			copy(c.x.Row(i), x.Row(hit))
			copy(c.cells.Row(i), cells.Row(hit))
		}
		try += each
		tried += len(k.ids)
		if len(again) > 0 && (try >= mostTries || done == 0 && tried >= idleTries) {
			return fmt.Errorf("%w: %q: none of %d rows that the model drew in search of one is so: make a range wider, or leave one out",
				ErrCondition, of(again[0]).text, max(try, tried*(1-min(done, 1))))
		}
		pending = again
	}
	return nil
}

// inTurn is the wish of a row: of as many rows as there are wishes each has its own, at random. (In
// plain order the rows of one wish would have points that are even among all rows only.)
func inTurn(wishes []*wish, row, seed uint64) *wish {
	n := len(wishes)
	row &= 1<<uniqueShift - 1 // all candidates of a row have one wish
	return wishes[rng.New(seed, rng.Condition).Perm(int(row%uint64(n)), n, row/uint64(n))]
}

// tries is how the next tries of the pending rows begin, each of them after the one before.
func (c *chunk) tries(pending []int, rows []uint64, try, each int, of func(i int) *wish) *known {
	ids := make([]uint64, 0, each*len(pending))
	for _, i := range pending {
		for e := range each {
			ids = append(ids, identity(rows[i], try+e))
		}
	}
	k := c.nothing(ids)
	noise := rng.EvenRows{Points: rng.Even{Stream: rng.New(c.o.Seed, rng.Condition)}, IDs: ids}
	for r := range ids {
		of(pending[r/each]).start(k, r, noise)
	}
	return k
}

// checkConditions finds what a model of a table can't be asked for.
func (m *TableModel) checkConditions(o DrawOptions) error {
	switch {
	case o.Guide != nil || o.Inpaint != nil || o.Init != nil:
		return fmt.Errorf("%w: guidance, inpainting and beginning with pictures are for pictures; this model draws rows", ErrCondition)
	case o.Like != nil && (len(o.Where) > 0 || o.Balance != ""):
		return fmt.Errorf("%w: rows like those of a table can't be under conditions too: put the values into the table's columns", ErrCondition)
	}
	return nil
}
