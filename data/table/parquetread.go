package table

import (
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"
	thrift "github.com/parquet-go/parquet-go/format"
)

// parquetReader reads a Parquet file row by row. Of each column one page is in memory at a time.
//
// Fields of a struct become columns of their own, "address.city"; a struct without a value has
// none in all its fields. Lists and maps have no place in a row and are refused.
type parquetReader struct {
	source  string
	file    *parquet.File
	closer  io.Closer
	columns []*parquetColumn
	group   int   // the row group being read
	left    int64 // rows of it not yet given
	row     int64 // rows given
	watch   func(Progress) error
}

// newParquetReader reads the footer of a file of size bytes; closing the reader closes closer.
func newParquetReader(r io.ReaderAt, size int64, source string, closer io.Closer) (_ *parquetReader, err error) {
	p := &parquetReader{source: source, closer: closer, group: -1}
	defer p.recover(&err)
	p.file, err = parquet.OpenFile(r, size, parquet.SkipPageIndex(true), parquet.SkipBloomFilters(true))
	if err != nil {
		return nil, p.fault("", err)
	}
	if err := p.refuseLZ4(); err != nil {
		return nil, err
	}
	elements := leaves(p.file.Metadata().Schema)
	if err := p.collect(p.file.Root(), nil, elements); err != nil {
		return nil, err
	}
	if len(p.columns) == 0 {
		return nil, &Error{File: source, Problem: "the Parquet file has no columns"}
	}
	return p, checkDistinct(p.Headings(), source)
}

// refuseLZ4 keeps away from a fault of the library (v0.32.0): where a page does not shrink to a third,
// it gives zeros for the page's content, and on a damaged one it takes memory without end.
func (p *parquetReader) refuseLZ4() error {
	for _, g := range p.file.Metadata().RowGroups {
		for i := range g.Columns {
			if codec := g.Columns[i].MetaData.Codec; codec == thrift.Lz4Raw {
				return &Error{File: p.source, Column: strings.Join(g.Columns[i].MetaData.PathInSchema, "."), Problem: "its values are compressed by LZ4, which is not read",
					Remedy: "write the file with Snappy, Zstd, gzip, Brotli or no compression"}
			}
		}
	}
	return nil
}

// leaves lists the schema's leaf columns in the order of their numbers.
func leaves(schema []thrift.SchemaElement) []*thrift.SchemaElement {
	var all []*thrift.SchemaElement
	for i := range schema {
		if schema[i].Type.Valid {
			all = append(all, &schema[i])
		}
	}
	return all
}

// collect adds the leaf columns below c in their order.
func (p *parquetReader) collect(c *parquet.Column, path []string, elements []*thrift.SchemaElement) error {
	for _, child := range c.Columns() {
		name := append(path[:len(path):len(path)], child.Name())
		full := strings.Join(name, ".")
		if what := nested(child); what != "" {
			return &Error{File: p.source, Column: full, Problem: "it is " + what + ", and a row of a table has one value a column",
				Remedy: fmt.Sprintf("leave it out or unfold it first, for example with DuckDB: COPY (SELECT * EXCLUDE (%q) FROM 'in.parquet') TO 'out.parquet'", name[0])}
		}
		if !child.Leaf() {
			if err := p.collect(child, name, elements); err != nil {
				return err
			}
			continue
		}
		if child.Index() >= len(elements) {
			return p.fault(full, fmt.Errorf("the schema has %d leaf columns, this one is number %d", len(elements), child.Index()+1))
		}
		column := &parquetColumn{index: child.Index(), path: full}
		if err := column.decide(child, elements[child.Index()]); err != nil {
			return &Error{File: p.source, Column: full, Problem: err.Error(), Remedy: "leave the column out, or write it in another type"}
		}
		p.columns = append(p.columns, column)
	}
	return nil
}

// nested says what a column is that can't be flattened.
func nested(c *parquet.Column) string {
	if c.Leaf() {
		if c.Repeated() {
			return "a list"
		}
		return ""
	}
	if lt := c.Type().LogicalType(); lt != nil {
		switch lt.Value.(type) {
		case *thrift.ListType:
			return "a list"
		case *thrift.MapType:
			return "a map"
		case *thrift.VariantType:
			return "a variant, whose values have types of their own"
		}
	}
	if c.Repeated() {
		return "a list"
	}
	return ""
}

// checkDistinct refuses two columns of one name.
func checkDistinct(heads []Heading, source string) error {
	first := make(map[string]int, len(heads))
	for j, h := range heads {
		if k, seen := first[h.Name]; seen {
			return &Error{File: source, Column: fmt.Sprint(j + 1), Problem: fmt.Sprintf("it has the same name, %q, as column %d", h.Name, k+1),
				Remedy: "rename one of them"}
		}
		first[h.Name] = j
	}
	return nil
}

// Headings implements RowReader.
func (p *parquetReader) Headings() []Heading {
	heads := make([]Heading, len(p.columns))
	for j, c := range p.columns {
		heads[j] = Heading{Name: c.path, Type: c.storage}
	}
	return heads
}

// Next implements RowReader.
func (p *parquetReader) Next(cells []Cell) (err error) {
	defer p.recover(&err)
	for p.left == 0 {
		if err := p.nextGroup(); err != nil {
			return err
		}
	}
	p.left--
	p.row++
	if p.watch != nil && p.row%(1<<14) == 0 {
		if err := p.watch(Progress{Part: p.part()}); err != nil {
			return err
		}
	}
	for j, c := range p.columns {
		v, err := c.next()
		if err != nil {
			return p.fault(c.path, err)
		}
		if v.IsNull() {
			cells[j] = Cell{Null: true}
			continue
		}
		if c.text, err = c.spell(c.text[:0], v); err != nil {
			return &Error{File: p.source, Row: int(p.row), Column: c.path, Problem: err.Error(), Remedy: "the file is damaged or was written wrongly; write it anew"}
		}
		cells[j] = Cell{Text: c.text}
	}
	return nil
}

// nextGroup goes on to the next row group; io.EOF says that there is none.
func (p *parquetReader) nextGroup() error {
	groups := p.file.RowGroups()
	if p.group++; p.group >= len(groups) {
		p.group = len(groups)
		return io.EOF
	}
	g := groups[p.group]
	p.left = g.NumRows()
	if p.left < 0 {
		return p.fault("", fmt.Errorf("row group %d has %d rows", p.group+1, p.left))
	}
	chunks := g.ColumnChunks()
	for _, c := range p.columns {
		if c.index >= len(chunks) {
			return p.fault(c.path, fmt.Errorf("row group %d has only %d columns", p.group+1, len(chunks)))
		}
		if err := c.open(chunks[c.index]); err != nil {
			return p.fault(c.path, err)
		}
	}
	return nil
}

// part is how much of the file is read.
func (p *parquetReader) part() float64 { return float64(p.row) / float64(max(p.file.NumRows(), 1)) }

// Close implements RowReader.
func (p *parquetReader) Close() (err error) {
	defer p.recover(&err)
	for _, c := range p.columns {
		c.close()
	}
	if p.closer == nil {
		return nil
	}
	return p.closer.Close()
}

// fault gives an error of the library its place.
func (p *parquetReader) fault(column string, err error) error {
	if err == io.EOF {
		err = io.ErrUnexpectedEOF
	}
	e := &Error{File: p.source, Column: column, Problem: "the Parquet file is damaged, cut short or of a kind that is not read", Err: err, Remedy: "fetch it or write it again"}
	if p.group >= 0 {
		e.Row = int(p.row)
	}
	return e
}

// recover makes an error of a panic: the library checks less than a damaged file can get wrong.
func (p *parquetReader) recover(err *error) {
	if r := recover(); r != nil {
		*err = p.fault("", fmt.Errorf("%v", r))
	}
}

// pageValues is how many values are taken from a page at a time.
const pageValues = 256

// parquetColumn is a leaf column: its values come in pages.
type parquetColumn struct {
	index   int
	path    string
	storage string
	spell   func(dst []byte, v parquet.Value) ([]byte, error)
	text    []byte // of the value last given

	pages  parquet.Pages
	page   parquet.Page
	values parquet.ValueReader
	ended  bool // the page has no more
	buf    [pageValues]parquet.Value
	n, at  int // values in buf, the next one
}

func (c *parquetColumn) open(chunk parquet.ColumnChunk) error {
	c.close()
	c.pages, c.n, c.at, c.ended = chunk.Pages(), 0, 0, true
	return nil
}

func (c *parquetColumn) close() {
	c.release()
	if c.pages != nil {
		c.pages.Close()
		c.pages = nil
	}
}

func (c *parquetColumn) release() {
	if c.page != nil {
		parquet.Release(c.page)
		c.page, c.values = nil, nil
	}
}

// next returns the next value; io.EOF says that the column chunk has no more.
func (c *parquetColumn) next() (parquet.Value, error) {
	for c.at == c.n {
		if err := c.fill(); err != nil {
			return parquet.Value{}, err
		}
	}
	v := c.buf[c.at]
	c.at++
	return v, nil
}

func (c *parquetColumn) fill() error {
	if c.ended {
		c.release()
		page, err := c.pages.ReadPage()
		if err != nil {
			return err
		}
		c.page, c.values, c.ended = page, page.Values(), false
	}
	n, err := c.values.ReadValues(c.buf[:])
	c.at, c.n = 0, n
	if err == io.EOF {
		c.ended = true
		return nil
	}
	if err == nil && n == 0 {
		return io.ErrNoProgress
	}
	return err
}
