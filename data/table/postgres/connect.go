package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgconn"

	"ebb/data/table"
)

// connectTimeout is how long the attempt to reach a server lasts where connect_timeout does not say.
const connectTimeout = 15 * time.Second

// closeTimeout is how long a server is given to part in good form.
const closeTimeout = 2 * time.Second

// settings make the server spell values in one way, whatever the session, role or database says, and
// give the rows of an unchanged table in the same order each time.
const settings = `SET LOCAL client_encoding = 'UTF8';
SET LOCAL datestyle = 'ISO, YMD';
SET LOCAL timezone = 'UTC';
SET LOCAL intervalstyle = 'iso_8601';
SET LOCAL extra_float_digits = 3;
SET LOCAL bytea_output = 'hex';
SET LOCAL synchronize_seqscans = off;
SET LOCAL max_parallel_workers_per_gather = 0`

// session is a connection within one transaction.
type session struct {
	*pgconn.PgConn
	address *Address
	release func() bool // stops watching the context
}

// begin connects and starts a transaction of a mode such as READ ONLY.
func begin(ctx context.Context, a *Address, mode string) (*session, error) {
	conn, err := pgconn.ConnectConfig(ctx, a.config)
	if err != nil {
		return nil, a.unreachable(err)
	}
	s := &session{PgConn: conn, address: a}
	s.release = context.AfterFunc(ctx, func() { _ = conn.Conn().Close() }) // whoever waits for the server wakes up
	if err := s.exec(ctx, "BEGIN TRANSACTION "+mode+";\n"+settings); err != nil {
		s.close()
		return nil, a.fault(err)
	}
	return s, nil
}

// close parts from the server; a transaction that is still open is undone by that.
func (s *session) close() {
	s.release()
	ctx, cancel := context.WithTimeout(context.Background(), closeTimeout)
	defer cancel()
	_ = s.Close(ctx) // nothing is lost by a connection that does not end well
}

func (s *session) exec(ctx context.Context, sql string) error {
	_, err := s.Exec(ctx, sql).ReadAll()
	return err
}

// rows runs a query of the catalogue; every value is text, "" where there is none.
func (s *session) rows(ctx context.Context, sql string, args ...string) ([][]string, error) {
	values := make([][]byte, len(args))
	for i, arg := range args {
		values[i] = []byte(arg)
	}
	result := s.ExecParams(ctx, sql, values, nil, nil, nil).Read()
	if result.Err != nil {
		return nil, s.address.fault(result.Err)
	}
	all := make([][]string, len(result.Rows))
	for i, row := range result.Rows {
		for _, v := range row {
			all[i] = append(all[i], string(v))
		}
	}
	return all, nil
}

// unreachable explains why there is no connection.
func (a *Address) unreachable(err error) error {
	e := &table.Error{File: a.shown, Problem: "can't connect", Err: reason{err}}
	var pg *pgconn.PgError
	var dns *net.DNSError
	switch {
	case errors.As(err, &pg):
		e.Err = reason{pg}
		switch pg.Code {
		case "28P01", "28000":
			e.Problem = "the server refuses the user or the password"
			e.Remedy = "check both, in the address, PGUSER and PGPASSWORD, or ~/.pgpass"
		case "3D000":
			e.Problem = "there is no such database"
			e.Remedy = "'psql -l' lists those there are"
		case "53300":
			e.Remedy = "wait until others part, or ask for more connections"
		}
	case errors.As(err, &dns):
		e.Remedy = "check the host's name"
	case strings.Contains(err.Error(), "tls"):
		e.Remedy = "check sslmode in the address: disable, prefer, require, verify-full"
	default:
		e.Remedy = "check host and port, and that the server runs and accepts connections"
	}
	return e
}

// fault explains an error of the server or of the connection to it.
func (a *Address) fault(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) {
		return &table.Error{File: a.shown, Problem: "the connection to the server was lost", Err: reason{err}, Remedy: "run the command again"}
	}
	e := &table.Error{File: a.shown, Problem: "the server refuses", Err: reason{pg}, Remedy: pg.Hint}
	switch {
	case pg.Code == "42501":
		e.Remedy = "ask for the right, or connect as another user"
	case pg.Code == "25006":
		e.Problem, e.Remedy = "the query changes data", "give a query that only reads"
	case pg.Code == "57014":
		e.Remedy = "raise statement_timeout, for example by options=-cstatement_timeout=0 in the address"
	case strings.HasPrefix(pg.Code, "57P"):
		e.Problem, e.Remedy = "the connection to the server was lost", "run the command again when the server is back"
	}
	return e
}

// inQuery is fault for a query that somebody wrote: it says where in it the fault lies.
func (a *Address) inQuery(err error) error {
	var pg *pgconn.PgError
	if !errors.As(err, &pg) || pg.Position == 0 {
		return a.fault(err)
	}
	e := &table.Error{File: a.shown, Problem: "the query is wrong " + place(a.Query, int(pg.Position)), Err: reason{pg}, Remedy: pg.Hint}
	if e.Remedy == "" {
		e.Remedy = "correct it; psql shows the same error"
	}
	return e
}

// place says where in a query its character number n, from 1, stands.
func place(query string, n int) string {
	at := 0
	for range n - 1 {
		_, size := utf8.DecodeRuneInString(query[at:])
		at += size
	}
	if at >= len(query) {
		return "at its end"
	}
	line := 1 + strings.Count(query[:at], "\n")
	column := 1 + utf8.RuneCountInString(query[strings.LastIndex(query[:at], "\n")+1:at])
	rest := query[at:]
	if cut := strings.IndexByte(rest, '\n'); cut >= 0 {
		rest = rest[:cut]
	}
	if r := []rune(rest); len(r) > 30 {
		rest = string(r[:30]) + "…"
	}
	return fmt.Sprintf("at line %d, character %d, %q", line, column, rest)
}

// reason gives an error of the driver in few words: the message, without the configuration.
type reason struct{ err error }

func (r reason) Error() string {
	var pg *pgconn.PgError
	if errors.As(r.err, &pg) {
		text := pg.Message
		if pg.Detail != "" {
			text += " (" + pg.Detail + ")"
		}
		return text
	}
	var connect *pgconn.ConnectError
	if errors.As(r.err, &connect) {
		if inner := connect.Unwrap(); inner != nil {
			return once(inner.Error())
		}
	}
	return r.err.Error()
}

// once gives each line of the driver's list of attempts once: it repeats those that another way of
// encryption did not help.
func once(text string) string {
	var lines []string
	for _, line := range strings.Split(text, "\n") {
		if line = strings.TrimSpace(line); !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	return strings.Join(lines, "; ")
}

// Unwrap leads to the cause.
func (r reason) Unwrap() error { return r.err }
