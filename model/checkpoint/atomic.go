package checkpoint

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
)

// Temporary files carry this prefix and suffix; a run that is opened for
// training removes those that a killed process left.
const (
	tempPrefix = ".ebb-"
	tempSuffix = ".tmp"
)

// WriteFile replaces the file at path by what write writes, or leaves it as it
// was: the bytes go to a new file beside it, which is synced, renamed over path
// and made durable by syncing the folder. If path is a device or a pipe (as
// /dev/stdout) the bytes go straight into it. The folder must exist.
//
// Errors of write come back as they are, those of the file system as
// [*WriteError].
func WriteFile(path string, write func(w io.Writer) error) error {
	return disk{}.writeFile(path, write)
}

// WriteError says that a file could not be written, why, and what helps.
// What stood at Path before is still there, whole.
type WriteError struct {
	Path   string
	Remedy string
	Err    error
}

func (e *WriteError) Error() string {
	cause := e.Err
	var p *fs.PathError
	var l *os.LinkError
	if errors.As(cause, &p) { // its path may be the temporary one, which means nothing to a reader
		cause = p.Err
	} else if errors.As(cause, &l) {
		cause = l.Err
	}
	return fmt.Sprintf("cannot write %s: %v%s", e.Path, cause, e.Remedy)
}

func (e *WriteError) Unwrap() error { return e.Err }

// explain turns an error of the file system into one with a remedy.
func explain(path string, err error) error {
	if err == nil {
		return nil
	}
	remedy := ""
	switch dir := filepath.Dir(path); {
	case errors.Is(err, syscall.ENOSPC), errors.Is(err, syscall.EDQUOT):
		remedy = "; free some space and try again, nothing written before was changed"
	case errors.Is(err, syscall.EFBIG):
		remedy = "; the file is larger than the limit for this process or file system allows"
	case errors.Is(err, syscall.EROFS):
		remedy = "; choose a place that is not read-only"
	case errors.Is(err, fs.ErrPermission):
		remedy = fmt.Sprintf("; choose another place or allow writing in the folder %s", dir)
	case errors.Is(err, fs.ErrNotExist):
		remedy = fmt.Sprintf("; make the folder %s first", dir)
	case errors.Is(err, syscall.ENOTDIR):
		remedy = fmt.Sprintf("; a part of %s is a file, not a folder", dir)
	}
	return &WriteError{Path: path, Remedy: remedy, Err: err}
}

// disk does the operations that change files. Tests set before to stop at, or
// look at the files before, each of them.
type disk struct {
	before func(op, path string) error
}

func (d disk) do(op, path string, f func() error) error {
	if d.before != nil {
		if err := d.before(op, path); err != nil {
			return err
		}
	}
	return f()
}

func (d disk) mkdir(path string) error {
	return d.do("mkdir", path, func() error { return os.Mkdir(path, 0o777) })
}

func (d disk) rename(from, to string) error {
	return d.do("rename", from, func() error { return os.Rename(from, to) })
}

func (d disk) link(from, to string) error {
	return d.do("link", to, func() error { return os.Link(from, to) })
}

func (d disk) removeAll(path string) error {
	return d.do("remove", path, func() error { return os.RemoveAll(path) })
}

func (d disk) truncate(path string, size int64) error {
	return d.do("truncate", path, func() error { return os.Truncate(path, size) })
}

// syncDir makes the names in a folder durable. Windows cannot, and does not
// need to: its renames are journalled.
func (d disk) syncDir(path string) error {
	return d.do("syncdir", path, func() error {
		if runtime.GOOS == "windows" {
			return nil
		}
		f, err := os.Open(path)
		if err != nil {
			return err
		}
		err = f.Sync()
		f.Close()
		if errors.Is(err, syscall.EINVAL) || errors.Is(err, syscall.ENOTSUP) {
			return nil // a file system without such a sync
		}
		return err
	})
}

// diskFile is a file whose writes and syncs pass through disk. It embeds
// nothing, so that no other way of writing to the file is left open.
type diskFile struct {
	file *os.File
	d    disk
}

func (f diskFile) Name() string { return f.file.Name() }

func (f diskFile) Close() error { return f.file.Close() }

func (f diskFile) Sync() error { return f.d.do("sync", f.Name(), f.file.Sync) }

func (f diskFile) Write(p []byte) (n int, err error) {
	err = f.d.do("write", f.Name(), func() error {
		n, err = f.file.Write(p)
		return err
	})
	return n, err
}

// create makes a new file under a free temporary name beside path. Chance in
// the name reaches no result: the file is renamed or removed.
func (d disk) create(path string, mode fs.FileMode) (diskFile, error) {
	for range 100 {
		name := filepath.Join(filepath.Dir(path), fmt.Sprintf("%s%s-%08x%s", tempPrefix, filepath.Base(path), rand.Uint32(), tempSuffix))
		var f *os.File
		err := d.do("create", name, func() (err error) {
			f, err = os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL, mode)
			return err
		})
		if !errors.Is(err, fs.ErrExist) {
			return diskFile{f, d}, err
		}
	}
	return diskFile{}, fmt.Errorf("no free temporary name: %w", fs.ErrExist)
}

func isTemp(name string) bool {
	return strings.HasPrefix(name, tempPrefix) && strings.HasSuffix(name, tempSuffix)
}

func (d disk) writeFile(path string, write func(w io.Writer) error) error {
	if real, err := filepath.EvalSymlinks(path); err == nil {
		path = real // replace what a link points to, not the link
	}
	mode := fs.FileMode(0o666)
	if st, err := os.Stat(path); err == nil {
		switch {
		case st.IsDir():
			return explain(path, fmt.Errorf("it is a folder: %w", syscall.EISDIR))
		case !st.Mode().IsRegular():
			return writeDevice(path, write)
		}
		mode = st.Mode().Perm()
	}
	f, err := d.create(path, mode)
	if err != nil {
		return explain(path, err)
	}
	err = fill(f, path, write)
	if err == nil {
		err = explain(path, d.rename(f.Name(), path))
	}
	if err != nil {
		os.Remove(f.Name())
		return err
	}
	return explain(path, d.syncDir(filepath.Dir(path)))
}

// fill writes, syncs and closes f, which is to become path.
func fill(f diskFile, path string, write func(w io.Writer) error) error {
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<16)
	err := write(out)
	if flush := out.Flush(); flush != nil {
		return explain(path, flush) // the cause, also of write's own failure
	}
	if err != nil {
		return err
	}
	if err := f.Sync(); err != nil {
		return explain(path, err)
	}
	return explain(path, f.Close())
}

func writeDevice(path string, write func(w io.Writer) error) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return explain(path, err)
	}
	defer f.Close()
	out := bufio.NewWriterSize(f, 1<<16)
	if err := write(out); err != nil {
		return err
	}
	if err := out.Flush(); err != nil {
		return explain(path, err)
	}
	return explain(path, f.Close())
}
