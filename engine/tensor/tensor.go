// Package tensor holds dense float32 arrays with a shape.
//
// A Tensor is row-major and contiguous: the last axis runs fastest and there
// are no strides, so a kernel sees one flat slice and a shape tells how to read
// it. Views into the middle of an array do not exist; operations copy. The one
// exception is Reshape, which reads the same numbers under another shape.
//
// # Axis letters
//
// The same letters name the axes in every operation, kernel and network:
//
//	N  examples of a batch (images, table rows)
//	H  height of an image, in pixels
//	W  width of an image, in pixels
//	C  channels, always the last axis of an image: (N,H,W,C)
//	O  output channels of a convolution: weights are (K,K,C,O)
//	T  positions of a sequence, for an image H*W in row order: (N,T,C)
//	D  features of a vector, the inner axis of a matrix product
//	K  width of a square convolution window; elsewhere the number of outputs
//	   of a linear map, or of rows in an embedding table
package tensor

import (
	"fmt"
	"strconv"
	"strings"
)

// Tensor is a dense row-major array. Shape is never changed in place, so that
// tensors may share one; Data has as many numbers as the product of Shape.
type Tensor struct {
	Shape []int
	Data  []float32
}

// New returns a tensor of zeros. The shape () is one number. It keeps shape.
func New(shape ...int) *Tensor {
	return &Tensor{Shape: shape, Data: make([]float32, Size(shape))}
}

// From wraps data, without copying, under a shape. It panics when the shape
// does not hold as many numbers as data.
func From(data []float32, shape ...int) *Tensor {
	if Size(shape) != len(data) {
		panic(fmt.Sprintf("tensor: %d numbers do not fill the shape %s", len(data), Format(shape)))
	}
	return &Tensor{Shape: shape, Data: data}
}

// Size is the number of elements of a shape. It panics on a negative axis.
func Size(shape []int) int {
	n := 1
	for _, d := range shape {
		if d < 0 {
			panic("tensor: negative axis in shape " + Format(shape))
		}
		n *= d
	}
	return n
}

// Format writes a shape as people do: (64,32,32,3).
func Format(shape []int) string {
	var b strings.Builder
	b.WriteByte('(')
	for i, d := range shape {
		if i > 0 {
			b.WriteByte(',')
		}
		b.WriteString(strconv.Itoa(d))
	}
	b.WriteByte(')')
	return b.String()
}

// Len is the number of elements.
func (t *Tensor) Len() int { return len(t.Data) }

// Rank is the number of axes.
func (t *Tensor) Rank() int { return len(t.Shape) }

// Dim is the length of axis i; negative i counts from the end, -1 is the last.
func (t *Tensor) Dim(i int) int {
	if i < 0 {
		i += len(t.Shape)
	}
	if i < 0 || i >= len(t.Shape) {
		panic(fmt.Sprintf("tensor: no such axis in shape %s", t))
	}
	return t.Shape[i]
}

// Rows is the product of all axes but the last: a tensor (..,D) read as a
// matrix (Rows,D). A tensor without axes is one row of one number.
func (t *Tensor) Rows() int {
	if len(t.Shape) == 0 {
		return 1
	}
	return Size(t.Shape[:len(t.Shape)-1])
}

// Clone copies the numbers.
func (t *Tensor) Clone() *Tensor {
	return &Tensor{Shape: t.Shape, Data: append(make([]float32, 0, len(t.Data)), t.Data...)}
}

// Reshape reads the same numbers under another shape of the same size; the
// result shares Data. It panics when the sizes differ.
func (t *Tensor) Reshape(shape ...int) *Tensor {
	if Size(shape) != len(t.Data) {
		panic(fmt.Sprintf("tensor: cannot reshape %s into %s", t, Format(shape)))
	}
	return &Tensor{Shape: shape, Data: t.Data}
}

// Zero sets every number to 0.
func (t *Tensor) Zero() { clear(t.Data) }

// SameShape reports whether two tensors have the same axes.
func SameShape(a, b *Tensor) bool {
	if len(a.Shape) != len(b.Shape) {
		return false
	}
	for i, d := range a.Shape {
		if d != b.Shape[i] {
			return false
		}
	}
	return true
}

// String is the shape, which is what a message about a tensor needs.
func (t *Tensor) String() string {
	if t == nil {
		return "nil"
	}
	return Format(t.Shape)
}
