package image

import (
	"fmt"
	"strings"
)

// Images is a set of N images of one size. The zero value is an empty set.
type Images struct {
	N, H, W, C int
	Pixels     []uint8  // (N,H,W,C)
	Labels     []int32  // (N) indices into LabelNames, or nil
	LabelNames []string // name of each class, or nil
}

// New returns n black images of h rows, w columns and c channels.
func New(n, h, w, c int) *Images {
	return &Images{N: n, H: h, W: w, C: c, Pixels: make([]uint8, n*h*w*c)}
}

// Dim is the number of values of one image, H*W*C.
func (m *Images) Dim() int { return m.H * m.W * m.C }

// Image is the pixels of image i, (H,W,C), sharing memory with the set.
func (m *Images) Image(i int) []uint8 {
	d := m.Dim()
	return m.Pixels[i*d : (i+1)*d : (i+1)*d]
}

// Label is the class of image i, or -1 if the set has no labels.
func (m *Images) Label(i int) int32 {
	if m.Labels == nil {
		return -1
	}
	return m.Labels[i]
}

// String is the size in words, such as "60000 images of 28x28 grey, 10 classes".
func (m *Images) String() string {
	s := fmt.Sprintf("%d images of %s", m.N, m.Size())
	if m.Labels != nil {
		s += fmt.Sprintf(", %d classes", len(m.LabelNames))
	}
	return s
}

// Size is the size of one image in words, such as "28x28 grey" (width first).
func (m *Images) Size() string {
	kind := "colour"
	if m.C == 1 {
		kind = "grey"
	}
	return fmt.Sprintf("%dx%d %s", m.W, m.H, kind)
}

// Select copies the images with the given indices, in that order.
func (m *Images) Select(ids []int) *Images {
	out := New(len(ids), m.H, m.W, m.C)
	out.LabelNames = m.LabelNames
	if m.Labels != nil {
		out.Labels = make([]int32, len(ids))
	}
	for k, i := range ids {
		copy(out.Image(k), m.Image(i))
		if m.Labels != nil {
			out.Labels[k] = m.Labels[i]
		}
	}
	return out
}

// Slice is the images from lo up to but without hi, sharing memory with m.
func (m *Images) Slice(lo, hi int) *Images {
	out := *m
	out.N = hi - lo
	out.Pixels = m.Pixels[lo*m.Dim() : hi*m.Dim() : hi*m.Dim()]
	if m.Labels != nil {
		out.Labels = m.Labels[lo:hi:hi]
	}
	return &out
}

// WithChannels returns the set with c channels: 1 (grey, by the luma weights of
// ITU-R BT.601) or 3. It returns m itself if m has c channels already.
func (m *Images) WithChannels(c int) (*Images, error) {
	switch {
	case c == m.C:
		return m, nil
	case c == 3 && m.C == 1:
		out := m.reshaped(3)
		for i, v := range m.Pixels {
			out.Pixels[3*i], out.Pixels[3*i+1], out.Pixels[3*i+2] = v, v, v
		}
		return out, nil
	case c == 1 && m.C == 3:
		out := m.reshaped(1)
		for i := range out.Pixels {
			out.Pixels[i] = luma(m.Pixels[3*i], m.Pixels[3*i+1], m.Pixels[3*i+2])
		}
		return out, nil
	}
	return nil, fmt.Errorf("image: cannot turn %d channels into %d; 1 (grey) and 3 (colour) are possible", m.C, c)
}

func (m *Images) reshaped(c int) *Images {
	out := New(m.N, m.H, m.W, c)
	out.Labels, out.LabelNames = m.Labels, m.LabelNames
	return out
}

// luma is 0.299 r + 0.587 g + 0.114 b, rounded, in 16-bit fixed point; the
// weights add up to 1, so that grey stays what it is.
func luma(r, g, b uint8) uint8 {
	return uint8((19595*uint32(r) + 38470*uint32(g) + 7471*uint32(b) + 1<<15) >> 16)
}

// WithLabelNames numbers the classes as names does, so that two sets (a
// training and a test set) agree on what class k is. A class of m that is not
// among names is an error. A set without labels is returned as it is.
func (m *Images) WithLabelNames(names []string) (*Images, error) {
	if m.Labels == nil {
		return m, nil
	}
	index := make(map[string]int32, len(names))
	for k, name := range names {
		index[name] = int32(k)
	}
	out := *m
	out.LabelNames = names
	out.Labels = make([]int32, m.N)
	for i, l := range m.Labels {
		k, ok := index[m.LabelNames[l]]
		if !ok {
			return nil, fmt.Errorf("image %d has the class %q, which is none of the %d classes known (%s)",
				i, m.LabelNames[l], len(names), shorten(names))
		}
		out.Labels[i] = k
	}
	return &out, nil
}

// SameSize says in an error how images of b differ in size from those of a, if they do.
func SameSize(a, b *Images) error {
	if a.H == b.H && a.W == b.W && a.C == b.C {
		return nil
	}
	return fmt.Errorf("images of %s and of %s cannot be set side by side: bring them to one size", a.Size(), b.Size())
}

// Interleave puts the images of the sets one after the other in turn: the first
// of each, then the second of each. In a grid whose width is a multiple of
// len(sets) each image then stands beside its partners. It panics if the sets
// differ in size or number.
func Interleave(sets ...*Images) *Images {
	first := sets[0]
	out := New(first.N*len(sets), first.H, first.W, first.C)
	for k, s := range sets {
		if s.N != first.N || SameSize(first, s) != nil {
			panic(fmt.Sprintf("image: Interleave of %v and %v", first, s))
		}
		for i := range s.N {
			copy(out.Image(i*len(sets)+k), s.Image(i))
		}
	}
	return out
}

func shorten(names []string) string {
	if len(names) > 10 {
		return strings.Join(names[:10], ", ") + ", …"
	}
	return strings.Join(names, ", ")
}
