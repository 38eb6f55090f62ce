package image

import (
	"fmt"
	stdimage "image"
	"image/png"
	"io"
	"math"
)

// Grid lays images out side by side in one picture. The zero value makes a
// nearly square grid of the images' own size on white.
type Grid struct {
	Columns int  // images in a row; 0: as many as make the picture nearly square
	Scale   int  // enlargement, each pixel becomes Scale x Scale; 0: 1
	Gap     int  // pixels between images and around them; 0: 2, negative: none
	Dark    bool // black ground instead of white
}

// Picture lays out one set in reading order. Given several sets of equal
// length and size it stacks them: image i of each stands one above the other,
// close together, and a wider gap parts these groups (samples above their
// nearest training images, or forward above reverse frames). It panics if the
// sets disagree or are empty.
func (g Grid) Picture(sets ...*Images) stdimage.Image {
	first := sets[0]
	if first.N == 0 || first.Dim() == 0 {
		panic(fmt.Sprintf("image: a grid of %v", first))
	}
	for _, s := range sets[1:] {
		if s.N != first.N || SameSize(first, s) != nil {
			panic(fmt.Sprintf("image: a grid of %v above %v", first, s))
		}
	}
	l := g.lay(first, len(sets))
	c := newCanvas(l.w, l.h, first.C, g.Dark)
	for k, s := range sets {
		for i := range s.N {
			x, y := l.at(i, k)
			c.put(x, y, l.scale, s, i)
		}
	}
	return c.image
}

// WritePNG writes Picture(sets...) as a PNG file.
func (g Grid) WritePNG(w io.Writer, sets ...*Images) error {
	return png.Encode(w, g.Picture(sets...))
}

// layout of a grid in pixels of the picture.
type gridLayout struct {
	w, h, columns, scale int
	gap, groupGap        int // between neighbours; between groups of rows
	stepX, stepY, depth  int // from image to image; depth rows are a group
}

func (g Grid) lay(m *Images, depth int) gridLayout {
	l := gridLayout{columns: g.Columns, scale: max(g.Scale, 1), gap: g.Gap, depth: depth}
	if l.gap == 0 {
		l.gap = 2
	}
	l.gap = max(l.gap, 0)
	l.stepX, l.stepY = m.W*l.scale+l.gap, m.H*l.scale+l.gap
	if l.columns <= 0 {
		area := float64(m.N) * float64(depth*l.stepY) / float64(l.stepX)
		l.columns = int(math.Ceil(math.Sqrt(area)))
	}
	l.columns = min(l.columns, m.N)
	if depth > 1 {
		l.groupGap = max(3*l.gap, 4)
	}
	rows := (m.N + l.columns - 1) / l.columns
	l.w = l.gap + l.columns*l.stepX
	l.h = l.gap + rows*depth*l.stepY + (rows-1)*l.groupGap
	return l
}

// at is the upper left corner of image i of set k.
func (l gridLayout) at(i, k int) (x, y int) {
	row, col := i/l.columns, i%l.columns
	return l.gap + col*l.stepX, l.gap + (row*l.depth+k)*l.stepY + row*l.groupGap
}

// canvas is a grey or colour picture, whichever the images need.
type canvas struct {
	image  stdimage.Image
	pix    []uint8
	stride int
	grey   bool
}

func newCanvas(w, h, channels int, dark bool) canvas {
	ground := uint8(255)
	if dark {
		ground = 0
	}
	box := stdimage.Rect(0, 0, w, h)
	if channels == 1 {
		img := stdimage.NewGray(box)
		fill(img.Pix, ground)
		return canvas{img, img.Pix, img.Stride, true}
	}
	img := stdimage.NewNRGBA(box)
	fill(img.Pix, ground)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	return canvas{img, img.Pix, img.Stride, false}
}

func fill(pix []uint8, v uint8) {
	for i := range pix {
		pix[i] = v
	}
}

// put draws image i of m, enlarged, with its corner at (x0,y0).
func (c canvas) put(x0, y0, scale int, m *Images, i int) {
	px := m.Image(i)
	for y := range m.H * scale {
		src := px[y/scale*m.W*m.C:]
		for x := range m.W * scale {
			from := src[x/scale*m.C:]
			if c.grey {
				c.pix[(y0+y)*c.stride+x0+x] = from[0]
				continue
			}
			to := c.pix[(y0+y)*c.stride+4*(x0+x):]
			if m.C == 1 {
				to[0], to[1], to[2] = from[0], from[0], from[0]
			} else {
				to[0], to[1], to[2] = from[0], from[1], from[2]
			}
		}
	}
}

// Picture is image i as a standard image.
func (m *Images) Picture(i int) stdimage.Image {
	return Grid{Columns: 1, Gap: -1}.Picture(m.Slice(i, i+1))
}
