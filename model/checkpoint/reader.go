package checkpoint

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"
	"slices"
	"strings"
)

// File is an open safetensors file, or several that share one index. Tensors
// are read when asked for; concurrent reads are allowed.
type File struct {
	path     string
	shards   []shard
	infos    []Info // ordered by name
	metadata map[string]string
}

type shard struct {
	path string
	r    io.ReaderAt
	c    io.Closer
	data []byte // the file mapped into memory, where that can be done
}

// Open opens a safetensors file and checks its header against its size.
func Open(path string) (*File, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	st, err := f.Stat()
	if err == nil && !st.Mode().IsRegular() {
		err = fmt.Errorf("%s is not a regular file", path)
	}
	if err != nil {
		f.Close()
		return nil, err
	}
	out, err := NewReader(f, st.Size(), path)
	if err != nil {
		f.Close()
		return nil, err
	}
	out.shards[0].data = mapFile(f, st.Size())
	out.shards[0].c = f
	return out, nil
}

// NewReader reads from r, which holds size bytes; path is used in errors only.
func NewReader(r io.ReaderAt, size int64, path string) (*File, error) {
	infos, meta, err := readHeader(r, size)
	if err != nil {
		return nil, fmt.Errorf("%s is not a whole safetensors file: %w", path, err)
	}
	slices.SortFunc(infos, func(a, b Info) int { return strings.Compare(a.Name, b.Name) })
	return &File{path: path, shards: []shard{{path: path, r: r}}, infos: infos, metadata: meta}, nil
}

func readHeader(r io.ReaderAt, size int64) ([]Info, map[string]string, error) {
	var length [8]byte
	if size < 8 {
		return nil, nil, fmt.Errorf("it has %d bytes, where 8 hold the header's length", size)
	}
	if err := readAt(r, length[:], 0); err != nil {
		return nil, nil, err
	}
	n := binary.LittleEndian.Uint64(length[:])
	if n > maxHeader || int64(n) > size-8 {
		return nil, nil, fmt.Errorf("it states a header of %d bytes, but %d follow and %d are allowed", n, size-8, maxHeader)
	}
	text := make([]byte, n)
	if err := readAt(r, text, 8); err != nil {
		return nil, nil, err
	}
	infos, meta, err := parseHeader(text, size-8-int64(n))
	for i := range infos {
		infos[i].offset += 8 + int64(n)
	}
	return infos, meta, err
}

// Close closes the file and its shards.
func (f *File) Close() error {
	var first error
	for _, s := range f.shards {
		if s.c == nil {
			continue
		}
		unmap(s.data)
		if err := s.c.Close(); err != nil && first == nil {
			first = err
		}
	}
	return first
}

// Path returns the name the file was opened by.
func (f *File) Path() string { return f.path }

// Metadata returns the strings of the header's __metadata__, nil if it has none.
func (f *File) Metadata() map[string]string { return f.metadata }

// Infos returns the tensors ordered by name. The caller must not change them.
func (f *File) Infos() []Info { return f.infos }

// Info returns the description of the named tensor and whether it is there.
func (f *File) Info(name string) (Info, bool) {
	i, ok := slices.BinarySearchFunc(f.infos, name, func(i Info, n string) int { return strings.Compare(i.Name, n) })
	if !ok {
		return Info{}, false
	}
	return f.infos[i], true
}

// Float32 returns the elements of a tensor as float32. Wider floats are
// rounded; whole numbers that float32 cannot hold exactly are an error.
func (f *File) Float32(name string) ([]float32, error) {
	return read(f, name, DType.decodeFloat32)
}

// Float64 returns the elements of a tensor as float64.
func (f *File) Float64(name string) ([]float64, error) {
	return read(f, name, DType.decodeFloat64)
}

// Int64 returns the elements of a tensor of a whole-number or BOOL type.
func (f *File) Int64(name string) ([]int64, error) {
	return read(f, name, func(d DType, dst []int64, src []byte) error {
		for i := range dst {
			v, err := d.integer(src, i)
			if err != nil {
				return err
			}
			dst[i] = v
		}
		return nil
	})
}

// read decodes a tensor in pieces, so that its bytes are never held whole
// beside its elements.
func read[T any](f *File, name string, decode func(DType, []T, []byte) error) ([]T, error) {
	info, ok := f.Info(name)
	if !ok {
		return nil, fmt.Errorf("%s has no tensor %q%s", f.path, name, f.nearest(name))
	}
	s, size := f.shards[info.source], info.DType.Size()
	dst := make([]T, info.Len())
	buf := make([]byte, min(info.bytes, 1<<16))
	for at := 0; at < len(dst); {
		n := min(len(buf)/size, len(dst)-at)
		if err := readAt(s.r, buf[:n*size], info.offset+int64(at*size)); err != nil {
			return nil, fmt.Errorf("%s: tensor %q: %w", s.path, name, err)
		}
		if err := decode(info.DType, dst[at:at+n], buf); err != nil {
			return nil, fmt.Errorf("%s: tensor %q, from element %d: %w", s.path, name, at, err)
		}
		at += n
	}
	return dst, nil
}

// nearest helps with a name that is missing only because of its prefix.
func (f *File) nearest(name string) string {
	for _, i := range f.infos {
		if strings.HasSuffix(i.Name, "."+name) || strings.HasSuffix(name, "."+i.Name) {
			return fmt.Sprintf("; it has %q", i.Name)
		}
	}
	return ""
}

// readAt fills buf or fails; a file that has shrunk is an unexpected end.
func readAt(r io.ReaderAt, buf []byte, offset int64) error {
	n, err := r.ReadAt(buf, offset)
	if n == len(buf) {
		return nil
	}
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}
