package main

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3"
)

// A table of an SQLite database is found by content, and its path may name a table or a query; a
// run remembers both.
func TestATableGoesFromSQLiteToAModel(t *testing.T) {
	if testing.Short() {
		t.Skip("the engine takes long to start under the race detector")
	}
	dir := t.TempDir()
	shop, runDir, csv := filepath.Join(dir, "shop.db"), filepath.Join(dir, "run"), filepath.Join(dir, "new.csv")
	db, err := sqlite3.Open(shop)
	if err == nil {
		err = db.Exec(`CREATE TABLE goods (id INTEGER PRIMARY KEY, name TEXT, price REAL, tagged BOOLEAN);
			WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i+1 FROM n WHERE i < 60)
			INSERT INTO goods SELECT i, CASE i % 3 WHEN 0 THEN 'nut' ELSE 'bolt' END, i * 17 % 40 / 4.0, i % 2 FROM n`)
	}
	if err != nil {
		t.Fatal(err)
	}
	db.Close()
	for _, c := range []struct{ address, want string }{
		{shop, "a table of 60 rows and 4 columns"},
		{"sqlite:" + shop + "?table=GOODS", "tagged"},
		{shop + "?query=SELECT price, name FROM goods WHERE tagged = 1 AND price > 2", "price > 2: a table of"},
	} {
		if printed := must(t, "info", c.address); !strings.Contains(printed, c.want) {
			t.Errorf("info %s: %s", c.address, printed)
		}
	}
	must(t, "train", shop+"?table=GOODS", "-o", runDir, "--steps", "4", "--preset", "tiny", "--threads", "1")
	must(t, "train", "-o", runDir, "--resume", "--steps", "6", "--threads", "1")
	must(t, "sample", runDir, "-n", "5", "--steps", "2", "-o", csv, "--threads", "1")
	config, err := os.ReadFile(filepath.Join(runDir, "config.yaml"))
	if err != nil || !bytes.Contains(config, []byte(shop+"?table=GOODS")) {
		t.Errorf("%v: config.yaml lacks the address:\n%.300s", err, config)
	}
	if rows, err := os.ReadFile(csv); err != nil || !bytes.HasPrefix(rows, []byte("id,name,price,tagged\n")) || bytes.Count(rows, []byte("\n")) != 6 {
		t.Errorf("%v:\n%s", err, rows)
	}
	code, printed := ebb(t, "info", shop+"?table=godos")
	if code != exitFailed || !strings.Contains(printed, `no table "godos"; did you mean table=goods?`) {
		t.Errorf("code %d: %s", code, printed)
	}
	code, printed = ebb(t, "info", "demodata/penguins.csv?table=t")
	if code != exitFailed || !strings.Contains(printed, "is CSV, no SQLite database") {
		t.Errorf("code %d: %s", code, printed)
	}
}
