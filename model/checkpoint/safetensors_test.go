package checkpoint

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// file builds the bytes of a safetensors file from a header and its data.
func file(header string, data []byte) []byte {
	b := binary.LittleEndian.AppendUint64(nil, uint64(len(header)))
	return append(append(b, header...), data...)
}

func open(t testing.TB, raw []byte) *File {
	t.Helper()
	f, err := NewReader(bytes.NewReader(raw), int64(len(raw)), "test.safetensors")
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// Every writable type comes back with the same values, in every order of entries.
func TestWriteThenReadIsIdentity(t *testing.T) {
	nan := math.Float32frombits(0x7fc12345)
	entries := []Entry{
		Values("u8", []uint8{0, 255, 7}, 3),
		Values("f32", []float32{1, -0, nan, math.MaxFloat32, 0x1p-149, float32(math.Inf(-1))}, 2, 3),
		Values("bool", []bool{true, false}, 2),
		Values("f64", []float64{math.Pi, math.Inf(1)}, 2, 1),
		Values("i64", []int64{math.MinInt64, math.MaxInt64}, 2),
		Values("i32", []int32{math.MinInt32, -1}, 1, 2),
		Values("scalar", []float32{42}),
		Values("empty", []float32{}, 0, 5),
	}
	var a, b bytes.Buffer
	meta := map[string]string{"format": "pt", "note": "π \"quoted\""}
	if err := Write(&a, entries, meta); err != nil {
		t.Fatal(err)
	}
	entries[0], entries[5], entries[3] = entries[5], entries[3], entries[0]
	if err := Write(&b, entries, meta); err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(a.Bytes(), b.Bytes()) {
		t.Error("the order of entries changes the bytes")
	}
	if n := binary.LittleEndian.Uint64(a.Bytes()); n%8 != 0 {
		t.Errorf("header of %d bytes leaves the elements unaligned", n)
	}
	f := open(t, a.Bytes())
	if d := cmp.Diff(meta, f.Metadata()); d != "" {
		t.Error(d)
	}
	f32, err := f.Float32("f32")
	if err != nil {
		t.Fatal(err)
	}
	for i, want := range []uint32{0x3f800000, 0, 0x7fc12345, 0x7f7fffff, 1, 0xff800000} {
		if got := math.Float32bits(f32[i]); got != want {
			t.Errorf("f32[%d] has bits %08x, want %08x", i, got, want)
		}
	}
	i64, err := f.Int64("i64")
	if d := cmp.Diff([]int64{math.MinInt64, math.MaxInt64}, i64); d != "" || err != nil {
		t.Error(d, err)
	}
	for name, want := range map[string][]float64{
		"u8": {0, 255, 7}, "bool": {1, 0}, "f64": {math.Pi, math.Inf(1)},
		"i32": {math.MinInt32, -1}, "scalar": {42}, "empty": {},
	} {
		got, err := f.Float64(name)
		if d := cmp.Diff(want, got); d != "" || err != nil {
			t.Errorf("%s: %s %v", name, d, err)
		}
	}
	if i, _ := f.Info("empty"); !cmp.Equal(i.Shape, []int{0, 5}) {
		t.Errorf("empty has shape %v", i.Shape)
	}
}

// A binary16 is (-1)^s 2^(e-15) (1 + f/1024), subnormal 2^-14 f/1024; checked
// for all of them against that formula in float64.
func TestHalfIsItsFormula(t *testing.T) {
	for h := range 1 << 16 {
		s, e, f := 1-2*float64(h>>15), h>>10&31, float64(h&1023)
		want := s * math.Ldexp(1+f/1024, e-15)
		switch {
		case e == 0:
			want = s * math.Ldexp(f/1024, -14)
		case e == 31 && f == 0:
			want = math.Inf(int(s))
		case e == 31:
			want = math.NaN()
		}
		got := float64(halfToFloat(uint16(h)))
		if math.Float64bits(got) != math.Float64bits(want) && !(math.IsNaN(got) && math.IsNaN(want)) {
			t.Fatalf("half %04x is %g, want %g", h, got, want)
		}
	}
}

// Types that Go cannot write are read from their bytes.
func TestReadsEveryType(t *testing.T) {
	for _, c := range []struct {
		dtype DType
		raw   string
		want  []float32
	}{
		{F16, "\x00\x3c\x00\xc0\xff\x7b", []float32{1, -2, 65504}},
		{BF16, "\x80\x3f\x49\xc0\x80\x7f", []float32{1, -3.140625, float32(math.Inf(1))}},
		{I16, "\xff\xff\x00\x80", []float32{-1, -32768}},
		{I8, "\xff\x80\x7f", []float32{-1, -128, 127}},
		{U16, "\xff\xff", []float32{65535}},
		{U32, "\x00\x00\x00\xff", []float32{0xff000000}},
		{U64, "\x00\x00\x00\x00\x00\x00\x00\x40", []float32{0x1p62}},
		{F64, "\x9a\x99\x99\x99\x99\x99\xb9\x3f", []float32{0.1}},
	} {
		header := fmt.Sprintf(`{"x":{"dtype":"%s","shape":[%d],"data_offsets":[0,%d]}}`, c.dtype, len(c.want), len(c.raw))
		f := open(t, file(header, []byte(c.raw)))
		got, err := f.Float32("x")
		if d := cmp.Diff(c.want, got); d != "" || err != nil {
			t.Errorf("%s: %s %v", c.dtype, d, err)
		}
		wide, err := f.Float64("x")
		if err != nil || float32(wide[0]) != c.want[0] {
			t.Errorf("%s: as float64 %v %v", c.dtype, wide, err)
		}
	}
}

// What a type cannot hold is an error that names file, tensor and element.
func TestLossyReadsFail(t *testing.T) {
	f := open(t, file(`{"x":{"dtype":"I32","shape":[2],"data_offsets":[0,8]},`+
		`"b":{"dtype":"BOOL","shape":[1],"data_offsets":[8,9]}}`, []byte("\x01\x00\x00\x00\x01\x00\x00\x01\x02")))
	for name, read := range map[string]func() error{
		`tensor "x"`: func() error { _, err := f.Float32("x"); return err },
		`tensor "b"`: func() error { _, err := f.Int64("b"); return err },
		`no tensor "w"`: func() error {
			_, err := f.Float32("w")
			return err
		},
	} {
		err := read()
		if err == nil || !strings.Contains(err.Error(), name) || !strings.Contains(err.Error(), "test.safetensors") {
			t.Errorf("error %v does not name the file and %s", err, name)
		}
	}
}

// Each way in which a header can lie is refused with its own words.
func TestHostileHeaders(t *testing.T) {
	const one = `"dtype":"F32","shape":[1],"data_offsets":[0,4]`
	for _, c := range []struct{ raw, want string }{
		{"", "0 bytes"},
		{"\x01\x00\x00", "3 bytes"},
		{"\xff\xff\xff\xff\xff\xff\xff\xff{}", "states a header"},
		{"\x00\xe1\xf5\x06\x00\x00\x00\x00{}", "states a header"}, // 116,777,216 bytes
		{string(file(`[1]`, nil)), "not a JSON object"},
		{string(file(`{"a":`, nil)), "EOF"},
		{string(file(`{} {`, nil)), "goes on after"},
		{string(file(`{"a":{`+one+`},"a":{`+one+`}}`, make([]byte, 4))), "stands twice"},
		{string(file(`{"__metadata__":{"a":1}}`, nil)), "map of strings"},
		{string(file(`{"a":{"dtype":"F8_E4M3","shape":[1],"data_offsets":[0,1]}}`, make([]byte, 1))), "not supported"},
		{string(file(`{"a":{"dtype":"F32","data_offsets":[0,4]}}`, make([]byte, 4))), "missing"},
		{string(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4]}}`, make([]byte, 4))), "missing"},
		{string(file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}}`, make([]byte, 4))), "does not fit"},
		{string(file(`{"a":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}}`, make([]byte, 4))), "does not fit"},
		{string(file(`{"a":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,0]}}`, nil)), "does not fit"},
		{string(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[-4,0]}}`, nil)), "do not rise"},
		{string(file(`{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,8]}}`, make([]byte, 8))), "begins at byte 4"},
		{string(file(`{"a":{`+one+`},"b":{`+one+`}}`, make([]byte, 4))), "begins at byte 0"},
		{string(file(`{"a":{`+one+`}}`, make([]byte, 3))), "cut short"},
		{string(file(`{"a":{`+one+`}}`, make([]byte, 5))), "1 bytes follow"},
		{string(file(`{"a":{"dtype":"U8","shape":[1`+strings.Repeat(",1", 99)+`],"data_offsets":[0,1]}}`, make([]byte, 1))), "dimensions"},
		{string(file(`{"a":{"dtype":"F32","shape":[1e3],"data_offsets":[0,4000]}}`, make([]byte, 4000))), "cannot unmarshal"},
	} {
		_, err := NewReader(strings.NewReader(c.raw), int64(len(c.raw)), "bad.safetensors")
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), "bad.safetensors") {
			t.Errorf("%.80q: error %v does not say %q", c.raw, err, c.want)
		}
	}
}

// A file that shrinks after it was opened is an error, not zeros.
func TestShrunkFile(t *testing.T) {
	raw := file(`{"a":{"dtype":"F32","shape":[2],"data_offsets":[0,8]}}`, make([]byte, 8))
	f, err := NewReader(bytes.NewReader(raw[:len(raw)-1]), int64(len(raw)), "x")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Float32("a"); err == nil || !strings.Contains(err.Error(), io.ErrUnexpectedEOF.Error()) {
		t.Errorf("got %v", err)
	}
}

func TestWriteRefusesDoubleNames(t *testing.T) {
	x := Values("x", []float32{1}, 1)
	if err := Write(io.Discard, []Entry{x, x}, nil); err == nil {
		t.Error("two tensors of one name were written")
	}
	if err := Write(io.Discard, []Entry{Values(metaKey, []float32{1}, 1)}, nil); err == nil {
		t.Error("a tensor named as the metadata was written")
	}
}

// writeIndex makes a folder of two shards and an index with the given map.
func writeIndex(t *testing.T, weights map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	for name, e := range map[string]Entry{
		"a.safetensors": Values("x", []float32{1, 2}, 2),
		"b.safetensors": Values("y", []float32{3}, 1),
	} {
		err := WriteFile(filepath.Join(dir, name), func(w io.Writer) error { return Write(w, []Entry{e}, nil) })
		if err != nil {
			t.Fatal(err)
		}
	}
	text, _ := json.Marshal(map[string]any{"weight_map": weights})
	path := filepath.Join(dir, "model.safetensors.index.json")
	if err := os.WriteFile(path, text, 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

func TestShardsReadAsOneFile(t *testing.T) {
	f, err := OpenIndex(writeIndex(t, map[string]string{"x": "a.safetensors", "y": "b.safetensors"}))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	x, errX := f.Float32("x")
	y, errY := f.Float32("y")
	if errX != nil || errY != nil || !cmp.Equal(x, []float32{1, 2}) || !cmp.Equal(y, []float32{3}) || len(f.Infos()) != 2 {
		t.Error(x, y, errX, errY)
	}
}

func TestHostileIndexes(t *testing.T) {
	for want, weights := range map[string]map[string]string{
		"not the name of a file": {"x": "../a.safetensors"},
		"said to be in \"..\"":   {"x": ".."},
		"no such file":           {"x": "c.safetensors"},
		"but it is not":          {"x": "b.safetensors"},
		"no weight_map":          {},
	} {
		if _, err := OpenIndex(writeIndex(t, weights)); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

// Whatever the bytes, opening and reading never panics, and a file that opens
// holds tensors of exactly its data's size.
func FuzzSafetensors(f *testing.F) {
	var whole bytes.Buffer
	_ = Write(&whole, []Entry{Values("a", []float32{1, 2}, 2), Values("b", []int64{3}), Values("c", []bool{true}, 1)}, map[string]string{"k": "v"})
	f.Add(whole.Bytes())
	f.Add(file(`{"a":{"dtype":"F16","shape":[0,3],"data_offsets":[0,0]}}`, nil))
	f.Add(file(`{"a":{"dtype":"BF16","shape":[1],"data_offsets":[0,2]}}`, []byte{1, 2}))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, err := NewReader(bytes.NewReader(raw), int64(len(raw)), "fuzz")
		if err != nil {
			return
		}
		sum := int64(0)
		for _, i := range s.Infos() {
			sum += i.bytes
			wide, err := s.Float64(i.Name)
			if err == nil && len(wide) != i.Len() {
				t.Fatalf("%q has %d elements, %d were read", i.Name, i.Len(), len(wide))
			}
			_, _ = s.Float32(i.Name)
			_, _ = s.Int64(i.Name)
		}
		if n := int64(binary.LittleEndian.Uint64(raw)); 8+n+sum != int64(len(raw)) {
			t.Fatalf("header %d and tensors %d do not make %d bytes", n, sum, len(raw))
		}
	})
}
