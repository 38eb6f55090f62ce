package table

import (
	"bytes"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"
)

// FuzzPipeline takes any file that reads as a table through schema, transform, YAML, encoding and
// decoding. Nothing may panic, cells whose column is made of states alone come back as they were, and
// missing marks come back everywhere.
func FuzzPipeline(f *testing.F) {
	f.Add([]byte("a,b,c\n1,x,2021-01-01\n2.5,?,2021-02-03\nNA,x,\n"))
	f.Add([]byte("a;b\n1,5;$3\n2,5;$4\n"))
	f.Add([]byte("id\n1\n2\n3\n4\n5\n6\n7\n8\n9\n10\n11\n"))
	f.Add([]byte("t\n10:00\n11:30\n23:59\nlate\n"))
	f.Add([]byte("a\n1e308\n-1e308\n1e-320\n0\n"))
	f.Add([]byte("a,b\n+1,-0\n+2,0.0\n-3,inf\n"))
	f.Add([]byte("x\nKTw-1\nKTx-2\nabc-3\n" + strings.Repeat("q\n", 30)))
	f.Fuzz(func(t *testing.T, text []byte) {
		tab, err := Read(bytes.NewReader(text), "fuzz")
		if err != nil || tab.Rows() > 500 {
			return
		}
		tr, err := Fit(Infer(tab), tab, Options{})
		if err != nil {
			t.Fatal(err)
		}
		saved, err := yaml.Marshal(tr)
		if err != nil {
			t.Fatal(err)
		}
		if tr, err = ParseTransform(saved); err != nil {
			t.Fatalf("%v\n%s", err, saved)
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
	})
}
