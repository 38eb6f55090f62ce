package table

import (
	"bytes"
	"encoding/json"
	"io"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"
)

// jsonText opens JSON lines in memory.
func jsonText(text string) (*jsonReader, error) {
	return newJSONReader(func() (io.ReadCloser, error) { return io.NopCloser(strings.NewReader(text)), nil }, "t.jsonl")
}

func TestJSONLinesAsATable(t *testing.T) {
	for _, c := range []struct {
		name, text string
		types      []string
		rows       [][]string
	}{
		{"missing keys and null have no value", "{\"a\":1,\"b\":null}\n\n{\"b\":\"x\"}\n", []string{"a bigint", "b text"}, [][]string{{"1", "∅"}, {"∅", "x"}}},
		{"an empty text is one", `{"a":"","b":1}`, []string{"a text", "b bigint"}, [][]string{{"", "1"}}},
		{"objects inside", `{"a":{"b":{"c":true},"d":2},"e":{}}`, []string{"a.b.c boolean", "a.d bigint"}, [][]string{{"true", "2"}}},
		{"null where others hold an object", "{\"a\":null}\n{\"a\":{\"b\":1}}", []string{"a.b bigint"}, [][]string{{"∅"}, {"1"}}},
		{"numbers keep their spelling", "{\"a\":12.50}\n{\"a\":-1e-07}\n{\"a\":3}", []string{"a double"}, [][]string{{"12.50"}, {"-1e-07"}, {"3"}}},
		{"integers beyond 64 bits", "{\"a\":18446744073709551616}\n{\"a\":-1}", []string{"a decimal(38,0)"}, [][]string{{"18446744073709551616"}, {"-1"}}},
		{"digits in strings stay text", `{"a":"007"}`, []string{"a text"}, [][]string{{"007"}}},
		{"a mixture keeps what each value is", "{\"a\":1}\n{\"a\":\"1\"}\n{\"a\":true}", []string{"a json"}, [][]string{{"1"}, {`"1"`}, {"true"}}},
		{"escapes", `{"a\t\u00e9":"\ud83d\ude00\\\"\/\b\n"}`, []string{"a\té text"}, [][]string{{"😀\\\"/\b\n"}}},
		{"byte-order mark, CRLF, no line end at the end", "\ufeff{\"a\":1}\r\n{\"a\":2}", []string{"a bigint"}, [][]string{{"1"}, {"2"}}},
	} {
		r, err := jsonText(c.text)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		rows, err := cellsOf(r)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
		if d := cmp.Diff(c.types, storagesOf(r)); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
		if d := cmp.Diff(c.rows, rows); d != "" {
			t.Errorf("%s: %s", c.name, d)
		}
	}
}

func TestJSONErrorsSayWhere(t *testing.T) {
	for _, c := range []struct {
		text string
		want []string
	}{
		{"{\"a\":1}\n{\"a\":{\"b\":[1]}}", []string{"line 2", "a.b", "array", "jq"}},
		{"{\"a\":1}\n\n[1]", []string{"line 3", "no JSON object"}},
		{"{\"a\":1}\n{\"a\":01}", []string{"line 2", "byte 6"}},
		{`{"a":+1}`, []string{"line 1", "a value"}}, {`{"a":NaN}`, []string{"a value"}}, {`{"a":1,}`, []string{"a quote"}},
		{`{"a":1} x`, []string{"the end of the line"}}, {`{"a":"x`, []string{"the end of a string"}}, {`{"a" 1}`, []string{"a colon"}},
		{`{"a":1`, []string{"the line ends"}}, {`{"a":"\x"}`, []string{"an escape"}}, {`{"a":"\ud83d"}`, []string{"no character"}},
		{"{\"a\":\"caf\xe9\"}", []string{"line 1", "UTF-8"}}, {"{\"a\":\"x\ty\"}", []string{"the rest of a string"}},
		{`{"a":1,"a":2}`, []string{"line 1", `"a" stands twice`}}, {`{"a":{"b":1},"a.b":2}`, []string{`"a.b" stands twice`}},
		{strings.Repeat(`{"a":`, 200), []string{"nested deeper"}}, {"{}\n{\"a\":null}", []string{"no object has a value"}}, {"", []string{"no object has a value"}},
	} {
		r, err := jsonText(c.text)
		if err == nil {
			_, err = cellsOf(r)
		}
		for _, part := range append(c.want, "t.jsonl") {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%.40q: %v lacks %q", c.text, err, part)
			}
		}
	}
}

// What is written as JSON lines reads back as the same cells, by us and by encoding/json.
func TestJSONGivesBackEveryType(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var heads []Heading
		for _, s := range storedTexts {
			if s.storage != "real" && s.storage != "double" { // NaN and infinities become strings
				heads = append(heads, Heading{Name: s.storage + "\"\n", Type: s.storage})
			}
		}
		var want [][]string
		for _, pick := range rapid.SliceOfN(rapid.IntRange(0, 1<<40), 1, 20).Draw(t, "rows") {
			var row []string
			for _, s := range storedTexts {
				if s.storage == "json" {
					row = append(row, "5")
				} else if s.storage != "real" && s.storage != "double" {
					row = append(row, append(s.texts[:len(s.texts):len(s.texts)], "∅")[pick%(len(s.texts)+1)])
				}
				pick = pick/3 + 7
			}
			want = append(want, row)
		}
		var b bytes.Buffer
		w, err := NewJSONWriter(&b, heads)
		if err != nil {
			t.Fatal(err)
		}
		writeCells(t, w, want)
		for line := range strings.Lines(b.String()) {
			if !json.Valid([]byte(line)) {
				t.Fatalf("%s is no JSON", line)
			}
		}
		r, err := jsonText(b.String())
		if err != nil {
			t.Fatal(err)
		}
		got, err := cellsOf(r)
		if err != nil {
			t.Fatal(err)
		}
		at := map[string]int{}
		for j, h := range r.Headings() {
			at[h.Name] = j
		}
		for i, row := range want {
			for j, text := range row {
				k, ok := at[heads[j].Name] // a column without any value is not there
				if ok && got[i][k] != text || !ok && text != "∅" {
					t.Fatalf("row %d, %s: %q became %q", i+1, heads[j].Type, text, got[i])
				}
			}
		}
	})
}

func TestJSONNumbersThatJSONLacks(t *testing.T) {
	var b bytes.Buffer
	w, err := NewJSONWriter(&b, []Heading{{"x", "double"}})
	if err != nil {
		t.Fatal(err)
	}
	writeCells(t, w, [][]string{{"NaN"}, {".5"}, {"+1"}, {"1e400"[:3]}, {"∅"}})
	if want := "{\"x\":\"NaN\"}\n{\"x\":0.5}\n{\"x\":1}\n{\"x\":1e4}\n{\"x\":null}\n"; b.String() != want {
		t.Errorf("%q, want %q", b.String(), want)
	}
}

// FuzzJSONLine holds the parser against encoding/json: what it takes is JSON, and of the same keys.
func FuzzJSONLine(f *testing.F) {
	for _, s := range []string{`{"a":1}`, `{"a":{"b":"\u00e9"},"c":null}`, `{"a":-0.1e+5,"b":true}`, `{}`, `{"":""}`, `{"a":[`} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		var p jsonParser
		var keys []string
		if err := p.object(b, func(path []byte, _ jsonValue) error { keys = append(keys, string(path)); return nil }); err != nil {
			return
		}
		var want map[string]any
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatalf("%q was taken, encoding/json says %v", b, err)
		}
		for _, key := range slices.Sorted(maps.Keys(want)) {
			if _, nested := want[key].(map[string]any); !nested && !slices.Contains(keys, key) {
				t.Fatalf("%q: the key %q is missing among %q", b, key, keys)
			}
		}
	})
}
