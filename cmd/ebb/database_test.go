package main

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ebb/data/table/postgres/pgtest"
)

// server runs until this program ends; it sees that by itself.
var server pgtest.Server

// ebb runs a command line and returns its exit code and all that it printed.
func ebb(t *testing.T, args ...string) (code int, printed string) {
	t.Helper()
	var out bytes.Buffer
	code = run(args, nil, &out, &out)
	for _, secret := range []string{"se@cret", "se%40cret"} {
		if strings.Contains(out.String(), secret) {
			t.Errorf("ebb %q prints the password: %s", args, &out)
		}
	}
	return code, out.String()
}

// must is ebb for a command line that succeeds.
func must(t *testing.T, args ...string) string {
	t.Helper()
	code, printed := ebb(t, args...)
	if code != exitDone {
		t.Fatalf("ebb %q ended with code %d:\n%s", args, code, printed)
	}
	return printed
}

const people = `CREATE TYPE mood AS ENUM ('sad', 'so so', 'happy');
CREATE TABLE people (id bigserial PRIMARY KEY, mood mood, adult boolean, age smallint, big bigint, height real, weight double precision,
	income numeric(10,2), score numeric, born date, at time, shift timetz, made timestamp, seen timestamptz, valid_to date,
	pause interval, key uuid, doc jsonb, plain json, bin bytea, remark text, code varchar(5));
INSERT INTO people (mood, adult, age, big, height, weight, income, score, born, at, shift, made, seen, valid_to, pause, key, doc, plain, bin, remark, code)
SELECT (ARRAY['sad', 'so so', 'happy'])[1 + i % 3]::mood, i % 5 < 3, 18 + i * 7 % 60, 9007199254740993 + i, 1.5 + i * 37 % 50 / 100.0, i * 31 % 97 / 7.0,
	CASE WHEN i % 4 > 0 THEN i * 91 % 1000 * 12.5 END, i * 13 % 11 / 8.0, date '1890-01-01' + i * 97 % 30000, time '08:00' + i * 17 % 500 * interval '1 minute',
	CASE i % 2 WHEN 0 THEN '08:00:00+01' ELSE '20:00:00.5-03:30' END::timetz, timestamp '2020-01-01' + i * 977 % 10000 * interval '1 minute',
	timestamptz '2020-01-01 00:00+00' + i * 977 % 10000 * interval '1.25 minute', CASE WHEN i % 3 = 0 THEN 'infinity' ELSE date '2024-01-01' + i % 200 END,
	CASE i % 2 WHEN 0 THEN interval '1 day 02:00' ELSE interval '1 year' END, md5(i::text)::uuid, CASE i % 2 WHEN 0 THEN '{"a": [1]}' ELSE 'null' END::jsonb,
	CASE i % 2 WHEN 0 THEN '{"a":  1}' END::json, CASE i % 2 WHEN 0 THEN '\x00ff' ELSE '\x5c' END::bytea, CASE i % 3 WHEN 0 THEN '' WHEN 1 THEN E'a\tb\\N' END,
	lpad((i % 7)::text, 5, '0')
FROM generate_series(1, 400) AS i`

// A table of all types goes to a model and from there to a new table: the same types, values like those there were,
// nulls where there were some. The password goes nowhere.
func TestATableGoesFromPostgreSQLToAModelAndBack(t *testing.T) {
	address := server.Database(t, "roundtrip")
	pgtest.Exec(t, address, people)
	runDir := filepath.Join(t.TempDir(), "run")
	must(t, "train", address+"?table=people", "-o", runDir, "--steps", "15", "--preset", "tiny", "--threads", "1")
	must(t, "train", "-o", runDir, "--resume", "--steps", "20", "--threads", "1")
	config, err := os.ReadFile(filepath.Join(runDir, "config.yaml"))
	if err != nil || bytes.Contains(config, []byte("cret")) || !bytes.Contains(config, []byte("?table=people")) {
		t.Errorf("config.yaml (%v) must name the table and no password:\n%.300s", err, config)
	}
	must(t, "sample", runDir, "-n", "300", "--steps", "5", "-o", address+"?table=fake", "--threads", "1")
	types := func(name string) []string {
		return pgtest.Query(t, address, "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = '"+name+"'::regclass AND attnum > 0 ORDER BY attnum")
	}
	want := types("people")
	for j := range want { // what Ebb does not know of a type's own
		want[j] = strings.NewReplacer("|mood", "|text", "|character varying(5)", "|text").Replace(want[j])
	}
	if diff := cmp.Diff(want, types("fake")); diff != "" {
		t.Error(diff)
	}
	for _, c := range []string{
		"count(*) = 300 AND count(DISTINCT id) = 300",
		"bool_and(mood IN ('sad', 'so so', 'happy')) AND count(DISTINCT mood) = 3",
		"bool_and(age BETWEEN 18 AND 77) AND bool_and(height BETWEEN 1.5 AND 2) AND bool_and(income BETWEEN 0 AND 12500)",
		"bool_and(big BETWEEN 9007199254740994 AND 9007199254741393) OR count(DISTINCT big) > 200",
		"count(income) BETWEEN 50 AND 299 AND count(plain) BETWEEN 50 AND 299 AND count(age) = 300",
		"bool_and(born BETWEEN '1890-01-01' AND '1972-12-31') AND count(*) FILTER (WHERE valid_to = 'infinity') BETWEEN 1 AND 299",
		"bool_and(seen >= '2020-01-01 00:00Z' AND made < '2021-01-01')",
		"bool_and(shift IN ('08:00:00+01', '20:00:00.5-03:30')) AND bool_and(pause IN ('1 year', '1 day 02:00'))",
		`bool_and(bin IN ('\x00ff', '\x5c')) AND bool_and(doc IN ('{"a": [1]}', 'null'))`,
		`bool_and(remark IN ('', E'a\tb\\N')) AND count(remark) BETWEEN 1 AND 299 AND bool_and(code LIKE '0000_')`,
	} {
		if got := pgtest.Query(t, address, "SELECT "+c+" FROM fake"); got[0] != "t" {
			t.Errorf("not so: %s", c)
		}
	}
}

// What is in the way of the rows is told before they are drawn, and the modes of writing do as they say.
func TestRowsGoToATableThatIsThere(t *testing.T) {
	address := server.Database(t, "there")
	csv := filepath.Join(t.TempDir(), "people.csv")
	var text strings.Builder
	text.WriteString("Age,Paid,Job,Since\n")
	for i := range 60 {
		fmt.Fprintf(&text, "%d,%s,%s,2024-01-%02d\n", 20+i*7%40, []string{"12.50", "3.25", "NA"}[i%3], []string{"cook", "smith"}[i%2], 1+i%28)
	}
	if err := os.WriteFile(csv, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	runDir := filepath.Join(t.TempDir(), "run")
	must(t, "train", csv, "-o", runDir, "--steps", "5", "--preset", "tiny", "--threads", "1")
	sample := []string{"sample", runDir, "-n", "10", "--steps", "2", "--threads", "1", "-o"}
	for _, c := range []struct {
		to   string
		code int
		want string
		rows int
	}{
		{"?table=t", exitDone, "10 drawn", 10},
		{"?table=t", exitFailed, "holds rows; add &mode=append", 10},
		{"?table=t&mode=append", exitDone, "", 20},
		{"?table=t&mode=replace", exitDone, "", 10},
		{"?table=t&mode=other", exitUsage, "create, append, replace", 10},
		{"", exitUsage, "say which table", 10},
		{"?table=nowhere.t", exitFailed, "does not exist", 10},
	} {
		code, printed := ebb(t, append(sample, address+c.to)...)
		if code != c.code || !strings.Contains(printed, c.want) {
			t.Errorf("%s: code %d, %s; want %d, %q", c.to, code, printed, c.code, c.want)
		}
		if got := pgtest.Query(t, address, "SELECT count(*) FROM t")[0]; got != strconv.Itoa(c.rows) {
			t.Errorf("%s: the table holds %s rows, want %d", c.to, got, c.rows)
		}
	}
	types := pgtest.Query(t, address, "SELECT attname, format_type(atttypid, atttypmod) FROM pg_attribute WHERE attrelid = 't'::regclass AND attnum > 0 ORDER BY attnum")
	if diff := cmp.Diff([]string{"Age|bigint", "Paid|double precision", "Job|text", "Since|date"}, types); diff != "" {
		t.Error(diff)
	}
	if printed := must(t, "info", address+"?table=t"); !strings.Contains(printed, "a table of 10 rows and 4 columns") {
		t.Errorf("info says: %s", printed)
	}
	code, printed := ebb(t, "sample", address+"?table=t", "-n", "5")
	if code != exitUsage || !strings.Contains(printed, "not a run") {
		t.Errorf("code %d, %s", code, printed)
	}
}

func TestNoMessageHoldsAPassword(t *testing.T) {
	for message, want := range map[string]string{
		"postgres://u:p/w@x@h/db?table=t: no":       "postgres://u@h/db?table=t: no",
		"postgresql://h/db?password=pw&table=t: no": "postgresql://h/db?password=…&table=t: no",
		"postgres://u@h/db?table=t: no":             "postgres://u@h/db?table=t: no",
		"mail me@x.org: postgres://h/db is no run":  "mail me@x.org: postgres://h/db is no run",
	} {
		if got := withoutPasswords(message); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}
