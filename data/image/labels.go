package image

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"ebb/data/array"
)

// maxClasses bounds the number of classes: beyond it the labels are numbers of
// another kind (identifiers, ages), not classes.
const maxClasses = 10000

// findLabels reads the labels from the file given, or else from the file whose
// name the MNIST convention implies, if it exists.
func (m *Images) findLabels(path, given string) error {
	if given == "" {
		if given = labelsBeside(path); given == "" {
			return nil
		}
	}
	a, err := array.Open(given)
	if err != nil {
		return err
	}
	if len(a.Shape) != 1 {
		return fmt.Errorf("%s holds %v, not one label per image", given, a)
	}
	if a.Len() != m.N {
		return fmt.Errorf("%s holds %d labels, but %s holds %d images: they do not belong together; get both again, or move the labels away to go without", given, a.Len(), path, m.N)
	}
	if err := m.setLabels(a); err != nil {
		return fmt.Errorf("%s: %w", given, err)
	}
	return nil
}

// labelsBeside is the existing file of labels that the name of an images file
// implies: images becomes labels (or x becomes y in NPY files), idx3 and idx4
// become idx1, gzipped or not; empty if there is none.
func labelsBeside(path string) string {
	dir, base := filepath.Split(path)
	names := []string{}
	if i := strings.LastIndex(base, "images"); i >= 0 {
		name := base[:i] + "labels" + base[i+len("images"):]
		name = strings.NewReplacer("idx3", "idx1", "idx4", "idx1").Replace(name)
		names = append(names, name)
	}
	if ext := filepath.Ext(base); ext == ".npy" {
		switch stem := strings.TrimSuffix(base, ext); {
		case stem == "x" || strings.HasPrefix(stem, "x_"):
			names = append(names, "y"+stem[1:]+ext)
		case stem == "X" || strings.HasPrefix(stem, "X_"):
			names = append(names, "y"+stem[1:]+ext, "Y"+stem[1:]+ext)
		}
	}
	for _, name := range names {
		plain := strings.TrimSuffix(name, ".gz")
		for _, candidate := range []string{name, plain, plain + ".gz"} {
			full := filepath.Join(dir, candidate)
			if info, err := os.Stat(full); err == nil && info.Mode().IsRegular() {
				return full
			}
		}
	}
	return ""
}

// setLabels takes one whole number per image as its class. The distinct
// numbers, in increasing order, become classes 0, 1, …, named by the numbers.
func (m *Images) setLabels(a *array.Array) error {
	values := make([]int64, a.Len())
	for i := range values {
		v, ok := a.Int(i)
		if !ok {
			return fmt.Errorf("label %d is %v, not a whole number", i, a.At(i))
		}
		values[i] = v
	}
	distinct := slices.Clone(values)
	slices.Sort(distinct)
	distinct = slices.Compact(distinct)
	if len(distinct) > maxClasses {
		return fmt.Errorf("%d different labels are too many for classes (at most %d)", len(distinct), maxClasses)
	}
	m.LabelNames = make([]string, len(distinct))
	for k, v := range distinct {
		m.LabelNames[k] = strconv.FormatInt(v, 10)
	}
	m.Labels = make([]int32, len(values))
	for i, v := range values {
		k, _ := slices.BinarySearch(distinct, v)
		m.Labels[i] = int32(k)
	}
	return nil
}
