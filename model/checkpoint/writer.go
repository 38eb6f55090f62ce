package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"slices"
	"strings"
)

// Entry is a tensor to be written.
type Entry struct {
	Name  string
	DType DType
	Shape []int

	append func(buf []byte, lo, hi int) []byte // the bytes of elements lo..hi-1
}

// Element is a Go type that has an element type of safetensors.
type Element interface {
	float32 | float64 | int64 | int32 | uint8 | bool
}

// Values is a tensor of data, row-major. The data are read when the entry is
// written, not copied here.
func Values[T Element](name string, data []T, shape ...int) Entry {
	n := 1
	for _, d := range shape {
		n *= d
	}
	if n != len(data) {
		panic(fmt.Sprintf("checkpoint: tensor %q has shape %v, %d elements, but %d values", name, shape, n, len(data)))
	}
	e := Entry{Name: name, Shape: slices.Clone(shape)}
	le := binary.LittleEndian
	switch data := any(data).(type) {
	case []float32:
		e.DType, e.append = F32, each(data, func(b []byte, v float32) []byte { return le.AppendUint32(b, math.Float32bits(v)) })
	case []float64:
		e.DType, e.append = F64, each(data, func(b []byte, v float64) []byte { return le.AppendUint64(b, math.Float64bits(v)) })
	case []int64:
		e.DType, e.append = I64, each(data, func(b []byte, v int64) []byte { return le.AppendUint64(b, uint64(v)) })
	case []int32:
		e.DType, e.append = I32, each(data, func(b []byte, v int32) []byte { return le.AppendUint32(b, uint32(v)) })
	case []uint8:
		e.DType, e.append = U8, each(data, func(b []byte, v uint8) []byte { return append(b, v) })
	case []bool:
		e.DType, e.append = Bool, each(data, appendBool)
	}
	return e
}

func each[T any](data []T, put func([]byte, T) []byte) func([]byte, int, int) []byte {
	return func(buf []byte, lo, hi int) []byte {
		for _, v := range data[lo:hi] {
			buf = put(buf, v)
		}
		return buf
	}
}

func appendBool(b []byte, v bool) []byte {
	if v {
		return append(b, 1)
	}
	return append(b, 0)
}

// Len returns the number of elements.
func (e Entry) Len() int {
	n := 1
	for _, d := range e.Shape {
		n *= d
	}
	return n
}

// Write writes the tensors, widest element type first and then by name, with
// the header padded to a multiple of 8 bytes so that all elements are aligned.
// The same tensors and metadata give the same bytes, whatever their order.
// Metadata may be nil. A name that stands twice is an error.
func Write(w io.Writer, entries []Entry, metadata map[string]string) error {
	entries = slices.Clone(entries)
	slices.SortStableFunc(entries, func(a, b Entry) int {
		if a.DType.Size() != b.DType.Size() {
			return b.DType.Size() - a.DType.Size()
		}
		return strings.Compare(a.Name, b.Name)
	})
	header, err := marshalHeader(entries, metadata)
	if err != nil {
		return err
	}
	buf := binary.LittleEndian.AppendUint64(make([]byte, 0, 1<<16), uint64(len(header)))
	if _, err := w.Write(append(buf, header...)); err != nil {
		return err
	}
	for _, e := range entries {
		const piece = 1 << 13 // elements converted at a time
		for lo, n := 0, e.Len(); lo < n; lo += piece {
			if _, err := w.Write(e.append(buf[:0], lo, min(lo+piece, n))); err != nil {
				return err
			}
		}
	}
	return nil
}

// marshalHeader lays the entries out one after the other.
func marshalHeader(entries []Entry, metadata map[string]string) ([]byte, error) {
	var b bytes.Buffer
	b.WriteByte('{')
	if len(metadata) > 0 {
		if err := member(&b, metaKey, metadata); err != nil {
			return nil, err
		}
	}
	at, seen := 0, map[string]bool{metaKey: true}
	for _, e := range entries {
		if seen[e.Name] {
			return nil, fmt.Errorf("tensor name %q stands twice or is reserved", e.Name)
		}
		seen[e.Name] = true
		size := e.Len() * e.DType.Size()
		info := struct {
			DType   DType  `json:"dtype"`
			Shape   []int  `json:"shape"`
			Offsets [2]int `json:"data_offsets"`
		}{e.DType, append([]int{}, e.Shape...), [2]int{at, at + size}}
		if err := member(&b, e.Name, info); err != nil {
			return nil, err
		}
		at += size
	}
	b.WriteByte('}')
	for b.Len()%8 != 0 {
		b.WriteByte(' ')
	}
	return b.Bytes(), nil
}

// member writes one "key":value of a JSON object. Maps come out sorted by key.
func member(b *bytes.Buffer, key string, value any) error {
	if b.Len() > 1 {
		b.WriteByte(',')
	}
	for i, v := range []any{key, value} {
		text, err := json.Marshal(v)
		if err != nil {
			return err
		}
		if i == 1 {
			b.WriteByte(':')
		}
		b.Write(text)
	}
	return nil
}
