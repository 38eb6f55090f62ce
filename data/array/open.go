package array

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"ebb/data"
)

// ErrFormat is wrapped by the error for content that is none of this package's formats.
var ErrFormat = errors.New("neither NPY nor IDX")

// Open reads the NPY or IDX file at path, which may be gzipped; the content
// decides which. NPZ archives hold several arrays: see OpenZip.
func Open(path string) (*Array, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if info, err := f.Stat(); err == nil && info.IsDir() {
		return nil, fmt.Errorf("%s is a folder, not an NPY or IDX file", path)
	}
	a, err := Read(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return a, nil
}

// Read reads one NPY or IDX array, gzipped or not, up to the end of r.
func Read(r io.Reader) (*Array, error) {
	plain, _, err := data.Unpack(r)
	if err != nil {
		return nil, err
	}
	br := bufio.NewReader(plain)
	head, err := br.Peek(6)
	switch {
	case bytes.Equal(head, npyMagic):
		return ReadNPY(br)
	case len(head) >= 4 && head[0] == 0 && head[1] == 0:
		return ReadIDX(br)
	case len(head) == 0 && err == io.EOF:
		return nil, fmt.Errorf("the file is empty: %w", io.ErrUnexpectedEOF)
	case err != nil && err != io.EOF:
		return nil, err
	}
	return nil, fmt.Errorf("%w: it starts with % x", ErrFormat, head)
}
