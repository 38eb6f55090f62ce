package model

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"ebb/data/table"
	"ebb/engine/rng"
)

// keyed is a schema of one key, k, and a note.
func keyed(t *testing.T) []table.Key {
	t.Helper()
	s := &table.Schema{Rules: []table.Rule{{Unique: []table.Text{"k"}}}}
	for _, name := range []table.Text{"k", "note"} {
		s.Columns = append(s.Columns, table.Field{Name: name, Kind: table.Category, Missing: []table.Text{""}})
	}
	return (&table.Transform{Schema: s}).Keys()
}

// lottery draws keys among so many, each candidate by its own number; key 0 is a missing one.
type lottery struct {
	values int
	drawn  int
}

func (l *lottery) table(rows, number []int) (*table.Table, error) {
	out := table.New("k", "note")
	for n, i := range rows {
		key := fmt.Sprint(rng.New(7, rng.Test).Intn(l.values, uint64(number[n]), uint64(i)))
		if key == "0" {
			key = ""
		}
		out.Append(key, fmt.Sprint(i, " ", number[n]))
		l.drawn++
	}
	return out, nil
}

func (l *lottery) rows(t *testing.T, n int) ([]string, error) {
	t.Helper()
	all := make([]int, n)
	for i := range all {
		all[i] = i
	}
	first, _ := l.table(all, make([]int, n))
	c := candidates{keys: keyed(t)}
	chosen, err := c.distinct(first, l.table)
	var out []string
	for _, x := range chosen {
		out = append(out, strings.Join(x.table.Row(nil, x.row), ":"))
	}
	return out, err
}

// The definition, one row after the other: the first candidate whose key no row before has.
func (l *lottery) oneByOne(t *testing.T, n int) []string {
	t.Helper()
	taken := map[string]bool{}
	var out []string
	for i := range n {
		for k := 0; ; k++ {
			one, _ := l.table([]int{i}, []int{k})
			if key := one.Columns[0].At(0); key == "" || !taken[key] {
				taken[key] = true
				out = append(out, strings.Join(one.Row(nil, 0), ":"))
				break
			}
		}
	}
	return out
}

func TestUniqueRowsAreTheFirstCandidatesWithKeysOfTheirOwn(t *testing.T) {
	for _, values := range []int{50, 100, 1000} {
		l := &lottery{values: values}
		n := min(values-1, 300) // at 50, all keys there are
		want := l.oneByOne(t, n)
		got, err := l.rows(t, n)
		if err != nil {
			t.Fatal(err)
		}
		if !slices.Equal(got, want) {
			t.Errorf("%d values:\n%q\n%q", values, got, want)
		}
		few, err := l.rows(t, n/3)
		if err != nil || !slices.Equal(few, want[:n/3]) {
			t.Errorf("%d values: a third of the rows are other rows: %v", values, err)
		}
	}
}

// A key that only misses is free, so 20 values are enough for any number of rows; without them the
// search ends after a bounded number of draws, with the rule's name and the number found.
func TestKeysThatRunOutEndTheSearch(t *testing.T) {
	l := &lottery{values: 20}
	if rows, err := l.rows(t, 100); err != nil || len(rows) != 100 {
		t.Errorf("%d rows, %v", len(rows), err)
	}
	full := &lottery{values: 20}
	first, _ := full.table(make([]int, 100), make([]int, 100))
	c := candidates{keys: keyed(t)}
	_, err := c.distinct(first, func(rows, number []int) (*table.Table, error) {
		full.drawn += len(rows)
		out := table.New("k", "note")
		for n := range rows {
			out.Append(fmt.Sprint(number[n]%20), "")
		}
		return out, nil
	})
	if !errors.Is(err, ErrUnique) || !strings.Contains(err.Error(), "rule (unique: [k]): of 100 rows asked for, only 20 have keys") {
		t.Errorf("%v", err)
	}
	if full.drawn > uniqueDraws(100)+2*uniqueBatch {
		t.Errorf("%d rows were drawn", full.drawn)
	}
}
