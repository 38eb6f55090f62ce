package table

import (
	"bufio"
	"io"
	"iter"
	"slices"
	"strings"
)

// Writer writes delimited text row by row. Call Flush at the end.
type Writer struct {
	w       *bufio.Writer
	dialect Dialect
	columns []*Column // for their names and quoting
	row     []string
}

// NewWriter writes the header of t, of which it takes the names, the dialect and the quoting.
func NewWriter(w io.Writer, t *Table) (*Writer, error) {
	tw := &Writer{w: bufio.NewWriterSize(newEncoder(w, t.Dialect.Encoding), 1<<16), dialect: t.Dialect, columns: t.Columns}
	if t.Dialect.BOM || t.Dialect.utf16() {
		_, _ = tw.w.Write(bom) // a bufio.Writer keeps its error for Flush
	}
	for j, c := range t.Columns {
		tw.field(j, c.Name, t.Dialect.QuotedHeader)
	}
	return tw, tw.endLine()
}

// Row writes one row, one text a column.
func (w *Writer) Row(row []string) error {
	for j, text := range row {
		c := w.columns[j]
		w.field(j, text, c.Quoted && !slices.Contains(c.Bare, text))
	}
	return w.endLine()
}

// Write implements RowWriter: a row, of which "no value" is an empty cell or the column's own text.
func (w *Writer) Write(cells []Cell) error {
	w.row = w.row[:0]
	for j, c := range cells {
		text := string(c.Text)
		if c.Null {
			text = w.columns[j].Null
		}
		w.row = append(w.row, text)
	}
	return w.Row(w.row)
}

// Close implements RowWriter.
func (w *Writer) Close() error { return w.Flush() }

// Flush writes what is still in memory.
func (w *Writer) Flush() error { return w.w.Flush() }

// field's errors stay in the bufio.Writer until endLine asks for them.
func (w *Writer) field(j int, text string, quoted bool) {
	if j > 0 {
		_ = w.w.WriteByte(w.dialect.delim())
	}
	if !quoted && !w.needsQuotes(text) {
		_, _ = w.w.WriteString(text)
		return
	}
	_ = w.w.WriteByte('"')
	_, _ = w.w.WriteString(strings.ReplaceAll(text, `"`, `""`))
	_ = w.w.WriteByte('"')
}

// needsQuotes is true of a text that the reader would not give back as it is: one that holds the
// delimiter or a line end, an empty line, a byte-order mark. A text that holds a quote could stand bare
// for this package's reader, but not for others'.
func (w *Writer) needsQuotes(text string) bool {
	if text == "" {
		return len(w.columns) == 1
	}
	return strings.ContainsAny(text, "\"\r\n") || strings.IndexByte(text, w.dialect.delim()) >= 0 ||
		strings.HasPrefix(text, string(bom))
}

func (w *Writer) endLine() error {
	end := "\n"
	if w.dialect.CRLF {
		end = "\r\n"
	}
	_, err := w.w.WriteString(end)
	return err
}

// Write writes the whole table to w. To write a file atomically, give it a writer that does.
func Write(w io.Writer, t *Table) error { return WriteBlocks(w, One(t)) }

// Blocks are the rows of a table in parts, one after the other, so that never all are in memory. The
// parts have the same columns; an error ends them.
type Blocks = iter.Seq2[*Table, error]

// One is a table as its only block.
func One(t *Table) Blocks {
	return func(yield func(*Table, error) bool) { yield(t, nil) }
}

// WriteBlocks writes a table in parts, with the header, the dialect and the quoting of the first.
func WriteBlocks(w io.Writer, blocks Blocks) error {
	var tw *Writer
	var row []string
	for t, err := range blocks {
		if err == nil && tw == nil {
			tw, err = NewWriter(w, t)
		}
		if err != nil {
			return err
		}
		for i := range t.Rows() {
			t.Watch.row(Writing, i, t.Rows())
			row = t.Row(row, i)
			if err := tw.Row(row); err != nil {
				return err
			}
		}
		t.Watch.tell(Writing, t.Rows(), t.Rows())
	}
	return tw.Flush()
}
