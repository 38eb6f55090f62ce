package image

import (
	"fmt"
	"math"
)

// Frame is the view of an image that a network works on: H rows, W columns and
// C channels of the picture, a border of Fill around it, and values scaled from
// 0…255 to [-1,1] by v/127.5-1. Fields are exported because a run's
// configuration keeps them.
type Frame struct {
	H, W, C                  int // the picture
	Top, Left, Bottom, Right int // the border's width in pixels
	Fill                     uint8
}

// NewFrame is the frame of m's images whose padded height and width are
// multiples of multiple (1 or less: no border). The border is split evenly, the
// odd pixel goes to the bottom and right, and is filled with the commonest
// value at the edges of m's images, so that it joins their background.
func NewFrame(m *Images, multiple int) Frame {
	f := Frame{H: m.H, W: m.W, C: m.C}
	if multiple <= 1 {
		return f
	}
	padH := (multiple - m.H%multiple) % multiple
	padW := (multiple - m.W%multiple) % multiple
	f.Top, f.Bottom = padH/2, padH-padH/2
	f.Left, f.Right = padW/2, padW-padW/2
	if padH+padW > 0 {
		f.Fill = edgeValue(m)
	}
	return f
}

// edgeValue is the commonest value on the outermost pixels, the lowest of equals.
func edgeValue(m *Images) uint8 {
	var counts [256]int
	for i := range m.N {
		px := m.Image(i)
		row := m.W * m.C
		for y := range m.H {
			line := px[y*row : (y+1)*row]
			if y > 0 && y < m.H-1 {
				for c := range m.C {
					counts[line[c]]++
					counts[line[row-m.C+c]]++
				}
				continue
			}
			for _, v := range line {
				counts[v]++
			}
		}
	}
	best := 0
	for v, n := range counts {
		if n > counts[best] {
			best = v
		}
	}
	return uint8(best)
}

// PaddedH is the height with its border.
func (f Frame) PaddedH() int { return f.Top + f.H + f.Bottom }

// PaddedW is the width with its border.
func (f Frame) PaddedW() int { return f.Left + f.W + f.Right }

// Dim is the number of values of one padded image, PaddedH*PaddedW*C.
func (f Frame) Dim() int { return f.PaddedH() * f.PaddedW() * f.C }

// Scale maps a pixel value to [-1,1]: v/127.5 - 1.
func Scale(v uint8) float32 { return float32(v)/127.5 - 1 }

// Unscale is the pixel value nearest to x, the inverse of Scale: (x+1)*127.5
// rounded, values outside [-1,1] clipped, NaN black.
func Unscale[F float32 | float64](x F) uint8 {
	v := math.Floor(float64((float64(x)+1)*127.5) + 0.5)
	switch {
	case v >= 255:
		return 255
	case v > 0:
		return uint8(v)
	}
	return 0
}

// Encode sets dst (PaddedH,PaddedW,C) to the picture pixels (H,W,C), padded and
// scaled, mirrored left to right if flip is set.
func (f Frame) Encode(dst []float32, pixels []uint8, flip bool) {
	f.check(len(dst), len(pixels))
	fill := Scale(f.Fill)
	for i := range dst {
		dst[i] = fill
	}
	wide := f.PaddedW() * f.C
	for y := range f.H {
		src := pixels[y*f.W*f.C : (y+1)*f.W*f.C]
		out := dst[(y+f.Top)*wide+f.Left*f.C:][:f.W*f.C]
		if !flip {
			for i, v := range src {
				out[i] = Scale(v)
			}
			continue
		}
		for x := range f.W {
			for c := range f.C {
				out[x*f.C+c] = Scale(src[(f.W-1-x)*f.C+c])
			}
		}
	}
}

// Decode sets pixels (H,W,C) to the picture inside x (PaddedH,PaddedW,C): the
// border cropped, values unscaled and rounded.
func Decode[F float32 | float64](f Frame, pixels []uint8, x []F) {
	f.check(len(x), len(pixels))
	wide := f.PaddedW() * f.C
	for y := range f.H {
		src := x[(y+f.Top)*wide+f.Left*f.C:][:f.W*f.C]
		out := pixels[y*f.W*f.C : (y+1)*f.W*f.C]
		for i, v := range src {
			out[i] = Unscale(v)
		}
	}
}

// DecodeAll decodes the rows of x (N,PaddedH,PaddedW,C) into a set of N images.
func DecodeAll[F float32 | float64](f Frame, x []F) *Images {
	if len(x)%f.Dim() != 0 {
		panic(fmt.Sprintf("image: %d values are no whole number of frames of %d", len(x), f.Dim()))
	}
	m := New(len(x)/f.Dim(), f.H, f.W, f.C)
	for i := range m.N {
		Decode(f, m.Image(i), x[i*f.Dim():(i+1)*f.Dim()])
	}
	return m
}

func (f Frame) check(padded, pixels int) {
	if padded != f.Dim() || pixels != f.H*f.W*f.C {
		panic(fmt.Sprintf("image: %d values and %d pixels for frame %+v", padded, pixels, f))
	}
}
