package table

import (
	"io"
	"math"

	"ebb/engine/rng"
)

// ReadOptions says how much of a table is kept. The zero value keeps everything.
type ReadOptions struct {
	// Memory bounds what the table takes, in bytes: of a larger one so many rows are kept as fit,
	// chosen at random. 0: no bound.
	//
	// A row counts 13 bytes and 5 for each column, each distinct text of a column its length and
	// 72 bytes: what codes, texts and index take, with the room in which they grow.
	Memory int64
	// Below, if it is not 0, chooses the rows that an earlier reading chose: that of its Table.Below.
	Below uint64
	// Watch, if there is one, is told now and then how far the reading is. An error that it returns
	// ends the reading.
	Watch func(Progress) error
}

// What a table takes, in bytes; see ReadOptions.Memory.
const (
	rowBytes  = 13 // the number by which it is chosen, and room
	cellBytes = 5  // the code and room
	textBytes = 72 // the string's header, its place in the index, and room
)

// sampler reads rows and keeps a sample of them.
//
// Every row has a number, which is a hash of its position. Kept are the rows whose number is below a
// threshold; where they take more than the budget, the threshold falls and the rows above it go: to
// what the part of the file that was read by then makes likely to suffice, else to three quarters. So the sample is a
// uniform one, it depends on the file and the budget alone, and knowing the last threshold is
// knowing the sample.
type sampler struct {
	*collector
	hash  rng.Stream
	below uint64   // the threshold
	marks []uint64 // of the rows kept
	seen  int      // rows read
	texts int64    // bytes of the distinct texts kept
}

// sampleStep sets the numbers of rows apart from the other draws of their stream.
const sampleStep = 1 << 40

// ReadSample reads the rows of r, which it closes, and keeps all of them or as many as o allows.
// Every row is read and checked, kept or not.
func ReadSample(r RowReader, source string, o ReadOptions) (t *Table, err error) {
	if o.Memory == 0 && o.Below == 0 {
		return ReadRows(r, source)
	}
	defer func() {
		if closed := r.Close(); err == nil && closed != nil {
			t, err = nil, closed
		}
	}()
	s := &sampler{collector: newCollector(r, source), hash: rng.New(0, rng.Split), below: math.MaxUint64}
	if o.Below > 0 {
		s.below, o.Memory = o.Below, math.MaxInt64
	}
	for {
		if err := r.Next(s.cells); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		s.take()
		for s.bytes() > o.Memory && len(s.marks) > 1 {
			s.lower(r)
			s.shrink()
		}
	}
	t, err = s.finish()
	if err == nil && (len(s.marks) < s.seen || o.Below > 0) {
		t.Seen, t.Below = s.seen, s.below
	}
	return t, err
}

// sampleFill is which part of the budget a sample should fill whose size is foretold.
const sampleFill = 0.95

// lower lets the threshold fall.
func (s *sampler) lower(r RowReader) {
	keep := 0.75
	if p, ok := r.(interface{ part() float64 }); ok && s.below == math.MaxUint64 {
		keep = min(keep, max(sampleFill*p.part(), 1e-6))
	}
	s.below = uint64(float64(s.below>>11)*keep) << 11 // a float64 holds 53 bits
}

// bytes is what the table takes.
func (s *sampler) bytes() int64 {
	return int64(len(s.marks))*int64(rowBytes+cellBytes*len(s.t.Columns)) + s.texts
}

// take keeps the row that stands in cells, if its number says so.
func (s *sampler) take() {
	mark := s.hash.Uint64(sampleStep, uint64(s.seen))
	s.seen++
	if mark >= s.below {
		return
	}
	s.marks = append(s.marks, mark)
	for j, cell := range s.cells {
		before := len(s.t.Columns[j].texts)
		s.cell(j, cell)
		if len(s.t.Columns[j].texts) > before {
			s.texts += int64(len(cell.Text)) + textBytes
		}
	}
}

// shrink drops the rows from the threshold on, and the texts that nobody else holds.
func (s *sampler) shrink() {
	s.texts = 0
	for j, c := range s.t.Columns {
		s.shrinkColumn(j, c)
		for _, text := range c.texts {
			s.texts += int64(len(text)) + textBytes
		}
	}
	n := 0
	for _, mark := range s.marks {
		if mark < s.below {
			s.marks[n] = mark
			n++
		}
	}
	s.marks = s.marks[:n]
}

// shrinkColumn gives the texts that stay new codes, in the order of their first row.
func (s *sampler) shrinkColumn(j int, c *Column) {
	const none = math.MaxUint32
	codes := make([]uint32, len(c.texts)) // the new ones, by the old
	for i := range codes {
		codes[i] = none
	}
	old, null := c.texts, s.nulls[j]
	c.texts, c.index = nil, map[string]uint32{}
	s.nulls[j] = -1
	n := 0
	for i, mark := range s.marks {
		if mark >= s.below {
			continue
		}
		was := c.codes[i]
		if codes[was] == none {
			codes[was] = uint32(len(c.texts))
			c.texts = append(c.texts, old[was])
			if int64(was) == null {
				s.nulls[j] = int64(codes[was])
			} else {
				c.index[old[was]] = codes[was]
			}
		}
		c.codes[n] = codes[was]
		n++
	}
	c.codes = c.codes[:n]
}
