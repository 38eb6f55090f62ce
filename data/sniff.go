package data

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"strings"
)

// Form is the kind of thing a path holds.
type Form int

// The forms that Sniff tells apart.
const (
	Unknown     Form = iota
	CSV              // delimited text: comma, tab, semicolon or bar
	NPY              // one NumPy array
	NPZ              // a zip of NumPy arrays
	IDX              // the format of MNIST and Fashion-MNIST
	Parquet          // columnar tables
	ImageFile        // one PNG or JPEG
	ImageFolder      // a folder of PNG and JPEG files, subfolders being labels
	ImageZip         // the same in a zip
	Safetensors      // the weights of a model
	Run              // a run directory of Ebb
	JSONLines        // a JSON object a line
	SQLite           // a database in a file, perhaps with ?table= or ?query= behind its path
	PostgreSQL       // the address of a database: postgres://…
)

var formNames = [...]string{"unknown", "CSV", "NPY", "NPZ", "IDX", "Parquet", "image file",
	"folder of images", "zip of images", "safetensors", "run", "JSON lines", "SQLite", "PostgreSQL"}

// String names the form as messages do.
func (f Form) String() string {
	if f < 0 || int(f) >= len(formNames) {
		return fmt.Sprintf("Form(%d)", int(f))
	}
	return formNames[f]
}

// Source is a path and what was found there.
type Source struct {
	Path string
	Form Form
	Gzip bool // the file is compressed as a whole; Open unpacks it
}

// ErrForm is wrapped by the error for content that Ebb does not read.
var ErrForm = errors.New("not a kind of data that Ebb reads (CSV, JSON lines, Parquet, SQLite, PostgreSQL, NPY, NPZ, IDX, a folder or zip of images)")

// headSize bytes are enough to see any magic number and a few rows of text.
const headSize = 4096

// Sniff finds out by content what the file or folder at p holds. Its error says what was found
// instead and what to do.
func Sniff(p string) (Source, error) {
	if found, err := sniffDatabase(p); found.Form != Unknown || err != nil {
		return found, err
	}
	info, err := os.Stat(p)
	if err != nil {
		return Source{}, missing(p, err)
	}
	if info.IsDir() {
		form, err := sniffFolder(p)
		return Source{Path: p, Form: form}, err
	}
	f, zipped, err := open(p)
	if err != nil {
		return Source{}, err
	}
	defer f.Close()
	head := make([]byte, headSize)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.ErrUnexpectedEOF && err != io.EOF { // a damaged archive wraps them
		return Source{}, fmt.Errorf("%s: reading its first bytes: %w", p, err)
	}
	if n == 0 {
		return Source{}, fmt.Errorf("%s is empty", p)
	}
	form, found := SniffBytes(head[:n])
	if form == Unknown && found == "zip" && !zipped {
		form, found, err = sniffZip(p)
		if err != nil {
			return Source{}, err
		}
	}
	if form == Unknown {
		return Source{}, fmt.Errorf("%s: it looks like %s: %w", p, found, ErrForm)
	}
	return Source{Path: p, Form: form, Gzip: zipped}, nil
}

// missing turns the error of a path that can't be looked at into one that says which part of
// the path is wrong.
func missing(p string, err error) error {
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	dir := filepath.Dir(p)
	if _, derr := os.Stat(dir); derr != nil {
		return absent(fmt.Sprintf("%s: there is no folder %s", p, dir))
	}
	return absent(p + ": there is no such file or folder")
}

// absent is an fs.ErrNotExist in words of its own.
type absent string

func (a absent) Error() string { return string(a) }

func (a absent) Unwrap() error { return fs.ErrNotExist }

var magics = []struct {
	prefix string
	form   Form
	found  string
}{
	{"\x93NUMPY", NPY, "NPY"},
	{"PAR1", Parquet, "Parquet"},
	{"PARE", Unknown, "an encrypted Parquet file"},
	{"\x89PNG\r\n\x1a\n", ImageFile, "a PNG image"},
	{"\xff\xd8\xff", ImageFile, "a JPEG image"},
	{"PK\x03\x04", Unknown, "zip"},
	{"PK\x05\x06", Unknown, "an empty zip archive"},
	{"SQLite format 3\x00", SQLite, "an SQLite database"},
	{"%PDF", Unknown, "a PDF document"},
	{"GIF8", Unknown, "a GIF image (convert it to PNG)"},
	{"BZh", Unknown, "a bzip2 archive (unpack it first)"},
	{"\xfd7zXZ\x00", Unknown, "an xz archive (unpack it first)"},
	{"\x28\xb5\x2f\xfd", Unknown, "a zstd archive (unpack it first)"},
	{"\x1f\x8b", Unknown, "gzip inside gzip (unpack it first)"},
	{"\xd0\xcf\x11\xe0", Unknown, "an old Excel or Word file (save it as CSV)"},
	{"\x7fELF", Unknown, "a program"},
}

// SniffBytes tells the form of a file by its first bytes (unpacked, if it is gzipped); found says
// in words what they look like when the form is Unknown.
func SniffBytes(head []byte) (form Form, found string) {
	for _, m := range magics {
		if bytes.HasPrefix(head, []byte(m.prefix)) {
			return m.form, m.found
		}
	}
	switch {
	case isIDX(head):
		return IDX, "IDX"
	case isSafetensors(head):
		return Safetensors, "safetensors"
	case isJSONLines(head):
		return JSONLines, "JSON lines"
	case isJSONArray(head):
		return Unknown, "a JSON array (make it an object a line first, for example with jq -c '.[]')"
	case isText(head):
		return CSV, "text"
	}
	return Unknown, fmt.Sprintf("binary data starting with % x", head[:min(8, len(head))])
}

func isIDX(head []byte) bool {
	if len(head) < 4 || head[0] != 0 || head[1] != 0 {
		return false
	}
	switch head[2] {
	case 0x08, 0x09, 0x0b, 0x0c, 0x0d, 0x0e:
		return head[3] > 0
	}
	return false
}

// isSafetensors sees the eight bytes of a header's length, then JSON.
func isSafetensors(head []byte) bool {
	return len(head) > 9 && head[6] == 0 && head[7] == 0 && head[8] == '{'
}

// isJSONLines sees an object that begins with a key, or is empty.
func isJSONLines(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte{0xef, 0xbb, 0xbf}), " \t\r\n")
	if !bytes.HasPrefix(head, []byte("{")) {
		return false
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	return bytes.HasPrefix(rest, []byte(`"`)) || bytes.HasPrefix(rest, []byte("}"))
}

// isJSONArray sees the begin of an array of objects or arrays.
func isJSONArray(head []byte) bool {
	head = bytes.TrimLeft(bytes.TrimPrefix(head, []byte{0xef, 0xbb, 0xbf}), " \t\r\n")
	if !bytes.HasPrefix(head, []byte("[")) {
		return false
	}
	rest := bytes.TrimLeft(head[1:], " \t\r\n")
	return isJSONLines(rest) || bytes.HasPrefix(rest, []byte("["))
}

// isText accepts UTF-8 and the single-byte encodings, and UTF-16 by its byte-order mark; the
// reader of tables tells them apart and says what it can't read.
func isText(head []byte) bool {
	if bytes.HasPrefix(head, []byte{0xff, 0xfe}) || bytes.HasPrefix(head, []byte{0xfe, 0xff}) {
		return true
	}
	for _, b := range head {
		if b < 0x20 && b != '\t' && b != '\n' && b != '\r' && b != '\f' {
			return false
		}
	}
	return true
}

func sniffZip(p string) (Form, string, error) {
	z, err := zip.OpenReader(p)
	if err != nil {
		return Unknown, "", fmt.Errorf("%s: it starts like a zip archive but can't be read as one: %w; it may be cut short", p, err)
	}
	defer z.Close()
	for _, f := range z.File {
		switch {
		case strings.HasSuffix(f.Name, ".npy"):
			return NPZ, "NPZ", nil
		case IsImageName(f.Name):
			return ImageZip, "a zip of images", nil
		case strings.HasPrefix(f.Name, "xl/"):
			return Unknown, "an Excel workbook (save the sheet as CSV)", nil
		}
	}
	return Unknown, "a zip archive without images or arrays (unpack it first)", nil
}

// IsImageName reports whether a file of this name is taken for a picture in a folder or zip.
func IsImageName(name string) bool {
	base := path.Base(filepath.ToSlash(name))
	if strings.HasPrefix(base, ".") || strings.Contains(name, "__MACOSX/") {
		return false
	}
	switch strings.ToLower(path.Ext(base)) {
	case ".png", ".jpg", ".jpeg":
		return true
	}
	return false
}

func sniffFolder(p string) (Form, error) {
	if _, err := os.Stat(filepath.Join(p, "config.yaml")); err == nil {
		return Run, nil
	}
	entries, err := os.ReadDir(p)
	if err != nil {
		return Unknown, err
	}
	if len(entries) == 0 {
		return Unknown, fmt.Errorf("%s is an empty folder", p)
	}
	if hasImage(p, entries, 2) {
		return ImageFolder, nil
	}
	return Unknown, fmt.Errorf("%s: the folder holds neither PNG or JPEG images nor a run (config.yaml); name a file inside it: %w", p, ErrForm)
}

// hasImage looks for a picture in the folder and, depth levels down, in its subfolders.
func hasImage(p string, entries []os.DirEntry, depth int) bool {
	for _, e := range entries {
		if !e.IsDir() && IsImageName(e.Name()) {
			return true
		}
	}
	for _, e := range entries {
		if depth == 0 || !e.IsDir() {
			continue
		}
		sub := filepath.Join(p, e.Name())
		if inner, err := os.ReadDir(sub); err == nil && hasImage(sub, inner, depth-1) {
			return true
		}
	}
	return false
}
