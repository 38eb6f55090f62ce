package image

import (
	"bytes"
	"fmt"
	stdimage "image"
	"image/color"
	"image/jpeg"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"ebb/data/array"

	"pgregory.net/rapid"
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

func pngFile(t *testing.T, img stdimage.Image) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := png.Encode(&b, img); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestFoldersBecomeClassesInNaturalOrder(t *testing.T) {
	file := func(v uint8) *fstest.MapFile {
		img := stdimage.NewGray(stdimage.Rect(0, 0, 2, 2))
		fill(img.Pix, v)
		return &fstest.MapFile{Data: pngFile(t, img)}
	}
	for name, c := range map[string]struct {
		files  map[string]uint8
		order  []uint8
		labels []int32
		names  []string
	}{
		"flat": {map[string]uint8{"i10.png": 10, "i9.png": 9, "i1.png": 1}, []uint8{1, 9, 10}, nil, nil},
		"classes": {map[string]uint8{"dog/2.png": 2, "cat/3.png": 3, "dog/10.png": 10, "cat/a/1.png": 1},
			[]uint8{3, 1, 2, 10}, []int32{0, 0, 1, 1}, []string{"cat", "dog"}},
		"class 2 before class 10": {map[string]uint8{"10/x.png": 10, "2/x.png": 2},
			[]uint8{2, 10}, []int32{0, 1}, []string{"2", "10"}},
		"wrapped":                {map[string]uint8{"all/b/1.png": 1, "all/a/2.png": 2}, []uint8{2, 1}, []int32{0, 1}, []string{"a", "b"}},
		"one folder is no class": {map[string]uint8{"all/2.png": 2, "all/1.png": 1}, []uint8{1, 2}, nil, nil},
	} {
		fsys := fstest.MapFS{
			".hidden/x.png": &fstest.MapFile{Data: []byte("junk")},
			"notes.txt":     &fstest.MapFile{Data: []byte("notes")},
		}
		for p, v := range c.files {
			fsys[p] = file(v)
		}
		m, err := FromFS(fsys, "memory")
		if err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		var order []uint8
		for i := range m.N {
			order = append(order, m.Image(i)[0])
		}
		if m.C != 1 || !slices.Equal(order, c.order) || !slices.Equal(m.Labels, c.labels) || !slices.Equal(m.LabelNames, c.names) {
			t.Errorf("%s: %v in order %v, labels %v of %q", name, m, order, m.Labels, m.LabelNames)
		}
	}
}

func TestFoldersWithFaults(t *testing.T) {
	small := pngFile(t, stdimage.NewGray(stdimage.Rect(0, 0, 2, 2)))
	large := pngFile(t, stdimage.NewGray(stdimage.Rect(0, 0, 3, 2)))
	for want, files := range map[string]map[string][]byte{
		"b.png is 3x2 pixels, but a.png is 2x2": {"a.png": small, "b.png": large},
		"holds no PNG or JPEG":                  {"a.txt": []byte("x")},
		"lie beside the folders":                {"a.png": small, "c/b.png": small},
		"b.png: the file is empty":              {"a.png": small, "b.png": nil},
		"b.jpg: it starts with 6e 6f":           {"a.png": small, "b.jpg": []byte("no picture")},
		"a.gif: only PNG and JPEG":              {"a.gif": []byte("GIF89a")},
		"cut short; get it again":               {"a.png": small, "b.png": small[:len(small)-20]},
		"b.png: PNG: the file ends within":      {"b.png": small[:20]},
	} {
		fsys := fstest.MapFS{}
		for p, b := range files {
			fsys[p] = &fstest.MapFile{Data: b}
		}
		if _, err := FromFS(fsys, "memory"); err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "memory") {
			t.Errorf("error %v does not say %q and the folder", err, want)
		}
	}
}

// Every kind of PNG comes down to 8 bits on white.
func TestDecodesEveryColourModel(t *testing.T) {
	box := stdimage.Rect(0, 0, 1, 1)
	set := func(img interface {
		stdimage.Image
		Set(x, y int, c color.Color)
	}, c color.Color) stdimage.Image {
		img.Set(0, 0, c)
		return img
	}
	half := color.NRGBA{200, 100, 0, 128}
	for _, c := range []struct {
		name string
		img  stdimage.Image
		want [3]uint8
	}{
		{"grey", set(stdimage.NewGray(box), color.Gray{77}), [3]uint8{77, 77, 77}},
		{"16-bit grey rounds up", set(stdimage.NewGray16(box), color.Gray16{77*257 + 129}), [3]uint8{78, 78, 78}},
		{"16-bit grey rounds down", set(stdimage.NewGray16(box), color.Gray16{77*257 + 128}), [3]uint8{77, 77, 77}},
		{"colour", set(stdimage.NewNRGBA(box), color.NRGBA{1, 2, 3, 255}), [3]uint8{1, 2, 3}},
		{"16-bit colour", set(stdimage.NewNRGBA64(box), color.NRGBA64{257, 514, 65535, 65535}), [3]uint8{1, 2, 255}},
		{"transparent is white", set(stdimage.NewNRGBA(box), color.NRGBA{9, 9, 9, 0}), [3]uint8{255, 255, 255}},
		{"half transparent", set(stdimage.NewNRGBA(box), half), [3]uint8{227, 177, 127}}, // v*128/255 + 127
		{"palette", set(stdimage.NewPaletted(box, color.Palette{color.NRGBA{9, 8, 7, 255}}), color.NRGBA{9, 8, 7, 255}), [3]uint8{9, 8, 7}},
	} {
		p, err := decodePicture(pngFile(t, c.img))
		if err != nil || !bytes.Equal(p.rgb, c.want[:]) {
			t.Errorf("%s: %v %v, want %v", c.name, p.rgb, err, c.want)
		}
	}
}

func TestDecodesJPEG(t *testing.T) {
	img := stdimage.NewGray(stdimage.Rect(0, 0, 16, 16))
	fill(img.Pix, 100)
	var b bytes.Buffer
	if err := jpeg.Encode(&b, img, nil); err != nil {
		t.Fatal(err)
	}
	p, err := decodePicture(b.Bytes())
	if err != nil || p.w != 16 || p.h != 16 || !p.grey || p.rgb[0] < 98 || p.rgb[0] > 102 {
		t.Errorf("%dx%d grey %v, first value %v: %v", p.w, p.h, p.grey, p.rgb[:3], err)
	}
}

// A header may claim any size; only what the file's bytes can hold is believed.
func TestClaimsBeyondTheFileAreRefusedBeforeAllocating(t *testing.T) {
	file := pngFile(t, stdimage.NewGray(stdimage.Rect(0, 0, 2, 2)))
	copy(file[16:], []byte{0, 0, 0x7f, 0xff, 0, 0, 0x7f, 0xff}) // 32767x32767
	if err := checkPNG(file); err == nil || !strings.Contains(err.Error(), "32767x32767") {
		t.Errorf("PNG: error %v", err)
	}
	var b bytes.Buffer
	if err := jpeg.Encode(&b, stdimage.NewGray(stdimage.Rect(0, 0, 8, 8)), nil); err != nil {
		t.Fatal(err)
	}
	sof := bytes.Index(b.Bytes(), []byte{0xff, 0xc0})
	copy(b.Bytes()[sof+5:], []byte{0x7f, 0xff, 0x7f, 0xff})
	if err := checkJPEG(b.Bytes()); err == nil || !strings.Contains(err.Error(), "32767x32767") {
		t.Errorf("JPEG: error %v", err)
	}
}

func FuzzDecodePicture(f *testing.F) {
	for _, img := range []stdimage.Image{
		stdimage.NewGray(stdimage.Rect(0, 0, 3, 2)),
		stdimage.NewNRGBA64(stdimage.Rect(0, 0, 2, 2)),
		stdimage.NewPaletted(stdimage.Rect(0, 0, 2, 2), color.Palette{color.White, color.Transparent}),
	} {
		var p, j bytes.Buffer
		if err := png.Encode(&p, img); err != nil {
			f.Fatal(err)
		}
		if err := jpeg.Encode(&j, img, nil); err != nil {
			f.Fatal(err)
		}
		f.Add(p.Bytes())
		f.Add(j.Bytes())
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		p, err := decodePicture(b)
		if err == nil && len(p.rgb) != 3*p.w*p.h {
			t.Fatalf("%dx%d with %d values", p.w, p.h, len(p.rgb))
		}
	})
}

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

func TestFoldersRoundTrip(t *testing.T) {
	for _, c := range []int{1, 3} {
		m := rainbow(12, 3, 5, c)
		m.Labels = []int32{0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1}
		m.LabelNames = []string{"low", "up"}
		dir := filepath.Join(t.TempDir(), "out")
		if err := m.WriteFolder(dir); err != nil {
			t.Fatal(err)
		}
		got, err := Open(dir, Options{})
		if err != nil {
			t.Fatal(err)
		}
		if got.String() != m.String() || !bytes.Equal(got.Pixels, m.Pixels) || !slices.Equal(got.Labels, m.Labels) {
			t.Errorf("%v came back as %v", m, got)
		}
		if err := m.WriteFolder(dir); err == nil || !strings.Contains(err.Error(), "holds files already") {
			t.Errorf("writing over a full folder: error %v", err)
		}
	}
}

func TestScaleAndUnscaleAreInverse(t *testing.T) {
	for v := range 256 {
		x := Scale(uint8(v))
		if Unscale(x) != uint8(v) || Unscale(float64(x)) != uint8(v) {
			t.Errorf("%d -> %g -> %d", v, x, Unscale(x))
		}
		if x < -1 || x > 1 {
			t.Errorf("Scale(%d) = %g", v, x)
		}
		// Values up to just under half a step away round to v.
		if v > 0 && v < 255 && (Unscale(float64(x)+0.49/127.5) != uint8(v) || Unscale(float64(x)-0.49/127.5) != uint8(v)) {
			t.Errorf("values near Scale(%d) do not round to it", v)
		}
	}
	if Scale(0) != -1 || Scale(255) != 1 || Unscale(-9.0) != 0 || Unscale(9.0) != 255 || Unscale(nan()) != 0 {
		t.Error("ends of the scale")
	}
}

func TestFrameRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		size := rapid.IntRange(1, 9)
		h, w, c := size.Draw(t, "h"), size.Draw(t, "w"), rapid.SampledFrom([]int{1, 3}).Draw(t, "c")
		multiple := rapid.IntRange(0, 8).Draw(t, "multiple")
		m := New(1, h, w, c)
		copy(m.Pixels, rapid.SliceOfN(rapid.Byte(), h*w*c, h*w*c).Draw(t, "pixels"))
		f := NewFrame(m, multiple)
		if multiple > 1 && (f.PaddedH()%multiple != 0 || f.PaddedW()%multiple != 0 || f.PaddedH() >= h+multiple || f.PaddedW() >= w+multiple) {
			t.Fatalf("frame %+v for multiple %d", f, multiple)
		}
		x := make([]float32, f.Dim())
		f.Encode(x, m.Image(0), false)
		if got := DecodeAll(f, x); !bytes.Equal(got.Pixels, m.Pixels) {
			t.Fatalf("decoded %v, want %v", got.Pixels, m.Pixels)
		}
		// Mirroring twice is the identity; once, it reverses each row of the picture.
		f.Encode(x, m.Image(0), true)
		once := DecodeAll(f, x)
		for y := range h {
			for i := range w {
				for k := range c {
					if once.Pixels[(y*w+i)*c+k] != m.Pixels[(y*w+w-1-i)*c+k] {
						t.Fatalf("mirrored pixel (%d,%d,%d)", y, i, k)
					}
				}
			}
		}
	})
}

func TestFrameFillsWithTheBackground(t *testing.T) {
	m := New(2, 28, 28, 1)
	fill(m.Pixels, 200)
	for i := range 28 * 20 { // ink in the middle rows of the first image
		m.Pixels[28*4+i] = 9
	}
	f := NewFrame(m, 32)
	want := Frame{H: 28, W: 28, C: 1, Top: 2, Left: 2, Bottom: 2, Right: 2, Fill: 200}
	if f != want {
		t.Errorf("frame %+v, want %+v", f, want)
	}
	x := make([]float32, f.Dim())
	f.Encode(x, m.Image(0), false)
	if x[0] != Scale(200) || x[2*32+1] != Scale(200) || x[10*32+2] != Scale(9) {
		t.Error("border or picture misplaced")
	}
}

func TestGreyAndColour(t *testing.T) {
	m := rainbow(2, 3, 3, 1)
	colour, err := m.WithChannels(3)
	if err != nil {
		t.Fatal(err)
	}
	grey, err := colour.WithChannels(1)
	if err != nil || !bytes.Equal(grey.Pixels, m.Pixels) {
		t.Errorf("grey -> colour -> grey changed the pixels: %v", err)
	}
	if luma(255, 0, 0) != 76 || luma(0, 255, 0) != 150 || luma(0, 0, 255) != 29 { // 255 * (0.299, 0.587, 0.114)
		t.Error("luma weights")
	}
	if _, err := m.WithChannels(2); err == nil {
		t.Error("two channels are not refused")
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

func TestGridPlacesImages(t *testing.T) {
	a, b := rainbow(5, 2, 3, 1), rainbow(5, 2, 3, 1)
	for i := range b.Pixels {
		b.Pixels[i] ^= 0xff
	}
	g := Grid{Columns: 3, Scale: 2, Gap: 1}
	img := g.Picture(a, b).(*stdimage.Gray)
	// Columns: 1 + 3*(6+1). Rows: 1 + 2 groups of 2*(4+1) + a wider gap of 4.
	if got := img.Bounds().Size(); got != stdimage.Pt(22, 25) {
		t.Fatalf("size %v", got)
	}
	check := func(x, y int, want uint8) {
		t.Helper()
		if got := img.GrayAt(x, y).Y; got != want {
			t.Errorf("pixel (%d,%d) is %d, want %d", x, y, got, want)
		}
	}
	check(0, 0, 255)            // gap
	check(1, 1, a.Image(0)[0])  // first image of a
	check(2, 2, a.Image(0)[0])  // its enlarged pixel
	check(3, 3, a.Image(0)[4])  // second row, second column
	check(1, 6, b.Image(0)[0])  // b's below it
	check(8, 15, a.Image(4)[0]) // image 4: second group, second column
	check(8, 20, b.Image(4)[0]) //
	check(15, 15, 255)          // no image 5
	check(1+2*5, 14, 255)       // wider gap between groups
	if g := (Grid{Gap: -1}).Picture(rainbow(4, 2, 2, 1)); g.Bounds().Size() != stdimage.Pt(4, 4) {
		t.Errorf("4 images without gap make %v, want a square", g.Bounds())
	}
}

func TestAnimationIsAWellFormedPNG(t *testing.T) {
	frames := []*Images{rainbow(2, 3, 3, 3), rainbow(2, 3, 3, 3), rainbow(2, 3, 3, 3)}
	frames[1].Pixels[0] ^= 1
	var b bytes.Buffer
	if err := (Grid{}).WriteAnimation(&b, frames, 80*time.Millisecond); err != nil {
		t.Fatal(err)
	}
	// A viewer that knows no animation sees the first frame.
	img, err := png.Decode(bytes.NewReader(b.Bytes()))
	if err != nil {
		t.Fatal(err)
	}
	var want, got bytes.Buffer
	if err := (Grid{}).WritePNG(&want, frames[0]); err != nil {
		t.Fatal(err)
	}
	if err := png.Encode(&got, img); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got.Bytes(), want.Bytes()) {
		t.Error("the first frame differs from the grid")
	}
	for chunk, n := range map[string]int{"acTL": 1, "fcTL": 3, "fdAT": 2} {
		if got := bytes.Count(b.Bytes(), []byte(chunk)); got != n {
			t.Errorf("%d chunks %s, want %d", got, chunk, n)
		}
	}
}

func TestStripRunsTimeToTheRight(t *testing.T) {
	frames := []*Images{New(2, 1, 1, 1), New(2, 1, 1, 1), New(2, 1, 1, 1)}
	for k, f := range frames {
		f.Pixels[0], f.Pixels[1] = uint8(k), uint8(10+k)
	}
	if got := Strip(frames).Pixels; !bytes.Equal(got, []uint8{0, 1, 2, 10, 11, 12}) {
		t.Errorf("strip %v", got)
	}
}

func TestNaturalOrder(t *testing.T) {
	want := []string{"", "01", "1", "2", "10", "a", "a01", "a1", "a1b", "a2", "a10", "a10a", "b"}
	rapid.Check(t, func(t *rapid.T) {
		got := rapid.Permutation(want).Draw(t, "names")
		slices.SortFunc(got, func(a, b string) int {
			switch {
			case naturalLess(a, b):
				return -1
			case naturalLess(b, a):
				return 1
			}
			return 0
		})
		if !slices.Equal(got, want) {
			t.Fatalf("order %q, want %q", got, want)
		}
	})
}
