package table

import (
	"fmt"
	"io"
	"slices"
)

// ReadRows reads all rows of r into a table and closes r; source names it in messages. A table
// without rows is an error.
//
// Rows without a value hold the text Column.Null, which no value of the column has.
func ReadRows(r RowReader, source string) (t *Table, err error) {
	defer func() {
		if closed := r.Close(); err == nil && closed != nil {
			t, err = nil, closed
		}
	}()
	c := newCollector(r, source)
	for {
		if err := r.Next(c.cells); err == io.EOF {
			break
		} else if err != nil {
			return nil, err
		}
		c.add()
	}
	return c.finish()
}

// collector gathers rows in a table.
type collector struct {
	t      *Table
	cells  []Cell
	nulls  []int64   // by column: the code of "no value", -1 while there is none
	quotes []quoting // of delimited text
	text   *Reader   // nil: another form
}

func newCollector(r RowReader, source string) *collector {
	heads := r.Headings()
	c := &collector{t: New(), cells: make([]Cell, len(heads)), nulls: make([]int64, len(heads))}
	for j, h := range heads {
		c.t.Columns = append(c.t.Columns, &Column{Name: h.Name, Type: h.Type, index: map[string]uint32{}})
		c.nulls[j] = -1
	}
	c.t.Source = source
	if text, ok := r.(*Reader); ok {
		c.text, c.quotes = text, make([]quoting, len(heads))
	}
	return c
}

// add takes the row that stands in cells.
func (c *collector) add() {
	for j, cell := range c.cells {
		c.cell(j, cell)
	}
}

func (c *collector) cell(j int, cell Cell) {
	if cell.Null {
		c.addNull(j)
		return
	}
	c.t.Columns[j].appendBytes(cell.Text)
	if c.text != nil {
		c.quotes[j].see(cell.Text, c.text.Quoted(j))
	}
}

// addNull adds "no value", whose text is found when all others are known.
func (c *collector) addNull(j int) {
	col := c.t.Columns[j]
	if c.nulls[j] < 0 {
		c.nulls[j] = int64(len(col.texts))
		col.texts = append(col.texts, "") // not in the index: it is no text
	}
	col.codes = append(col.codes, uint32(c.nulls[j]))
}

func (c *collector) finish() (*Table, error) {
	if c.t.Rows() == 0 {
		return nil, &Error{File: c.t.Source, Problem: fmt.Sprintf("there is a header (%s) but no row", count(len(c.t.Columns), "column")),
			Remedy: "a table needs at least one row"}
	}
	for j, col := range c.t.Columns {
		if c.text == nil {
			col.Null = freeText(col, c.nulls[j])
		}
		if at := c.nulls[j]; at >= 0 {
			col.texts[at] = col.Null
		}
		if c.quotes != nil {
			col.Quoted, col.Bare = c.quotes[j].verdict()
		}
	}
	if c.text != nil {
		c.t.Dialect = c.text.Dialect
	}
	c.t.seal()
	return c.t, nil
}

// freeText finds a text for "no value" that no value of the column has; null is the code that is
// none of them.
func freeText(c *Column, null int64) string {
	taken := func(text string) bool {
		i := slices.Index(c.texts, text)
		if int64(i) == null && i >= 0 {
			i = slices.Index(c.texts[i+1:], text)
		}
		return i >= 0
	}
	for _, text := range []string{"", "NULL", "<null>"} {
		if !taken(text) {
			return text
		}
	}
	for n := 2; ; n++ {
		if text := fmt.Sprintf("<null %d>", n); !taken(text) {
			return text
		}
	}
}
