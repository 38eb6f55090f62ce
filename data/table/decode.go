package table

import (
	"fmt"
	"math"
	"slices"
	"sort"
	"strconv"
	"strings"

	"ebb/engine/rng"
)

// Sample is rows of numbers and cells to be turned back into a table.
type Sample struct {
	Rows  int
	Num   []float64 // (N,D)
	Cells []int32   // (N,C), each 0 <= state < card
	First uint64    // the identity of the first row: it keys identifiers and draws of rare values
	Seed  uint64
	Watch Watch // told how far Decode has come, and then of work on the table; may be nil
	// IDs are the identities of the rows one by one, Names those of their identifiers; nil: those
	// that follow First. Identifiers that a unique rule names go by IDs.
	IDs, Names []uint64
}

// identity is that of row i under a list of them.
func (s *Sample) identity(i int, list []uint64) uint64 {
	if list != nil {
		return list[i]
	}
	return s.First + uint64(i)
}

// Verify reports the first number of a sample that is NaN, as a network makes them whose training
// diverged.
func (t *Transform) Verify(s Sample) error {
	D := t.Numbers()
	for i, z := range s.Num {
		if !math.IsNaN(z) {
			continue
		}
		for j, place := range t.Places() {
			if place.Num == i%D {
				return fmt.Errorf("row %d of the sample has no number for column %d (%s): the model's training has diverged; "+
					"train again with a lower learning rate", i/D+1, j+1, t.Learned().Columns[j].Name)
			}
		}
	}
	return nil
}

// Decode turns numbers and cells into a table of the schema's columns, every value spelled as the
// column spells it. What Verify would refuse makes it panic.
func (t *Transform) Decode(s Sample) *Table {
	tab, _ := t.DecodeAround(s, nil, false)
	return tab
}

// DecodeAround is Decode for rows of which fixed knows some texts, by row and column of the schema;
// nil knows none. Where rules rewrite the table the others obey them beside these; broken then names for each
// row a rule that it breaks all the same, or is empty; firm is that of RowGiven.
func (t *Transform) DecodeAround(s Sample, fixed func(i, j int) (text string, ok bool), firm bool) (tab *Table, broken []string) {
	d := t.NewDecoder(s.Seed)
	D, C := d.numbers, len(d.cards)
	if len(s.Num) != s.Rows*D || len(s.Cells) != s.Rows*C {
		panic(fmt.Sprintf("table: %d numbers and %d cells for %d rows of %d numbers and %d cells",
			len(s.Num), len(s.Cells), s.Rows, D, C))
	}
	tab = t.Empty()
	tab.Watch = s.Watch
	row, given := make([]string, len(t.Schema.Columns)), make([]bool, len(t.Schema.Columns))
	for i := range s.Rows {
		s.Watch.row(Decoding, i, s.Rows)
		num, cells := s.Num[i*D:(i+1)*D], s.Cells[i*C:(i+1)*C]
		if fixed == nil {
			d.row(row, num, cells, s.identity(i, s.IDs), s.identity(i, s.Names))
			tab.Append(row...)
			continue
		}
		for j := range row {
			row[j], given[j] = fixed(i, j)
		}
		broken = append(broken, d.rowGiven(row, given, num, cells, [2]uint64{s.identity(i, s.IDs), s.identity(i, s.Names)}, firm))
		tab.Append(row...)
	}
	tab.seal()
	s.Watch.tell(Decoding, s.Rows, s.Rows)
	return tab, broken
}

// Empty returns a table without rows, with the schema's columns and dialect: the header that
// NewWriter wants.
func (t *Transform) Empty() *Table {
	tab := New(t.Schema.Names()...)
	tab.Dialect = t.Schema.Dialect
	for j, c := range tab.Columns {
		f := &t.Schema.Columns[j]
		c.Quoted, c.Type, c.Null = f.Quoted, f.Type, string(f.Null)
		for _, b := range f.Bare {
			c.Bare = append(c.Bare, string(b))
		}
	}
	return tab
}

// Decoder turns encoded rows into text one by one. It may be used concurrently.
type Decoder struct {
	numbers int
	cards   []int
	columns []decoded
	draws   rng.Stream
	rules   *rewriting // nil where no rule rewrites the table

	tests        []test            // of the rules less and sum
	combinations []map[string]bool // of each joint
}

type decoded struct {
	part   *Part
	field  *Field
	place  Place
	lo, hi float64 // range of the number
	origin float64 // a point of its grid
	rare   []int64 // rows of the rare texts up to each
	id     *namer
	keyed  bool // a unique rule names it
}

// NewDecoder prepares the decoding of rows; the seed keys identifiers and draws of rare values.
func (t *Transform) NewDecoder(seed uint64) *Decoder {
	d := &Decoder{numbers: t.Numbers(), cards: t.Cards(), draws: rng.New(seed, rng.Decode), rules: t.rewriting()}
	keyed := t.keyed()
	t = t.core()
	for j, place := range t.Places() {
		c := decoded{keyed: keyed[t.Schema.Columns[j].Name], part: &t.Parts[j], field: &t.Schema.Columns[j], place: place}
		if c.part.Rank != nil {
			c.bounds()
		}
		total := int64(0)
		for _, n := range c.part.RareCounts {
			total += n
			c.rare = append(c.rare, total)
		}
		if c.field.Kind == Name {
			c.id = newNamer(c.field.Identifier, d.draws, uint64(j))
		}
		d.columns = append(d.columns, c)
	}
	if d.rules != nil {
		d.testing()
	}
	return d
}

// bounds finds the range and the grid: the rank's own, narrowed by the schema's.
func (c *decoded) bounds() {
	r := c.part.Rank
	half := r.Step / 2
	c.lo, c.hi = r.X[0]+half, r.X[len(r.X)-1]-half
	c.origin = c.lo
	if v, ok := c.field.Float(string(c.field.Min)); ok && v > c.lo {
		c.lo = v
	}
	if v, ok := c.field.Float(string(c.field.Max)); ok && v < c.hi {
		c.hi = v
	}
}

// Row writes the texts of one row into dst, one a column of the schema.
func (d *Decoder) Row(dst []string, num []float64, cells []int32, row uint64) {
	d.row(dst, num, cells, row, row)
}

// row is Row of a row whose identifiers have an identity of their own.
func (d *Decoder) row(dst []string, num []float64, cells []int32, row, named uint64) {
	if d.rules == nil {
		d.learned(dst, num, cells, row, named)
		return
	}
	learned := make([]string, len(d.columns))
	d.learned(learned, num, cells, row, named)
	d.rules.restore(dst, learned)
}

// learned writes the texts of one row of the learned table.
func (d *Decoder) learned(dst []string, num []float64, cells []int32, row, named uint64) {
	for j := range d.columns {
		c := &d.columns[j]
		state := 0
		if c.place.Cell >= 0 {
			state = int(cells[c.place.Cell])
			if state < 0 || state >= c.place.Card {
				panic(fmt.Sprintf("table: state %d of a cell of %d", state, c.place.Card))
			}
		}
		if c.id != nil && !c.keyed {
			dst[j] = d.text(c, j, state-c.place.First, num, named)
			continue
		}
		dst[j] = d.text(c, j, state-c.place.First, num, row)
	}
}

// text spells one value; state counts from States[0], -1 is the rest.
func (d *Decoder) text(c *decoded, j, state int, num []float64, row uint64) string {
	switch {
	case state >= 0 && state < len(c.part.States):
		return string(c.part.States[state])
	case state >= 0:
		lo, hi := c.part.bucket(state - len(c.part.States))
		below := int64(0)
		if lo > 0 {
			below = c.rare[lo-1]
		}
		draw := below + int64(d.draws.Intn(int(c.rare[hi-1]-below), uint64(j), row))
		k := sort.Search(len(c.rare), func(i int) bool { return c.rare[i] > draw })
		return string(c.part.Rare[k])
	case c.id != nil:
		return c.id.name(row)
	}
	if c.field.Kind == Date && c.field.Moment.Zones != nil {
		return c.zoned(num[c.place.Num], func(n int) int { return d.draws.Intn(n, uint64(j), row) })
	}
	return c.number(num[c.place.Num])
}

// number spells the value of a normal number.
func (c *decoded) number(z float64) string { return c.field.spell(c.value(z)) }

// zoned spells it at one of the offsets of its time; intn chooses.
func (c *decoded) zoned(z float64, intn func(n int) int) string {
	v, m := c.value(z), c.field.Moment
	return m.formatAt(v, m.Zones.draw(v, intn))
}

// value is that of a normal number, on the column's grid and in its range.
func (c *decoded) value(z float64) float64 {
	if math.IsNaN(z) {
		panic("table: a sampled number is NaN")
	}
	r := c.part.Rank
	return r.snap(r.value(z), c.origin, c.lo, c.hi)
}

// namer makes the values of an identifier.
type namer struct {
	id       *Identifier
	draws    rng.Stream
	column   uint64
	below    []int    // weights of the shapes up to each
	capacity []uint64 // of each shape
	roomiest int      // the shape of the greatest capacity
	again    string   // stands before the counter of a text that has to be used again
}

func newNamer(id *Identifier, draws rng.Stream, column uint64) *namer {
	n := &namer{id: id, draws: draws, column: column}
	total := 0
	for i := range id.Shapes {
		total += id.Shapes[i].Weight
		n.below = append(n.below, total)
		n.capacity = append(n.capacity, id.Shapes[i].capacity())
		if n.capacity[i] > n.capacity[n.roomiest] {
			n.roomiest = i
		}
	}
	n.again = unused(id.Shapes)
	return n
}

// unused is a mark that no text of the shapes holds.
func unused(shapes []Shape) string {
	for _, mark := range []string{"-", "_", "~", "#", "/", "."} {
		if !slices.ContainsFunc(shapes, func(s Shape) bool {
			return slices.ContainsFunc(s.Classes, func(c Text) bool { return strings.Contains(string(c), mark) })
		}) {
			return mark
		}
	}
	return "-~#"
}

// name is the identifier of a row. Those of different rows differ: shapes have no text in common,
// those of a shape are numbered, and a permutation gives each row its own. A row beyond the capacity
// of its shape takes the roomiest instead; beyond that one's, the text gets a counter behind it.
func (n *namer) name(row uint64) string {
	if n.id.Sequence {
		return string(n.id.Prefix) + pad(n.id.First+int64(row), n.id.Width) + string(n.id.Suffix)
	}
	// Steps of the stream: a column has 2^20 of its own, the first for the choice of the shape, the
	// second for the permutation, the others for positions beyond the capacity.
	step := (n.column + 1) << 20
	k := 0
	if len(n.below) > 1 {
		draw := n.draws.Intn(n.below[len(n.below)-1], step, row)
		k = sort.SearchInts(n.below, draw+1)
	}
	if row >= n.capacity[k] {
		k = n.roomiest
	}
	capacity := n.capacity[k]
	number := uint64(n.draws.Perm(int(row%capacity), int(capacity), step+1))
	text := n.id.Shapes[k].text(number, func(position int) uint64 {
		return n.draws.Uint64(step+2+uint64(position), row)
	})
	if again := row / capacity; again > 0 {
		text += n.again + strconv.FormatUint(again+1, 10)
	}
	return text
}

// pad writes n with at least width digits, the minus sign counted.
func pad(n int64, width int) string {
	s := strconv.FormatInt(n, 10)
	for len(s) < width && n >= 0 {
		s = "0" + s
	}
	return s
}
