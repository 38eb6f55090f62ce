package image

import (
	"errors"
	"fmt"
	"image/png"
	"io/fs"
	"os"
	"path/filepath"
	"strings"

	"ebb/data/array"
)

// Array is the pixels as an array (N,H,W,C), or (N,H,W) if grey, sharing memory.
func (m *Images) Array() *array.Array {
	if m.C == 1 {
		return array.FromUint8(m.Pixels, m.N, m.H, m.W)
	}
	return array.FromUint8(m.Pixels, m.N, m.H, m.W, m.C)
}

// WriteFolder writes every image as a PNG file 00000.png, 00001.png, … into
// dir, those of a labelled set into one folder for each class; FromFS reads
// it back. The folder must not exist yet, or be empty. It is written beside its
// place and renamed when complete.
func (m *Images) WriteFolder(dir string) error {
	switch entries, err := os.ReadDir(dir); {
	case err == nil && len(entries) > 0:
		return fmt.Errorf("%s holds files already: name a new folder, or empty it", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	dir = filepath.Clean(dir)
	tmp, err := os.MkdirTemp(filepath.Dir(dir), "."+filepath.Base(dir)+"-*")
	if err != nil {
		return err
	}
	defer os.RemoveAll(tmp)
	if err := m.fillFolder(tmp); err != nil {
		return fmt.Errorf("writing %s: %w", dir, err)
	}
	if err := os.Chmod(tmp, 0o755); err != nil {
		return err
	}
	if err := os.Remove(dir); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	return os.Rename(tmp, dir)
}

func (m *Images) fillFolder(dir string) error {
	folders := make([]string, len(m.LabelNames))
	for k, name := range m.LabelNames {
		if name == "" || name == "." || name == ".." || strings.ContainsAny(name, "/\\\x00") {
			return fmt.Errorf("the class %q cannot name a folder", name)
		}
		folders[k] = filepath.Join(dir, name)
		if err := os.Mkdir(folders[k], 0o755); err != nil {
			return err
		}
	}
	digits := max(5, len(fmt.Sprint(m.N)))
	for i := range m.N {
		into := dir
		if l := m.Label(i); l >= 0 {
			into = folders[l]
		}
		if err := m.writePNG(filepath.Join(into, fmt.Sprintf("%0*d.png", digits, i)), i); err != nil {
			return err
		}
	}
	return nil
}

func (m *Images) writePNG(path string, i int) (err error) {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer func() {
		if cerr := f.Close(); err == nil {
			err = cerr
		}
	}()
	return png.Encode(f, m.Picture(i))
}
