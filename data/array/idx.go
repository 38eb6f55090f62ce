package array

import (
	"encoding/binary"
	"fmt"
	"io"
)

// idxTypes maps IDX's type code, the third byte of the file.
func idxType(code byte) (Type, bool) {
	switch code {
	case 0x08:
		return Uint8, true
	case 0x09:
		return Int8, true
	case 0x0b:
		return Int16, true
	case 0x0c:
		return Int32, true
	case 0x0d:
		return Float32, true
	case 0x0e:
		return Float64, true
	}
	return 0, false
}

func idxCode(t Type) (byte, bool) {
	for code := byte(0x08); code <= 0x0e; code++ {
		if u, ok := idxType(code); ok && u == t {
			return code, true
		}
	}
	return 0, false
}

// ReadIDX reads an IDX file (not gzipped; see Read) up to the end of r.
func ReadIDX(r io.Reader) (*Array, error) {
	var magic [4]byte
	if _, err := io.ReadFull(r, magic[:]); err != nil {
		return nil, fmt.Errorf("IDX: no room for the 4 bytes of the magic number: %w", noEOF(err))
	}
	t, ok := idxType(magic[2])
	if magic[0] != 0 || magic[1] != 0 || !ok {
		return nil, fmt.Errorf("IDX: magic number 0x%08x is not 0x0000TTDD with a type TT of 08, 09, 0b, 0c, 0d, 0e (images are 0x00000803, labels 0x00000801)", binary.BigEndian.Uint32(magic[:]))
	}
	axes := int(magic[3])
	if axes == 0 {
		return nil, fmt.Errorf("IDX: magic number 0x%08x claims no axes", binary.BigEndian.Uint32(magic[:]))
	}
	dims := make([]byte, 4*axes)
	if n, err := io.ReadFull(r, dims); err != nil {
		return nil, fmt.Errorf("IDX: the header of %d axes needs %d bytes, but %d are there: the file is cut short; get it again: %w", axes, 4+len(dims), 4+n, noEOF(err))
	}
	shape := make([]int, axes)
	for i := range shape {
		shape[i] = int(binary.BigEndian.Uint32(dims[4*i:]))
	}
	n, ok := count(shape)
	if !ok {
		return nil, fmt.Errorf("IDX: the header claims the impossible size %s", shapeString(shape))
	}
	b, err := readClaimed(r, int64(n)*int64(t.Size()))
	if err != nil {
		return nil, fmt.Errorf("IDX of %s %s: %w", t, shapeString(shape), err)
	}
	swapBytes(b, t.Size())
	return &Array{Shape: shape, Type: t, Bytes: b}, nil
}

// WriteIDX writes a as an IDX file. IDX has no bool, no unsigned type but
// uint8, no int64 and no float16.
func WriteIDX(w io.Writer, a *Array) error {
	code, ok := idxCode(a.Type)
	if !ok || len(a.Shape) == 0 || len(a.Shape) > 255 {
		return fmt.Errorf("IDX cannot hold %s: use uint8, int8, int16, int32, float32 or float64 with 1 to 255 axes", a)
	}
	head := []byte{0, 0, code, byte(len(a.Shape))}
	for _, d := range a.Shape {
		if int64(d) > 1<<32-1 {
			return fmt.Errorf("IDX cannot hold %s: an axis is longer than 2^32-1", a)
		}
		head = binary.BigEndian.AppendUint32(head, uint32(d))
	}
	if _, err := w.Write(head); err != nil {
		return err
	}
	if a.Type.Size() == 1 {
		_, err := w.Write(a.Bytes)
		return err
	}
	b := append([]byte(nil), a.Bytes...)
	swapBytes(b, a.Type.Size())
	_, err := w.Write(b)
	return err
}

// swapBytes turns big-endian elements of size bytes into little-endian ones, or back.
func swapBytes(b []byte, size int) {
	for ; size > 1 && len(b) >= size; b = b[size:] {
		for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
}

// noEOF makes a plain end of file an unexpected one: within a header it always is.
func noEOF(err error) error {
	if err == io.EOF {
		return io.ErrUnexpectedEOF
	}
	return err
}
