package table

import (
	"bytes"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// A schema and a transform read back from YAML are the same, whatever texts they hold.
func TestTransformSurvivesYAML(t *testing.T) {
	for _, file := range []string{"penguins.csv", "adult.csv.gz", "california.csv.gz"} {
		tr := fit(t, open(t, file))
		text, err := yaml.Marshal(tr)
		if err != nil {
			t.Fatal(err)
		}
		back, err := ParseTransform(text)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		if d := cmp.Diff(tr, back); d != "" {
			t.Errorf("%s: %s", file, d)
		}
	}
}

func TestTextSurvivesYAML(t *testing.T) {
	type doc struct {
		A    Text   `yaml:"a"`
		List []Text `yaml:"list"`
	}
	rapid.Check(t, func(t *rapid.T) {
		s := rapid.OneOf(rapid.String(), rapid.SampledFrom([]string{"", "~", "17", "null", "- x", "a: b", "#", " x ", "\r\n", "\x00",
			"\u0085\u2028\ufeff", "😀", "\"\\", "{{", "\t", "\x7f", "yes", "\U0010ffff"})).Draw(t, "text")
		want := doc{A: Text(s), List: []Text{Text(s), "b", Text(s)}}
		text, err := yaml.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got doc
		if err := yaml.Unmarshal(text, &got); err != nil {
			t.Fatalf("%q: %v\n%s", s, err, text)
		}
		if !cmp.Equal(want, got) {
			t.Fatalf("%q became %q\n%s", want, got, text)
		}
	})
}

func TestSchemaRefusesWhatCannotBe(t *testing.T) {
	for _, c := range []struct{ name, text, want string }{
		{"unknown key", "columns:\n- name: a\n  kind: real\n  number: {}\n  colour: red\n", "unknown"},
		{"no columns", "target: a\n", "no columns"},
		{"unknown kind", "columns:\n- {name: a, kind: float}\n", "column 1 (a): the kind \"float\" is none of"},
		{"two of one name", "columns:\n- {name: a, kind: category}\n- {name: a, kind: category}\n", "column 2 (a): another"},
		{"no number format", "columns:\n- {name: a, kind: real}\n", "number"},
		{"decimals", "columns:\n- {name: a, kind: real, number: {min_decimals: 3, max_decimals: 1}}\n", "decimals from 3 to 1"},
		{"exponent", "columns:\n- {name: a, kind: real, number: {exponent: roman}}\n", "roman"},
		{"unit of time", "columns:\n- {name: a, kind: date, moment: {layout: \"2006\", unit: year}}\n", "year"},
		{"no layout", "columns:\n- {name: a, kind: date, moment: {layout: \"\", unit: day}}\n", "layout"},
		{"no identifier", "columns:\n- {name: a, kind: identifier}\n", "identifier"},
		{"shape without classes", "columns:\n- {name: a, kind: identifier, identifier: {shapes: [{classes: [], weight: 1}]}}\n", "shape"},
		{"target", "target: b\ncolumns:\n- {name: a, kind: category}\n", "target \"b\""},
		{"delimiter", "dialect: {delimiter: x}\ncolumns:\n- {name: a, kind: category}\n", "delimiter"},
		{"no YAML", "columns: [", "YAML"},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := ParseSchema([]byte(c.text))
			if err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("error %v, want one with %q", err, c.want)
			}
		})
	}
}

func TestTransformOfALaterVersionIsRefused(t *testing.T) {
	tr := fit(t, open(t, "penguins.csv"))
	tr.Version = TransformVersion + 1
	text, _ := yaml.Marshal(tr)
	if _, err := ParseTransform(text); err == nil || !strings.Contains(err.Error(), "newer ebb") {
		t.Errorf("error %v", err)
	}
}

func TestTarget(t *testing.T) {
	s := Infer(read(t, "id,Income,x\n1,a,7\n2,b,7\n3,a,7\n4,b,7\n5,a,7\n6,b,7\n7,a,7\n8,b,7\n9,a,7\n10,b,7\n"))
	if err := s.SetTarget("Income"); err != nil || s.TargetColumn() != 1 {
		t.Errorf("%v, column %d", err, s.TargetColumn())
	}
	for name, want := range map[string]string{"income": `did you mean "Income"`, "y": `"id" "Income" "x"`, "id": "identifier", "x": "constant"} {
		if err := s.SetTarget(name); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("label %q: %v, want %q", name, err, want)
		}
	}
}

// Two tables that hold the same texts in another order get the same codes for them.
func TestCodesAreShared(t *testing.T) {
	a, b := read(t, "x\nred\nNA\nblue\n"), read(t, "x\nblue\ngreen\nred\n")
	codes, labels := Infer(a).Codes(0, a, b)
	for k, tab := range []*Table{a, b} {
		for i := range tab.Rows() {
			if got := labels[codes[k][i]]; got != tab.Columns[0].At(i) {
				t.Errorf("table %d, row %d: %q, want %q", k, i, got, tab.Columns[0].At(i))
			}
		}
	}
	if len(labels) != 4 {
		t.Errorf("labels %q", labels)
	}
}

// What a person sees: one line a column, the label marked.
func TestDescribe(t *testing.T) {
	tab := open(t, "penguins.csv")
	tr := fit(t, tab)
	if err := tr.Schema.SetTarget("species"); err != nil {
		t.Fatal(err)
	}
	var b bytes.Buffer
	if err := tr.Describe(&b); err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(b.String()), "\n")
	if len(lines) != 9 {
		t.Fatalf("%d lines:\n%s", len(lines), b.String())
	}
	for i, want := range map[int]string{1: "species (label)", 4: "or 1 state: NA", 8: "3 states"} {
		if !strings.Contains(lines[i], want) {
			t.Errorf("line %q lacks %q", lines[i], want)
		}
	}
}

// An edited schema is used as it stands: a number may be called a category, a range narrowed.
func TestSchemaCanBeEdited(t *testing.T) {
	tab := open(t, "california.csv.gz")
	s := Infer(tab)
	text, err := yaml.Marshal(s)
	if err != nil {
		t.Fatal(err)
	}
	s, err = ParseSchema(text)
	if err != nil {
		t.Fatal(err)
	}
	j, _ := s.Lookup("housing_median_age")
	s.Columns[j].Kind = Category
	k, _ := s.Lookup("total_rooms")
	s.Columns[k].Min, s.Columns[k].Max = "1000.0", "2000.0"
	tr, err := Fit(s, tab, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if p := tr.Parts[j]; p.Rank != nil || len(p.States) < 40 {
		t.Errorf("%d states, rank %v", len(p.States), p.Rank)
	}
	back := tr.Decode(encode64(t, tr, tab, 0))
	for _, v := range s.Floats(back, k) {
		if v < 1000 || v > 2000 {
			t.Fatalf("%v is out of the range", v)
		}
	}
}

// FuzzParse throws text at the parsers: an error or a value that passes its own check and can be
// used, never a panic.
func FuzzParse(f *testing.F) {
	for _, file := range []string{"penguins.csv"} {
		tr := fit(f, open(f, file))
		text, _ := yaml.Marshal(tr)
		f.Add(text)
		text, _ = yaml.Marshal(tr.Schema)
		f.Add(text)
	}
	f.Add([]byte("columns:\n- {name: a, kind: date, moment: {layout: \"2006\", unit: day, offset: 99999999}}\n"))
	f.Add([]byte("version: 1\nrows: 2\nschema: {columns: [{name: a, kind: real, number: {}}]}\nparts: [{rest: 2, rank: {x: \"0 1\", below: \"0 2\", tolerance: 1, step: 1}}]\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		if s, err := ParseSchema(text); err == nil {
			_ = s.Describe(&bytes.Buffer{})
			_, _ = Fit(s, New("a"), Options{})
		}
		tr, err := ParseTransform(text)
		if err != nil {
			return
		}
		_ = tr.Describe(&bytes.Buffer{})
		d := tr.NewDecoder(1)
		row := make([]string, len(tr.Parts))
		cells := make([]int32, len(tr.Cards()))
		for k, card := range tr.Cards() {
			cells[k] = int32(card - 1)
		}
		num := make([]float64, tr.Numbers())
		d.Row(row, num, cells, 0)
		clear(cells)
		d.Row(row, num, cells, 1<<40)
	})
}
