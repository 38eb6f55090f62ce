package table

import (
	"bufio"
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Error is a fault in a file of text: what, where and what to do about it.
type Error struct {
	File    string
	Line    int    // from 1; 0: the file as a whole
	Row     int    // data row, from 1, the header not counted; 0: not in a row
	Column  string // name, or number where there is none; empty: the row as a whole
	Problem string
	Remedy  string
	Err     error // the cause, if another one is behind it
}

// Error puts the parts in one sentence.
func (e *Error) Error() string {
	var b strings.Builder
	if e.File != "" {
		b.WriteString(e.File + ": ")
	}
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Row > 0 {
		fmt.Fprintf(&b, "row %d: ", e.Row)
	}
	if e.Column != "" {
		fmt.Fprintf(&b, "column %s: ", e.Column)
	}
	b.WriteString(e.Problem)
	if e.Err != nil {
		b.WriteString(": " + e.Err.Error())
	}
	if e.Remedy != "" {
		b.WriteString("; " + e.Remedy)
	}
	return b.String()
}

func (e *Error) Unwrap() error { return e.Err }

// Reader reads delimited text row by row.
type Reader struct {
	Dialect Dialect
	Names   []string // from the header

	source string
	s      *scanner
	rows   int  // read so far
	spare  int  // rows of a one-column table still to be given for blank lines
	held   bool // a record waits behind them
	high   high
	arena  []byte // the row in UTF-8, if it was not
	closer io.Closer
	meter  *meter // nil: who reads is not known
}

// Headings implements RowReader: names without types.
func (r *Reader) Headings() []Heading {
	heads := make([]Heading, len(r.Names))
	for j, name := range r.Names {
		heads[j].Name = name
	}
	return heads
}

// Close implements RowReader. A reader that NewReader made leaves the file to who opened it.
func (r *Reader) Close() error {
	if r.closer == nil {
		return nil
	}
	return r.closer.Close()
}

// NewReader reads the header of r; source names it in messages. The delimiter (comma, semicolon,
// tab or bar) is found from the first 64 KiB, the header must hold distinct names of which one, as
// of an unnamed index, may be empty.
func NewReader(r io.Reader, source string) (*Reader, error) {
	br := bufio.NewReaderSize(r, sniffSize)
	sample, err := br.Peek(sniffSize)
	if err != nil && err != io.EOF {
		return nil, &Error{File: source, Problem: "can't be read", Err: err}
	}
	rd := &Reader{source: source}
	if rd.Dialect.Encoding = utf16Of(sample); rd.Dialect.Encoding != "" {
		br = bufio.NewReaderSize(newUTF16Reader(br, rd.Dialect.Encoding, source), sniffSize)
		if sample, err = br.Peek(sniffSize); err != nil && err != io.EOF {
			return nil, err
		}
	}
	whole := err == io.EOF
	if i := bytes.IndexByte(sample, 0); i >= 0 {
		return nil, &Error{File: source, Line: 1 + bytes.Count(sample[:i], []byte("\n")),
			Problem: "the file holds NUL bytes, so it is no table of text", Remedy: "give a CSV file"}
	}
	rd.Dialect.BOM = bytes.HasPrefix(sample, bom)
	if rd.Dialect.BOM {
		_, _ = br.Discard(len(bom)) // what Peek has shown is there
		sample = sample[len(bom):]
	}
	d := sniffDelimiter(sample, whole)
	if d != ',' {
		rd.Dialect.Delimiter = string(d)
	}
	rd.s = newScanner(br, d)
	if err := rd.header(); err != nil {
		return nil, err
	}
	rd.Dialect.CRLF = rd.s.crlf
	return rd, nil
}

var bom = []byte{0xef, 0xbb, 0xbf}

func (r *Reader) header() error {
	err := r.s.record()
	if err == io.EOF {
		return &Error{File: r.source, Problem: "the file is empty", Remedy: "a table needs a header and at least one row"}
	}
	if err != nil {
		return r.fault(err)
	}
	r.Dialect.QuotedHeader = true
	cells := make([]Cell, r.s.fields())
	for i := range cells {
		cells[i].Text = r.s.field(i)
		r.Dialect.QuotedHeader = r.Dialect.QuotedHeader && r.s.quoted[i]
	}
	if err := r.decode(cells); err != nil {
		return err
	}
	for _, c := range cells {
		r.Names = append(r.Names, string(c.Text))
	}
	return r.checkNames()
}

func (r *Reader) checkNames() error {
	first := make(map[string]int, len(r.Names))
	for i, name := range r.Names {
		j, seen := first[name]
		if seen && name == "" {
			return &Error{File: r.source, Line: r.s.line, Column: strconv.Itoa(i + 1),
				Problem: fmt.Sprintf("it has no name, and nor has column %d", j+1), Remedy: "name all columns but one in the header"}
		}
		if seen {
			return &Error{File: r.source, Line: r.s.line, Column: strconv.Itoa(i + 1),
				Problem: fmt.Sprintf("it has the same name, %q, as column %d", name, j+1), Remedy: "rename one of them in the header"}
		}
		first[name] = i
	}
	if looksLikeData(r.Names) {
		return &Error{File: r.source, Line: r.s.line,
			Problem: fmt.Sprintf("the first line holds only numbers (%s, …), so the header seems to be missing", r.Names[0]),
			Remedy:  "put a line with the columns' names before it"}
	}
	return nil
}

// looksLikeData is true of a header of numbers that are not all plain integers: years and indices
// do serve as names, 0.37 hardly.
func looksLikeData(names []string) bool {
	plain := true
	for _, name := range names {
		if _, err := strconv.ParseFloat(strings.TrimSpace(name), 64); err != nil {
			return false
		}
		if strings.Trim(name, "0123456789") != "" {
			plain = false
		}
	}
	return !plain
}

// part is how much of the file is read.
func (r *Reader) part() float64 {
	if r.meter == nil {
		return 1
	}
	return r.meter.part(1)
}

// Next implements RowReader. An empty cell is an empty text, never Null.
func (r *Reader) Next(cells []Cell) error {
	if !r.held {
		if err := r.s.record(); err == io.EOF {
			return io.EOF
		} else if err != nil {
			return r.fault(err)
		}
		if len(r.Names) == 1 {
			// A blank line in a table of one column is an empty value. Those at the end are not.
			r.spare, r.held = r.s.blank, true
		}
	}
	if r.spare > 0 {
		r.spare--
		r.rows++
		cells[0] = Cell{}
		return nil
	}
	r.held = false
	r.rows++
	if n := r.s.fields(); n != len(r.Names) {
		return r.ragged(n)
	}
	for i := range r.s.fields() {
		cells[i] = Cell{Text: r.s.field(i)}
	}
	if !ascii(r.s.buf) {
		return r.decode(cells)
	}
	return nil
}

// ascii reports whether no byte of the text is above 127.
func ascii(text []byte) bool {
	for ; len(text) >= 8; text = text[8:] {
		if binary.LittleEndian.Uint64(text)&0x8080808080808080 != 0 {
			return false
		}
	}
	for _, b := range text {
		if b >= utf8.RuneSelf {
			return false
		}
	}
	return true
}

// decode turns a row with bytes above 127 into UTF-8, or refuses it.
func (r *Reader) decode(cells []Cell) error {
	for j := range cells {
		if !ascii(cells[j].Text) && !r.high.see(cells[j].Text, r.s.line) {
			return r.mixed(j, string(cells[j].Text))
		}
	}
	if r.high.other == 0 {
		return nil
	}
	r.Dialect.Encoding = EncodingWindows1252
	r.arena = slices.Grow(r.arena[:0], 3*len(r.s.buf)) // a byte becomes three at most
	for j := range cells {
		start, ok := len(r.arena), false
		if r.arena, ok = fromWindows1252(r.arena, cells[j].Text); !ok {
			return r.notUTF8(j, string(cells[j].Text))
		}
		cells[j].Text = r.arena[start:]
	}
	return nil
}

// Quoted reports whether field i of the row last read was in quotes.
func (r *Reader) Quoted(i int) bool { return !r.held && r.s.quoted[i] }

func (r *Reader) ragged(n int) error {
	remedy := "fill in the missing fields"
	if n > len(r.Names) {
		remedy = fmt.Sprintf("put fields that hold %q in quotes", r.s.delim)
	}
	return &Error{File: r.source, Line: r.s.line, Row: r.rows,
		Problem: fmt.Sprintf("it has %s, the header has %d", count(n, "field"), len(r.Names)), Remedy: remedy}
}

// fault gives an error of the scanner its place.
func (r *Reader) fault(err error) error {
	e := &Error{File: r.source, Line: r.s.line}
	if len(r.Names) > 0 {
		e.Row = r.rows + 1
	}
	var q *errQuote
	if !errors.As(err, &q) {
		e.Problem, e.Err = "reading failed", err
		return e
	}
	e.Column = r.columnName(q.field)
	e.Problem, e.Remedy = q.problem, `close the quote, and write a quote inside a quoted field twice ("")`
	return e
}

func (r *Reader) notUTF8(i int, text string) error {
	return &Error{File: r.source, Line: r.s.line, Row: r.rows, Column: r.columnName(i),
		Problem: fmt.Sprintf("%q is neither UTF-8 nor Windows-1252", text),
		Remedy:  "convert the file, for example with iconv -f MACINTOSH -t UTF-8"}
}

// mixed is the error of a file that is UTF-8 in one line and not in another.
func (r *Reader) mixed(i int, text string) error {
	problem := fmt.Sprintf("%q is not UTF-8, but line %d of the file is", text, r.high.utf8)
	if utf8.ValidString(text) {
		problem = fmt.Sprintf("%q is UTF-8, but line %d of the file is not", text, r.high.other)
	}
	return &Error{File: r.source, Line: r.s.line, Row: r.rows, Column: r.columnName(i), Problem: problem,
		Remedy: "repair that line, or convert the file, for example with iconv -f WINDOWS-1252 -t UTF-8"}
}

func (r *Reader) columnName(i int) string {
	if i < len(r.Names) {
		return fmt.Sprintf("%d (%s)", i+1, r.Names[i])
	}
	return strconv.Itoa(i + 1)
}

func count(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return strconv.Itoa(n) + " " + what + "s"
}

// Read reads a whole table of delimited text; source names it in messages. A table without rows
// is an error.
func Read(r io.Reader, source string) (*Table, error) {
	rd, err := NewReader(r, source)
	if err != nil {
		return nil, err
	}
	return ReadRows(rd, source)
}

// quoting finds out whether a column is quoted throughout, a few marks apart.
type quoting struct {
	quoted bool
	mixed  bool
	bare   []string
}

// maxBare texts may stand without quotes in a column that is otherwise quoted.
const maxBare = 4

func (q *quoting) see(field []byte, quoted bool) {
	if quoted {
		q.quoted = true
		return
	}
	if q.mixed {
		return
	}
	for _, b := range q.bare {
		if b == string(field) {
			return
		}
	}
	if len(q.bare) == maxBare {
		q.mixed = true
		return
	}
	q.bare = append(q.bare, string(field))
}

func (q *quoting) verdict() (quoted bool, bare []string) {
	if !q.quoted || q.mixed {
		return false, nil
	}
	return true, q.bare
}
