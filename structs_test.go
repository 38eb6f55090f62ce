package ebb_test

import (
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"ebb"
	"ebb/data/table"
)

type base struct {
	ID uint16 `ebb:"id"`
}

type reading struct {
	base
	At    time.Time `ebb:"at"`
	Level float32   `ebb:"level"`
	Count *int      `ebb:"count"`
	Place string
	Alarm bool   `ebb:"alarm"`
	Skip  []byte `ebb:"-"`
}

// Structs become a table and come back the same, with embedded fields, times and what is missing.
func TestStructsComeBack(t *testing.T) {
	three := 3
	want := []reading{
		{base: base{7}, At: time.Date(1820, 2, 3, 4, 5, 6, 0, time.UTC), Level: 0.1, Count: &three, Place: "north, by\n\"sea\"", Alarm: true},
		{base: base{65535}, At: time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC), Level: -2e-7, Place: "south"},
		{Level: float32(math.NaN()), Count: new(int), Place: "west"},
	}
	tab, err := ebb.TableOf(want)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([]string{"id", "at", "level", "count", "Place", "alarm"}, tab.Names()); d != "" {
		t.Errorf("columns: %s", d)
	}
	got, err := ebb.RowsOf[reading](tab)
	if err != nil {
		t.Fatal(err)
	}
	equal := cmp.Options{cmp.AllowUnexported(reading{}), cmp.Comparer(func(a, b float32) bool { return a == b || a != a && b != b })}
	if d := cmp.Diff(want, got, equal); d != "" {
		t.Error(d)
	}
}

// What does not fit is an error that names row, column and field, and the way out.
func TestStructsThatDoNotFit(t *testing.T) {
	tab := table.New("age", "name")
	tab.Append("41", "a")
	tab.Append("", "b")
	tab.Append("300", "c")
	as := func(err error) string {
		if err == nil {
			return "no error"
		}
		return err.Error()
	}
	rowsOf := map[string]string{}
	_, err := ebb.RowsOf[struct {
		Age int `ebb:"age"`
	}](tab)
	rowsOf["row 2, column age"] = as(err)
	rowsOf["make the field a *int"] = as(err)
	_, err = ebb.RowsOf[struct {
		Age *uint8 `ebb:"age"`
	}](tab)
	rowsOf[`"300" is no uint8`] = as(err)
	_, err = ebb.RowsOf[struct {
		Name string `ebb:"Nome"`
	}](tab)
	rowsOf[`there is no column "Nome"`] = as(err)
	_, err = ebb.RowsOf[struct{ Name, name string }](tab)
	rowsOf[`did you mean "name"`] = as(err)
	_, err = ebb.RowsOf[int](tab)
	rowsOf["not int"] = as(err)
	_, err = ebb.TableOf([]struct{ F func() }{})
	rowsOf["F is func()"] = as(err)
	_, err = ebb.TableOf([]struct {
		A string
		B string `ebb:"A"`
	}{})
	rowsOf["both hold the column"] = as(err)
	_, err = ebb.TableOf([]struct {
		a string `ebb:"a"` //nolint:unused
	}{})
	rowsOf["not exported"] = as(err)
	_, err = ebb.TableOf([]struct{}{})
	rowsOf["no exported field"] = as(err)
	for want, got := range rowsOf {
		if !strings.Contains(got, want) {
			t.Errorf("error %q, want one with %q", got, want)
		}
	}
}

// A run of data in memory is resumed with the data given again, and a run without a name leaves nothing
// behind when its model is closed.
func TestDataInMemory(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	tab, err := table.Open(penguins)
	if err != nil {
		t.Fatal(err)
	}
	run := t.TempDir() + "/run"
	m, err := ebb.Train(t.Context(), ebb.Table(tab), run, ebb.Options{Steps: 2})
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	if _, err := ebb.Train(t.Context(), nil, run, ebb.Options{Steps: 3, Resume: true}); err == nil || !strings.Contains(err.Error(), "give it again") {
		t.Errorf("resumed without its data: %v", err)
	}
	if m, err = ebb.Train(t.Context(), ebb.Table(tab), run, ebb.Options{Steps: 3, Resume: true}); err != nil {
		t.Fatal(err)
	}
	m.Close()
	if m, err = ebb.Train(t.Context(), ebb.Table(tab), "", ebb.Options{Steps: 2}); err != nil {
		t.Fatal(err)
	}
	balanced, err := m.Balance("species").Where("sex=male").Steps(3).Sample(t.Context(), 6)
	if err != nil || balanced.Rows() != 6 {
		t.Errorf("balanced rows: %v", err)
	}
	part := table.New("species")
	part.Append("Gentoo")
	like, err := m.Like(part).Steps(3).Sample(t.Context(), 4)
	if err != nil || like.Rows() != 4 || like.Columns[0].At(3) != "Gentoo" {
		t.Errorf("rows like one: %v", err)
	}
	m.Close()
	if left, _ := leftovers(t); len(left) > 0 {
		t.Errorf("a closed model leaves %v", left)
	}
}

func leftovers(t *testing.T) ([]string, error) {
	t.Helper()
	return filepath.Glob(filepath.Join(os.TempDir(), "ebb*"))
}
