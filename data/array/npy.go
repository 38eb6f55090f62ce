package array

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"
)

var npyMagic = []byte("\x93NUMPY")

// maxHeader bounds the header of an NPY file. NumPy writes some 120 bytes; a
// longer one belongs to a structured type, which is not read anyway.
const maxHeader = 64 << 10

// ReadNPY reads an NPY file of version 1.0, 2.0 or 3.0 (not gzipped; see Read)
// up to the end of r.
func ReadNPY(r io.Reader) (*Array, error) {
	h, err := readNPYHeader(r)
	if err != nil {
		return nil, fmt.Errorf("NPY: %w", err)
	}
	n, ok := count(h.shape)
	if !ok {
		return nil, fmt.Errorf("NPY: the header claims the impossible shape %s", shapeString(h.shape))
	}
	b, err := readClaimed(r, int64(n)*int64(h.t.Size()))
	if err != nil {
		return nil, fmt.Errorf("NPY of %s %s: %w", h.t, shapeString(h.shape), err)
	}
	if h.bigEndian {
		swapBytes(b, h.t.Size())
	}
	if h.fortran {
		b = fromFortran(b, h.shape, h.t.Size())
	}
	return &Array{Shape: h.shape, Type: h.t, Bytes: b}, nil
}

// WriteNPY writes a as an NPY file, version 1.0, little-endian, C order, the
// elements aligned to 64 bytes as NumPy does.
func WriteNPY(w io.Writer, a *Array) error {
	order := "<"
	if a.Type.Size() == 1 {
		order = "|"
	}
	shape := shapeString(a.Shape)
	shape = strings.ReplaceAll(shape, ",", ", ")
	if len(a.Shape) == 1 {
		shape = fmt.Sprintf("(%d,)", a.Shape[0]) // Python's tuple of one
	}
	dict := fmt.Sprintf("{'descr': '%s%s', 'fortran_order': False, 'shape': %s, }", order, types[a.Type].descr, shape)
	const before = 10 // magic, version, length of the header
	pad := 63 - (before+len(dict))%64
	dict += strings.Repeat(" ", pad) + "\n"
	if len(dict) >= 1<<16 {
		return fmt.Errorf("NPY cannot hold %d axes", len(a.Shape))
	}
	head := append([]byte(nil), npyMagic...)
	head = append(head, 1, 0)
	head = binary.LittleEndian.AppendUint16(head, uint16(len(dict)))
	head = append(head, dict...)
	if _, err := w.Write(head); err != nil {
		return err
	}
	_, err := w.Write(a.Bytes)
	return err
}

type npyHeader struct {
	t                  Type
	bigEndian, fortran bool
	shape              []int
}

func readNPYHeader(r io.Reader) (npyHeader, error) {
	var fixed [8]byte
	if _, err := io.ReadFull(r, fixed[:]); err != nil {
		return npyHeader{}, fmt.Errorf("the file ends within its magic string: %w", noEOF(err))
	}
	if !bytes.Equal(fixed[:6], npyMagic) {
		return npyHeader{}, fmt.Errorf("%w: it starts with % x", ErrFormat, fixed[:6])
	}
	width := 4
	switch fixed[6] {
	case 1:
		width = 2
	case 2, 3:
	default:
		return npyHeader{}, fmt.Errorf("version %d.%d is newer than this program reads (1.0, 2.0, 3.0): save it with numpy.save", fixed[6], fixed[7])
	}
	length := make([]byte, 4)
	if _, err := io.ReadFull(r, length[:width]); err != nil {
		return npyHeader{}, fmt.Errorf("the file ends within the length of its header: %w", noEOF(err))
	}
	n := binary.LittleEndian.Uint32(length) // version 1's upper bytes are zero
	if n > maxHeader {
		return npyHeader{}, fmt.Errorf("the header claims %d bytes, more than the %d that any plain array needs: the file is damaged or holds a structured type", n, maxHeader)
	}
	text := make([]byte, n)
	if m, err := io.ReadFull(r, text); err != nil {
		return npyHeader{}, fmt.Errorf("the header claims %d bytes, but %d are there: the file is cut short; get it again: %w", n, m, noEOF(err))
	}
	h, err := parseNPYDict(string(text))
	if err != nil {
		return npyHeader{}, fmt.Errorf("header %.200q: %w", strings.TrimSpace(string(text)), err)
	}
	return h, nil
}

// npyDescr reads NumPy's type string: byte order, kind, size.
func npyDescr(descr string) (t Type, bigEndian bool, err error) {
	rest := descr
	if rest != "" && strings.ContainsRune("<>|=", rune(rest[0])) {
		bigEndian = rest[0] == '>'
		rest = rest[1:]
	}
	for t := range types {
		if types[t].descr == rest {
			return Type(t), bigEndian, nil
		}
	}
	remedy := "convert it with array.astype('float32')"
	switch {
	case strings.HasPrefix(rest, "O"):
		remedy = "it holds pickled Python objects; make a plain numeric array of them"
	case strings.HasPrefix(rest, "c"):
		remedy = "complex numbers are not supported; stack real and imaginary part as an axis"
	case strings.HasPrefix(rest, "U"), strings.HasPrefix(rest, "S"):
		remedy = "text is not supported in arrays; use a CSV file"
	}
	return 0, false, fmt.Errorf("element type %q is not supported (bool, int8-64, uint8-64, float16-64 are): %s", descr, remedy)
}

// fromFortran rearranges column-major elements (first axis fastest) to row-major.
func fromFortran(b []byte, shape []int, size int) []byte {
	if len(shape) < 2 || len(b) == 0 {
		return b
	}
	stride := make([]int, len(shape)) // of the Fortran arrangement, in elements
	s := 1
	for k, d := range shape {
		stride[k] = s
		s *= d
	}
	out := make([]byte, len(b))
	at := make([]int, len(shape))
	src := 0
	for dst := 0; dst < len(out); dst += size {
		copy(out[dst:dst+size], b[src*size:src*size+size])
		for k := len(shape) - 1; k >= 0; k-- {
			at[k]++
			src += stride[k]
			if at[k] < shape[k] {
				break
			}
			src -= at[k] * stride[k]
			at[k] = 0
		}
	}
	return out
}

var errDict = errors.New("not a Python dictionary with 'descr', 'fortran_order' and 'shape'")
