package postgres

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"

	"ebb/data/table"
)

// Reader gives the rows of a table or a query. It implements table.RowReader.
type Reader struct {
	ctx     context.Context
	session *session
	columns []column
	fields  [][]byte // of the row last read
	spaces  [][]byte // scratch memory, one a column
	rows    int
	done    bool
}

// Open connects to the server of an address and begins to read. When ctx ends, so does the reading.
func Open(ctx context.Context, address string) (*Reader, error) {
	a, err := Parse(address)
	if err != nil {
		return nil, err
	}
	if a.Mode != "" {
		return nil, fmt.Errorf("%s: mode= is for writing", a.shown)
	}
	s, err := begin(ctx, a, "ISOLATION LEVEL REPEATABLE READ, READ ONLY")
	if err != nil {
		return nil, err
	}
	r := &Reader{ctx: ctx, session: s}
	if err := r.start(); err != nil {
		s.close()
		return nil, err
	}
	return r, nil
}

// start describes the columns and asks for the rows. Preparing the query, which takes but one
// statement, also locks its tables against a change of their columns.
func (r *Reader) start() error {
	s := r.session
	query, explain := s.address.Query, s.address.inQuery
	if s.address.Table != "" {
		rel, err := s.find(r.ctx)
		if err == nil && rel == nil {
			err = s.unknown(r.ctx)
		}
		if err != nil {
			return err
		}
		query, explain = "SELECT * FROM "+rel.quoted(), s.address.fault
	}
	description, err := s.Prepare(r.ctx, "", query, nil)
	if err != nil {
		return explain(err)
	}
	if len(description.Fields) == 0 {
		return &table.Error{File: s.address.shown, Problem: "it has no columns", Remedy: "give a table or a query that has some"}
	}
	if r.columns, err = s.columns(r.ctx, description.Fields); err != nil {
		return err
	}
	r.spaces = make([][]byte, len(r.columns))
	return r.copy(query, explain)
}

// copy asks for the rows. Each comes as one message of the protocol (53.2.6, COPY-out), so that they
// are read one at a time and the server waits for a slow reader.
func (r *Reader) copy(query string, explain func(error) error) error {
	s := r.session
	s.Frontend().SendQuery(&pgproto3.Query{String: "COPY (\n" + query + "\n) TO STDOUT"})
	if err := s.Frontend().Flush(); err != nil {
		return s.address.fault(err)
	}
	for {
		msg, err := s.ReceiveMessage(context.Background())
		if err != nil {
			return s.address.fault(err)
		}
		switch msg := msg.(type) {
		case *pgproto3.CopyOutResponse:
			return nil
		case *pgproto3.ErrorResponse:
			pg := pgconn.ErrorResponseToPgError(msg)
			pg.Position = max(pg.Position-int32(len("COPY (\n")), 0)
			return explain(pg)
		}
	}
}

// Headings implements table.RowReader.
func (r *Reader) Headings() []table.Heading {
	heads := make([]table.Heading, len(r.columns))
	for j, c := range r.columns {
		heads[j] = c.Heading
	}
	return heads
}

// Next implements table.RowReader.
func (r *Reader) Next(cells []table.Cell) error {
	if r.done {
		return io.EOF
	}
	for {
		msg, err := r.session.ReceiveMessage(context.Background())
		if err != nil {
			return r.lost(err)
		}
		switch msg := msg.(type) {
		case *pgproto3.CopyData:
			return r.row(msg.Data, cells)
		case *pgproto3.ErrorResponse:
			return r.lost(pgconn.ErrorResponseToPgError(msg))
		case *pgproto3.ReadyForQuery:
			r.done = true
			return io.EOF
		}
	}
}

// row takes the line of a row apart.
func (r *Reader) row(line []byte, cells []table.Cell) error {
	var err error
	if r.fields, err = splitLine(r.fields[:0], line); err != nil || len(r.fields) != len(r.columns) {
		return fmt.Errorf("%s: row %d: the server sent a row of %d values for %d columns (%v): is it PostgreSQL?",
			r.session.address.shown, r.rows+1, len(r.fields), len(r.columns), err)
	}
	r.rows++
	for j := range r.columns {
		field := r.fields[j]
		if field == nil {
			cells[j] = table.Cell{Null: true}
			continue
		}
		if spell := r.columns[j].spell; spell != nil {
			text, err := spell(r.spaces[j][:0], field)
			if err != nil {
				return &table.Error{File: r.session.address.shown, Row: r.rows, Column: r.columns[j].Name, Problem: "the value can't be read", Err: err}
			}
			r.spaces[j], field = text, text
		}
		cells[j] = table.Cell{Text: field}
	}
	return nil
}

// lost explains an error between two rows.
func (r *Reader) lost(err error) error {
	r.done = true
	if cause := r.ctx.Err(); cause != nil {
		return fmt.Errorf("%s: stopped after %d rows: %w", r.session.address.shown, r.rows, cause)
	}
	err = r.session.address.fault(err)
	var e *table.Error
	if errors.As(err, &e) {
		e.Problem += fmt.Sprintf(" after %d rows", r.rows)
	}
	return err
}

// Close implements table.RowReader. It may be called before the last row.
func (r *Reader) Close() error {
	if !r.done { // what is still coming would have to be read first
		_ = r.session.Conn().Close()
	}
	r.done = true
	r.session.close()
	return nil
}
