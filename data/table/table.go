package table

import (
	"fmt"
	"math"
	"slices"
	"strings"
)

// Table is a table of text in memory. The zero value is an empty table without columns.
type Table struct {
	Source  string // the file it came from, for messages
	Dialect Dialect
	Columns []*Column
	Watch   Watch // told how far work on the table has come; may be nil
}

// Column holds the raw cells of one column, each distinct text once.
type Column struct {
	Name string
	// Quoted says that the file puts every value in quotes, whether it needs them or not, apart
	// from those in Bare (R writes "text" but a bare NA).
	Quoted bool
	Bare   []string

	codes []uint32          // (N) the code of each row's text
	texts []string          // distinct texts, by code, in order of first appearance
	index map[string]uint32 // text to code; nil until it is wanted
}

// New returns an empty table with columns of these names.
func New(names ...string) *Table {
	t := &Table{Columns: make([]*Column, len(names))}
	for i, name := range names {
		t.Columns[i] = &Column{Name: name}
	}
	return t
}

// Rows is the number of rows.
func (t *Table) Rows() int {
	if len(t.Columns) == 0 {
		return 0
	}
	return len(t.Columns[0].codes)
}

// Append adds a row, one text a column.
func (t *Table) Append(row ...string) {
	if len(row) != len(t.Columns) {
		panic(fmt.Sprintf("table: a row of %d cells for %d columns", len(row), len(t.Columns)))
	}
	for j, text := range row {
		t.Columns[j].append(text)
	}
}

// Row copies row i into dst, one text a column, and returns dst.
func (t *Table) Row(dst []string, i int) []string {
	dst = dst[:0]
	for _, c := range t.Columns {
		dst = append(dst, c.At(i))
	}
	return dst
}

// Names lists the columns' names.
func (t *Table) Names() []string {
	names := make([]string, len(t.Columns))
	for j, c := range t.Columns {
		names[j] = c.Name
	}
	return names
}

// Lookup returns the number of the column of this name. Its error names the nearest one there is.
func (t *Table) Lookup(name string) (int, error) { return lookup(t.Names(), name) }

func lookup(names []string, name string) (int, error) {
	if j := slices.Index(names, name); j >= 0 {
		return j, nil
	}
	for _, n := range names {
		if strings.EqualFold(strings.TrimSpace(n), strings.TrimSpace(name)) {
			return -1, fmt.Errorf("there is no column %q; did you mean %q?", name, n)
		}
	}
	shown := names
	if len(shown) > 20 {
		shown = shown[:20]
	}
	return -1, fmt.Errorf("there is no column %q; the columns are %q", name, shown)
}

// Select returns the rows of these numbers, in this order, as a table that shares the texts.
func (t *Table) Select(rows []int) *Table {
	s := &Table{Source: t.Source, Dialect: t.Dialect, Columns: make([]*Column, len(t.Columns))}
	for j, c := range t.Columns {
		codes := make([]uint32, len(rows))
		for i, r := range rows {
			codes[i] = c.codes[r]
		}
		s.Columns[j] = &Column{Name: c.Name, Quoted: c.Quoted, Bare: c.Bare,
			codes: codes, texts: slices.Clip(c.texts)}
	}
	return s
}

// Len is the number of rows.
func (c *Column) Len() int { return len(c.codes) }

// At returns the text of row i.
func (c *Column) At(i int) string { return c.texts[c.codes[i]] }

// Code returns the number of row i's text within Texts.
func (c *Column) Code(i int) int { return int(c.codes[i]) }

// Texts lists the distinct texts in order of first appearance. After a Select some may have no row.
func (c *Column) Texts() []string { return c.texts }

// Counts returns how many rows hold each of Texts.
func (c *Column) Counts() []int {
	counts := make([]int, len(c.texts))
	for _, code := range c.codes {
		counts[code]++
	}
	return counts
}

func (c *Column) append(text string) {
	if c.index == nil {
		c.reindex()
	}
	code, ok := c.index[text]
	if !ok {
		code = c.add(strings.Clone(text))
	}
	c.codes = append(c.codes, code)
}

// appendBytes is append for a reader's buffer: only a text not seen before is copied.
// It reports whether it was new.
func (c *Column) appendBytes(text []byte) (isNew bool) {
	if c.index == nil {
		c.reindex()
	}
	code, ok := c.index[string(text)]
	if !ok {
		code = c.add(string(text))
	}
	c.codes = append(c.codes, code)
	return !ok
}

func (c *Column) add(text string) uint32 {
	if uint64(len(c.texts)) == math.MaxUint32 {
		panic("table: more than 2^32 distinct texts in a column")
	}
	code := uint32(len(c.texts))
	c.texts = append(c.texts, text)
	c.index[text] = code
	return code
}

func (c *Column) reindex() {
	c.index = make(map[string]uint32, len(c.texts))
	for code, text := range c.texts {
		c.index[text] = uint32(code)
	}
}

// seal drops what only appending needs.
func (t *Table) seal() {
	for _, c := range t.Columns {
		c.index = nil
		c.codes = slices.Clip(c.codes)
		c.texts = slices.Clip(c.texts)
	}
}
