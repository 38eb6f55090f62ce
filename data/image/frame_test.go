package image

import (
	"bytes"
	"testing"

	"pgregory.net/rapid"
)

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
