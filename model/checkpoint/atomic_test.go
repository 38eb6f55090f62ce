package checkpoint

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error {
		_, err := io.WriteString(w, s)
		return err
	}
}

func mustRead(t testing.TB, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// onlyFile fails if dir holds anything but the named file.
func onlyFile(t *testing.T, dir, name string) {
	t.Helper()
	list, _ := os.ReadDir(dir)
	for _, e := range list {
		if e.Name() != name {
			t.Errorf("%s was left in the folder", e.Name())
		}
	}
}

// Whichever operation fails, the place holds the old bytes or the new ones, no
// temporary file stays, and the error names the file and what helps.
func TestWriteFileIsAllOrNothing(t *testing.T) {
	long := strings.Repeat("new", 1<<17) // longer than any buffer
	for op := 0; ; op++ {
		dir := t.TempDir()
		path := filepath.Join(dir, "f")
		if err := WriteFile(path, text("old")); err != nil {
			t.Fatal(err)
		}
		n := 0
		d := disk{before: func(string, string) error {
			if n++; n == op+1 {
				return syscall.ENOSPC
			}
			return nil
		}}
		err := d.writeFile(path, text(long))
		onlyFile(t, dir, "f")
		got := mustRead(t, path)
		if err == nil {
			if got != long || op < 5 { // create, write, sync, rename, syncdir
				t.Fatalf("after %d operations: %d bytes", op, len(got))
			}
			return
		}
		if got != "old" && got != long {
			t.Errorf("failing operation %d left %d bytes", op, len(got))
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), path) || !strings.Contains(err.Error(), "free some space") {
			t.Errorf("failing operation %d: %v", op, err)
		}
	}
}

// An error of the writer itself comes back unchanged and keeps the old file.
func TestWriteFileKeepsOldOnWriterError(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "f")
	_ = WriteFile(path, text("old"))
	mine := errors.New("mine")
	err := WriteFile(path, func(w io.Writer) error {
		_, _ = io.WriteString(w, "half")
		return mine
	})
	if err != mine || mustRead(t, path) != "old" {
		t.Error(err)
	}
	onlyFile(t, dir, "f")
}

func TestWriteFileRemedies(t *testing.T) {
	dir := t.TempDir()
	plain := filepath.Join(dir, "plain")
	_ = WriteFile(plain, text("x"))
	for _, c := range []struct {
		path   string
		inject error
		want   string
	}{
		{filepath.Join(dir, "none", "f"), nil, "make the folder"},
		{filepath.Join(plain, "f"), nil, "is a file, not a folder"},
		{dir, nil, "it is a folder"},
		{filepath.Join(dir, "f"), syscall.EACCES, "allow writing in the folder " + dir},
		{filepath.Join(dir, "f"), syscall.EROFS, "not read-only"},
	} {
		d := disk{}
		if c.inject != nil {
			d.before = func(string, string) error { return c.inject }
		}
		err := d.writeFile(c.path, text("x"))
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("error %v does not name %s and say %q", err, c.path, c.want)
		}
	}
}

// A link stays a link, permissions stay, and a device is written into rather
// than replaced.
func TestWriteFileKeepsWhatThePathIs(t *testing.T) {
	dir := t.TempDir()
	path, ln := filepath.Join(dir, "f"), filepath.Join(dir, "link")
	_ = os.WriteFile(path, []byte("old"), 0o640)
	_ = os.Chmod(path, 0o640)
	if err := os.Symlink(path, ln); err != nil {
		t.Skip(err)
	}
	if err := WriteFile(ln, text("new")); err != nil {
		t.Fatal(err)
	}
	st, _ := os.Lstat(path)
	if l, _ := os.Lstat(ln); mustRead(t, path) != "new" || st.Mode().Perm() != 0o640 || l.Mode()&os.ModeSymlink == 0 {
		t.Errorf("link %v, file %v %q", l.Mode(), st.Mode(), mustRead(t, path))
	}
	if err := WriteFile(os.DevNull, text("gone")); err != nil {
		t.Error(err)
	}
	if st, err := os.Stat(os.DevNull); err != nil || st.Mode().IsRegular() {
		t.Fatalf("%s was replaced by a file", os.DevNull)
	}
	if _, err := os.Stat("/dev/full"); err == nil {
		if err := WriteFile("/dev/full", text("x")); !errors.Is(err, syscall.ENOSPC) {
			t.Errorf("a full device: %v", err)
		}
	}
}
