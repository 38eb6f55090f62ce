package postgres

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"ebb/data/table"
)

// blockSize bytes of rows are sent at a time.
const blockSize = 1 << 16

// Writer puts rows into a table. It implements table.RowWriter. All happens in one transaction,
// which Close commits.
type Writer struct {
	ctx     context.Context
	session *session
	heads   []table.Heading
	skip    []bool // columns that the database computes
	hex     []bool // columns of bytes
	plan    string // the COPY statement

	row    []table.Cell // that goes to the server
	bytes  []byte       // of bytea values in it, in hexadecimal digits
	block  []byte
	rows   int
	pipe   *io.PipeWriter
	copied chan error
	err    error // the first
}

// errAbort ends a COPY that is not to be kept.
var errAbort = errors.New("given up by ebb")

// Create connects to the server of an address and makes its table ready for rows of these columns,
// as the address's mode says.
func Create(ctx context.Context, address string, heads []table.Heading) (*Writer, error) {
	w, err := prepare(ctx, address, heads)
	if err != nil {
		return nil, err
	}
	read, write := io.Pipe()
	w.pipe, w.copied = write, make(chan error, 1)
	go func() {
		_, err := w.session.CopyFrom(ctx, read, w.plan)
		if err == nil {
			err = io.ErrClosedPipe
		}
		read.CloseWithError(err) // whoever still writes learns it
		w.copied <- err
	}()
	return w, nil
}

// Check finds out whether Create would succeed, and changes nothing.
func Check(ctx context.Context, address string, heads []table.Heading) error {
	w, err := prepare(ctx, address, heads)
	if err == nil {
		w.session.close()
	}
	return err
}

func prepare(ctx context.Context, address string, heads []table.Heading) (*Writer, error) {
	a, err := Parse(address)
	if err != nil {
		return nil, err
	}
	if a.Query != "" {
		return nil, fmt.Errorf("%s: rows go to a table: give table=NAME instead of a query", a.shown)
	}
	if err := checkHeads(a, heads); err != nil {
		return nil, err
	}
	s, err := begin(ctx, a, "ISOLATION LEVEL READ COMMITTED, READ WRITE")
	if err != nil {
		return nil, err
	}
	w := &Writer{ctx: ctx, session: s, heads: heads, skip: make([]bool, len(heads)), hex: make([]bool, len(heads))}
	if err := w.target(); err != nil {
		s.close()
		return nil, err
	}
	return w, nil
}

// longestName is the length in bytes at which PostgreSQL cuts names.
const longestName = 63

func checkHeads(a *Address, heads []table.Heading) error {
	if len(heads) == 0 {
		return fmt.Errorf("%s: a table needs columns", a.shown)
	}
	seen := map[string]bool{}
	for j, h := range heads {
		problem := ""
		switch {
		case h.Name == "":
			problem = "it has no name"
		case seen[h.Name]:
			problem = "another column has the same name"
		case len(h.Name) > longestName:
			problem = fmt.Sprintf("its name is longer than the %d bytes of a name in PostgreSQL", longestName)
		case !utf8.ValidString(h.Name) || bytes.IndexByte([]byte(h.Name), 0) >= 0:
			problem = "its name is no text that PostgreSQL holds"
		}
		if problem != "" {
			return &table.Error{File: a.shown, Column: fmt.Sprintf("%d (%s)", j+1, h.Name), Problem: problem, Remedy: "rename it"}
		}
		seen[h.Name] = true
	}
	return nil
}

// typeOf is a storage type as PostgreSQL names it; what it does not know is text.
func typeOf(storage string) string {
	switch storage {
	case "double":
		return "double precision"
	case "decimal":
		return "numeric"
	case "boolean", "smallint", "integer", "bigint", "real", "bytea", "date", "time", "timetz", "timestamp",
		"timestamptz", "interval", "uuid", "json", "jsonb":
		return storage
	}
	if decimal.MatchString(storage) {
		return "numeric" + storage[len("decimal"):]
	}
	return "text"
}

var decimal = regexp.MustCompile(`^decimal\([0-9]+,-?[0-9]+\)$`)

// Write implements table.RowWriter.
func (w *Writer) Write(cells []table.Cell) error {
	if w.err != nil {
		return w.err
	}
	if len(cells) != len(w.heads) {
		panic(fmt.Sprintf("postgres: a row of %d cells for %d columns", len(cells), len(w.heads)))
	}
	w.rows++
	w.row, w.bytes = w.row[:0], w.bytes[:0]
	for j, cell := range cells {
		if w.skip[j] {
			continue
		}
		cell, err := w.cell(j, cell)
		if err != nil {
			w.Abort()
			w.err = err
			return err
		}
		w.row = append(w.row, cell)
	}
	w.block = appendLine(w.block, w.row)
	if len(w.block) < blockSize {
		return nil
	}
	return w.flush()
}

// cell checks a value and spells it as COPY wants it.
func (w *Writer) cell(j int, cell table.Cell) (table.Cell, error) {
	if cell.Null {
		return cell, nil
	}
	fault := func(problem, remedy string, err error) (table.Cell, error) {
		return cell, &table.Error{File: w.session.address.shown, Row: w.rows, Column: w.heads[j].Name, Problem: problem, Remedy: remedy, Err: err}
	}
	if w.hex[j] {
		raw, err := table.ParseBytes(cell.Text)
		if err != nil {
			return fault("the value is no bytes", "", err)
		}
		from := len(w.bytes)
		w.bytes = append(w.bytes, `\x`...)
		w.bytes = hex.AppendEncode(w.bytes, raw)
		return table.Cell{Text: w.bytes[from:len(w.bytes):len(w.bytes)]}, nil
	}
	if bytes.IndexByte(cell.Text, 0) >= 0 {
		return fault("the text holds a NUL byte, which PostgreSQL can't store", "write a file instead", nil)
	}
	if !utf8.Valid(cell.Text) {
		return fault(fmt.Sprintf("the text %q is not UTF-8", cell.Text), "write a file instead", nil)
	}
	return cell, nil
}

func (w *Writer) flush() error {
	if len(w.block) == 0 {
		return nil
	}
	_, err := w.pipe.Write(w.block)
	w.block = w.block[:0]
	if err == nil {
		return nil
	}
	return w.fail(<-w.copied)
}

// fail keeps the first error and undoes everything.
func (w *Writer) fail(err error) error {
	cause := w.ctx.Err()
	switch {
	case w.err != nil:
	case cause != nil:
		w.err = fmt.Errorf("%s: stopped, nothing was written: %w", w.session.address.shown, cause)
	default:
		w.err = w.explain(err)
	}
	w.session.close()
	return w.err
}

// copyLine finds the line in the context that the server gives with an error of COPY.
var copyLine = regexp.MustCompile(`COPY .*, line ([0-9]+)(?:, column (.*?): )?`)

// explain says which row the server did not take, and that none is there.
func (w *Writer) explain(err error) error {
	err = w.session.address.fault(err)
	var e *table.Error
	var pg *pgconn.PgError
	if !errors.As(err, &e) {
		return err
	}
	e.Problem += "; no row was written"
	if errors.As(err, &pg) {
		if m := copyLine.FindStringSubmatch(pg.Where); m != nil {
			e.Row, _ = strconv.Atoi(m[1])
			e.Column = m[2]
		}
		if e.Column == "" {
			e.Column = pg.ColumnName
		}
	}
	return e
}

// Close implements table.RowWriter: it sends what is left and commits.
func (w *Writer) Close() error {
	if w.err != nil {
		return w.err
	}
	if err := w.flush(); err != nil {
		return err
	}
	_ = w.pipe.Close()
	if err := <-w.copied; err != io.ErrClosedPipe {
		return w.fail(err)
	}
	if err := w.session.exec(w.ctx, "COMMIT"); err != nil {
		return w.fail(err)
	}
	w.err = errors.New("postgres: the writer is closed")
	w.session.close()
	return nil
}

// Abort gives up: nothing is written. After Close it does nothing.
func (w *Writer) Abort() {
	if w.err != nil {
		return
	}
	w.err = fmt.Errorf("%s: %w", w.session.address.shown, errAbort)
	_ = w.pipe.CloseWithError(errAbort)
	<-w.copied
	w.session.close()
}
