package table

import (
	"fmt"
	"math"

	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// Dataset is a table as a diffusion model sees it, by random access. Its rows are those of the
// table; it may be used concurrently.
type Dataset struct {
	rows    int
	cards   []int
	numbers int
	columns []encoded
	unknown []Unknown
	jitter  rng.Stream
}

// encoded is a column, by the codes of its texts.
type encoded struct {
	place  Place
	codes  []uint32
	state  []int32   // of the cell; -1: a text that the transform does not know
	lo, hi []float64 // ranks of the number; lo < 0: it has none
}

// Unknown is a text that the column could not hold when the transform was fitted. Its cell is -1,
// which stands for "not observed".
type Unknown struct {
	Column  string
	Text    string
	Rows    int
	Missing bool // the text is a mark of a missing value, which the column never was
}

// Encode prepares a table, whose columns must be those of the schema, in any order. The seed keys
// the jitter that spreads ties.
func (t *Transform) Encode(tab *Table, seed uint64) (*Dataset, error) {
	if t.Ruled != nil {
		return t.encodeRuled(tab, seed)
	}
	at, err := t.Schema.Match(tab)
	if err != nil {
		return nil, err
	}
	d := &Dataset{rows: tab.Rows(), cards: t.Cards(), numbers: t.Numbers(), jitter: rng.New(seed, rng.Jitter)}
	for j, place := range t.Places() {
		tab.Watch.tell(Encoding, j, len(t.Parts))
		if place.Cell < 0 && place.Num < 0 {
			continue
		}
		c := tab.Columns[at[j]]
		d.columns = append(d.columns, t.encodeColumn(j, place, c))
		d.note(c, t.Schema.Columns[j].Kind.Numeric(), d.columns[len(d.columns)-1].state)
	}
	tab.Watch.tell(Encoding, len(t.Parts), len(t.Parts))
	return d, nil
}

// encodeColumn looks up each distinct text once.
func (t *Transform) encodeColumn(j int, place Place, c *Column) encoded {
	part, field := &t.Parts[j], &t.Schema.Columns[j]
	states := make(map[string]int32, part.states())
	for k, s := range part.States {
		states[string(s)] = int32(place.First + k)
	}
	for b := range part.buckets() {
		lo, hi := part.bucket(b)
		for _, s := range part.Rare[lo:hi] {
			states[string(s)] = int32(place.First + len(part.States) + b)
		}
	}
	n := len(c.Texts())
	e := encoded{place: place, codes: c.codes, state: make([]int32, n), lo: make([]float64, n), hi: make([]float64, n)}
	for i, text := range c.Texts() {
		k, known := states[text]
		e.state[i], e.lo[i] = k, -1
		if known {
			continue
		}
		e.state[i] = -1
		if part.Rank == nil {
			if place.Rest && !field.IsMissing(text) {
				e.state[i] = 0
			}
			continue
		}
		if v, ok := field.Float(text); ok {
			e.state[i] = 0
			e.lo[i], e.hi[i] = part.Rank.interval(v)
		}
	}
	return e
}

// note lists the texts that the transform does not know.
func (d *Dataset) note(c *Column, numeric bool, state []int32) {
	counts := c.Counts()
	for i, k := range state {
		if k < 0 && counts[i] > 0 {
			d.unknown = append(d.unknown, Unknown{c.Name, c.texts[i], counts[i], isMissing(c.texts[i], numeric)})
		}
	}
}

// Unknown lists the texts that the transform does not know.
func (d *Dataset) Unknown() []Unknown { return d.unknown }

// Len is the number of rows.
func (d *Dataset) Len() int { return d.rows }

// Numbers is D, the numbers of a row.
func (d *Dataset) Numbers() int { return d.numbers }

// Cards lists the states of each of the C cells of a row.
func (d *Dataset) Cards() []int { return d.cards }

// Example writes row i as epoch sees it: its numbers, num (D), with weight (D) 1 where they mean
// something and 0 where they are independent noise; and its cells (C), -1 where the value
// is not known. A tie is spread anew in each epoch. weight may be nil.
func (d *Dataset) Example(i int, epoch uint64, num, weight []float32, cells []int32) {
	if len(num) != d.numbers || len(cells) != len(d.cards) || weight != nil && len(weight) != d.numbers {
		panic(fmt.Sprintf("table: %d numbers, %d weights and %d cells for rows of %d numbers and %d cells",
			len(num), len(weight), len(cells), d.numbers, len(d.cards)))
	}
	var u [jitterBlock]float64
	drawn := -1 // the block of numbers that u holds the jitter of
	for j := range d.columns {
		e := &d.columns[j]
		code := e.codes[i]
		if k := e.place.Cell; k >= 0 {
			cells[k] = e.state[code]
		}
		k := e.place.Num
		if k < 0 {
			continue
		}
		if b := k / jitterBlock; b != drawn {
			d.jitter.Uniforms(u[:], jitterStep(epoch, b), uint64(i))
			drawn = b
		}
		z, w := e.number(code, u[k%jitterBlock])
		num[k] = float32(z)
		if weight != nil {
			weight[k] = w
		}
	}
}

// jitterBlock numbers of a row draw their jitter at once.
const jitterBlock = 16

func jitterStep(epoch uint64, block int) uint64 { return epoch<<16 | uint64(block) }

// number is the normal number of a text, or noise with weight 0.
func (e *encoded) number(code uint32, u float64) (z float64, weight float32) {
	if e.lo[code] < 0 {
		return elementary.NormQuantile(u), 0
	}
	return normalBetween(e.lo[code], e.hi[code], u), 1
}

// Number64 is the number at place k of row i before it is rounded to float32, NaN if it has none.
func (d *Dataset) Number64(i int, epoch uint64, k int) float64 {
	var u [jitterBlock]float64
	d.jitter.Uniforms(u[:], jitterStep(epoch, k/jitterBlock), uint64(i))
	for j := range d.columns {
		if e := &d.columns[j]; e.place.Num == k {
			if z, w := e.number(e.codes[i], u[k%jitterBlock]); w > 0 {
				return z
			}
		}
	}
	return math.NaN()
}

// Encoded is a block of rows, all arrays row-major.
type Encoded struct {
	Rows   int
	Num    []float32 // (N,D)
	Weight []float32 // (N,D)
	Cells  []int32   // (N,C)
	Card   []int     // (C)
}

// Rows encodes the rows of these numbers; nil means all.
func (d *Dataset) Rows(rows []int, epoch uint64) *Encoded {
	n := len(rows)
	if rows == nil {
		n = d.rows
	}
	D, C := d.numbers, len(d.cards)
	e := &Encoded{Rows: n, Num: make([]float32, n*D), Weight: make([]float32, n*D), Cells: make([]int32, n*C), Card: d.cards}
	for i := range n {
		r := i
		if rows != nil {
			r = rows[i]
		}
		d.Example(r, epoch, e.Num[i*D:(i+1)*D], e.Weight[i*D:(i+1)*D], e.Cells[i*C:(i+1)*C])
	}
	return e
}
