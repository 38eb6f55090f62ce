package data

import (
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

func write(t *testing.T, path string, content []byte) string {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, content, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func gzipped(t *testing.T, content string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	if _, err := z.Write([]byte(content)); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func zipped(t *testing.T, names ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, name := range names {
		w, err := z.Create(name)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write([]byte("content")); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

const png = "\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR"

// The name of a file says nothing: each has the wrong one.
func TestSniffLooksAtContent(t *testing.T) {
	for _, c := range []struct {
		name    string
		content []byte
		form    Form
		gzip    bool
	}{
		{"a.png", []byte("a,b\n1,2\n"), CSV, false},
		{"b.npy", gzipped(t, "a\tb\n1\t2\n"), CSV, true},
		{"c.csv", []byte("\x93NUMPY\x01\x00v\x00{'descr'"), NPY, false},
		{"d.csv", []byte{0, 0, 8, 3, 0, 0, 0, 1, 0, 0, 0, 1, 0, 0, 0, 1, 7}, IDX, false},
		{"e.csv", gzipped(t, "\x00\x00\x08\x01\x00\x00\x00\x01\x07"), IDX, true},
		{"f.csv", []byte("PAR1....PAR1"), Parquet, false},
		{"g.csv", []byte(png), ImageFile, false},
		{"h.csv", []byte("\xff\xd8\xff\xe0"), ImageFile, false},
		{"i.csv", zipped(t, "x.npy", "y.npy"), NPZ, false},
		{"j.csv", zipped(t, "readme.txt", "cats/1.JPG"), ImageZip, false},
		{"k.csv", append([]byte{40, 0, 0, 0, 0, 0, 0, 0}, `{"w":{"dtype":"F32"}}`...), Safetensors, false},
		{"l.csv", []byte("\xff\xfea\x00,\x00b\x00\n\x00"), CSV, false},
		{"n.csv", []byte("\xef\xbb\xbf\n{ \"a\": 1}\n"), JSONLines, false},
		{"o.csv", gzipped(t, "{}\n"), JSONLines, true},
		{"p.csv", []byte("{a},b\n1,2\n"), CSV, false},
		{"m.csv", []byte("caf\xe9,b\n1,2\n"), CSV, false},
		{"n.csv", []byte("SQLite format 3\x00"), SQLite, false},
	} {
		path := write(t, filepath.Join(t.TempDir(), c.name), c.content)
		got, err := Sniff(path)
		if want := (Source{path, c.form, c.gzip}); err != nil || got != want {
			t.Errorf("%s: %+v, %v; want %+v", c.name, got, err, want)
		}
	}
}

func TestSniffFolders(t *testing.T) {
	for _, c := range []struct {
		files []string
		form  Form
	}{
		{[]string{"1.png", "notes.txt"}, ImageFolder},
		{[]string{"cats/1.jpeg", "dogs/1.jpeg"}, ImageFolder},
		{[]string{"train/cats/1.png"}, ImageFolder},
		{[]string{"config.yaml", "samples/1.png"}, Run},
	} {
		dir := t.TempDir()
		for _, f := range c.files {
			write(t, filepath.Join(dir, f), []byte("x"))
		}
		if got, err := Sniff(dir); err != nil || got.Form != c.form {
			t.Errorf("%q: %v, %v; want %v", c.files, got.Form, err, c.form)
		}
	}
}

func TestSniffSaysWhatItFoundInstead(t *testing.T) {
	dir := t.TempDir()
	empty := filepath.Join(dir, "nothing")
	if err := os.Mkdir(empty, 0o755); err != nil {
		t.Fatal(err)
	}
	write(t, filepath.Join(dir, "texts", "a.txt"), []byte("x"))
	for _, c := range []struct {
		path string
		want []string
		is   error
	}{
		{filepath.Join(dir, "absent.csv"), []string{"absent.csv", "no such file"}, fs.ErrNotExist},
		{filepath.Join(dir, "no", "way.csv"), []string{"no folder " + filepath.Join(dir, "no")}, fs.ErrNotExist},
		{write(t, filepath.Join(dir, "empty.csv"), nil), []string{"is empty"}, nil},
		{write(t, filepath.Join(dir, "empty.gz"), gzipped(t, "")), []string{"is empty"}, nil},
		{write(t, filepath.Join(dir, "cut.gz"), gzipped(t, "a,b\n1,2\n")[:14]), []string{"cut.gz", "cut short"}, io.ErrUnexpectedEOF},
		{write(t, filepath.Join(dir, "head.gz"), []byte("\x1f\x8b\x08")), []string{"head.gz", "gzip", "cut short"}, nil},
		{write(t, filepath.Join(dir, "x.xlsx"), zipped(t, "[Content_Types].xml", "xl/workbook.xml")), []string{"Excel", "save the sheet as CSV"}, ErrForm},
		{write(t, filepath.Join(dir, "x.zip"), zipped(t, "a.txt")), []string{"without images or arrays"}, ErrForm},
		{write(t, filepath.Join(dir, "cut.zip"), zipped(t, "a.npy")[:30]), []string{"cut.zip", "cut short"}, nil},
		{write(t, filepath.Join(dir, "x.bin"), []byte{1, 2, 3, 4}), []string{"binary data starting with 01 02 03 04"}, ErrForm},
		{write(t, filepath.Join(dir, "x.json"), []byte("[\n {\"a\": 1}]")), []string{"JSON array", "jq"}, ErrForm},
		{empty, []string{"empty folder"}, nil},
		{filepath.Join(dir, "texts"), []string{"neither PNG or JPEG images nor a run"}, ErrForm},
	} {
		_, err := Sniff(c.path)
		if err == nil {
			t.Errorf("%s: no error", c.path)
			continue
		}
		for _, part := range append(c.want, c.path) {
			if !strings.Contains(err.Error(), part) {
				t.Errorf("the message %q lacks %q", err, part)
			}
		}
		if c.is != nil && !errors.Is(err, c.is) {
			t.Errorf("%q does not wrap %q", err, c.is)
		}
	}
}

func TestOpenRefusesAFolder(t *testing.T) {
	if _, err := Open(t.TempDir()); err == nil || !strings.Contains(err.Error(), "is a folder") {
		t.Errorf("error %v", err)
	}
}

func FuzzSniffBytes(f *testing.F) {
	for _, head := range []string{"a,b\n", "PK\x03\x04", "\x00\x00\x08\x01", "\x93NUMPY", "\xff\xfe", ""} {
		f.Add([]byte(head))
	}
	f.Fuzz(func(t *testing.T, head []byte) {
		if form, found := SniffBytes(head); form == Unknown && found == "" {
			t.Errorf("% x: neither a form nor words for it", head)
		}
	})
}

func TestSniffKnowsAddressesOfDatabases(t *testing.T) {
	dir := t.TempDir()
	file := write(t, filepath.Join(dir, "x.csv"), []byte("SQLite format 3\x00"))
	odd := write(t, filepath.Join(dir, "what?table=.csv"), []byte("a,b\n1,2\n"))
	for text, form := range map[string]Form{file: SQLite, file + "?table=t": SQLite, file + "?query=SELECT '?'": SQLite, "sqlite:" + file: SQLite,
		odd: CSV, "postgres://u@h/db?table=t": PostgreSQL, "postgresql://h/db?query=SELECT 1": PostgreSQL} {
		if got, err := Sniff(text); err != nil || got != (Source{Path: text, Form: form}) {
			t.Errorf("%s: %+v, %v; want %v", text, got, err, form)
		}
	}
}

func TestSniffExplainsAFaultyAddressOfADatabase(t *testing.T) {
	dir := t.TempDir()
	text := write(t, filepath.Join(dir, "x.db"), []byte("a,b\n1,2\n"))
	for address, want := range map[string]string{text + "?table=t": "is CSV, no SQLite database", "sqlite:" + text: "no SQLite database",
		filepath.Join(dir, "absent.db?table=t"): "absent.db: there is no such file"} {
		if _, err := Sniff(address); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v, want %q", address, err, want)
		}
	}
}
