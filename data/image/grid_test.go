package image

import (
	"bytes"
	stdimage "image"
	"image/png"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

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
