package table

import (
	"bytes"
	"compress/gzip"
	"encoding/csv"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// rows returns the cells of a table.
func rows(t *Table) [][]string {
	var all [][]string
	for i := range t.Rows() {
		all = append(all, t.Row(nil, i))
	}
	return all
}

func read(t *testing.T, text string) *Table {
	t.Helper()
	tab, err := Read(strings.NewReader(text), "t.csv")
	if err != nil {
		t.Fatalf("Read(%q): %v", text, err)
	}
	return tab
}

func TestReadFindsDelimiterAndCells(t *testing.T) {
	for _, c := range []struct {
		name, text, delim string
		names             []string
		cells             [][]string
	}{
		{"comma", "a,b\n1,2\n3,4\n", "", []string{"a", "b"}, [][]string{{"1", "2"}, {"3", "4"}}},
		{"no line end at the end", "a,b\n1,2", "", []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"tab", "a\tb\n1,5\t2,5\n", "\t", []string{"a", "b"}, [][]string{{"1,5", "2,5"}}},
		{"semicolon with decimal commas", "a;b\n1,5;2,5\n3,5;4,5\n", ";", []string{"a", "b"}, [][]string{{"1,5", "2,5"}, {"3,5", "4,5"}}},
		{"bar", "a|b\n1|2\n", "|", []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"one column", "a\n1\n2\n", "", []string{"a"}, [][]string{{"1"}, {"2"}}},
		{"one column, blank lines are values", "a\n1\n\n2\n\n", "", []string{"a"}, [][]string{{"1"}, {""}, {"2"}}},
		{"blank lines are none in two columns", "a,b\n\n1,2\n\n", "", []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"CRLF", "a,b\r\n1,2\r\n", "", []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"CR", "a,b\r1,2\r", "", []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"quotes", "a,b\n\"x,y\",\"say \"\"hi\"\"\"\n", "", []string{"a", "b"}, [][]string{{"x,y", `say "hi"`}}},
		{"quoted line ends stay as they are", "a,b\n\"x\r\ny\",\"p\nq\"\n", "", []string{"a", "b"}, [][]string{{"x\r\ny", "p\nq"}}},
		{"a quote inside a bare field", "a,b\n5\" pipe,2\n", "", []string{"a", "b"}, [][]string{{`5" pipe`, "2"}}},
		{"byte-order mark", "\ufeffa,b\n1,2\n", "", []string{"a", "b"}, [][]string{{"1", "2"}}},
		{"blanks are part of a cell", "a, b\n1, 2\n", "", []string{"a", " b"}, [][]string{{"1", " 2"}}},
		{"an unnamed index", ",a\n0,5\n1,6\n", "", []string{"", "a"}, [][]string{{"0", "5"}, {"1", "6"}}},
		{"empty cells at both ends", "a,b\n,\n1,\n", "", []string{"a", "b"}, [][]string{{"", ""}, {"1", ""}}},
		{"years as names", "2019,2020\n1.5,2\n", "", []string{"2019", "2020"}, [][]string{{"1.5", "2"}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			tab := read(t, c.text)
			if tab.Dialect.Delimiter != c.delim {
				t.Errorf("delimiter %q, want %q", tab.Dialect.Delimiter, c.delim)
			}
			if d := cmp.Diff(c.names, tab.Names()); d != "" {
				t.Error(d)
			}
			if d := cmp.Diff(c.cells, rows(tab)); d != "" {
				t.Error(d)
			}
		})
	}
}

func TestReadErrorsSayWhatWhereAndWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name, text string
		want       []string // parts of the message
		row        int
	}{
		{"empty", "", []string{"t.csv", "empty", "header"}, 0},
		{"blank lines only", "\n\n", []string{"empty"}, 0},
		{"header only", "a,b\n", []string{"no row", "2 columns"}, 0},
		{"too few fields", "a,b\n1,2\n3\n", []string{"line 3", "row 2", "1 field,", "header has 2", "fill in"}, 2},
		{"too many fields", "a,b\n1,2\n3,4,5\n", []string{"line 3", "row 2", "3 fields", `','`, "quotes"}, 2},
		{"the line counts quoted line ends", "a,b\n\"x\ny\",2\n3\n", []string{"line 4", "row 2"}, 2},
		{"open quote", "a,b\n1,2\n3,\"x\n", []string{"line 3", "row 2", "column 2 (b)", "never closed"}, 2},
		{"text after a quote", "a,b\n\"1\"x,2\n", []string{"line 2", "row 1", "column 1 (a)", "closing quote"}, 1},
		{"two columns of one name", "a,b,a\n1,2,3\n", []string{"column 3", `"a"`, "column 1", "rename"}, 0},
		{"two columns without a name", "a,,\n1,2,3\n", []string{"column 3", "no name", "column 2"}, 0},
		{"no header", "1.5,2\n3,4\n", []string{"line 1", "only numbers", "header"}, 0},
		{"neither UTF-8 nor Windows-1252", "a,b\n1,caf\x81\n", []string{"line 2", "row 1", "column 2 (b)", "UTF-8", "iconv"}, 1},
		{"the same in the header", "a,caf\x8d\n1,2\n", []string{"line 1", "column 2", "iconv"}, 0},
		{"UTF-8 with a broken line", "a,b\n1,café\n2,caf\xe9\n", []string{"line 3", "row 2", "column 2 (b)", "line 2 of the file is", "repair"}, 2},
		{"Windows-1252 with a line of UTF-8", "a,b\n1,caf\xe9\n2,café\n", []string{"line 3", "row 2", "column 2 (b)", "line 2 of the file is not"}, 2},
		{"UTF-16 cut within a character", "\xff\xfea\x00\n\x00b", []string{"UTF-16", "line 2", "cut short"}, 0},
		{"UTF-16 with half a character", "\xff\xfea\x00\n\x00\x00\xd8b\x00", []string{"UTF-16", "line 2", "half a character"}, 0},
		{"binary", "a,b\n1,\x00\n", []string{"line 2", "NUL"}, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, err := Read(strings.NewReader(c.text), "t.csv")
			if err == nil {
				t.Fatal("no error")
			}
			for _, part := range append(c.want, "t.csv") {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("the message %q lacks %q", err, part)
				}
			}
			var e *Error
			if !errors.As(err, &e) || e.Row != c.row {
				t.Errorf("row %d, want %d", e.Row, c.row)
			}
		})
	}
}

// failing gives its text, then an error.
type failing struct {
	text io.Reader
	err  error
}

func (f failing) Read(p []byte) (int, error) {
	n, err := f.text.Read(p)
	if err == io.EOF {
		err = f.err
	}
	return n, err
}

func TestReadWrapsTheCause(t *testing.T) {
	cause := errors.New("the disk has gone")
	for _, text := range []string{"", "a,b\n1,2\n", "a,b\n1,2\n" + strings.Repeat("3,4\n", 50_000)} {
		if _, err := Read(failing{strings.NewReader(text), cause}, "t.csv"); !errors.Is(err, cause) {
			t.Errorf("after %d bytes: %v does not wrap the cause", len(text), err)
		}
	}
}

func TestWriteGivesBackWhatWasRead(t *testing.T) {
	for _, text := range []string{
		"a,b\n1,2\n",
		"a;b\r\n1,5;2\r\n",
		"a\tb\n\"x\ty\"\t\"p\nq\"\n",
		"\ufeffa,b\n1,2\n",
		"\"a\",\"b\"\n\"x\",1\n\"y\",2\n",
		"\"\",\"x\"\n\"1\",\"p\"\n\"2\",NA\n\"3\",\"q\"\n", // as R writes
		"a,b\n,\n,2\n",
		"a\n1\n\"\"\n2\n",
		"a,b\n\"say \"\"hi\"\"\",2\n",
		"na\xefve,b\n\x80 5,\"caf\xe9\"\n1,2\n", // Windows-1252
		"\xff\xfea\x00,\x00b\x00\n\x00\xac\x20,\x00\x3d\xd8\x00\xde\n\x00",
		"\xfe\xff\x00a\x00,\x00b\x00\n\x20\xac\x00,\xd8\x3d\xde\x00\x00\n",
	} {
		var b bytes.Buffer
		if err := Write(&b, read(t, text)); err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(text, b.String()); d != "" {
			t.Error(d)
		}
	}
}

// The same cells are read from every encoding, and the dialect names it.
func TestReadTellsEncodingsApart(t *testing.T) {
	for _, c := range []struct{ encoding, text string }{
		{"", "ß,b\n€ 5,café\n"},
		{"windows-1252", "\xdf,b\n\x80 5,caf\xe9\n"},
		{"utf-16le", "\xff\xfe\xdf\x00,\x00b\x00\n\x00\xac\x20 \x005\x00,\x00c\x00a\x00f\x00\xe9\x00\n\x00"},
		{"utf-16be", "\xfe\xff\x00\xdf\x00,\x00b\x00\n\x20\xac\x00 \x005\x00,\x00c\x00a\x00f\x00\xe9\x00\n"},
	} {
		tab := read(t, c.text)
		if tab.Dialect.Encoding != c.encoding || tab.Names()[0] != "ß" || !slices.Equal(tab.Row(nil, 0), []string{"€ 5", "café"}) {
			t.Errorf("%q: %q, %q in %q", c.text, tab.Names(), tab.Row(nil, 0), tab.Dialect.Encoding)
		}
	}
}

// A character that Windows-1252 lacks is not replaced by another one.
func TestWriteRefusesWhatTheEncodingLacks(t *testing.T) {
	tab := read(t, "a,b\n\xe9,2\n")
	tab.Append("Ł", "3")
	if err := Write(io.Discard, tab); err == nil || !strings.Contains(err.Error(), "'Ł'") {
		t.Errorf("%v", err)
	}
}

func TestOpenUnpacksGzipByContent(t *testing.T) {
	dir := t.TempDir()
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	_, _ = z.Write([]byte("a,b\n1,2\n"))
	_ = z.Close()
	path := filepath.Join(dir, "plain-name.csv")
	if err := os.WriteFile(path, packed.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	tab, err := Open(path)
	if err != nil || tab.Rows() != 1 {
		t.Fatalf("%v, %v", tab, err)
	}
	cut := filepath.Join(dir, "cut.csv.gz")
	if err := os.WriteFile(cut, packed.Bytes()[:packed.Len()-6], 0o644); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(cut); err == nil || !strings.Contains(err.Error(), "cut short") || !strings.Contains(err.Error(), cut) {
		t.Errorf("a truncated archive: %v", err)
	}
}

// FuzzRead holds the reader against encoding/csv where that one accepts, and against itself: what
// is written reads back as the same table.
func FuzzRead(f *testing.F) {
	for _, text := range []string{"a,b\n1,2\n", "a;b\n\"x;y\";2\n", "\"a\"\n\"\"\n", "a\tb\r\n1\t\"\r\n\"", "\ufeffa|b\n|\n",
		"a\n\n\n1\n", ",\n,\n", "a,b\n\"1\"\"\",\r2\n", "x\n\xff\n", "a,b\r1,2\r"} {
		f.Add([]byte(text))
	}
	f.Fuzz(func(t *testing.T, text []byte) {
		tab, err := Read(bytes.NewReader(text), "fuzz")
		if err != nil {
			return
		}
		var b bytes.Buffer
		if err := Write(&b, tab); err != nil {
			t.Fatal(err)
		}
		again, err := Read(bytes.NewReader(b.Bytes()), "again")
		if err != nil {
			// A table of one column has no delimiter: what is written may look as if it had one.
			if len(tab.Columns) > 1 && !ambiguous(tab) {
				t.Fatalf("%q was written as %q, which can't be read: %v", text, b.Bytes(), err)
			}
			return
		}
		if again.Dialect.Delimiter == tab.Dialect.Delimiter && (!slices.Equal(tab.Names(), again.Names()) || !cmp.Equal(rows(tab), rows(again))) {
			t.Fatalf("%q was written as %q: %q became %q", text, b.Bytes(), rows(tab), rows(again))
		}
		compareWithStandardLibrary(t, text, tab)
	})
}

// ambiguous is true of tables whose cells hold other delimiters, which may win when it is read again.
func ambiguous(t *Table) bool {
	for _, c := range t.Columns {
		if strings.ContainsAny(c.Name, delimiters) || slices.ContainsFunc(c.Texts(), func(s string) bool { return strings.ContainsAny(s, delimiters) }) {
			return true
		}
	}
	return false
}

func compareWithStandardLibrary(t *testing.T, text []byte, tab *Table) {
	if len(tab.Columns) < 2 || bytes.ContainsRune(text, '\r') {
		return // blank lines and CR are treated otherwise
	}
	r := csv.NewReader(bytes.NewReader(bytes.TrimPrefix(text, bom)))
	r.Comma = rune(tab.Dialect.delim())
	want, err := r.ReadAll()
	if err != nil || len(want) == 0 {
		return
	}
	if !slices.Equal(want[0], tab.Names()) || !cmp.Equal(want[1:], rows(tab)) {
		t.Fatalf("%q: encoding/csv reads %q, we %q and %q", text, want, tab.Names(), rows(tab))
	}
}
