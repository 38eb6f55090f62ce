package table

import (
	"bytes"
	"compress/gzip"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"ebb/data/array"
)

// file writes content under a name that says nothing, and gzipped beside it.
func file(t *testing.T, content []byte) (plain, packed string) {
	t.Helper()
	dir := t.TempDir()
	plain, packed = filepath.Join(dir, "data"), filepath.Join(dir, "packed")
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write(content); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	for path, c := range map[string][]byte{plain: content, packed: b.Bytes()} {
		if err := os.WriteFile(path, c, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return plain, packed
}

// Every form is told by its content, gzipped or not.
func TestOpenReadsEveryForm(t *testing.T) {
	heads := []Heading{{"n", "bigint"}, {"w", "text"}}
	cells := [][]string{{"1", "007"}, {"∅", "x"}}
	var pq, js, npy, npz bytes.Buffer
	w, err := NewParquetWriter(&pq, heads)
	if err != nil {
		t.Fatal(err)
	}
	writeCells(t, w, cells)
	j, err := NewJSONWriter(&js, heads)
	if err != nil {
		t.Fatal(err)
	}
	writeCells(t, j, cells)
	if err := array.WriteNPY(&npy, array.FromFloat32([]float32{1, 2.5, 0.1, -3}, 2, 2)); err != nil {
		t.Fatal(err)
	}
	if err := array.WriteZip(&npz, []array.Named{{Name: "y", Array: array.FromInt32([]int32{7, -8}, 2)}, {Name: "x", Array: array.FromFloat64([]float64{1, 2, 3, 4}, 2, 2)}}); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		name    string
		content []byte
		types   []string
		rows    [][]string
	}{
		{"CSV", []byte("n,w\n1,007\n,x\n"), []string{"n ", "w "}, [][]string{{"1", "007"}, {"", "x"}}},
		{"Parquet", pq.Bytes(), []string{"n bigint", "w text"}, cells},
		{"JSON lines", js.Bytes(), []string{"n bigint", "w text"}, cells},
		{"NPY", npy.Bytes(), []string{"0 real", "1 real"}, [][]string{{"1", "2.5"}, {"0.1", "-3"}}},
		{"NPZ", npz.Bytes(), []string{"y integer", "x.0 double", "x.1 double"}, [][]string{{"7", "1", "2"}, {"-8", "3", "4"}}},
	} {
		plain, packed := file(t, c.content)
		for _, path := range []string{plain, packed} {
			if c.name == "NPZ" && path == packed {
				continue // a zip is packed already
			}
			last := 0.0
			r, err := OpenRows(path, func(p Progress) error { last = p.Part; return nil })
			if err != nil {
				t.Errorf("%s: %v", path, err)
				continue
			}
			rows, err := cellsOf(r)
			if err != nil {
				t.Errorf("%s: %v", path, err)
			}
			if d := cmp.Diff(c.types, storagesOf(r)); d != "" {
				t.Errorf("%s: %s", c.name, d)
			}
			if d := cmp.Diff(c.rows, rows); d != "" {
				t.Errorf("%s: %s", c.name, d)
			}
			if (c.name == "CSV" || c.name == "JSON lines") && last != 1 {
				t.Errorf("%s: the last progress was %v", c.name, last)
			}
			if tab, err := Open(path); err != nil || tab.Rows() != len(c.rows) {
				t.Errorf("%s: %v", path, err)
			}
		}
	}
	if left, _ := filepath.Glob(filepath.Join(os.TempDir(), "ebb-unpacked-*")); len(left) > 0 {
		t.Errorf("temporary files are left: %q", left)
	}
}

// Who watches a reading can end it.
func TestAReadingCanBeEnded(t *testing.T) {
	stop := errors.New("enough")
	var b bytes.Buffer
	w, err := NewParquetWriter(&b, []Heading{{"n", "bigint"}})
	if err != nil {
		t.Fatal(err)
	}
	writeCells(t, w, repeatRows(1<<15))
	for _, content := range [][]byte{[]byte("a,b\n" + strings.Repeat("1,2\n", 1<<19)), b.Bytes(), []byte(strings.Repeat("{\"a\":1}\n", 1<<18))} {
		path, _ := file(t, content)
		if _, err := OpenWith(path, ReadOptions{Watch: func(Progress) error { return stop }}); !errors.Is(err, stop) {
			t.Errorf("%.4q: %v", content, err)
		}
	}
}

func repeatRows(n int) [][]string {
	rows := make([][]string, n)
	for i := range rows {
		rows[i] = []string{"1"}
	}
	return rows
}

func TestArraysThatAreNoTable(t *testing.T) {
	write := func(arrays ...array.Named) string {
		var b bytes.Buffer
		if err := array.WriteZip(&b, arrays); err != nil {
			t.Fatal(err)
		}
		plain, _ := file(t, b.Bytes())
		return plain
	}
	short := write(array.Named{Name: "a", Array: array.New(array.Int8, 3)}, array.Named{Name: "b", Array: array.New(array.Int8, 2)})
	deep := write(array.Named{Name: "a", Array: array.New(array.Uint8, 3, 2, 2)}, array.Named{Name: "b", Array: array.New(array.Int8, 3)})
	if _, err := Open(short); err == nil || !strings.Contains(err.Error(), "column b") || !strings.Contains(err.Error(), "2 rows") {
		t.Errorf("%v", err)
	}
	if is, err := IsArrayTable(deep); is || err != nil {
		t.Errorf("pictures are called a table, %v", err)
	}
	if is, err := IsArrayTable(short); !is || err != nil {
		t.Errorf("two columns are called pictures, %v", err)
	}
}

// A sample goes into Parquet and JSON lines with the types of its schema.
func TestStorageByWhatAColumnIs(t *testing.T) {
	var text strings.Builder
	text.WriteString("id,price,share,flag,yes,day,at,clock,month,word,mixed,one,none,pad\n")
	for i := range 40 {
		price := []string{"$1,250.50", "$3.00", "NA", "$99.25"}[i%4]
		mixed := []string{"1.5", "2.5", "3.25", "4.5", "5", "6.5", "7.5", "8.5", "9.5", "many"}[i%10]
		row := []string{string(rune('a'+i%26)) + "x", price, []string{"45.0", "7.0", "9.0"}[i%3], []string{"1", "0"}[i%2], []string{"yes", "no"}[i%2],
			[]string{"31.12.1899", "01.02.2020", "15.03.2021"}[i%3], []string{"2020-01-01T10:00:00+02:00", "2021-06-01T00:00:01+02:00"}[i%2],
			[]string{"10:30", "23:59"}[i%2], []string{"2020-01", "2021-05"}[i%2], []string{"a", "", "?"}[i%3], mixed, "5", "NA", []string{"007", "012"}[i%2]}
		for j, c := range row {
			if j > 0 {
				text.WriteByte(',')
			}
			text.WriteString(`"` + c + `"`)
		}
		text.WriteByte('\n')
	}
	tab := read(t, text.String())
	tr := fit(t, tab)
	want := map[string]string{"id": "text", "price": "double", "share": "bigint", "flag": "bigint", "yes": "text", "day": "date", "at": "timestamptz",
		"clock": "time", "month": "text", "word": "text", "mixed": "text", "one": "bigint", "none": "text", "pad": "text"}
	got := map[string]string{}
	for _, h := range tr.Headings() {
		got[h.Name] = h.Type
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	var b bytes.Buffer
	w, err := NewParquetWriter(&b, tr.Headings())
	if err != nil {
		t.Fatal(err)
	}
	if err := tr.WriteStored(w, tab); err != nil {
		t.Fatal(err)
	}
	r, err := parquetBytes(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	rows, err := cellsOf(r)
	if err != nil {
		t.Fatal(err)
	}
	if d := cmp.Diff([][]string{
		{"ax", "1250.5", "45", "1", "yes", "1899-12-31", "2020-01-01 08:00:00Z", "10:30:00", "2020-01", "a", "1.5", "5", "NA", "007"},
		{"bx", "3", "7", "0", "no", "2020-02-01", "2021-05-31 22:00:01Z", "23:59:00", "2021-05", "∅", "2.5", "5", "NA", "012"},
		{"cx", "∅", "9", "1", "yes", "2021-03-15", "2020-01-01 08:00:00Z", "10:30:00", "2020-01", "?", "3.25", "5", "NA", "007"},
	}, rows[:3]); d != "" {
		t.Error(d)
	}
}

// Columns that came from a form with types go back into their own.
func TestStorageKeepsTheSourcesTypes(t *testing.T) {
	for _, s := range storedTexts {
		texts := append([]string{"∅"}, s.texts...)
		tab := column(t, s.storage, repeatTexts(20, texts...)...)
		tr := fit(t, tab)
		var b bytes.Buffer
		w, err := NewParquetWriter(&b, tr.Headings())
		if err != nil {
			t.Fatal(err)
		}
		if err := tr.WriteStored(w, tab); err != nil {
			t.Errorf("%s: %v", s.storage, err)
			continue
		}
		r, err := parquetBytes(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		if got := r.Headings()[0].Type; got != s.storage && s.storage != "" && s.storage != "interval" {
			t.Errorf("%s was stored as %s", s.storage, got)
		}
		rows, err := cellsOf(r)
		if err != nil {
			t.Fatal(err)
		}
		for i, row := range rows {
			want := texts[i%len(texts)]
			if s.storage == "" && want == "" {
				continue
			}
			if row[0] != want {
				t.Errorf("%s: %q became %q", s.storage, want, row[0])
				break
			}
		}
	}
}
