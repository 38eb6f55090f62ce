package sqlite

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/ncruces/go-sqlite3"
	_ "github.com/ncruces/go-sqlite3/embed" // the engine

	"ebb/data/table"
)

// busyTimeout is how long to wait for another program that is writing.
const busyTimeout = 5 * time.Second

// Reader gives the rows of a table or a query. It implements table.RowReader.
type Reader struct {
	shown   string
	db      *sqlite3.Conn
	stmt    *sqlite3.Stmt
	columns []column
	texts   []byte // of the row last read
	ends    []int  // where each text ends
	rows    int
}

// Open opens the database of an address and counts what its columns hold. When ctx ends, so does
// the reading.
func Open(ctx context.Context, address string) (*Reader, error) {
	a, err := Parse(address)
	if err != nil {
		return nil, err
	}
	if _, err := os.Stat(a.Path); err != nil {
		return nil, err
	}
	db, err := sqlite3.OpenFlags(a.Path, sqlite3.OPEN_READONLY)
	r := &Reader{shown: a.String(), db: db}
	if err != nil {
		return nil, r.fault("it can't be opened", err)
	}
	db.SetInterrupt(ctx)
	if err := r.start(a); err != nil {
		db.Close()
		return nil, err
	}
	return r, nil
}

// start finds the table, counts what its columns hold, and prepares to read.
func (r *Reader) start(a *Address) error {
	if err := r.db.BusyTimeout(busyTimeout); err != nil {
		return r.fault("it can't be opened", err)
	}
	if err := r.db.Exec("BEGIN"); err != nil { // one snapshot for all that follows
		return r.fault("it can't be read", err)
	}
	query := a.Query
	if query == "" {
		name, err := r.findTable(a.Table)
		if err != nil {
			return err
		}
		query = "SELECT * FROM " + quoteName(name)
	}
	if err := r.prepare(query); err != nil {
		return err
	}
	return r.count(query)
}

func (r *Reader) prepare(query string) error {
	stmt, tail, err := r.db.Prepare(query)
	if err != nil {
		return r.inQuery(query, err)
	}
	e := &table.Error{File: r.shown}
	switch {
	case stmt == nil:
		e.Problem, e.Remedy = "the query is empty", "write ?query=SELECT …"
	case !onlyComment(r.db, tail):
		e.Problem, e.Remedy = fmt.Sprintf("there is more than one statement: %q follows", strings.TrimSpace(tail)), "give one SELECT"
	case !stmt.ReadOnly():
		e.Problem, e.Remedy = "the query changes data", "give a query that only reads"
	case stmt.ColumnCount() == 0:
		e.Problem, e.Remedy = "it gives no columns", "give a SELECT, or a table that has some"
	default:
		r.stmt = stmt
		return nil
	}
	return e
}

// onlyComment reports whether no statement is left.
func onlyComment(db *sqlite3.Conn, tail string) bool {
	stmt, _, err := db.Prepare(tail)
	if stmt != nil {
		stmt.Close()
	}
	return stmt == nil && err == nil
}

// findTable looks up the table of this name, as SQLite without regard to case, or the only one.
func (r *Reader) findTable(name string) (string, error) {
	var tables, all []string
	stmt, _, err := r.db.Prepare(`SELECT name, type FROM pragma_table_list
		WHERE schema = 'main' AND type IN ('table', 'view', 'virtual') AND name NOT LIKE 'sqlite\_%' ESCAPE '\' ORDER BY name`)
	if err != nil {
		return "", r.fault("it can't be read", err)
	}
	defer stmt.Close()
	for stmt.Step() {
		found := stmt.ColumnText(0)
		all = append(all, found)
		if stmt.ColumnText(1) != "view" {
			tables = append(tables, found)
		}
		if name != "" && strings.EqualFold(found, name) {
			return found, nil
		}
	}
	if err := stmt.Err(); err != nil {
		return "", r.fault("it can't be read", err)
	}
	e := &table.Error{File: r.shown}
	near := table.Nearest(name, all)
	switch {
	case len(all) == 0:
		e.Problem = "the database has no table"
	case name != "" && near != "":
		e.Problem, e.Remedy = fmt.Sprintf("there is no table %q", name), fmt.Sprintf("did you mean table=%s?", near)
	case name != "":
		e.Problem, e.Remedy = fmt.Sprintf("there is no table %q", name), "there are "+strings.Join(all, ", ")
	case len(tables) == 1:
		return tables[0], nil
	default:
		e.Problem = "the database has several tables: " + strings.Join(all, ", ")
		e.Remedy = fmt.Sprintf("say which: '%s?table=%s'", r.shown, all[0])
	}
	return "", e
}

func quoteName(name string) string { return `"` + strings.ReplaceAll(name, `"`, `""`) + `"` }

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
	if !r.stmt.Step() {
		if err := r.stmt.Err(); err != nil {
			return r.fault(fmt.Sprintf("it can't be read on after %d rows", r.rows), err)
		}
		return io.EOF
	}
	r.rows++
	r.texts, r.ends = r.texts[:0], r.ends[:0]
	for j := range r.columns {
		from := len(r.texts)
		cells[j] = table.Cell{Null: !r.append(j)}
		r.ends = append(r.ends, len(r.texts))
		if !utf8.Valid(r.texts[from:]) {
			return &table.Error{File: r.shown, Row: r.rows, Column: r.columns[j].Name, Problem: fmt.Sprintf("the text %q is not UTF-8", r.texts[from:]),
				Remedy: "it may be bytes stored as text: give query=SELECT CAST(… AS BLOB), or mend the value"}
		}
	}
	at := 0
	for j, end := range r.ends { // only now does r.texts stay where it is
		if !cells[j].Null {
			cells[j].Text = r.texts[at:end:end]
		}
		at = end
	}
	return nil
}

// append spells the value of column j; it returns false for null.
func (r *Reader) append(j int) bool {
	switch r.stmt.ColumnType(j) {
	case sqlite3.INTEGER:
		v := r.stmt.ColumnInt64(j)
		if r.columns[j].Type == "boolean" {
			r.texts = strconv.AppendBool(r.texts, v != 0)
			break
		}
		r.texts = strconv.AppendInt(r.texts, v, 10)
	case sqlite3.FLOAT:
		r.texts = table.AppendFloat(r.texts, r.stmt.ColumnFloat(j))
	case sqlite3.TEXT:
		r.texts = append(r.texts, r.stmt.ColumnRawText(j)...)
	case sqlite3.BLOB:
		r.texts = table.AppendBytes(r.texts, r.stmt.ColumnRawBlob(j))
	default:
		return false
	}
	return true
}

// Close implements table.RowReader.
func (r *Reader) Close() error {
	_ = r.stmt.Close() // repeats the error of the last step
	return r.db.Close()
}

// fault explains an error of the engine.
func (r *Reader) fault(problem string, err error) error {
	e := &table.Error{File: r.shown, Problem: problem, Err: err}
	switch {
	case errors.Is(err, sqlite3.INTERRUPT):
		e.Problem, e.Err = fmt.Sprintf("stopped after %d rows", r.rows), context.Canceled
	case errors.Is(err, sqlite3.NOTADB):
		e.Remedy = "it is encrypted, or no SQLite database"
	case errors.Is(err, sqlite3.CORRUPT):
		e.Remedy = "the file is damaged or cut short: fetch it again, or try sqlite3's .recover"
	case errors.Is(err, sqlite3.BUSY), errors.Is(err, sqlite3.LOCKED):
		e.Remedy = "another program is writing to it: wait until it is done"
	case errors.Is(err, sqlite3.CANTOPEN), errors.Is(err, sqlite3.READONLY):
		e.Remedy = "a database in WAL mode needs a folder that can be written to: copy it there with its -wal file"
	}
	return e
}

// inQuery is fault for a query that somebody wrote: it says where in it the fault lies.
func (r *Reader) inQuery(query string, err error) error {
	var engine *sqlite3.Error
	if !errors.As(err, &engine) || engine.SQL() == "" || !errors.Is(err, sqlite3.ERROR) {
		return r.fault("the query can't be prepared", err)
	}
	rest := engine.SQL()
	before := strings.TrimSuffix(query, rest)
	line, column := 1+strings.Count(before, "\n"), len([]rune(before[strings.LastIndexByte(before, '\n')+1:]))+1
	return &table.Error{File: r.shown, Problem: fmt.Sprintf("the query is wrong at line %d, character %d", line, column), Err: err,
		Remedy: "correct it; the sqlite3 program shows the same error"}
}
