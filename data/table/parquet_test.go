package table

import (
	"bytes"
	"errors"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/compress"
	"github.com/parquet-go/parquet-go/deprecated"
	"pgregory.net/rapid"
)

// parquetBytes opens a file in memory.
func parquetBytes(b []byte) (*parquetReader, error) {
	return newParquetReader(bytes.NewReader(b), int64(len(b)), "t.parquet", nil)
}

// cellsOf reads all cells; "∅" is no value.
func cellsOf(r RowReader) (rows [][]string, err error) {
	cells := make([]Cell, len(r.Headings()))
	for {
		if err := r.Next(cells); err == io.EOF {
			return rows, r.Close()
		} else if err != nil {
			return rows, err
		}
		var row []string
		for _, c := range cells {
			if c.Null {
				row = append(row, "∅")
			} else {
				row = append(row, string(c.Text))
			}
		}
		rows = append(rows, row)
	}
}

func storagesOf(r RowReader) []string {
	var all []string
	for _, h := range r.Headings() {
		all = append(all, h.Name+" "+h.Type)
	}
	return all
}

// texts are the values of each storage type at their edges.
var storedTexts = []struct {
	storage string
	texts   []string
}{
	{"boolean", []string{"true", "false"}},
	{"smallint", []string{"-32768", "0", "32767"}},
	{"integer", []string{"-2147483648", "0", "2147483647"}},
	{"bigint", []string{"-9223372036854775808", "9007199254740993", "9223372036854775807"}},
	{"real", []string{"0.1", "-0", "3.4028235e+38", "1e-45", "NaN", "Inf", "-Inf", "16777216", "1e+21", "0.0001"}},
	{"double", []string{"0.1", "-0", "1e+308", "5e-324", "NaN", "Inf", "-Inf", "1e-07", "123456789012345680"}},
	{"decimal(5,2)", []string{"-999.99", "0.00", "0.05", "-0.05", "999.99"}},
	{"decimal(18,4)", []string{"-99999999999999.9999", "0.0001", "99999999999999.9999"}},
	{"decimal(20,0)", []string{"18446744073709551615", "-1", "0"}},
	{"decimal(38,10)", []string{"-9999999999999999999999999999.9999999999", "1.0000000000", "-0.0000000001"}},
	{"date", []string{"1582-10-15", "1899-12-31", "1970-01-01", "9999-12-31", "0001-01-01"}},
	{"time", []string{"00:00:00", "23:59:59.999999", "12:30:00.5"}},
	{"timestamp", []string{"0001-01-01 00:00:00", "1969-12-31 23:59:59.999999", "9999-12-31 23:59:59"}},
	{"timestamptz", []string{"1900-01-01 00:00:00.25Z", "2038-01-19 03:14:08Z"}},
	{"uuid", []string{"123e4567-e89b-12d3-a456-426614174000", "00000000-0000-0000-0000-000000000000"}},
	{"bytea", []string{"plain", `a\\b`, `\377\000x`, "é"}},
	{"json", []string{`{"a": [1, 2]}`, "null"}},
	{"text", []string{"", "007", "a\nb", "é\u0000", "NULL"}},
	{"", []string{"", "anything", "1"}},
	{"interval", []string{"P1M", "3 days"}},
}

// Whatever a column of any type holds comes back from Parquet as it was, in any order, with rows
// that have no value among it, over several batches.
func TestParquetGivesBackEveryType(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var heads []Heading
		for _, s := range storedTexts {
			heads = append(heads, Heading{Name: "column, \"" + s.storage + "\".x", Type: s.storage})
		}
		var want [][]string
		for _, pick := range rapid.SliceOfN(rapid.IntRange(0, 1<<40), 0, 200).Draw(t, "rows") {
			var row []string
			for _, s := range storedTexts {
				row = append(row, append(s.texts[:len(s.texts):len(s.texts)], "∅")[pick%(len(s.texts)+1)])
				pick = pick/3 + 7
			}
			want = append(want, row)
		}
		var b bytes.Buffer
		w, err := NewParquetWriter(&b, heads)
		if err != nil {
			t.Fatal(err)
		}
		writeCells(t, w, want)
		r, err := parquetBytes(b.Bytes())
		if err != nil {
			t.Fatal(err)
		}
		for j, h := range r.Headings() {
			plain := heads[j].Type == "" || heads[j].Type == "interval"
			if h.Name != heads[j].Name || h.Type != heads[j].Type && !(plain && h.Type == "text") {
				t.Fatalf("column %d is %q of type %q, was %+v", j, h.Name, h.Type, heads[j])
			}
		}
		got, err := cellsOf(r)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, got); d != "" {
			t.Fatal(d)
		}
	})
}

type fataler interface{ Fatal(...any) }

func writeCells(t fataler, w RowWriter, rows [][]string) {
	for _, row := range rows {
		var cells []Cell
		for _, text := range row {
			cells = append(cells, Cell{Text: []byte(text), Null: text == "∅"})
		}
		if err := w.Write(cells); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestParquetRefusesWhatATypeCannotHold(t *testing.T) {
	for _, c := range []struct{ storage, text string }{
		{"smallint", "32768"}, {"integer", "1.5"}, {"bigint", "9223372036854775808"}, {"decimal(5,2)", "1.234"},
		{"decimal(5,2)", "1000.00"}, {"decimal(5,2)", "1e2"}, {"date", "2020-02-30"}, {"time", "24:00:00"},
		{"timestamp", "2020-01-01 00:00:00.0000001"}, {"uuid", "123"}, {"boolean", "yes"}, {"double", "one"}, {"bytea", `\9`},
	} {
		w, err := NewParquetWriter(io.Discard, []Heading{{Name: "x", Type: c.storage}})
		if err != nil {
			t.Fatal(err)
		}
		err = w.Write([]Cell{{Text: []byte(c.text)}})
		var e *Error
		if !errors.As(err, &e) || e.Column != "x" || e.Row != 1 || !strings.Contains(e.Problem, c.text) {
			t.Errorf("%s as %s: %v", c.text, c.storage, err)
		}
	}
}

// Types that ebb never writes: other widths, units, encodings, structs.
type otherTypes struct {
	I8     int8             `parquet:"i8"`
	I16    int16            `parquet:"i16"`
	U8     uint8            `parquet:"u8"`
	U16    uint16           `parquet:"u16"`
	U32    uint32           `parquet:"u32,delta"`
	U64    uint64           `parquet:"u64"`
	Millis int64            `parquet:"millis,timestamp(millisecond)"`
	Nanos  int64            `parquet:"nanos,timestamp(nanosecond:local)"`
	Clock  time.Duration    `parquet:"clock,time(nanosecond)"`
	Old    deprecated.Int96 `parquet:"old"`
	Enum   string           `parquet:"enum,enum,dict"`
	Delta  string           `parquet:"delta,delta"`
	Place  *struct {
		City string   `parquet:"city,dict"`
		Lat  *float32 `parquet:"lat"`
	} `parquet:"place,optional"`
	Split float64 `parquet:"split,split"`
}

func TestParquetReadsOtherTypes(t *testing.T) {
	lat := float32(52.5)
	var full, empty otherTypes
	full = otherTypes{I8: -128, I16: -300, U8: 255, U16: 65535, U32: math.MaxUint32, U64: math.MaxUint64,
		Millis: -1, Nanos: 1, Clock: 86399999999999, Enum: "a", Delta: "é", Split: 0.1,
		Old: deprecated.Int96{0: 1e9 + 5e8, 2: 2440589}}
	full.Place = &struct {
		City string   `parquet:"city,dict"`
		Lat  *float32 `parquet:"lat"`
	}{"Berlin", &lat}
	empty.Old[2] = 2440588
	for name, codec := range map[string]compress.Codec{"none": &parquet.Uncompressed, "snappy": &parquet.Snappy,
		"gzip": &parquet.Gzip, "brotli": &parquet.Brotli, "zstd": &parquet.Zstd} {
		for version := 1; version <= 2; version++ {
			var b bytes.Buffer
			if err := parquet.Write(&b, []otherTypes{full, empty}, parquet.Compression(codec), parquet.DataPageVersion(version)); err != nil {
				t.Fatal(err)
			}
			r, err := parquetBytes(b.Bytes())
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			want := []string{"i8 smallint", "i16 smallint", "u8 smallint", "u16 integer", "u32 bigint", "u64 decimal(20,0)",
				"millis timestamptz", "nanos timestamp", "clock time", "old timestamp", "enum text", "delta text",
				"place.city text", "place.lat real", "split double"}
			if d := cmp.Diff(want, storagesOf(r)); d != "" {
				t.Error(d)
			}
			rows, err := cellsOf(r)
			if err != nil {
				t.Fatalf("%s: %v", name, err)
			}
			if d := cmp.Diff([][]string{
				{"-128", "-300", "255", "65535", "4294967295", "18446744073709551615", "1969-12-31 23:59:59.999Z",
					"1970-01-01 00:00:00.000000001", "23:59:59.999999999", "1970-01-02 00:00:01.5", "a", "é", "Berlin", "52.5", "0.1"},
				{"0", "0", "0", "0", "0", "0", "1970-01-01 00:00:00Z", "1970-01-01 00:00:00", "00:00:00", "1970-01-01 00:00:00", "", "", "∅", "∅", "0"},
			}, rows); d != "" {
				t.Errorf("%s, pages of version %d: %s", name, version, d)
			}
		}
	}
}

// Every compression gives back what does not compress at all, over many pages.
func TestParquetCompressionsKeepWhatDoesNotCompress(t *testing.T) {
	type row struct {
		A string `parquet:"a"`
		B int64  `parquet:"b"`
	}
	rows := make([]row, 3000)
	state := uint64(1)
	for i := range rows {
		b := make([]byte, 16)
		for k := range b {
			state = state*6364136223846793005 + 1442695040888963407
			b[k] = byte('!' + state>>33%90)
		}
		rows[i] = row{string(b), int64(state)}
	}
	for name, codec := range map[string]compress.Codec{"snappy": &parquet.Snappy, "gzip": &parquet.Gzip,
		"brotli": &parquet.Brotli, "zstd": &parquet.Zstd} {
		var b bytes.Buffer
		if err := parquet.Write(&b, rows, parquet.Compression(codec), parquet.PageBufferSize(10_000), parquet.MaxRowsPerRowGroup(1000)); err != nil {
			t.Fatal(err)
		}
		r, err := parquetBytes(b.Bytes())
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, err := cellsOf(r)
		if err != nil || len(got) != len(rows) {
			t.Fatalf("%s: %d rows, %v", name, len(got), err)
		}
		for i, g := range got {
			if g[0] != rows[i].A {
				t.Fatalf("%s: row %d is %q, was %q", name, i+1, g[0], rows[i].A)
			}
		}
	}
}

// Files of other writers: see testdata/parquet/README.md.
func TestParquetReadsFilesOfOthers(t *testing.T) {
	for _, c := range []struct {
		file  string
		types string // of the columns, in order
		rows  int
		first string // row 1
	}{
		{"alltypes_plain.snappy", "integer boolean integer integer integer bigint real double bytea bytea timestamp", 2,
			"6|true|0|0|0|0|0|0|04/01/09|0|2009-04-01 00:00:00"},
		{"alltypes_dictionary", "integer boolean integer integer integer bigint real double bytea bytea timestamp", 2,
			"0|true|0|0|0|0|0|0|01/01/09|0|2009-01-01 00:00:00"},
		{"byte_array_decimal", "decimal(4,2)", 24, "1.00"},
		{"fixed_length_decimal", "decimal(25,2)", 24, "1.00"},
		{"fixed_length_decimal_legacy", "decimal(13,2)", 24, "1.00"},
		{"int32_decimal", "decimal(4,2)", 24, "1.00"},
		{"int64_decimal", "decimal(10,2)", 24, "1.00"},
		{"delta_length_byte_array", "text", 1000, "apple_banana_mango0"},
		{"rle_boolean_encoding", "boolean", 68, "true"},
		{"duckdb", "boolean smallint smallint smallint integer integer bigint bigint decimal(20,0) double real double decimal(4,2) " +
			"decimal(9,3) decimal(18,4) decimal(38,10) date time timestamp timestamp timestamp timestamp timestamptz interval text text bytea " +
			"uuid json text text text integer", 5,
			"true|0|0|0|0|0|0|0|18446744073709551610|0|0|0|0.00|0.000|0.0000|0.0000000000|1899-12-30|23:59:58.5|1969-12-31 23:59:59.25|" +
				"2020-01-01 00:00:00|2020-01-01 00:00:00|2020-01-01 00:00:00.000000001|2020-06-01 10:00:00Z|P2MT1.5S|text 0|∅|ab\\000|" +
				"123e4567-e89b-12d3-a456-426614174000|{\"a\":1}|red|Ulm|00|∅"},
		{"duckdb_groups", "bigint text", 3000, "0|0"},
		{"cluster_test_table_2.snappy", "decimal(10,1) decimal(20,2) decimal(30,3) decimal(38,0) decimal(38,0) decimal(38,0) decimal(38,0) " +
			"decimal(38,0) decimal(38,0) double double double double text text text text text bytea bytea boolean date time timestamptz " +
			"timestamptz timestamptz text text text", 3, ""},
		{"single_nan", "double", 1, "∅"},
		{"null_columns", "text ", 4, "test1|∅"},
		{"nulls.snappy", "integer", 8, "∅"},
		{"binary", "bytea", 12, `\000`},
	} {
		path := filepath.Join("testdata", "parquet", c.file+".parquet")
		b, err := os.ReadFile(path)
		if err != nil {
			t.Error(err)
			continue
		}
		r, err := parquetBytes(b)
		if err != nil {
			t.Errorf("%s: %v", c.file, err)
			continue
		}
		var types []string
		for _, h := range r.Headings() {
			types = append(types, h.Type)
		}
		rows, err := cellsOf(r)
		if err != nil || len(rows) != c.rows || strings.Join(types, " ") != c.types || c.first != "" && strings.Join(rows[0], "|") != c.first {
			t.Errorf("%s: %d rows of types %q, the first %q, %v", c.file, len(rows), strings.Join(types, " "), rows[:min(1, len(rows))], err)
		}
	}
}

func TestParquetRefusesListsAndSaysWhatToDo(t *testing.T) {
	for file, parts := range map[string][]string{
		"datapage_v2.snappy":     {"column e", "a list", "DuckDB", `EXCLUDE ("e")`},
		"nested_maps.snappy":     {"column a", "a map", "EXCLUDE"},
		"repeated_no_annotation": {"column phoneNumbers.phone", "a list"},
		"empty":                  {"no row"},
		"lz4_raw_compressed":     {"column c0", "LZ4", "Snappy"},
	} {
		b, err := os.ReadFile(filepath.Join("testdata", "parquet", file+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		r, err := parquetBytes(b)
		if err == nil {
			_, err = ReadRows(r, "t.parquet")
		}
		for _, part := range append(parts, "t.parquet") {
			if err == nil || !strings.Contains(err.Error(), part) {
				t.Errorf("%s: %v lacks %q", file, err, part)
			}
		}
	}
}

// A file cut anywhere is an error, and one with a wrong byte is read or refused, never a panic.
func TestParquetSurvivesDamage(t *testing.T) {
	for _, file := range []string{"alltypes_plain.snappy", "byte_array_decimal", "rle_boolean_encoding", "binary"} {
		whole, err := os.ReadFile(filepath.Join("testdata", "parquet", file+".parquet"))
		if err != nil {
			t.Fatal(err)
		}
		for n := 0; n < len(whole); n += 29 {
			r, err := parquetBytes(whole[:n])
			if err == nil {
				_, err = cellsOf(r)
			}
			if err == nil {
				t.Errorf("%s: the first %d of %d bytes read without error", file, n, len(whole))
			}
		}
		for n := 0; n < len(whole); n += 3 {
			b := bytes.Clone(whole)
			b[n] ^= 0x55
			if r, err := parquetBytes(b); err == nil {
				_, _ = cellsOf(r)
			}
		}
	}
}

func FuzzParquet(f *testing.F) {
	files, _ := filepath.Glob("testdata/parquet/*.parquet")
	for _, file := range files {
		if b, err := os.ReadFile(file); err == nil && len(b) < 4000 {
			f.Add(b)
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := parquetBytes(b); err == nil {
			_, _ = cellsOf(r)
		}
	})
}
