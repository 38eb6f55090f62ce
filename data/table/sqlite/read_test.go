package sqlite

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/ncruces/go-sqlite3"

	"ebb/data/table"
)

const null = "∅"

// database makes a database by SQL.
func database(t *testing.T, sql string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec(sql); err != nil {
		t.Fatal(err)
	}
	return path
}

// all reads every row; its first line names the columns and their types.
func all(t *testing.T, address string) [][]string {
	t.Helper()
	r, err := Open(context.Background(), address)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	var head []string
	for _, h := range r.Headings() {
		head = append(head, h.Name+":"+h.Type)
	}
	rows := [][]string{head}
	cells := make([]table.Cell, len(head))
	for {
		err := r.Next(cells)
		if err == io.EOF {
			return rows
		}
		if err != nil {
			t.Fatal(err)
		}
		row := make([]string, len(cells))
		for j, c := range cells {
			if row[j] = string(c.Text); c.Null {
				row[j] = null
			}
		}
		rows = append(rows, row)
	}
}

func mentions(t *testing.T, err error, parts ...string) {
	t.Helper()
	if err == nil {
		t.Errorf("no error, want one with %q", parts)
		return
	}
	for _, part := range parts {
		if !strings.Contains(err.Error(), part) {
			t.Errorf("the message %q lacks %q", err, part)
		}
	}
}

func TestADatabaseOfPythonIsRead(t *testing.T) {
	want := [][]string{{"id:bigint", "species:text", "mass:double", "tagged:boolean", "seen:text", "note:text"},
		{"1", "Adélie", "3750", "true", "2007-11-11", null},
		{"2", "Gentoo", "5000.5", "false", "1899-01-01", "7"},
		{"3", "Chinstrap", null, null, null, "7"},
		{"4", "🐧", "1e+300", "true", "2009-12-01", `\000\377`}}
	for _, address := range []string{"testdata/python.db", "sqlite:testdata/python.db", "testdata/python.db?table=PENGUINS"} {
		if diff := cmp.Diff(want, all(t, address)); diff != "" {
			t.Error(diff)
		}
	}
	want = [][]string{{"id:bigint"}, {"4"}, {"2"}}
	if diff := cmp.Diff(want, all(t, "testdata/python.db?query=SELECT id FROM heavy WHERE id+0 & 7 AND 47%20 = 7 ORDER BY mass DESC -- the heaviest;")); diff != "" {
		t.Error(diff)
	}
}

// The type of a column is what its values are; the declaration decides only where they leave it open.
func TestTheValuesDecideTheType(t *testing.T) {
	for _, c := range []struct{ declared, values, want string }{
		{"INTEGER", "(1), (NULL), (9223372036854775807)", "bigint 1 ∅ 9223372036854775807"},
		{"", "(1), (2.5)", "double 1 2.5"},
		{"REAL", "(1), (9e999), (0.1), (1e-7)", "double 1 Inf 0.1 1e-07"},
		{"BOOLEAN", "(1), (0)", "boolean true false"},
		{"BOOLEAN", "(1), (2)", "bigint 1 2"},
		{"INTEGER", "(1), (0)", "bigint 1 0"},
		{"BOOL", "('true'), (0)", " true 0"},
		{"INTEGER", "(1), ('n/a')", " 1 n/a"},
		{"TEXT", "(7), ('007')", "text 7 007"},
		{"DECIMAL(10,2)", "('12.50'), (3)", "double 12.5 3"},
		{"BLOB", `(x'00ff5c'), (x'6869')`, `bytea \000\377\\ hi`},
		{"BLOB", `(x'00'), ('a')`, `text \000 a`},
		{"VARCHAR(10)", "(NULL)", "text ∅"},
		{"FLOAT", "(NULL)", "double ∅"},
		{"INT", "(NULL)", "bigint ∅"},
		{"", "(NULL)", " ∅"},
	} {
		rows := all(t, database(t, "CREATE TABLE t (v "+c.declared+"); INSERT INTO t VALUES "+c.values))
		got := strings.TrimPrefix(rows[0][0], "v:")
		for _, row := range rows[1:] {
			got += " " + row[0]
		}
		if got != c.want {
			t.Errorf("%s %s: %q, want %q", c.declared, c.values, got, c.want)
		}
	}
}

// A table of more columns than one query may count.
func TestManyColumns(t *testing.T) {
	var names, values []string
	for j := range 700 {
		names = append(names, "c"+strings.Repeat("x", j+1))
		values = append(values, map[bool]string{true: "'t'", false: "1"}[j == 650])
	}
	rows := all(t, database(t, "CREATE TABLE t ("+strings.Join(names, ",")+"); INSERT INTO t VALUES ("+strings.Join(values, ",")+")"))
	if !strings.HasSuffix(rows[0][650], ":text") || !strings.HasSuffix(rows[0][651], ":bigint") || len(rows[1]) != 700 {
		t.Errorf("%d columns, %s, %s", len(rows[1]), rows[0][650], rows[0][651])
	}
}

func TestWhatIsWrongIsExplained(t *testing.T) {
	two := database(t, `CREATE TABLE people (a); CREATE TABLE "odd ""name" (b); CREATE VIEW seen AS SELECT 1; INSERT INTO people VALUES (CAST(x'ff' AS TEXT))`)
	none := database(t, "CREATE VIEW v AS SELECT 1; DROP VIEW v")
	whole, err := os.ReadFile(database(t, "CREATE TABLE t (a); INSERT INTO t SELECT randomblob(3000) FROM (WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 100) SELECT i FROM n)"))
	if err != nil {
		t.Fatal(err)
	}
	cut, text := filepath.Join(t.TempDir(), "cut.db"), filepath.Join(t.TempDir(), "text.db")
	if err := errors.Join(os.WriteFile(cut, whole[:20000], 0o644), os.WriteFile(text, []byte(strings.Repeat("a,b\n", 500)), 0o644)); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		address string
		want    []string
	}{
		{two, []string{"several tables", `odd "name, people, seen`, "?table="}},
		{two + "?table=poeple", []string{`no table "poeple"`, "did you mean table=people?"}},
		{two + "?table=xyzzyx", []string{"there are odd"}},
		{two + "?tabel=people", []string{`"tabel=people" is no parameter`}},
		{two + "?table=people&query=SELECT 1", []string{"not both"}},
		{two + "?query=SELECT a,\n bb FROM people", []string{"line 2, character 2", "no such column: bb"}},
		{two + "?query=SELEC a", []string{"line 1, character 1", "syntax error"}},
		{two + "?query=SELECT 1; DROP TABLE people", []string{"more than one statement", "DROP"}},
		{two + "?query=DELETE FROM people RETURNING a", []string{"changes data"}},
		{two + "?query=", []string{"several tables"}},
		{two + "?query=-- nothing", []string{"empty"}},
		{two + "?query=PRAGMA user_version = 1", []string{"x.db"}},
		{none, []string{"no table"}},
		{cut, []string{"malformed", "damaged or cut short"}},
		{"sqlite:" + text, []string{"not a database"}},
		{"sqlite:" + filepath.Join(t.TempDir(), "absent.db"), []string{"absent.db"}},
	} {
		_, err := Open(context.Background(), c.address)
		mentions(t, err, c.want...)
	}
	r, err := Open(context.Background(), two+"?table=people")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	mentions(t, r.Next(make([]table.Cell, 1)), "row 1", "column a", "not UTF-8")
}

func TestReadingStopsWithItsContext(t *testing.T) {
	path := database(t, "CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)")
	ctx, cancel := context.WithCancel(context.Background())
	r, err := Open(ctx, path)
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	cells := make([]table.Cell, 1)
	if err := r.Next(cells); err != nil {
		t.Fatal(err)
	}
	cancel()
	for err == nil {
		err = r.Next(cells)
	}
	if !errors.Is(err, context.Canceled) {
		t.Errorf("%v, want one that says it is cancelled", err)
	}
}

// A database in WAL mode whose last rows are not yet in the main file.
func TestRowsInTheLogAreRead(t *testing.T) {
	path := filepath.Join(t.TempDir(), "x.db")
	db, err := sqlite3.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Exec("PRAGMA journal_mode = wal; CREATE TABLE t (a); INSERT INTO t VALUES (1), (2)"); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]string{{"a:bigint"}, {"1"}, {"2"}}, all(t, path)); diff != "" {
		t.Error(diff)
	}
}

// An address can be taken up again from another folder, and the SQL in it stays as it is.
func TestAnAddressHasAnAbsoluteForm(t *testing.T) {
	here, err := filepath.Abs("testdata/python.db")
	if err != nil {
		t.Fatal(err)
	}
	odd := filepath.Join(t.TempDir(), "what?.db")
	if err := os.WriteFile(odd, nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct{ text, path, absolute string }{
		{"testdata/python.db", "testdata/python.db", here},
		{"sqlite:testdata/python.db?table=a%20b", "testdata/python.db", here + "?table=a%20b"},
		{"testdata/python.db?query=SELECT '../a//?table=b%2541'", "testdata/python.db", here + "?query=SELECT '../a//?table=b%2541'"},
		{odd, odd, odd},
		{odd + "?table=t", odd, odd + "?table=t"},
	} {
		a, err := Parse(c.text)
		if err != nil || a.Path != c.path || a.Absolute() != c.absolute {
			t.Errorf("%s: %+v, %v", c.text, a, err)
		}
	}
}
