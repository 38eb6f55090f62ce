package image

import (
	"bytes"
	"fmt"
	stdimage "image"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"ebb/data/array"
)

const digitsFile = "testdata/digits/digits-images-idx3-ubyte.gz"

func TestOpensIDXWithItsLabels(t *testing.T) {
	m, err := Open(digitsFile, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if got := m.String(); got != "1797 images of 8x8 grey, 10 classes" {
		t.Errorf("read %s", got)
	}
	for i := range 10 { // the file starts with 0, 1, … 9
		if m.LabelNames[m.Label(i)] != fmt.Sprint(i) {
			t.Errorf("label of image %d is %s", i, m.LabelNames[m.Label(i)])
		}
	}
	// Image 0 is a nought: ink in a ring, none in the middle or at the corner.
	zero := m.Image(0)
	if zero[0] != 0 || zero[8+3] < 200 || zero[4*8+4] > 40 {
		t.Errorf("the first digit does not look like a nought: %v", zero)
	}
}

func write(t *testing.T, path string, b []byte) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b, 0o644); err != nil {
		t.Fatal(err)
	}
}

func idx(t *testing.T, a *array.Array) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := array.WriteIDX(&b, a); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestLabelsAreFoundByTheNameOfTheImages(t *testing.T) {
	images := idx(t, New(3, 2, 2, 1).Array())
	labels := idx(t, array.FromUint8([]uint8{7, 2, 7}, 3))
	for _, c := range []struct {
		images, labels string
		found          bool
	}{
		{"train-images-idx3-ubyte", "train-labels-idx1-ubyte", true},
		{"t10k-images.idx3-ubyte", "t10k-labels.idx1-ubyte", true},
		{"digits-images-idx3-ubyte", "digits-labels-idx1-ubyte.gz", true}, // gzip is told by content
		{"images", "labels", true},
		{"pictures", "labels", false},
		{"train-images-idx3-ubyte", "t10k-labels-idx1-ubyte", false},
	} {
		dir := t.TempDir()
		write(t, filepath.Join(dir, c.images), images)
		write(t, filepath.Join(dir, c.labels), labels)
		m, err := Open(filepath.Join(dir, c.images), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got := m.Labels != nil; got != c.found {
			t.Errorf("%s beside %s: labels found %v, want %v", c.images, c.labels, got, c.found)
		}
		if c.found && (!slices.Equal(m.Labels, []int32{1, 0, 1}) || !slices.Equal(m.LabelNames, []string{"2", "7"})) {
			t.Errorf("labels 7, 2, 7 became %v of %q", m.Labels, m.LabelNames)
		}
	}
}

func TestLabelsThatDisagreeAreErrors(t *testing.T) {
	dir := t.TempDir()
	images := filepath.Join(dir, "a-images-idx3-ubyte")
	labels := filepath.Join(dir, "a-labels-idx1-ubyte")
	write(t, images, idx(t, New(3, 2, 2, 1).Array()))
	for _, c := range []struct {
		file []byte
		want string
	}{
		{idx(t, array.FromUint8([]uint8{1, 2}, 2)), "holds 2 labels"},
		{idx(t, array.FromUint8(make([]uint8, 6), 3, 2)), "not one label per image"},
		{idx(t, array.FromFloat32([]float32{1, 2.5, 3}, 3)), "label 1 is 2.5"},
		{[]byte{0, 0, 8, 1, 0, 0, 0, 3, 1}, "claims 3 bytes"},
	} {
		write(t, labels, c.file)
		_, err := Open(images, Options{})
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), labels) {
			t.Errorf("error %v does not say %q and name the labels", err, c.want)
		}
	}
}

// rainbow is n distinct images.

func rainbow(n, h, w, c int) *Images {
	m := New(n, h, w, c)
	for i := range m.Pixels {
		m.Pixels[i] = uint8(i*37 + i/7)
	}
	return m
}

func TestArraysInEveryLayoutAndRange(t *testing.T) {
	m := rainbow(3, 4, 5, 3)
	planes := make([]uint8, len(m.Pixels)) // (N,C,H,W)
	for i := range m.N {
		for p := range 20 {
			for c := range 3 {
				planes[i*60+c*20+p] = m.Pixels[i*60+p*3+c]
			}
		}
	}
	fractions := make([]float32, len(m.Pixels))
	signed := make([]float64, len(m.Pixels))
	ints := make([]int32, len(m.Pixels))
	for i, v := range m.Pixels {
		fractions[i], signed[i], ints[i] = float32(v)/255, float64(Scale(v)), int32(v)
	}
	for name, a := range map[string]*array.Array{
		"(N,H,W,C)": m.Array(),
		"(N,C,H,W)": array.FromUint8(planes, 3, 3, 4, 5),
		"0…1":       array.FromFloat32(fractions, 3, 4, 5, 3),
		"-1…1":      array.FromFloat64(signed, 3, 4, 5, 3),
		"integers":  array.FromInt32(ints, 3, 4, 5, 3),
	} {
		got, err := FromArray(a)
		if err != nil {
			t.Errorf("%s: %v", name, err)
		} else if got.String() != m.String() || !bytes.Equal(got.Pixels, m.Pixels) {
			t.Errorf("%s: pixels came out differently", name)
		}
	}
	for want, a := range map[string]*array.Array{
		"no set of images":           array.New(array.Uint8, 3, 4),
		"are no pixels":              array.FromInt32([]int32{0, 256}, 1, 1, 2),
		"[0 0 1] is not a finite":    array.FromFloat32([]float32{0, float32(nan())}, 1, 1, 2),
		"from -3 to 1 are no pixels": array.FromFloat64([]float64{-3, 1}, 1, 1, 2),
	} {
		if _, err := FromArray(a); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: error %v does not say %q", a, err, want)
		}
	}
}

func nan() float64 { z := 0.0; return z / z }

func TestOpensNPZWithLabels(t *testing.T) {
	m := rainbow(4, 3, 3, 1)
	var b bytes.Buffer
	arrays := []array.Named{{Name: "y", Array: array.FromInt32([]int32{1, 0, 1, 5}, 4)}, {Name: "x", Array: m.Array()}}
	if err := array.WriteZip(&b, arrays); err != nil {
		t.Fatal(err)
	}
	p := filepath.Join(t.TempDir(), "any.name")
	write(t, p, b.Bytes())
	got, err := Open(p, Options{})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Pixels, m.Pixels) || !slices.Equal(got.Labels, []int32{1, 0, 1, 2}) {
		t.Errorf("read %v with labels %v", got, got.Labels)
	}
}

// Every kind of PNG comes down to 8 bits on white.

// A header may claim any size; only what the file's bytes can hold is believed.

func TestOpenSaysWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	at := func(name string, b []byte) string {
		p := filepath.Join(dir, name)
		write(t, p, b)
		return p
	}
	one := pngFile(t, stdimage.NewGray(stdimage.Rect(0, 0, 2, 2)))
	for want, p := range map[string]string{
		"no such file":           filepath.Join(dir, "none"),
		"is empty":               at("empty", nil),
		"single picture":         at("one.png", one),
		"holds no images that":   at("table.csv", []byte("a,b\n1,2\n")),
		"archive is damaged":     at("cut.zip", []byte("PK\x03\x04 and no more")),
		"holds no images (0":     at("zero", idx(t, array.New(array.Uint8, 0, 3, 3))),
		"no set of images":       at("labels-idx1", idx(t, array.New(array.Uint8, 5))),
		"claims 30 bytes of ele": at("cut-idx3", idx(t, array.New(array.Uint8, 5, 3, 2))[:40]),
	} {
		if _, err := Open(p, Options{}); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), p) {
			t.Errorf("error %v does not say %q and name %s", err, want, p)
		}
	}
}

func TestClassesOfTwoSetsAgreeByName(t *testing.T) {
	m := New(3, 1, 1, 1)
	m.Labels, m.LabelNames = []int32{0, 1, 0}, []string{"cat", "dog"}
	got, err := m.WithLabelNames([]string{"ant", "dog", "cat"})
	if err != nil || !slices.Equal(got.Labels, []int32{2, 1, 2}) {
		t.Errorf("labels %v, %v", got, err)
	}
	if _, err := m.WithLabelNames([]string{"cat"}); err == nil || !strings.Contains(err.Error(), `"dog"`) {
		t.Errorf("error %v", err)
	}
}
