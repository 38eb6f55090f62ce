package table

import (
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
)

// overridden are rows of seven columns, one of each trouble.
func overridden(t *testing.T) *Table {
	t.Helper()
	tab := New("zip", "income", "age", "day", "wait", "member", "name")
	for i := range 60 {
		income := []string{"1200.50", "900.00", "-999", "3100.25"}[i%4]
		tab.Append([]string{"10115", "20095", "80331"}[i%3], income, []string{"31", "47", "old"}[i%3],
			[]string{"2021.03", "2020.11"}[i%2], []string{"1:30", "0:45", "2:10"}[i%3], []string{"in", "out"}[i%2], []string{"Ann Lee", "Bo Li", "Cy Ott"}[i%3])
	}
	return tab
}

// A file that names a few columns changes those and leaves the others to be inferred.
func TestOverrideOfAFewColumns(t *testing.T) {
	tab := overridden(t)
	s, err := Override(tab, []byte(`
target: age
columns:
- name: zip          # a code, whatever it looks like
  kind: category
- {name: income, missing: [-999]}
- {name: age, kind: real}
- {name: day, kind: date, moment: {layout: "2006.01", unit: month}}
- {name: wait, kind: interval, duration: {style: clock, minutes: true}}
- {name: member, kind: boolean, true: in, false: out}
- {name: name, kind: identifier}
`), "s.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for j, want := range []Kind{Category, Real, Real, Date, Interval, Boolean, Name} {
		if f := s.Columns[j]; f.Kind != want {
			t.Errorf("%s is %s (%s), want %s", f.Name, f.Kind, f.Reason, want)
		}
	}
	income, age, member := s.Columns[1], s.Columns[2], s.Columns[5]
	if !cmp.Equal(income.Missing, []Text{"-999"}) || income.Min != "900.00" || income.Number.MinDecimals != 2 {
		t.Errorf("income: %+v", income)
	}
	if !strings.Contains(age.Reason, `1 other text (such as "old")`) || s.Target != "age" || member.True != "in" {
		t.Errorf("age: %s; target %s; yes is %q", age.Reason, s.Target, member.True)
	}
	tr, err := Fit(s, tab, Options{})
	if err != nil {
		t.Fatal(err)
	}
	back := tr.Decode(encode64(t, tr, tab, 0))
	for j := range 6 {
		for i := range tab.Rows() {
			if was, is := tab.Columns[j].At(i), back.Columns[j].At(i); was != is {
				t.Fatalf("column %s, row %d: %q came back as %q", s.Columns[j].Name, i, was, is)
			}
		}
	}
}

// A schema that was written whole is itself, and what is edited in it stands.
func TestOverrideByAWholeSchema(t *testing.T) {
	for _, file := range []string{"penguins.csv", "adult.csv.gz", "california.csv.gz"} {
		tab := open(t, file)
		s := Infer(tab)
		text, err := yaml.Marshal(s)
		if err != nil {
			t.Fatal(err)
		}
		again, err := Override(tab, text, "whole")
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if d := cmp.Diff(s, again); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
	tab := open(t, "california.csv.gz")
	s, err := Override(tab, []byte("columns: [{name: total_rooms, max: 2000.0}, {name: housing_median_age, kind: category}]"), "few")
	if err != nil {
		t.Fatal(err)
	}
	j, _ := s.Lookup("total_rooms")
	if f := s.Columns[j]; f.Max != "2000.0" || f.Kind != Integer || f.Number == nil {
		t.Errorf("%+v", f)
	}
}

// What cannot be says what, where and what there is instead.
func TestOverrideRefusesWhatCannotBe(t *testing.T) {
	tab := overridden(t)
	for _, c := range []struct{ text, want string }{
		{"columns: [{name: incom, kind: real}]", `did you mean "income"`},
		{"columns: [{name: income, knid: real}]", `column 1 (income) has the unknown key "knid"; did you mean "kind"`},
		{"colums: []", `unknown key "colums"; did you mean "columns"`},
		{"columns: [{name: income, kind: integr}]", `no kind "integr"; did you mean "integer"`},
		{"columns: [{name: income, kind: float}]", `the kinds are real, integer`},
		{"columns: [{name: income, kind: integer}]", `"income": it can't be of kind integer: it holds fractions`},
		{"columns: [{name: member, kind: real}]", `none of its 2 values is a number; the first is "in"`},
		{"columns: [{name: member, kind: date}]", "say how they are spelled"},
		{"columns: [{name: member, kind: interval}]", "say how they are spelled"},
		{"columns: [{name: member, kind: boolean, true: in}]", `it holds "out"; say how yes and no are spelled`},
		{"columns: [{name: member, kind: constant}]", "it can't be constant"},
		{"columns: [{name: member, kind: missing}]", `it holds "in"`},
		{"columns: [{name: day, kind: date, moment: {layout: \"06/01\", unit: month}}]", "spelled so"},
		{"columns: [{name: income, number: {decimals: 2}}]", "decimals"},
		{"columns: [{kind: real}]", "column 1 has no name"},
		{"columns: [{name: zip, kind: category}, {name: zip, kind: real}]", `"zip" is there twice`},
		{"target: incme", `"incme" is not among its columns`},
		{"columns: 7", "no YAML of a schema"},
		{"columns: [", "no YAML of a schema"},
		{"- a\n- b\n", "no YAML of a schema"},
	} {
		_, err := Override(tab, []byte(c.text), "s.yaml")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "s.yaml") {
			t.Errorf("%s\n%v, want %q", c.text, err, c.want)
		}
	}
}

// Texts of a schema need no quotes to stay as they stand.
func TestTextsNeedNoQuotes(t *testing.T) {
	var v struct {
		A []Text `yaml:"a"`
		T Text   `yaml:"true"`
	}
	if err := unmarshalStrict([]byte("a: [007, 1.50, yes, 0x10, -1_000, 2021-01-01, 'it''s']\ntrue: no\n"), &v); err != nil {
		t.Fatal(err)
	}
	if want := []Text{"007", "1.50", "yes", "0x10", "-1_000", "2021-01-01", "it's"}; !cmp.Equal(v.A, want) || v.T != "no" {
		t.Errorf("%q and %q, want %q", v.A, v.T, want)
	}
}
