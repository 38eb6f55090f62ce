package array

import (
	"archive/zip"
	"bufio"
	"fmt"
	"io"
	"path"

	"ebb/data"
)

// Shapes reads no more than the headers of the NPY file or the NPZ archive at path, which may be
// gzipped, and returns the shape of each array.
func Shapes(p string) ([][]int, error) {
	found, err := data.Sniff(p)
	if err != nil {
		return nil, err
	}
	if found.Form == data.NPZ {
		return zipShapes(p)
	}
	f, err := data.Open(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	shape, err := shapeOf(f)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", p, err)
	}
	return [][]int{shape}, nil
}

func shapeOf(r io.Reader) ([]int, error) {
	h, err := readNPYHeader(bufio.NewReader(r))
	if err != nil {
		return nil, fmt.Errorf("NPY: %w", err)
	}
	return h.shape, nil
}

func zipShapes(p string) ([][]int, error) {
	f, err := data.OpenRandom(p)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	z, err := zip.NewReader(f, f.Size)
	if err != nil {
		return nil, fmt.Errorf("%s: NPZ: %w", p, err)
	}
	var shapes [][]int
	for _, member := range z.File {
		if path.Ext(member.Name) != ".npy" {
			continue
		}
		r, err := member.Open()
		if err != nil {
			return nil, fmt.Errorf("%s: member %q: %w", p, member.Name, err)
		}
		shape, err := shapeOf(r)
		r.Close()
		if err != nil {
			return nil, fmt.Errorf("%s: member %q: %w", p, member.Name, err)
		}
		shapes = append(shapes, shape)
	}
	return shapes, nil
}
