package data

import (
	"bufio"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"os"
)

// Open opens a file for reading and unpacks it if its content, whatever its name, is gzip.
func Open(path string) (io.ReadCloser, error) {
	f, _, err := open(path)
	return f, err
}

func open(path string) (f io.ReadCloser, zipped bool, err error) { return openWatched(path, nil) }

// OpenWatched is Open for a file whose reading takes a while: saw, if there is one, is told the bytes
// read of the file itself, packed as it may be, as they are read. An error that it returns ends the
// reading.
func OpenWatched(path string, saw func(bytes int) error) (io.ReadCloser, error) {
	f, _, err := openWatched(path, saw)
	return f, err
}

func openWatched(path string, saw func(bytes int) error) (f io.ReadCloser, zipped bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false, missing(path, err)
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		file.Close()
		return nil, false, fmt.Errorf("%s is a folder; name a file inside it", path)
	}
	r, zipped, err := Unpack(watched{file, saw})
	if err != nil {
		file.Close()
		return nil, false, fmt.Errorf("%s: %w", path, err)
	}
	return readCloser{r, file}, zipped, nil
}

// watched tells what is read.
type watched struct {
	io.Reader
	saw func(bytes int) error
}

func (w watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	if w.saw != nil {
		if stop := w.saw(n); stop != nil {
			return n, stop
		}
	}
	return n, err
}

// OpenRandom opens a file for reading at any place, as Parquet and zip need it; a gzipped one is
// unpacked into a temporary file, which Close removes.
func OpenRandom(path string) (f *RandomFile, err error) {
	r, zipped, err := open(path)
	if err != nil {
		return nil, err
	}
	defer r.Close()
	if !zipped {
		file, err := os.Open(path)
		return sized(file, false, err)
	}
	file, err := os.CreateTemp("", "ebb-unpacked-*")
	if err != nil {
		return nil, err
	}
	if _, err := io.Copy(file, r); err != nil {
		file.Close()
		os.Remove(file.Name())
		return nil, fmt.Errorf("%s: unpacking it: %w", path, err)
	}
	return sized(file, true, nil)
}

func sized(file *os.File, temporary bool, err error) (*RandomFile, error) {
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err != nil {
		file.Close()
		return nil, err
	}
	return &RandomFile{File: file, Size: info.Size(), temporary: temporary}, nil
}

// RandomFile is a file of OpenRandom.
type RandomFile struct {
	*os.File
	Size      int64 // unpacked
	temporary bool
}

// Close closes the file, and removes it if it was unpacked for the purpose.
func (f *RandomFile) Close() error {
	err := f.File.Close()
	if f.temporary {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return err
}

// Unpack returns a reader of r's content, unpacked if it is gzip. An archive cut short shows as
// an error of a later Read.
func Unpack(r io.Reader) (unpacked io.Reader, zipped bool, err error) {
	br := bufio.NewReaderSize(r, 1<<16)
	head, err := br.Peek(2)
	if err != nil && err != io.EOF {
		return nil, false, err
	}
	if len(head) < 2 || head[0] != 0x1f || head[1] != 0x8b {
		return br, false, nil
	}
	z, err := gzip.NewReader(br)
	if err != nil {
		return nil, true, fmt.Errorf("it starts like gzip but can't be unpacked: %w; it may be damaged or cut short", err)
	}
	return gzipReader{z}, true, nil
}

// gzipReader explains what the errors of a damaged archive mean.
type gzipReader struct{ z *gzip.Reader }

func (g gzipReader) Read(p []byte) (int, error) {
	n, err := g.z.Read(p)
	switch {
	case errors.Is(err, io.ErrUnexpectedEOF):
		err = fmt.Errorf("the gzip archive is cut short: %w; fetch or pack it again", err)
	case errors.Is(err, gzip.ErrChecksum) || errors.Is(err, gzip.ErrHeader):
		err = fmt.Errorf("the gzip archive is damaged: %w; fetch or pack it again", err)
	}
	return n, err
}

type readCloser struct {
	io.Reader
	io.Closer
}
