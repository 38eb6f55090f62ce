package checkpoint

import (
	"encoding/binary"
	"fmt"
	"math"
)

// DType is the element type of a stored tensor, spelled as in safetensors.
type DType string

// The element types that can be read. [Write] writes those that Go has.
const (
	F64  DType = "F64"
	F32  DType = "F32"
	F16  DType = "F16"  // IEEE 754 binary16
	BF16 DType = "BF16" // the upper half of a float32
	I64  DType = "I64"
	I32  DType = "I32"
	I16  DType = "I16"
	I8   DType = "I8"
	U64  DType = "U64"
	U32  DType = "U32"
	U16  DType = "U16"
	U8   DType = "U8"
	Bool DType = "BOOL" // one byte, 0 or 1
)

// Size returns the bytes of one element, 0 for an unknown type.
func (d DType) Size() int {
	switch d {
	case F64, I64, U64:
		return 8
	case F32, I32, U32:
		return 4
	case F16, BF16, I16, U16:
		return 2
	case I8, U8, Bool:
		return 1
	}
	return 0
}

// float says whether elements may have a fraction.
func (d DType) float() bool { return d == F64 || d == F32 || d == F16 || d == BF16 }

// decodeFloat32 sets dst from the elements in src. Floating types are rounded
// to the nearest float32; an integer that float32 cannot hold is an error.
func (d DType) decodeFloat32(dst []float32, src []byte) error {
	le := binary.LittleEndian
	switch d {
	case F32:
		for i := range dst {
			dst[i] = math.Float32frombits(le.Uint32(src[4*i:]))
		}
	case F64:
		for i := range dst {
			dst[i] = float32(math.Float64frombits(le.Uint64(src[8*i:])))
		}
	case F16:
		for i := range dst {
			dst[i] = halfToFloat(le.Uint16(src[2*i:]))
		}
	case BF16:
		for i := range dst {
			dst[i] = math.Float32frombits(uint32(le.Uint16(src[2*i:])) << 16)
		}
	default:
		for i := range dst {
			v, err := d.integer(src, i)
			if err != nil {
				return err
			}
			dst[i] = float32(v)
			// 2^63 is the one rounding that would overflow on the way back.
			if dst[i] >= 1<<63 || int64(dst[i]) != v {
				return fmt.Errorf("element %d is %d, which float32 cannot hold exactly", i, v)
			}
		}
	}
	return nil
}

// decodeFloat64 is decodeFloat32 without the rounding.
func (d DType) decodeFloat64(dst []float64, src []byte) error {
	if d == F64 {
		for i := range dst {
			dst[i] = math.Float64frombits(binary.LittleEndian.Uint64(src[8*i:]))
		}
		return nil
	}
	if d.float() {
		var one [1]float32
		for i := range dst {
			if err := d.decodeFloat32(one[:], src[i*d.Size():]); err != nil {
				return err
			}
			dst[i] = float64(one[0])
		}
		return nil
	}
	for i := range dst {
		v, err := d.integer(src, i)
		if err != nil {
			return err
		}
		dst[i] = float64(v)
		if dst[i] >= 1<<63 || int64(dst[i]) != v {
			return fmt.Errorf("element %d is %d, which float64 cannot hold exactly", i, v)
		}
	}
	return nil
}

// integer returns element i of a whole-number type.
func (d DType) integer(src []byte, i int) (int64, error) {
	le := binary.LittleEndian
	switch d {
	case I64:
		return int64(le.Uint64(src[8*i:])), nil
	case I32:
		return int64(int32(le.Uint32(src[4*i:]))), nil
	case I16:
		return int64(int16(le.Uint16(src[2*i:]))), nil
	case I8:
		return int64(int8(src[i])), nil
	case U64:
		v := le.Uint64(src[8*i:])
		if v > math.MaxInt64 {
			return 0, fmt.Errorf("element %d is %d, which int64 cannot hold", i, v)
		}
		return int64(v), nil
	case U32:
		return int64(le.Uint32(src[4*i:])), nil
	case U16:
		return int64(le.Uint16(src[2*i:])), nil
	case U8:
		return int64(src[i]), nil
	case Bool:
		if src[i] > 1 {
			return 0, fmt.Errorf("element %d is the byte %d, where BOOL has 0 or 1", i, src[i])
		}
		return int64(src[i]), nil
	}
	return 0, fmt.Errorf("the type is %s, not a whole number", d)
}

// halfToFloat widens an IEEE 754 binary16: sign 1, exponent 5 (bias 15),
// fraction 10. Every half is a float32, so nothing is rounded.
func halfToFloat(h uint16) float32 {
	sign := uint32(h>>15) << 31
	exponent := uint32(h >> 10 & 0x1f)
	fraction := uint32(h & 0x3ff)
	switch exponent {
	case 0: // zero and subnormal: fraction * 2^-24
		return math.Float32frombits(sign | math.Float32bits(float32(fraction)*0x1p-24))
	case 0x1f: // infinity and NaN
		return math.Float32frombits(sign | 0xff<<23 | fraction<<13)
	}
	return math.Float32frombits(sign | (exponent+127-15)<<23 | fraction<<13)
}
