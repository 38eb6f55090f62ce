package train

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ebb/data/table"
	"ebb/model"
)

// A run on a sample of its data says how many rows there were, and a resume has the same sample;
// other data is refused.
func TestAResumeKeepsTheSampleOfItsData(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "large.csv")
	var text strings.Builder
	text.WriteString("n,word\n")
	for i := range 5000 {
		fmt.Fprintf(&text, "%d.5,%s\n", i*7%1000, []string{"a", "b"}[i%2])
	}
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	src, err := model.OpenSourceWith(path, table.ReadOptions{Memory: 100_000})
	if err != nil {
		t.Fatal(err)
	}
	c, err := model.NewConfig(src, "")
	if err != nil {
		t.Fatal(err)
	}
	c.Training.Steps = 1
	run := filepath.Join(dir, "run")
	job, err := Start(run, c, src)
	if err != nil {
		t.Fatal(err)
	}
	if err := job.Close(); err != nil {
		t.Fatal(err)
	}
	saved, err := model.ReadConfig(run)
	if err != nil {
		t.Fatal(err)
	}
	if saved.Data.Of != 5000 || saved.Data.Rows != src.Rows() || src.Rows() >= 5000 || src.Rows() < 500 {
		t.Fatalf("%+v of %d rows", saved.Data, src.Rows())
	}
	again, err := Resume(run, saved, "")
	if err != nil {
		t.Fatal(err)
	}
	defer again.Close()
	for i := range src.Rows() {
		if a, b := src.Table.Row(nil, i), again.Source.Table.Row(nil, i); !slices.Equal(a, b) {
			t.Fatalf("row %d was %q and is %q", i, a, b)
		}
	}
	text.WriteString("1.5,a\n")
	if err := os.WriteFile(path, []byte(text.String()), 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Resume(run, saved, ""); err == nil || !strings.Contains(err.Error(), "5001 rows") {
		t.Errorf("another file: %v", err)
	}
}
