package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"strconv"
)

// jsonReader reads JSON lines: an object a line, blank lines apart. A key that is missing, or null,
// has no value. Objects inside objects become columns of their own, "address.city"; arrays are refused.
//
// The columns and their types are found by a first reading of the whole file:
//
//	strings alone                  text
//	true and false alone           boolean
//	whole numbers alone            bigint; decimal(38,0) where some are beyond 64 bits
//	numbers alone                  double, each spelled as in the file
//	a mixture                      json: each value as JSON spells it, strings in quotes
type jsonReader struct {
	source string
	heads  []Heading
	index  map[string]int
	lines  *lineReader
	file   io.Closer
	rows   int
	meter  *meter // nil: the file is no file

	parser jsonParser
	arena  []byte // texts of the row
	ends   []int  // by column: where its text ends in arena; -1: no value
	starts []int
}

// newJSONReader opens the file twice: for its columns, and for its rows.
func newJSONReader(open func() (io.ReadCloser, error), source string) (*jsonReader, error) {
	r := &jsonReader{source: source, index: map[string]int{}}
	if err := r.survey(open); err != nil {
		return nil, err
	}
	if len(r.heads) == 0 {
		return nil, &Error{File: source, Problem: "no object has a value", Remedy: "a table needs at least one row with one value"}
	}
	file, err := open()
	if err != nil {
		return nil, err
	}
	r.file = file
	r.lines = newLineReader(file)
	r.ends, r.starts = make([]int, len(r.heads)), make([]int, len(r.heads))
	return r, nil
}

// jsonColumn is what a column has held so far.
type jsonColumn struct {
	strings, booleans, numbers bool
	fraction, wide, huge       bool // numbers that are not whole; beyond 64 bits; of more than 38 digits
}

func (c *jsonColumn) storage() string {
	switch {
	case c.strings && !c.booleans && !c.numbers:
		return "text"
	case c.booleans && !c.strings && !c.numbers:
		return "boolean"
	case c.strings || c.booleans:
		return "json"
	case c.numbers && !c.fraction && c.wide && !c.huge:
		return "decimal(38,0)"
	case c.numbers && !c.fraction && !c.wide:
		return "bigint"
	case c.numbers:
		return "double"
	}
	return "" // never a value
}

func (c *jsonColumn) see(v jsonValue) {
	switch v.kind {
	case jsonString:
		c.strings = true
	case jsonBool:
		c.booleans = true
	case jsonNumber:
		c.numbers = true
		if bytes.ContainsAny(v.raw, ".eE") || string(v.raw) == "-0" {
			c.fraction = true
		} else if _, err := strconv.ParseInt(string(v.raw), 10, 64); err != nil {
			c.wide = true
			c.huge = c.huge || len(v.raw) > 38
		}
	}
}

// survey reads the whole file for the columns and their types.
func (r *jsonReader) survey(open func() (io.ReadCloser, error)) error {
	file, err := open()
	if err != nil {
		return err
	}
	defer file.Close()
	lines := newLineReader(file)
	var columns []*jsonColumn
	for {
		line, err := lines.next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return r.fault(lines.n, err)
		}
		err = r.parser.object(line, func(path []byte, v jsonValue) error {
			j, known := r.index[string(path)]
			if !known && v.kind == jsonNull {
				return nil // a column only if it ever has a value
			}
			if !known {
				j = len(columns)
				r.index[string(path)] = j
				r.heads = append(r.heads, Heading{Name: string(path)})
				columns = append(columns, &jsonColumn{})
			}
			columns[j].see(v)
			return nil
		})
		if err != nil {
			return r.fault(lines.n, err)
		}
	}
	for j, c := range columns {
		r.heads[j].Type = c.storage()
	}
	return nil
}

// Headings implements RowReader.
func (r *jsonReader) Headings() []Heading { return r.heads }

// Next implements RowReader.
func (r *jsonReader) Next(cells []Cell) error {
	line, err := r.lines.next()
	if err == io.EOF {
		return io.EOF
	}
	if err != nil {
		return r.fault(r.lines.n, err)
	}
	r.rows++
	r.arena = r.arena[:0]
	for j := range r.ends {
		r.ends[j] = -1
	}
	if err := r.parser.object(line, r.keep); err != nil {
		return r.fault(r.lines.n, err)
	}
	for j := range cells {
		cells[j] = Cell{Null: true}
		if r.ends[j] >= 0 {
			cells[j] = Cell{Text: r.arena[r.starts[j]:r.ends[j]]}
		}
	}
	return nil
}

// keep takes a value of the row.
func (r *jsonReader) keep(path []byte, v jsonValue) error {
	j, known := r.index[string(path)]
	switch {
	case v.kind == jsonNull:
		return nil
	case !known:
		return fmt.Errorf("the key %q was not there when the file was first read: it has changed meanwhile", path)
	case r.ends[j] >= 0:
		return fmt.Errorf("the key %q stands twice in the object", path)
	}
	r.starts[j] = len(r.arena)
	if r.heads[j].Type == "json" {
		r.arena = append(r.arena, v.raw...)
	} else {
		r.arena = append(r.arena, v.text...)
	}
	r.ends[j] = len(r.arena)
	return nil
}

// part is how much of the second reading is done.
func (r *jsonReader) part() float64 {
	if r.meter == nil {
		return 1
	}
	return r.meter.part(2)
}

// Close implements RowReader.
func (r *jsonReader) Close() error { return r.file.Close() }

func (r *jsonReader) fault(line int, err error) error {
	e := &Error{File: r.source, Line: line, Problem: "it can't be read", Err: err, Remedy: "every line must be one JSON object"}
	var array *errArray
	if errors.As(err, &array) {
		e.Column, e.Err, e.Problem = array.path, nil, "it holds an array, and a row of a table has one value a column"
		e.Remedy = fmt.Sprintf("take it out or unfold it first, for example with jq -c 'del(.%s)'", array.path)
	}
	return e
}

// lineReader gives the lines of a text that are not blank.
type lineReader struct {
	r   *bufio.Reader
	n   int // number of the line last given, from 1
	buf []byte
}

func newLineReader(r io.Reader) *lineReader {
	br := bufio.NewReaderSize(r, 1<<16)
	if head, _ := br.Peek(len(bom)); bytes.Equal(head, bom) {
		_, _ = br.Discard(len(bom)) // Peek has shown that it is there
	}
	return &lineReader{r: br}
}

// next returns a line, valid until the following call; io.EOF says that there is none.
func (l *lineReader) next() ([]byte, error) {
	for {
		l.buf = l.buf[:0]
		l.n++
		line, err := l.r.ReadSlice('\n')
		for err == bufio.ErrBufferFull {
			l.buf = append(l.buf, line...)
			line, err = l.r.ReadSlice('\n')
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
		if len(l.buf) > 0 {
			l.buf = append(l.buf, line...)
			line = l.buf
		}
		if len(bytes.TrimSpace(line)) > 0 {
			return line, nil
		}
		if err == io.EOF {
			return nil, io.EOF
		}
	}
}
