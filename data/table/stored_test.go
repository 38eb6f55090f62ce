package table

import (
	"io"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// given is a RowReader of rows in memory; the text "∅" is no value.
type given struct {
	heads  []Heading
	rows   [][]string
	closed bool
}

func (g *given) Headings() []Heading { return g.heads }

func (g *given) Next(cells []Cell) error {
	if len(g.rows) == 0 {
		return io.EOF
	}
	for j, text := range g.rows[0] {
		cells[j] = Cell{Text: []byte(text), Null: text == "∅"}
	}
	g.rows = g.rows[1:]
	return nil
}

func (g *given) Close() error { g.closed = true; return nil }

// column reads a table of one column.
func column(t *testing.T, storage string, texts ...string) *Table {
	t.Helper()
	g := &given{heads: []Heading{{Name: "x", Type: storage}}}
	for _, text := range texts {
		g.rows = append(g.rows, []string{text})
	}
	tab, err := ReadRows(g, "given")
	if err != nil {
		t.Fatal(err)
	}
	if !g.closed {
		t.Error("the reader was not closed")
	}
	return tab
}

// The text of "no value" is none that a value has.
func TestNoValueCollidesWithNoText(t *testing.T) {
	for _, c := range []struct {
		texts []string
		null  string
	}{
		{[]string{"a", "∅"}, ""},
		{[]string{"a", "b"}, ""},
		{[]string{"", "∅", "a"}, "NULL"},
		{[]string{"∅", "", "NULL"}, "<null>"},
		{[]string{"", "NULL", "<null>", "∅", "<null 2>"}, "<null 3>"},
		{[]string{"", "a"}, "NULL"},
	} {
		col := column(t, "text", c.texts...).Columns[0]
		if col.Null != c.null {
			t.Errorf("%q: %q stands for no value, want %q", c.texts, col.Null, c.null)
		}
		for i, text := range c.texts {
			if null := col.At(i) == col.Null; null != (text == "∅") || !null && col.At(i) != text {
				t.Errorf("%q: row %d is %q", c.texts, i, col.At(i))
			}
		}
	}
}

func repeatTexts(n int, texts ...string) []string {
	var all []string
	for range n {
		all = append(all, texts...)
	}
	return all
}

func TestInferBelievesTheStorageType(t *testing.T) {
	for _, c := range []struct {
		name, storage string
		texts         []string
		kind          Kind
		spelled       string   // how Field spells the number 5, or the moment 5 of its unit
		missing       []string // marks
	}{
		{"a decimal has its digits", "decimal(10,2)", repeatTexts(5, "12.50", "3.00", "7.25", "∅"), Real, "5.00", []string{""}},
		{"a decimal of whole values keeps its digits", "decimal(10,2)", repeatTexts(5, "12.00", "3.00", "7.00"), Integer, "5.00", nil},
		{"a decimal beyond float64 stays text", "decimal(38,2)", wide(40), Name, "", nil},
		{"a day stored as an integer stays an integer", "integer", repeatTexts(5, "20200101", "20200102", "20200103"), Integer, "5", nil},
		{"0 and 1 stored as integers are numbers", "smallint", repeatTexts(5, "0", "1"), Integer, "5", nil},
		{"digits stored as text stay text", "text", repeatTexts(5, "007", "12", "3"), Category, "", nil},
		{"days in digits stored as text stay text", "text", repeatTexts(5, "20200101", "20200102", "20200103"), Category, "", nil},
		{"dates stored as text are dates", "text", repeatTexts(5, "2020-01-01", "2020-01-02", "2020-01-03"), Date, "1970-01-06", nil},
		{"an empty text is a value beside no value", "text", repeatTexts(5, "", "∅", "a"), Category, "", []string{"NULL"}},
		{"a boolean that is never true", "boolean", repeatTexts(5, "false", "∅"), Boolean, "", []string{""}},
		{"whole numbers stored as double", "double", repeatTexts(5, "1", "2", "40", "NaN"), Integer, "5", []string{"NaN"}},
		{"a date", "date", repeatTexts(5, "2020-01-01", "1850-12-31", "2021-05-06"), Date, "1970-01-06", nil},
		{"a timestamp of seconds", "timestamp", repeatTexts(5, "2020-01-01 00:00:00", "2020-01-01 10:00:01"), Date, "1970-01-01 00:00:05", nil},
		{"a timestamp of milliseconds", "timestamp", repeatTexts(5, "2020-01-01 00:00:00", "2020-01-01 10:00:01.25"), Date, "1970-01-01 00:00:00.000005", nil},
		{"a timestamp of nanoseconds", "timestamp", repeatTexts(5, "2020-01-01 00:00:00.000000001", "2020-01-01 10:00:01.123456789"), Date, "1970-01-01 00:00:00.000005", nil},
		{"a timestamp with a zone", "timestamptz", repeatTexts(5, "2020-01-01 00:00:00Z", "2020-01-01 10:00:01Z", "∅"), Date, "1970-01-01 00:00:05Z", []string{""}},
		{"a time of day", "time", repeatTexts(5, "23:59:59", "00:00:00.5"), Date, "00:00:00.000005", nil},
	} {
		f := Infer(column(t, c.storage, c.texts...)).Columns[0]
		if f.Kind != c.kind || f.Type != c.storage {
			t.Errorf("%s: %s stored as %q (%s), want %s", c.name, f.Kind, f.Type, f.Reason, c.kind)
			continue
		}
		if !strings.Contains(f.Reason, "stored as "+c.storage) {
			t.Errorf("%s: the reason %q does not name the type", c.name, f.Reason)
		}
		if c.spelled != "" && f.spell(5) != c.spelled {
			t.Errorf("%s: 5 is spelled %q, want %q", c.name, f.spell(5), c.spelled)
		}
		for _, m := range c.missing {
			if !f.IsMissing(m) {
				t.Errorf("%s: %q is not among the marks %q", c.name, m, f.Missing)
			}
		}
		if len(f.Missing) != len(c.missing) {
			t.Errorf("%s: marks %q, want %q", c.name, f.Missing, c.missing)
		}
	}
}

// wide lists numbers of 20 digits, which float64 can't tell apart.
func wide(n int) []string {
	var all []string
	for i := range n {
		all = append(all, "123456789012345678"+string(rune('0'+i/10))+string(rune('0'+i%10))+".01")
	}
	return all
}

// A schema with types comes back from YAML.
func TestTypesSurviveYAML(t *testing.T) {
	tab := column(t, "decimal(10,2)", repeatTexts(20, "1.25", "", "∅")...)
	tr := fit(t, tab)
	b, err := yaml.Marshal(tr.Schema)
	if err != nil {
		t.Fatal(err)
	}
	s, err := ParseSchema(b)
	if err != nil {
		t.Fatalf("%v in\n%s", err, b)
	}
	if f := s.Columns[0]; f.Type != "decimal(10,2)" || f.Null != "NULL" || !f.IsMissing("NULL") {
		t.Errorf("%+v", f)
	}
}
