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

func open(path string) (f io.ReadCloser, zipped bool, err error) {
	file, err := os.Open(path)
	if err != nil {
		return nil, false, missing(path, err)
	}
	if info, err := file.Stat(); err == nil && info.IsDir() {
		file.Close()
		return nil, false, fmt.Errorf("%s is a folder; name a file inside it", path)
	}
	r, zipped, err := Unpack(file)
	if err != nil {
		file.Close()
		return nil, false, fmt.Errorf("%s: %w", path, err)
	}
	return readCloser{r, file}, zipped, nil
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
