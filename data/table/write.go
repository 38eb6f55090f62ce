package table

import (
	"bufio"
	"io"
	"slices"
	"strings"
)

// Writer writes delimited text row by row. Call Flush at the end.
type Writer struct {
	w       *bufio.Writer
	dialect Dialect
	columns []*Column // for their names and quoting
}

// NewWriter writes the header of t, of which it takes the names, the dialect and the quoting.
func NewWriter(w io.Writer, t *Table) (*Writer, error) {
	tw := &Writer{w: bufio.NewWriterSize(w, 1<<16), dialect: t.Dialect, columns: t.Columns}
	if t.Dialect.BOM {
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
func Write(w io.Writer, t *Table) error {
	tw, err := NewWriter(w, t)
	if err != nil {
		return err
	}
	var row []string
	for i := range t.Rows() {
		t.Watch.row(Writing, i, t.Rows())
		row = t.Row(row, i)
		if err := tw.Row(row); err != nil {
			return err
		}
	}
	t.Watch.tell(Writing, t.Rows(), t.Rows())
	return tw.Flush()
}
