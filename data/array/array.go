package array

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"
	"strings"
)

// Type is the type of an array's elements.
type Type uint8

// The element types, in the order of NumPy's kinds.
const (
	Bool Type = iota
	Uint8
	Uint16
	Uint32
	Uint64
	Int8
	Int16
	Int32
	Int64
	Float16
	Float32
	Float64
)

var types = [...]struct {
	name, descr string // Go's (and NumPy's) name; NPY's descr without its byte order
	size        int
}{
	Bool:    {"bool", "b1", 1},
	Uint8:   {"uint8", "u1", 1},
	Uint16:  {"uint16", "u2", 2},
	Uint32:  {"uint32", "u4", 4},
	Uint64:  {"uint64", "u8", 8},
	Int8:    {"int8", "i1", 1},
	Int16:   {"int16", "i2", 2},
	Int32:   {"int32", "i4", 4},
	Int64:   {"int64", "i8", 8},
	Float16: {"float16", "f2", 2},
	Float32: {"float32", "f4", 4},
	Float64: {"float64", "f8", 8},
}

// Size is the number of bytes of one element.
func (t Type) Size() int { return types[t].size }

// String is NumPy's name of the type.
func (t Type) String() string {
	if int(t) >= len(types) {
		return fmt.Sprintf("Type(%d)", uint8(t))
	}
	return types[t].name
}

// Float says whether elements may hold fractions.
func (t Type) Float() bool { return t >= Float16 && t <= Float64 }

// Array is a dense array of numbers, row-major.
type Array struct {
	Shape []int // axes, outermost first; empty for a single number
	Type  Type
	Bytes []byte // the elements, row-major, little-endian: Len()*Type.Size() bytes
}

// New returns an array of zeros. It panics if a dimension is negative.
func New(t Type, shape ...int) *Array {
	n, ok := count(shape)
	if !ok {
		panic(fmt.Sprintf("array: impossible shape %v", shape))
	}
	return &Array{Shape: append([]int(nil), shape...), Type: t, Bytes: make([]byte, n*t.Size())}
}

// FromUint8 wraps data (not copied) as an array of the given shape.
// It panics if the shape does not hold len(data) elements.
func FromUint8(data []uint8, shape ...int) *Array {
	mustHold(len(data), shape)
	return &Array{Shape: append([]int(nil), shape...), Type: Uint8, Bytes: data}
}

// FromFloat32 copies data into an array of the given shape.
// It panics if the shape does not hold len(data) elements.
func FromFloat32(data []float32, shape ...int) *Array {
	mustHold(len(data), shape)
	a := New(Float32, shape...)
	for i, v := range data {
		binary.LittleEndian.PutUint32(a.Bytes[4*i:], math.Float32bits(v))
	}
	return a
}

// FromFloat64 copies data into an array of the given shape.
// It panics if the shape does not hold len(data) elements.
func FromFloat64(data []float64, shape ...int) *Array {
	mustHold(len(data), shape)
	a := New(Float64, shape...)
	for i, v := range data {
		binary.LittleEndian.PutUint64(a.Bytes[8*i:], math.Float64bits(v))
	}
	return a
}

// FromInt32 copies data into an array of the given shape.
// It panics if the shape does not hold len(data) elements.
func FromInt32(data []int32, shape ...int) *Array {
	mustHold(len(data), shape)
	a := New(Int32, shape...)
	for i, v := range data {
		binary.LittleEndian.PutUint32(a.Bytes[4*i:], uint32(v))
	}
	return a
}

// Len is the number of elements.
func (a *Array) Len() int {
	n, _ := count(a.Shape)
	return n
}

// Rows is the length of the first axis, 1 for a single number.
func (a *Array) Rows() int {
	if len(a.Shape) == 0 {
		return 1
	}
	return a.Shape[0]
}

// RowLen is the number of elements of one row: the product of all axes but the first.
func (a *Array) RowLen() int {
	if len(a.Shape) == 0 {
		return 1
	}
	n, _ := count(a.Shape[1:])
	return n
}

// At is element i in row-major order. 64-bit integers beyond 2^53 are rounded; see Int.
func (a *Array) At(i int) float64 {
	le := binary.LittleEndian
	switch a.Type {
	case Float64:
		return math.Float64frombits(le.Uint64(a.Bytes[8*i:]))
	case Float32:
		return float64(math.Float32frombits(le.Uint32(a.Bytes[4*i:])))
	case Float16:
		return float64(Half(le.Uint16(a.Bytes[2*i:])))
	case Uint64:
		return float64(le.Uint64(a.Bytes[8*i:]))
	default:
		v, _ := a.Int(i)
		return float64(v)
	}
}

// Int is element i in row-major order as an integer; ok is false if it is not
// one or does not fit.
func (a *Array) Int(i int) (v int64, ok bool) {
	le := binary.LittleEndian
	switch a.Type {
	case Bool, Uint8:
		return int64(a.Bytes[i]), true
	case Int8:
		return int64(int8(a.Bytes[i])), true
	case Uint16:
		return int64(le.Uint16(a.Bytes[2*i:])), true
	case Int16:
		return int64(int16(le.Uint16(a.Bytes[2*i:]))), true
	case Uint32:
		return int64(le.Uint32(a.Bytes[4*i:])), true
	case Int32:
		return int64(int32(le.Uint32(a.Bytes[4*i:]))), true
	case Uint64:
		u := le.Uint64(a.Bytes[8*i:])
		return int64(u), u <= math.MaxInt64
	case Int64:
		return int64(le.Uint64(a.Bytes[8*i:])), true
	}
	x := a.At(i)
	if math.Floor(x) != x || math.Abs(x) >= 1<<63 {
		return 0, false
	}
	return int64(x), true
}

// Float32s sets dst to the elements first, first+1, … rounded to float32.
func (a *Array) Float32s(dst []float32, first int) {
	if first < 0 || first+len(dst) > a.Len() {
		panic(fmt.Sprintf("array: elements %d to %d of an array of shape %v", first, first+len(dst), a.Shape))
	}
	if a.Type == Float32 {
		for i := range dst {
			dst[i] = math.Float32frombits(binary.LittleEndian.Uint32(a.Bytes[4*(first+i):]))
		}
		return
	}
	for i := range dst {
		dst[i] = float32(a.At(first + i))
	}
}

// Finite returns the first element that is not a finite number, as indices, or
// ok true if there is none.
func (a *Array) Finite() (at []int, ok bool) {
	if !a.Type.Float() {
		return nil, true
	}
	for i, n := 0, a.Len(); i < n; i++ {
		if x := a.At(i); math.IsNaN(x) || math.IsInf(x, 0) {
			return a.Index(i), false
		}
	}
	return nil, true
}

// Index turns a row-major position into one index per axis.
func (a *Array) Index(i int) []int {
	at := make([]int, len(a.Shape))
	for k := len(a.Shape) - 1; k >= 0; k-- {
		at[k] = i % a.Shape[k]
		i /= a.Shape[k]
	}
	return at
}

// String is the type and shape, such as "uint8 (60000,28,28)".
func (a *Array) String() string { return a.Type.String() + " " + shapeString(a.Shape) }

func shapeString(shape []int) string {
	parts := make([]string, len(shape))
	for i, d := range shape {
		parts[i] = fmt.Sprint(d)
	}
	return "(" + strings.Join(parts, ",") + ")"
}

// count is the product of the axes; ok is false if one is negative or the bytes
// of so many float64 would not fit into an int.
func count(shape []int) (n int, ok bool) {
	n = 1
	for _, d := range shape {
		if d < 0 {
			return 0, false
		}
		if d == 0 {
			return 0, nonNegative(shape)
		}
		hi, lo := bits.Mul64(uint64(n), uint64(d))
		if hi != 0 || lo > math.MaxInt64/8 || int64(int(lo)) != int64(lo) {
			return 0, false
		}
		n = int(lo)
	}
	return n, true
}

func nonNegative(shape []int) bool {
	for _, d := range shape {
		if d < 0 {
			return false
		}
	}
	return true
}

func mustHold(n int, shape []int) {
	if m, ok := count(shape); !ok || m != n {
		panic(fmt.Sprintf("array: %d elements for shape %v", n, shape))
	}
}
