package checkpoint

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"testing"
)

func writeFile(t *testing.T, entries ...Entry) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.safetensors")
	if err := WriteFile(path, func(w io.Writer) error { return Write(w, entries, nil) }); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestUseGivesWhatFloat32Gives, of the type that is mapped and of one that is not.
func TestUseGivesWhatFloat32Gives(t *testing.T) {
	path := writeFile(t, Values("a", []float32{1, 2.5, -3}, 3), Values("b", []float64{4, 5}, 2), Values("c", []float32{}, 0))
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	for _, name := range []string{"a", "b", "c"} {
		want, err := f.Float32(name)
		if err != nil {
			t.Fatal(err)
		}
		var got []float32
		if err := f.Use(name, func(data []float32) { got = slices.Clone(data) }); err != nil || !slices.Equal(got, want) {
			t.Errorf("%s: %v, %v; want %v", name, got, err, want)
		}
	}
	if err := f.Use("d", func([]float32) { t.Error("called without a tensor") }); err == nil {
		t.Error("no error for a tensor that is not there")
	}
}

// TestUseOfAFileCutShort: the memory behind the map is gone; that is an error,
// not the end of the process. Panics of the caller stay panics.
func TestUseOfAFileCutShort(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("what happens to a map of a file that is cut short differs")
	}
	path := writeFile(t, Values("a", make([]float32, 1<<18), 1<<18))
	f, err := Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	func() {
		defer func() {
			if recover() != "mine" {
				t.Error("the caller's panic is gone")
			}
		}()
		f.Use("a", func([]float32) { panic("mine") })
	}()
	if err := os.Truncate(path, 4096); err != nil {
		t.Fatal(err)
	}
	sum := float32(0)
	err = f.Use("a", func(data []float32) {
		for _, v := range data {
			sum += v
		}
	})
	if !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("%v, want an unexpected end", err)
	}
}
