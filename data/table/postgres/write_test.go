package postgres

import (
	"context"
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ebb/data/table"
	"ebb/data/table/postgres/pgtest"
)

// write puts rows into a table; null stands for no value.
func write(address string, heads []table.Heading, rows ...[]string) error {
	w, err := Create(context.Background(), address, heads)
	if err != nil {
		return err
	}
	for _, row := range rows {
		cells := make([]table.Cell, len(row))
		for j, text := range row {
			cells[j] = table.Cell{Text: []byte(text), Null: text == null}
		}
		if err := w.Write(cells); err != nil {
			return err
		}
	}
	return w.Close()
}

var storages = []string{"boolean", "smallint", "integer", "bigint", "real", "double", "decimal(10,2)", "decimal", "text", "date", "time",
	"timetz", "timestamp", "timestamptz", "interval", "uuid", "json", "jsonb", "bytea"}

// What is written comes back as it was, under the same types: values at the ends of their ranges, whatever COPY could take for
// its own marks, and nulls.
func TestWhatIsWrittenIsReadAgain(t *testing.T) {
	address := database(t, "written")
	heads := make([]table.Heading, len(storages))
	nulls := make([]string, len(storages))
	for j, storage := range storages {
		heads[j] = table.Heading{Name: `A "` + storage + `"`, Type: storage}
		nulls[j] = null
	}
	rows := [][]string{
		{"true", "-32768", "2147483647", "9223372036854775807", "0.1", "1e-300", "12.50", "123456789012345678901234567890.123456789", "", "0001-01-01", "00:00:00",
			"23:59:59.5+05:45", "1850-06-01 00:00:00.000001", "2024-07-01 10:00:00.5Z", "P1Y2M3DT4H5M6.5S", "123e4567-e89b-12d3-a456-426614174000", `{"b": 1,  "a": "\n"}`, `{"a": null}`, `\000\377\\aä`},
		nulls,
		{"false", "0", "0", "-9007199254740993", "Inf", "NaN", "-0.01", "NaN", "\\N\t\r\n\\.\b\f\v\\", "infinity", "23:59:59.999999",
			"00:00:00+00", "0044-03-15 00:00:00 BC", "-infinity", "PT0S", "00000000-0000-0000-0000-000000000000", "1", "[]", ""},
		{"true", "1", "1", "1", "3.4e+38", "-Inf", "0.00", "0", "Grüße 🐧", "9999-12-31", "12:00:00",
			"12:00:00-08", "9999-12-31 23:59:59.999999", "0044-03-15 12:00:00Z BC", "P-1DT-0.000001S", "ffffffff-ffff-ffff-ffff-ffffffffffff", "null", "null", `\\N`},
	}
	target := address + `?table="A table"`
	if err := write(target, heads, rows...); err != nil {
		t.Fatal(err)
	}
	gotHeads, got := all(t, target)
	if diff := cmp.Diff(heads, gotHeads); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(rows, got); diff != "" {
		t.Error(diff)
	}
}

func TestTheModesOfWriting(t *testing.T) {
	address := database(t, "modes")
	heads := []table.Heading{{Name: "a", Type: "integer"}}
	count := func() string { return pgtest.Query(t, address, "SELECT count(*), max(a) FROM t")[0] }
	pgtest.Exec(t, address, "CREATE TABLE t (a smallint, b text DEFAULT 'made', c integer GENERATED ALWAYS AS (a + 1) STORED)")
	for _, c := range []struct{ mode, value, want, fault string }{
		{"", "1", "1|1", ""}, // an empty table may be filled
		{"", "2", "1|1", "holds rows"},
		{"&mode=create", "2", "1|1", "mode=append"},
		{"&mode=append", "3", "2|3", ""},
		{"&mode=replace", "2", "1|2", ""},
		{"&mode=replace", "70000", "1|2", "out of range"}, // the old rows stay
	} {
		err := write(address+"?table=t"+c.mode, heads, []string{c.value})
		if got := count(); got != c.want {
			t.Errorf("mode %q: the table holds %s, want %s", c.mode, got, c.want)
		}
		if c.fault != "" {
			mentions(t, err, c.fault)
		} else if err != nil {
			t.Error(err)
		}
	}
	if got := pgtest.Query(t, address, "SELECT * FROM t")[0]; got != "2|made|3" {
		t.Errorf("the row is %s: what the rows lack is the table's to give", got)
	}
	withC := []table.Heading{{Name: "c", Type: "integer"}, {Name: "a", Type: "integer"}}
	if err := write(address+"?table=t&mode=append", withC, []string{"99", "7"}); err != nil {
		t.Error(err)
	}
	if got := pgtest.Query(t, address, "SELECT a, c FROM t ORDER BY a DESC")[0]; got != "7|8" {
		t.Errorf("the row is %s: a computed column is left to the table", got)
	}
}

// Nothing is written unless everything is, and the message says which row and column were at fault.
func TestWritingIsAllOrNothing(t *testing.T) {
	address := database(t, "nothing")
	pgtest.Exec(t, address, "CREATE TABLE strict (a integer NOT NULL CHECK (a < 10), b text)", "CREATE TABLE demanding (a integer, must integer NOT NULL)")
	a := table.Heading{Name: "a", Type: "integer"}
	b := table.Heading{Name: "b", Type: "text"}
	good := []string{"1", "x"}
	for _, c := range []struct {
		table string
		heads []table.Heading
		row   []string
		want  []string
	}{
		{"strict", []table.Heading{a, b}, []string{"x", "x"}, []string{"row 2", "column a", `"x"`, "no row was written"}},
		{"strict", []table.Heading{a, b}, []string{null, "x"}, []string{"row 2", "column a", "null"}},
		{"strict", []table.Heading{a, b}, []string{"11", "x"}, []string{"row 2", "check constraint"}},
		{"strict", []table.Heading{a, b}, []string{"1", "x\x00"}, []string{"row 2", "column b", "NUL"}},
		{"strict", []table.Heading{a, b}, []string{"1", "x\xff"}, []string{"row 2", "column b", "UTF-8"}},
		{"strict", []table.Heading{a, {Name: "bb"}}, good, []string{"column bb", "no such column", "its columns are a, b"}},
		{"demanding", []table.Heading{a}, good, []string{"column must", "demands a value"}},
		{"fresh", []table.Heading{a, a}, good, []string{"column 2 (a)", "same name"}},
		{"fresh", []table.Heading{a, {}}, good, []string{"column 2", "no name"}},
		{"fresh", []table.Heading{a, {Name: strings.Repeat("ä", 32)}}, good, []string{"63 bytes"}},
		{"fresh", []table.Heading{a, {Name: "b", Type: "bytea"}}, []string{"1", `\`}, []string{"row 2", "column b", "no bytes"}},
		{strings.Repeat("t", 64), []table.Heading{a, b}, good, []string{"63 bytes"}},
		{"nowhere.fresh", []table.Heading{a, b}, good, []string{`"nowhere" does not exist`}},
	} {
		err := write(address+"?table="+c.table, c.heads, good, c.row, good)
		mentions(t, err, c.want...)
	}
	left := pgtest.Query(t, address, "SELECT (SELECT count(*) FROM strict), to_regclass('fresh') IS NULL, (SELECT count(*) FROM demanding)")
	if left[0] != "0|t|0" {
		t.Errorf("something is left: %v", left)
	}
	mentions(t, write(address+"?query=SELECT 1", []table.Heading{a}), "rows go to a table")
}

// A writer that is given up, whose context ends, or whose server goes away leaves nothing and says so.
func TestAWriterThatIsStoppedLeavesNothing(t *testing.T) {
	address := database(t, "stopped")
	heads := []table.Heading{{Name: "a", Type: "text"}}
	row := []table.Cell{{Text: []byte(strings.Repeat("x", 1000))}}
	for _, c := range []struct {
		name string
		stop func(w *Writer, cancel func())
		want string
	}{
		{"given up", func(w *Writer, _ func()) { w.Abort() }, "given up"},
		{"cancelled", func(_ *Writer, cancel func()) { cancel() }, "stopped, nothing was written"},
		{"the server ends it", func(w *Writer, _ func()) {
			ended := "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'COPY%FROM STDIN'"
			for len(pgtest.Query(t, address, ended)) == 0 { // the first rows may be on their way before the server shows the COPY
			}
		}, "connection to the server was lost; no row was written"},
	} {
		ctx, cancel := context.WithCancel(context.Background())
		w, err := Create(ctx, address+"?table=t", heads)
		if err != nil {
			t.Fatal(err)
		}
		for range 1000 {
			if err := w.Write(row); err != nil {
				t.Fatal(err)
			}
		}
		c.stop(w, cancel)
		for i := 0; err == nil && i < 100_000; i++ {
			err = w.Write(row)
		}
		mentions(t, err, c.want)
		if closed := w.Close(); !errors.Is(closed, err) {
			t.Errorf("%s: Close says %v, want %v", c.name, closed, err)
		}
		w.Abort()
		cancel()
		if there := pgtest.Query(t, address, "SELECT to_regclass('t') IS NOT NULL"); there[0] != "f" {
			t.Errorf("%s: the table is there", c.name)
		}
	}
}

func TestCheckChangesNothing(t *testing.T) {
	address := database(t, "checked")
	pgtest.Exec(t, address, "CREATE TABLE t (a integer)", "INSERT INTO t VALUES (1)")
	heads := []table.Heading{{Name: "a", Type: "integer"}}
	for _, name := range []string{"t&mode=replace", "t&mode=append", "fresh"} {
		if err := Check(context.Background(), address+"?table="+name, heads); err != nil {
			t.Error(err)
		}
	}
	mentions(t, Check(context.Background(), address+"?table=t", heads), "holds rows")
	if got := pgtest.Query(t, address, "SELECT count(*), to_regclass('fresh') IS NULL FROM t"); got[0] != "1|t" {
		t.Errorf("the database holds %v", got)
	}
}

// Notices of the server, one a row, stop nobody.
func TestNoticesDoNotBlockWriting(t *testing.T) {
	address := database(t, "notices")
	pgtest.Exec(t, address, "CREATE TABLE t (a integer)",
		"CREATE FUNCTION talk() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE NOTICE '%', repeat('x', 1000); RETURN new; END $$",
		"CREATE TRIGGER talks BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION talk()")
	rows := make([][]string, 20_000)
	for i := range rows {
		rows[i] = []string{"12345"}
	}
	if err := write(address+"?table=t", []table.Heading{{Name: "a", Type: "integer"}}, rows...); err != nil {
		t.Fatal(err)
	}
	if got := pgtest.Query(t, address, "SELECT count(*) FROM t"); got[0] != "20000" {
		t.Errorf("the table holds %v rows", got)
	}
}
