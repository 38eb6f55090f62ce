package image

import (
	"fmt"
	"math"
	"path"
	"strings"

	"ebb/data/array"
)

func isArrayName(name string) bool { return path.Ext(name) == ".npy" }

// Plausible says whether an array has the shape of a set of images: (N,H,W),
// (N,H,W,C) or (N,C,H,W) with C 1 or 3.
func Plausible(a *array.Array) bool {
	_, _, err := layout(a.Shape)
	return err == nil
}

// layout finds H, W and C in a shape; first says that channels come before rows.
func layout(shape []int) (size [3]int, first bool, err error) {
	channels := func(c int) bool { return c == 1 || c == 3 }
	switch {
	case len(shape) == 3:
		return [3]int{shape[1], shape[2], 1}, false, nil
	case len(shape) == 4 && channels(shape[3]):
		return [3]int{shape[1], shape[2], shape[3]}, false, nil
	case len(shape) == 4 && channels(shape[1]):
		return [3]int{shape[2], shape[3], shape[1]}, true, nil
	}
	return size, false, fmt.Errorf("an array of shape %v is no set of images: use (N,H,W), (N,H,W,C) or (N,C,H,W) with 1 or 3 channels", shape)
}

// FromArray turns an array of shape (N,H,W), (N,H,W,C) or (N,C,H,W) into
// images. Integers must lie in 0…255. Fractions may fill 0…1, -1…1 or 0…255:
// the smallest of these ranges that holds every value is taken as black to
// white.
func FromArray(a *array.Array) (*Images, error) {
	size, channelsFirst, err := layout(a.Shape)
	if err != nil {
		return nil, err
	}
	if at, ok := a.Finite(); !ok {
		return nil, fmt.Errorf("the value at %v is not a finite number: repair the array", at)
	}
	px, err := toPixels(a)
	if err != nil {
		return nil, err
	}
	m := &Images{N: a.Shape[0], H: size[0], W: size[1], C: size[2], Pixels: px}
	if channelsFirst && m.C > 1 {
		m.Pixels = make([]uint8, len(px))
		plane := m.H * m.W
		for i := range m.N {
			src, dst := px[i*m.Dim():(i+1)*m.Dim()], m.Image(i)
			for p := range plane {
				for c := range m.C {
					dst[p*m.C+c] = src[c*plane+p]
				}
			}
		}
	}
	return m, nil
}

func toPixels(a *array.Array) ([]uint8, error) {
	if a.Type == array.Uint8 {
		return a.Bytes, nil
	}
	n := a.Len()
	px := make([]uint8, n)
	lo, hi := math.Inf(1), math.Inf(-1)
	for i := range n {
		v := a.At(i)
		lo, hi = min(lo, v), max(hi, v)
	}
	var gain, offset float64
	switch {
	case n == 0:
	case a.Type == array.Bool:
		gain = 255
	case lo >= 0 && hi <= 1 && a.Type.Float():
		gain = 255
	case lo >= -1 && hi <= 1 && a.Type.Float():
		gain, offset = 127.5, 127.5
	case lo >= 0 && hi <= 255:
		gain = 1
	default:
		return nil, fmt.Errorf("values from %g to %g are no pixels: scale them to 0…255, 0…1 or -1…1", lo, hi)
	}
	for i := range px {
		px[i] = uint8(math.Floor(float64(a.At(i)*gain) + offset + 0.5))
	}
	return px, nil
}

// fromNamed finds the images and labels among the arrays of an NPZ file: the
// only array with 3 or 4 axes that can be images (or the one named images, x or
// x_train), and the only whole-number array of shape (N) (or the one named
// labels, y or y_train).
func fromNamed(arrays []array.Named) (*Images, error) {
	images, err := pick(arrays, "images", []string{"images", "x", "x_train"}, Plausible)
	if err != nil {
		return nil, err
	}
	if images == nil {
		return nil, fmt.Errorf("none of the arrays (%s) is a set of images: shapes (N,H,W), (N,H,W,C) and (N,C,H,W) are", describe(arrays))
	}
	m, err := FromArray(images.Array)
	if err != nil {
		return nil, fmt.Errorf("array %q: %w", images.Name, err)
	}
	labels, err := pick(arrays, "labels", []string{"labels", "y", "y_train"}, func(a *array.Array) bool {
		return len(a.Shape) == 1 && a.Shape[0] == m.N && !a.Type.Float()
	})
	if err != nil || labels == nil {
		return m, err
	}
	if err := m.setLabels(labels.Array); err != nil {
		return nil, fmt.Errorf("array %q: %w", labels.Name, err)
	}
	return m, nil
}

func pick(arrays []array.Named, what string, names []string, fits func(*array.Array) bool) (*array.Named, error) {
	var found []array.Named
	for i := range arrays {
		if fits(arrays[i].Array) {
			found = append(found, arrays[i])
		}
	}
	for _, name := range names {
		for i := range found {
			if strings.EqualFold(found[i].Name, name) {
				return &found[i], nil
			}
		}
	}
	switch len(found) {
	case 0:
		return nil, nil
	case 1:
		return &found[0], nil
	}
	return nil, fmt.Errorf("several arrays could be the %s (%s): name one of them %q", what, describe(found), names[0])
}

func describe(arrays []array.Named) string {
	parts := make([]string, len(arrays))
	for i, a := range arrays {
		parts[i] = fmt.Sprintf("%s %v", a.Name, a.Array)
	}
	return strings.Join(parts, ", ")
}
