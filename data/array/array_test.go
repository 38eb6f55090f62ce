package array

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"
)

// The files of testdata hold 0…23 in shape (2,3,4); signed types minus 12,
// fractions halved besides.
func TestReadsWhatNumPyWrote(t *testing.T) {
	for typ := Uint8; typ <= Float64; typ++ {
		for _, form := range []string{"lec", "lef", "bec", "bef"} { // byte order, C or Fortran
			name := types[typ].descr + form
			a, err := Open(filepath.Join("testdata", name+".npy"))
			if err != nil {
				t.Fatal(err)
			}
			if a.Type != typ || !slices.Equal(a.Shape, []int{2, 3, 4}) {
				t.Fatalf("%s: %v", name, a)
			}
			for i := range a.Len() {
				want := float64(i)
				if typ >= Int8 {
					want -= 12
				}
				if typ.Float() {
					want /= 2
				}
				if got := a.At(i); got != want {
					t.Errorf("%s: element %v is %g, want %g", name, a.Index(i), got, want)
				}
			}
		}
	}
}

func TestReadsVersionsAndOddShapes(t *testing.T) {
	for _, c := range []struct {
		name  string
		want  string
		first float64
	}{
		{"version2", "float32 (2,3,4)", 0},
		{"version3", "float32 (2,3,4)", 0},
		{"b1", "bool (2,3,4)", 1},
		{"scalar", "float64 ()", 2.5},
		{"vector", "int64 (5)", 0},
		{"empty", "float32 (0,7)", math.NaN()},
	} {
		a, err := Open("testdata/" + c.name + ".npy")
		if err != nil {
			t.Error(err)
			continue
		}
		if a.String() != c.want {
			t.Errorf("%s is %v, want %s", c.name, a, c.want)
		}
		if a.Len() > 0 && a.At(0) != c.first {
			t.Errorf("%s starts with %g, want %g", c.name, a.At(0), c.first)
		}
	}
}

func TestRefusesWhatIsNoNumber(t *testing.T) {
	for name, want := range map[string]string{
		"complex": "complex numbers are not supported",
		"record":  "structured arrays are not supported",
		"object":  "pickled Python objects",
	} {
		_, err := Open("testdata/" + name + ".npy")
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), name+".npy") {
			t.Errorf("%s: error %v does not say %q and the file", name, err, want)
		}
	}
}

func TestWritesWhatNumPyWrites(t *testing.T) {
	for _, name := range []string{"u1lec", "f4lec", "i8lec", "f2lec", "b1", "scalar", "vector", "empty"} {
		want, err := os.ReadFile("testdata/" + name + ".npy")
		if err != nil {
			t.Fatal(err)
		}
		a, err := Read(bytes.NewReader(want))
		if err != nil {
			t.Fatal(err)
		}
		var got bytes.Buffer
		if err := WriteNPY(&got, a); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got.Bytes(), want) {
			t.Errorf("%s: wrote\n%q\nNumPy wrote\n%q", name, got.Bytes(), want)
		}
	}
}

func TestNPZ(t *testing.T) {
	arrays, err := OpenZip("testdata/pair.npz")
	if err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(arrays[0].Name, arrays[0].Array, arrays[1].Name, arrays[1].Array); got != "xuint8 (2,3,4)yint64 (2)" {
		t.Errorf("pair.npz holds %s", got)
	}
	var out, again bytes.Buffer
	for _, w := range []*bytes.Buffer{&out, &again} {
		if err := WriteZip(w, arrays); err != nil {
			t.Fatal(err)
		}
	}
	if !bytes.Equal(out.Bytes(), again.Bytes()) {
		t.Error("equal arrays gave different archives")
	}
	back, err := ReadZip(bytes.NewReader(out.Bytes()), int64(out.Len()))
	if err != nil {
		t.Fatal(err)
	}
	for i := range arrays {
		sameArray(t, back[i].Array, arrays[i].Array)
	}
}

func drawArray(t *rapid.T) *Array {
	typ := Type(rapid.IntRange(int(Bool), int(Float64)).Draw(t, "type"))
	shape := rapid.SliceOfN(rapid.IntRange(0, 4), 0, 4).Draw(t, "shape")
	a := New(typ, shape...)
	copy(a.Bytes, rapid.SliceOfN(rapid.Byte(), len(a.Bytes), len(a.Bytes)).Draw(t, "bytes"))
	return a
}

func TestRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		a := drawArray(t)
		var npy, idx bytes.Buffer
		if err := WriteNPY(&npy, a); err != nil {
			t.Fatal(err)
		}
		back, err := Read(&npy)
		if err != nil {
			t.Fatal(err)
		}
		sameArray(t, back, a)
		if err := WriteIDX(&idx, a); err != nil {
			return // IDX lacks some types; WriteIDX says so
		}
		if back, err = Read(&idx); err != nil {
			t.Fatal(err)
		}
		sameArray(t, back, a)
	})
}

func sameArray(t interface{ Errorf(string, ...any) }, got, want *Array) {
	if got.Type != want.Type || !slices.Equal(got.Shape, want.Shape) || !bytes.Equal(got.Bytes, want.Bytes) {
		t.Errorf("read back %v % x, want %v % x", got, got.Bytes, want, want.Bytes)
	}
}

func TestHalfAgreesWithItsDefinition(t *testing.T) {
	for h := range 1 << 16 {
		sign, exp, frac := 1-2*float64(h>>15), h>>10&31, float64(h&1023)
		want := sign * math.Ldexp(1+frac/1024, exp-15)
		switch {
		case exp == 0:
			want = sign * math.Ldexp(frac, -24)
		case exp == 31 && frac == 0:
			want = math.Inf(int(sign))
		case exp == 31:
			want = math.NaN()
		}
		got := float64(Half(uint16(h)))
		if got != want && !(math.IsNaN(got) && math.IsNaN(want)) || math.Signbit(got) != math.Signbit(want) && !math.IsNaN(want) {
			t.Fatalf("half %#04x is %g, want %g", h, got, want)
		}
	}
}

func TestIntTellsWholeNumbers(t *testing.T) {
	a := FromFloat64([]float64{3, -2.5, math.NaN(), math.Inf(1), 1e300, -4e18}, 6)
	want := []bool{true, false, false, false, false, true}
	for i, w := range want {
		if _, ok := a.Int(i); ok != w {
			t.Errorf("Int(%g) ok %v, want %v", a.At(i), ok, w)
		}
	}
	if at, ok := a.Finite(); ok || at[0] != 2 {
		t.Errorf("Finite found %v, want [2]", at)
	}
}

func idxBytes(t *testing.T) []byte {
	t.Helper()
	var b bytes.Buffer
	if err := WriteIDX(&b, FromUint8([]uint8{1, 2, 3, 4, 5, 6}, 3, 2)); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestSizesThatDisagreeAreErrorsWithBothSizes(t *testing.T) {
	whole := idxBytes(t)
	zipped := func(b []byte) []byte {
		var z bytes.Buffer
		w := gzip.NewWriter(&z)
		if _, err := w.Write(b); err != nil {
			t.Fatal(err)
		}
		if err := w.Close(); err != nil {
			t.Fatal(err)
		}
		return z.Bytes()
	}
	bomb := func(dims ...byte) []byte { return append([]byte{0, 0, 8, byte(len(dims) / 4)}, dims...) }
	for _, c := range []struct {
		name string
		file []byte
		want []string
	}{
		{"cut", whole[:len(whole)-2], []string{"(3,2)", "claims 6 bytes", "only 4 are there", "get it again"}},
		{"cut gzip of the cut file", zipped(whole[:len(whole)-2]), []string{"claims 6 bytes", "only 4"}},
		{"gzip without its trailer", zipped(whole)[:30], []string{"cut short"}},
		{"long", append(slices.Clone(whole), 9), []string{"claims 6 bytes", "more follow"}},
		{"header cut", whole[:9], []string{"needs 12 bytes", "9 are there"}},
		{"magic", []byte{0, 0, 7, 3, 0, 0}, []string{"0x00000703", "0x00000803"}},
		{"no axes", []byte{0, 0, 8, 0}, []string{"no axes"}},
		{"empty", nil, []string{"empty"}},
		{"text", []byte("a,b,c\n1,2,3\n"), []string{"neither NPY nor IDX"}},
		{"claims 16 EiB", bomb(0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff), []string{"impossible size"}},
		{"claims 2 GiB", bomb(0x80, 0, 0, 0), []string{"claims 2147483648 bytes", "only 0"}},
		{"claims 2 GiB in gzip", zipped(bomb(0x80, 0, 0, 0)), []string{"claims 2147483648 bytes", "only 0"}},
		{"NPY header length", []byte("\x93NUMPY\x02\x00\xff\xff\xff\x7f"), []string{"header claims 2147483647 bytes"}},
		{"NPY version", []byte("\x93NUMPY\x09\x00\x10\x00"), []string{"version 9.0 is newer"}},
		{"NPY huge", npyWith("{'descr': '<f8', 'fortran_order': True, 'shape': (1000000, 1000000), }"), []string{"claims 8000000000000 bytes", "only 0"}},
		{"NPY overflow", npyWith("{'descr': '<f8', 'fortran_order': False, 'shape': (9223372036854775807, 4), }"), []string{"impossible shape"}},
		{"NPY number too long", npyWith("{'descr': '<f8', 'fortran_order': False, 'shape': (99999999999999999999,), }"), []string{"not a tuple"}},
		{"NPY negative", npyWith("{'descr': '<f8', 'fortran_order': False, 'shape': (-3,), }"), []string{"not a tuple"}},
		{"NPY missing key", npyWith("{'descr': '<f8', 'shape': (3,), }"), []string{"dictionary"}},
		{"NPY trailing text", npyWith("{'descr': '<f8', 'fortran_order': False, 'shape': (3,), } + x"), []string{"dictionary"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			_, err := Read(bytes.NewReader(c.file))
			runtime.ReadMemStats(&after)
			if err == nil {
				t.Fatal("no error")
			}
			for _, w := range c.want {
				if !strings.Contains(err.Error(), w) {
					t.Errorf("error %q does not say %q", err, w)
				}
			}
			if used := after.TotalAlloc - before.TotalAlloc; used > 4<<20 {
				t.Errorf("%d bytes of input took %d bytes of memory", len(c.file), used)
			}
		})
	}
}

func npyWith(dict string) []byte {
	return append([]byte("\x93NUMPY\x01\x00"), append([]byte{byte(len(dict)), byte(len(dict) >> 8)}, dict...)...)
}

func TestSizeErrorWrapsItsCause(t *testing.T) {
	_, err := Read(bytes.NewReader(idxBytes(t)[:13]))
	var size *SizeError
	if !errors.As(err, &size) || size.Want != 6 || size.Found != 1 || !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("error %v", err)
	}
}

func TestOverlappingMembersAreRefused(t *testing.T) {
	var b bytes.Buffer
	if err := WriteZip(&b, []Named{{"a", FromUint8(make([]byte, 4000), 4000)}}); err != nil {
		t.Fatal(err)
	}
	// Claim in the central directory that the member is packed into 1 GiB.
	file := b.Bytes()
	dir := bytes.LastIndex(file, []byte("PK\x01\x02"))
	copy(file[dir+20:], []byte{0, 0, 0, 0x40})
	if _, err := ReadZip(bytes.NewReader(file), int64(len(file))); err == nil || !strings.Contains(err.Error(), "packed bytes") {
		t.Errorf("error %v", err)
	}
}

// FuzzRead holds reading to: an error, or an array whose bytes fit its shape and
// that survives writing and reading again.
func FuzzRead(f *testing.F) {
	files, err := filepath.Glob("testdata/*.npy")
	if err != nil || len(files) == 0 {
		f.Fatal("no seeds", err)
	}
	for _, name := range files {
		b, err := os.ReadFile(name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(b)
	}
	f.Add([]byte{0, 0, 8, 1, 0, 0, 0, 2, 7, 9})
	f.Fuzz(func(t *testing.T, b []byte) {
		a, err := Read(bytes.NewReader(b))
		if err != nil {
			return
		}
		if len(a.Bytes) != a.Len()*a.Type.Size() {
			t.Fatalf("%v with %d bytes", a, len(a.Bytes))
		}
		var out bytes.Buffer
		if err := WriteNPY(&out, a); err != nil {
			t.Fatal(err)
		}
		back, err := Read(&out)
		if err != nil {
			t.Fatal(err)
		}
		sameArray(t, back, a)
	})
}

// FuzzReadZip holds NPZ archives to: an error or arrays, never a panic.
func FuzzReadZip(f *testing.F) {
	b, err := os.ReadFile("testdata/pair.npz")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		arrays, err := ReadZip(bytes.NewReader(b), int64(len(b)))
		if err == nil && len(arrays) == 0 {
			t.Fatal("neither arrays nor an error")
		}
	})
}
