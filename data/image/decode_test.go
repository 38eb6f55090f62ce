package image

import (
	"bytes"
	stdimage "image"
	"image/color"
	"image/jpeg"
	"image/png"
	"slices"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"
)

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
