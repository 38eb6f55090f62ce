package image

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"

	"ebb/data/array"
)

// Options say how to read a set of images; the zero value takes it as it is.
type Options struct {
	Channels int    // 1: make grey, 3: make colour, 0: as found
	Labels   string // file of labels for IDX and NPY; empty: the one that the name implies, if it is there
}

// Open reads the images at path: an IDX, NPY or NPZ file, a zip archive or a
// folder of PNG and JPEG files. The content decides which, not the name.
func Open(path string, o Options) (*Images, error) {
	m, err := open(path, o)
	if err != nil {
		return nil, err
	}
	if m.N == 0 || m.Dim() == 0 {
		return nil, fmt.Errorf("%s holds no images (%d of %dx%d)", path, m.N, m.W, m.H)
	}
	if o.Channels == 0 {
		return m, nil
	}
	return m.WithChannels(o.Channels)
}

func open(path string, o Options) (*Images, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return FromFS(os.DirFS(path), path)
	}
	head, err := firstBytes(path)
	if err != nil {
		return nil, err
	}
	switch {
	case len(head) == 0:
		return nil, fmt.Errorf("%s is empty: get the file again", path)
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		return openZip(path, info.Size())
	case isPNG(head), isJPEG(head):
		return nil, fmt.Errorf("%s is a single picture: name the folder or zip archive of pictures instead", path)
	}
	a, err := array.Open(path)
	if errors.Is(err, array.ErrFormat) {
		return nil, fmt.Errorf("%s holds no images that can be read (IDX, NPY, NPZ, or a folder or zip of PNG and JPEG): %w", path, err)
	}
	if err != nil {
		return nil, err
	}
	m, err := FromArray(a)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return m, m.findLabels(path, o.Labels)
}

func firstBytes(path string) ([]byte, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	head := make([]byte, 8)
	n, err := io.ReadFull(f, head)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		return nil, fmt.Errorf("%s: %w", path, err)
	}
	return head[:n], nil
}

// openZip reads a zip archive: of arrays (NPZ) if its first member is one, of
// pictures otherwise.
func openZip(path string, size int64) (*Images, error) {
	var packed uint64
	z, err := zip.OpenReader(path)
	if err != nil {
		return nil, fmt.Errorf("%s: %w: the archive is damaged or cut short; get it again", path, err)
	}
	defer z.Close()
	for _, f := range z.File {
		packed += f.CompressedSize64
		if packed > uint64(size) {
			return nil, fmt.Errorf("%s: its members claim %d packed bytes or more, but the archive has %d: it is damaged or a trap", path, packed, size)
		}
	}
	for _, f := range z.File {
		if isArrayName(f.Name) {
			arrays, err := array.OpenZip(path)
			if err != nil {
				return nil, err
			}
			m, err := fromNamed(arrays)
			if err != nil {
				return nil, fmt.Errorf("%s: %w", path, err)
			}
			return m, nil
		}
	}
	return FromFS(z, path)
}
