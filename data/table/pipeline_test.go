package table

import (
	"bytes"
	"errors"
	"math"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/goccy/go-yaml"
)

// FuzzPipeline takes any file that reads as a table through schema, transform, YAML, encoding and
// decoding. Nothing may panic, cells whose column is made of states alone come back as they were, and
// missing marks come back everywhere. What a model may draw besides (any state, numbers however far
// out) is a table too, which is written, read again and found to be within the column's range. The
// second text is a schema laid over the inferred one: an error or a schema that fits.
func FuzzPipeline(f *testing.F) {
	for _, text := range []string{
		"a,b,c\n1,x,2021-01-01\n2.5,?,2021-02-03\nNA,x,\n", "a;b\n1,5;$3\n2,5;$4\n", "id\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n",
		"t\n10:00\n11:30\n23:59\nlate\n", "a\n1e308\n-1e308\n1e-320\n0\n", "a,b\n+1,-0\n+2,0.0\n-3,inf\n",
		"x\nKTw-1\nKTx-2\nabc-3\n" + strings.Repeat("q\n", 30),
		"d,e\n1 day 02:03:04,PT5M\n-00:00:07,P1DT2H\n2 days,-PT1.5S\n", "z\n2021-01-01T00:00:00+02:00\n2021-07-01T00:00:00Z\n2021-08-01T00:00:00-05:30\n",
		"m\na.b@x.org\n" + strings.Repeat("öä@gmail.com\nbob.li+7@web.de\n", 12), "p\n+49 171 2345678\n(030) 1234567\n" + strings.Repeat("001 202 555 0143\n", 20),
		"v\n1\n2\n3\n4\nfive\nsix\nseven\n8\n", "\"a\n\",b\n\"x\r\ny\",\"\"\n\" \",''\n", "a\n007\n0\n00\n9007199254740993\n",
		"t\n0001-01-01\n9999-12-31\n1899-12-31\n",
	} {
		f.Add([]byte(text), []byte("columns: [{name: a, kind: real}]"))
	}
	f.Add([]byte("a,b\n1,x\n2,y\n"), []byte("columns: [{name: b, kind: boolean, true: x, false: y}, {name: a, kind: identifier, identifier: {shapes: [{pattern: 'A[0-9]{3}'}]}}]"))
	f.Add([]byte("a\n1:30\n2:10\n"), []byte("columns: [{name: a, kind: interval, duration: {style: clock, minutes: true}, missing: ['1:30']}]"))
	f.Fuzz(func(t *testing.T, text, schema []byte) {
		tab, err := Read(bytes.NewReader(text), "fuzz")
		if err != nil || tab.Rows() > 500 {
			return
		}
		pipeline(t, tab, Infer(tab))
		if s, err := Override(tab, schema, "fuzz.yaml"); err == nil {
			pipeline(t, tab, s)
		}
	})
}

// pipeline takes a table under a schema all the way and back.
func pipeline(t *testing.T, tab *Table, s *Schema) {
	t.Helper()
	tr, err := Fit(s, tab, Options{})
	if err != nil {
		if _, own := errors.AsType[*Error](err); own {
			return // the schema says what the table does not hold
		}
		t.Fatal(err)
	}
	saved, err := yaml.Marshal(tr)
	if err != nil {
		t.Fatal(err)
	}
	if tr, err = ParseTransform(saved); err != nil {
		t.Fatalf("%v\n%s", err, saved)
	}
	if _, err := tr.Summaries(tab); err != nil {
		t.Fatal(err)
	}
	back := tr.Decode(encode64(t, tr, tab, 0))
	for j, place := range tr.Places() {
		field := &tr.Schema.Columns[j]
		for i := range tab.Rows() {
			was, is := tab.Columns[j].At(i), back.Columns[j].At(i)
			if field.IsMissing(was) != field.IsMissing(is) || place.Num < 0 && field.Kind != Name && was != is {
				t.Fatalf("column %d, row %d: %q came back as %q (%s)", j, i, was, is, field.Reason)
			}
		}
	}
	drawn(t, tr)
}

// drawn decodes what no row of the table was, and takes it through a file.
func drawn(t *testing.T, tr *Transform) {
	t.Helper()
	const n = 12
	far := []float64{0, 1, -1, 40, -40, math.Inf(1), math.Inf(-1), 1e-300}
	s := Sample{Rows: n, First: 1 << 33}
	for i := range n {
		for k := range tr.Numbers() {
			s.Num = append(s.Num, far[(i+k)%len(far)])
		}
		for _, card := range tr.Cards() {
			s.Cells = append(s.Cells, int32(i*7%card))
		}
	}
	made := tr.Decode(s)
	for j, c := range made.Columns {
		f := &tr.Schema.Columns[j]
		lo, ok1 := f.Float(string(f.Min))
		hi, ok2 := f.Float(string(f.Max))
		for i := range n {
			v, ok := f.Float(c.At(i))
			if state, _ := tr.State(j, c.At(i)); ok && ok1 && ok2 && lo <= hi && tr.Parts[j].Rank != nil && state == 0 && (v < lo || v > hi) {
				t.Fatalf("column %d, row %d: %q is not within %s and %s", j, i, c.At(i), f.Min, f.Max)
			}
		}
	}
	readAgain(t, made)
}

// readAgain writes a table and compares it with what is read of that.
func readAgain(t *testing.T, made *Table) {
	t.Helper()
	var b bytes.Buffer
	if err := Write(&b, made); err != nil {
		t.Fatal(err)
	}
	again, err := Read(bytes.NewReader(b.Bytes()), "drawn")
	if err != nil || !slices.Equal(again.Names(), made.Names()) || again.Rows() != made.Rows() {
		return // twelve rows may look as if another delimiter parted them, and values as if they were a header
	}
	if !utf8.Valid(b.Bytes()) {
		t.Fatalf("%q is not UTF-8", b.Bytes())
	}
	for j := range made.Columns {
		for i := range made.Rows() {
			if was, is := made.Columns[j].At(i), again.Columns[j].At(i); was != is {
				t.Fatalf("column %d, row %d: %q was read again as %q", j, i, was, is)
			}
		}
	}
}
