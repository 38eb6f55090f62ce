package array

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"os"
	"path"
	"strings"
)

// Named is one array of an NPZ archive.
type Named struct {
	Name  string // without the ending .npy
	Array *Array
}

// OpenZip reads every array of the NPZ archive at path, in the archive's order.
func OpenZip(path string) ([]Named, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	arrays, err := ReadZip(f, info.Size())
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return arrays, nil
}

// ReadZip reads every array of an NPZ archive of size bytes, in the archive's order.
func ReadZip(r io.ReaderAt, size int64) ([]Named, error) {
	z, err := zip.NewReader(r, size)
	if err != nil {
		return nil, fmt.Errorf("NPZ: %w", err)
	}
	var arrays []Named
	var packed uint64
	for _, f := range z.File {
		if packed += f.CompressedSize64; packed > uint64(size) {
			return nil, fmt.Errorf("NPZ: its members claim %d packed bytes or more, but the archive has %d: it is damaged or a trap", packed, size)
		}
		if f.FileInfo().IsDir() {
			continue
		}
		if path.Ext(f.Name) != ".npy" {
			return nil, fmt.Errorf("NPZ: member %q is not an .npy array; leave it out", f.Name)
		}
		a, err := readMember(f)
		if err != nil {
			return nil, fmt.Errorf("NPZ: member %q: %w", f.Name, err)
		}
		arrays = append(arrays, Named{strings.TrimSuffix(f.Name, ".npy"), a})
	}
	if len(arrays) == 0 {
		return nil, fmt.Errorf("NPZ: the archive holds no .npy array")
	}
	return arrays, nil
}

func readMember(f *zip.File) (*Array, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	defer r.Close()
	return ReadNPY(bufio.NewReader(r))
}

// WriteZip writes the arrays as an NPZ archive, deflated, with fixed dates, so
// that equal arrays give equal files.
func WriteZip(w io.Writer, arrays []Named) error {
	z := zip.NewWriter(w)
	seen := map[string]bool{}
	for _, a := range arrays {
		if a.Name == "" || seen[a.Name] {
			return fmt.Errorf("NPZ: the name %q is empty or used twice", a.Name)
		}
		seen[a.Name] = true
		f, err := z.CreateHeader(&zip.FileHeader{Name: a.Name + ".npy", Method: zip.Deflate})
		if err != nil {
			return err
		}
		if err := WriteNPY(f, a.Array); err != nil {
			return err
		}
	}
	return z.Close()
}
