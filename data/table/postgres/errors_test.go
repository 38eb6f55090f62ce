package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"strings"
	"testing"

	"ebb/data/table"
	"ebb/data/table/postgres/pgtest"
)

func TestAnAddressIsTakenApart(t *testing.T) {
	t.Setenv("PGPASSWORD", "se@cret")
	for _, c := range []struct{ text, table, query, shown string }{
		{"postgres://u:se%40cret@h:5433/db?table=t", "t", "", "postgres://u@h:5433/db?table=t"},
		{"postgresql://h/db?sslmode=disable&table=s.t&password=se%40cret&mode=append", "s.t", "", "postgresql://h/db?sslmode=disable&table=s.t&mode=append"},
		{"postgres://h/db?query=SELECT a+1 FROM t WHERE b & 1 = 0 AND c LIKE 'x%25' OR d LIKE 'y%';", "", "SELECT a+1 FROM t WHERE b & 1 = 0 AND c LIKE 'x%25' OR d LIKE 'y%'",
			"postgres://h/db?query=SELECT a+1 FROM t WHERE b & 1 = 0 AND c LIKE 'x%25' OR d LIKE 'y%';"},
		{"postgres://h/db?query=SELECT%20a%2520,b%25c", "", "SELECT a%20,b%c", "postgres://h/db?query=SELECT%20a%2520,b%25c"},
		{"postgres:///db?host=/run/pg&table=%C3%BCber", "über", "", "postgres:///db?host=/run/pg&table=%C3%BCber"},
	} {
		a, err := Parse(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.text, err)
			continue
		}
		if a.Table != c.table || a.Query != c.query || a.String() != c.shown {
			t.Errorf("%s: table %q, query %q, shown %q", c.text, a.Table, a.Query, a)
		}
	}
}

// Whatever is wrong with an address, its password stays out of the message.
func TestAFaultyAddressIsExplainedWithoutItsPassword(t *testing.T) {
	for _, c := range []struct{ text, want string }{
		{"postgres://u:se@cret@h/db", "say which table"},
		{"postgres://u:1/se@cret@h/db?table=t", "%2F"},
		{"postgres://u:1#se@cret@h/db?table=t", "%XX"},
		{"postgres://u:se%@cret@h/db?table=t", "%XX"},
		{"postgres://u:se@cret@h:port/db?table=t", "%XX"},
		{"postgres://u:se@cret@h/db?table=t&query=SELECT 1", "not both"},
		{"postgres://u:se@cret@h/db?table=t&table=u", "twice"},
		{"postgres://u:se@cret@h/db?table=a.b.c", "SCHEMA.NAME"},
		{`postgres://u:se@cret@h/db?table="a`, "SCHEMA.NAME"},
		{"postgres://u:se@cret@h/db?table=", "say which table"},
		{"postgres://u:se@cret@h/db?table=t&mode=drop", "create, append, replace"},
		{"postgres://u:se@cret@h/db?table=t&sslmode=maybe", "sslmode"},
		{"postgres://u@h/db?table=t&sslmode=maybe&password=se@cret", "sslmode"},
	} {
		_, err := Parse(c.text)
		mentions(t, err, c.want, "postgres://")
	}
}

// A server that says no, says why; ours says what to do.
func TestErrorsOfTheServerAreExplained(t *testing.T) {
	address := database(t, "faults")
	pgtest.Exec(t, address, `CREATE TABLE people (a text, b integer)`, `CREATE SCHEMA hidden`, `CREATE TABLE hidden.secrets (a text)`,
		`DROP ROLE IF EXISTS `+pgtest.Guarded, `CREATE ROLE guarded LOGIN PASSWORD '`+pgtest.Password+`'`)
	guarded := strings.Replace(address, pgtest.User+":", pgtest.Guarded+":", 1)
	closed, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	closed.Close()
	for _, c := range []struct {
		address string
		want    []string
	}{
		{fmt.Sprintf("postgres://u:se%%40cret@%s/db?table=t", closed.Addr()), []string{"can't connect", "refused", "check host and port"}},
		{strings.Replace(guarded, "se%40cret", "wr0ng", 1) + "?table=people", []string{"refuses the user or the password", "PGPASSWORD"}},
		{strings.Replace(address, "/faults", "/nowhere", 1) + "?table=people", []string{"no such database", "psql -l"}},
		{address + "?sslmode=require&table=people", []string{"can't connect", "sslmode"}},
		{guarded + "?table=people", []string{"permission denied", "ask for the right"}},
		{address + "?table=poeple", []string{`no table "poeple"`, "did you mean table=people?"}},
		{address + "?table=secrets", []string{"did you mean table=hidden.secrets?"}},
		{address + "?table=xyzzyx", []string{"there are hidden.secrets, people"}},
		{address + "?query=SELECT a,\n bb FROM people", []string{"line 2, character 2", `"bb FROM people"`, `column "bb" does not exist`}},
		{address + "?query=SELEC a", []string{"line 1, character 1", "syntax error"}},
		{address + "?query=SELECT (1", []string{"at its end"}},
		{address + "?query=SELECT 'ü', zz", []string{"line 1, character 13", `"zz"`}},
		{address + "?query=DELETE FROM people RETURNING a", []string{"changes data"}},
		{address + "?query=SELECT 1; DROP TABLE people", []string{"multiple commands"}},
		{address + "?query=SELECT 1) TO STDOUT; DROP TABLE people; --", []string{"syntax error", "character 9"}},
		{address + "?query=SET x.y = 1", []string{"no columns"}},
		{address + "?query=SHOW ALL", []string{"character 1"}},
		{address + "?mode=append&table=people", []string{"mode= is for writing"}},
	} {
		_, err := Open(context.Background(), c.address)
		mentions(t, err, append(c.want, "postgres://")...)
	}
}

const many = 200_000

// An error of the server in the middle of the rows says after how many, and is no end of them.
func TestAServerThatGoesAwayMidwayIsAnError(t *testing.T) {
	address := database(t, "midway")
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	for _, c := range []struct {
		name, query string
		disturb     func(pid string)
		want        []string
	}{
		{"the backend is ended", fmt.Sprintf("SELECT pg_backend_pid(), repeat('x', 100) FROM generate_series(1, %d)", many),
			func(pid string) { pgtest.Query(t, address, "SELECT pg_terminate_backend("+pid+")") },
			[]string{"connection to the server was lost after", "rows", "run the command again"}},
		{"a row fails", fmt.Sprintf("SELECT pg_backend_pid(), 1 / (%d - i) FROM generate_series(1, %d) AS i", many-1, many),
			func(string) {}, []string{fmt.Sprintf("after %d rows", many-2), "division by zero"}},
		{"the query takes too long", "SELECT pg_backend_pid(), CASE WHEN i < 1000 THEN repeat('x', 100) ELSE pg_sleep(60)::text END FROM generate_series(1, 1000) AS i",
			func(pid string) { pgtest.Query(t, address, "SELECT pg_cancel_backend("+pid+")") },
			[]string{"rows", "statement_timeout"}},
		{"the reader is stopped", fmt.Sprintf("SELECT pg_backend_pid(), i FROM generate_series(1, %d) AS i", many),
			func(string) { cancel() }, []string{"stopped after"}},
	} {
		r, err := Open(ctx, address+"?query="+c.query)
		if err != nil {
			t.Fatal(err)
		}
		cells := make([]table.Cell, 2)
		if err := r.Next(cells); err != nil {
			t.Fatal(err)
		}
		c.disturb(string(cells[0].Text))
		n := 1
		for err == nil {
			if err = r.Next(cells); err == nil {
				n++
			}
		}
		if n >= many {
			t.Errorf("%s: all rows came", c.name)
		}
		mentions(t, err, append(c.want, fmt.Sprint(n))...)
		if again := r.Next(cells); again == nil {
			t.Errorf("%s: rows after the error", c.name)
		}
		r.Close()
	}
	if left := pgtest.Query(t, address, "SELECT count(*) FROM pg_stat_activity WHERE datname = 'midway' AND query LIKE 'COPY%' AND state = 'active'"); left[0] != "0" {
		t.Errorf("%s queries still run", left[0])
	}
	_, err := Open(ctx, address+"?query=SELECT 1")
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want one that says it is cancelled", err)
	}
}
