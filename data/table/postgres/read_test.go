package postgres

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ebb/data/table"
	"ebb/data/table/postgres/pgtest"
)

// null stands for no value in what the tests compare.
const null = "∅"

// all reads every row.
func all(t *testing.T, address string) (heads []table.Heading, rows [][]string) {
	t.Helper()
	r, err := Open(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cells := make([]table.Cell, len(r.Headings()))
	for {
		err := r.Next(cells)
		if err == io.EOF {
			return r.Headings(), rows
		}
		if err != nil {
			t.Fatal(err)
		}
		rows = append(rows, texts(cells))
	}
}

func texts(cells []table.Cell) []string {
	row := make([]string, len(cells))
	for j, c := range cells {
		if row[j] = string(c.Text); c.Null {
			row[j] = null
		}
	}
	return row
}

// Every type comes with its name and with every digit, whatever the database's own settings say.
func TestEveryTypeIsSpelledWithoutLoss(t *testing.T) {
	address := database(t, "types")
	pgtest.Exec(t, address,
		`ALTER DATABASE types SET timezone = 'Asia/Kathmandu'`, `ALTER DATABASE types SET datestyle = 'German'`,
		`ALTER DATABASE types SET intervalstyle = 'sql_standard'`, `ALTER DATABASE types SET extra_float_digits = -5`,
		`ALTER DATABASE types SET bytea_output = 'escape'`,
		`CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy')`, `CREATE DOMAIN age AS smallint CHECK (value >= 0)`)
	cases := []struct{ sql, storage, want string }{
		{"true", "boolean", "true"},
		{"false", "boolean", "false"},
		{"NULL::boolean", "boolean", null},
		{"(-32768)::smallint", "smallint", "-32768"},
		{"2147483647", "integer", "2147483647"},
		{"9223372036854775807", "bigint", "9223372036854775807"},
		{"9007199254740993", "bigint", "9007199254740993"},
		{"0.1::real", "real", "0.1"},
		{"0.1::float8 + 0.2::float8", "double", "0.30000000000000004"},
		{"1e308::float8", "double", "1e+308"},
		{"'NaN'::float8", "double", "NaN"},
		{"'-Infinity'::real", "real", "-Inf"},
		{"12.50::numeric(10,2)", "decimal(10,2)", "12.50"},
		{"12345678901234567890.123456789012345678901234567890::numeric", "decimal", "12345678901234567890.123456789012345678901234567890"},
		{"'NaN'::numeric", "decimal", "NaN"},
		{"'Infinity'::numeric", "decimal", "Inf"},
		{"1200::numeric(5,-2)", "decimal", "1200"},
		{"''::text", "text", ""},
		{"NULL::text", "text", null},
		{`E'a\tb\\N\nc\r\b\f' || chr(11) || '\'`, "text", "a\tb\\N\nc\r\b\f\v\\"},
		{`'\N'::varchar(3)`, "text", `\N`},
		{"'Grüße 🐧'::text", "text", "Grüße 🐧"},
		{"'ab'::char(5)", "text", "ab"},
		{"'so so'::mood", "text", "so so"},
		{"42::age", "smallint", "42"},
		{"'2024-02-29'::date", "date", "2024-02-29"},
		{"'0044-03-15 BC'::date", "date", "0044-03-15 BC"},
		{"'infinity'::date", "date", "infinity"},
		{"'23:59:59.5'::time", "time", "23:59:59.5"},
		{"'23:59:59.5+05:45'::timetz", "timetz", "23:59:59.5+05:45"},
		{"'1899-12-31 23:59:59.123456'::timestamp", "timestamp", "1899-12-31 23:59:59.123456"},
		{"'2024-07-01 12:00:00+02'::timestamptz", "timestamptz", "2024-07-01 10:00:00Z"},
		{"'0044-03-15 12:00:00+00 BC'::timestamptz", "timestamptz", "0044-03-15 12:00:00Z BC"},
		{"'-infinity'::timestamptz", "timestamptz", "-infinity"},
		{"'1 year 2 months 3 days 04:05:06.5'::interval", "interval", "P1Y2M3DT4H5M6.5S"},
		{"'123e4567-e89b-12d3-a456-426614174000'::uuid", "uuid", "123e4567-e89b-12d3-a456-426614174000"},
		{`'{"b": 1,  "a": null}'::json`, "json", `{"b": 1,  "a": null}`},
		{`'{"b": 1,  "a": null}'::jsonb`, "jsonb", `{"a": null, "b": 1}`},
		{`'\x00ff5c61c3a4'::bytea`, "bytea", `\000\377\\aä`},
		{"'::1'::inet", "text", "::1"},
		{"12.5::money", "text", "$12.50"},
		{"'<a/>'::xml", "text", "<a/>"},
		{"B'0101'", "text", "0101"},
	}
	sql := make([]string, len(cases))
	for j, c := range cases {
		sql[j] = fmt.Sprintf("%s AS v%d", c.sql, j)
	}
	heads, rows := all(t, address+"?query=SELECT "+strings.Join(sql, ", "))
	for j, c := range cases {
		if got := rows[0][j]; got != c.want || heads[j].Type != c.storage {
			t.Errorf("%s: %s %q, want %s %q", c.sql, heads[j].Type, got, c.storage, c.want)
		}
	}
}

func TestWhatIsNoSingleValueIsRefusedByItsColumn(t *testing.T) {
	address := database(t, "refused")
	pgtest.Exec(t, address, `CREATE TYPE pair AS (a integer, b text)`)
	for _, c := range []struct{ sql, want string }{
		{"'{1,2}'::integer[]", "arrays (_int4)"},
		{"ROW(1, 'a')::pair", "composite values (pair)"},
		{"'[1,2)'::int4range", "ranges (int4range)"},
		{"'(1,2)'::point", "geometric values (point)"},
	} {
		_, err := Open(context.Background(), address+"?query=SELECT 1 AS a, "+c.sql+" AS odd")
		mentions(t, err, "column odd", c.want, "leave it out")
	}
}

func mentions(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	if strings.Contains(err.Error(), "se@cret") || strings.Contains(err.Error(), "se%40cret") {
		t.Errorf("the message %q holds the password", err)
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message %q lacks %q", err, part)
		}
	}
}

func TestATableIsFoundAsSQLFindsIt(t *testing.T) {
	address := database(t, "names")
	pgtest.Exec(t, address, `CREATE TABLE people (a text)`, `INSERT INTO people VALUES ('small')`,
		`CREATE TABLE "People" (a text)`, `INSERT INTO "People" VALUES ('great')`,
		`CREATE SCHEMA "s.1"`, `CREATE VIEW "s.1"."odd ""name" AS SELECT 'odd' AS a`)
	for _, c := range []struct{ name, want string }{
		{"people", "small"}, {"People", "great"}, {"PEOPLE", "small"}, {"public.people", "small"}, {`"People"`, "great"},
		{`"s.1"."odd ""name"`, "odd"}, {`%22s.1%22.%22odd%20%22%22name%22`, "odd"},
	} {
		if _, rows := all(t, address+"?table="+c.name); rows[0][0] != c.want {
			t.Errorf("%s gives %q, want %s", c.name, rows, c.want)
		}
	}
}

// A query is SQL as it stands, and & + # % are part of it.
func TestAQueryIsTakenAsItStands(t *testing.T) {
	address := database(t, "queries")
	_, rows := all(t, address+`?sslmode=disable&query=SELECT 6 & 3 AS a, 1+1 AS b, 5 # 1, 47%20 = 7, 7 % 4 -- all of it ;
;`)
	if want := [][]string{{"2", "2", "4", "true", "3"}}; !cmp.Equal(rows, want) {
		t.Error(cmp.Diff(want, rows))
	}
	heads, rows := all(t, address+"?query=SELECT 1 AS a WHERE false")
	if len(heads) != 1 || len(rows) != 0 {
		t.Errorf("%v %v: an empty result has columns and no rows", heads, rows)
	}
}
