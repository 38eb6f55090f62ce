package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
)

const (
	maxHeader = 100_000_000 // bytes; the limit of the reference library
	maxRank   = 16          // dimensions; keeps a hostile header from growing when parsed
	metaKey   = "__metadata__"
)

// Info describes one stored tensor.
type Info struct {
	Name  string
	DType DType
	Shape []int

	source int   // which shard
	offset int64 // of the first byte in its file
	bytes  int64
}

// Len returns the number of elements.
func (i Info) Len() int { return int(i.bytes / int64(i.DType.Size())) }

// dims is a shape in JSON that refuses to grow beyond maxRank.
type dims []int64

func (d *dims) UnmarshalJSON(text []byte) error {
	if bytes.Count(text, []byte{','}) >= maxRank {
		return fmt.Errorf("shape has more than %d dimensions", maxRank)
	}
	return json.Unmarshal(text, (*[]int64)(d))
}

// parseHeader reads the JSON header of a file that has data bytes after it.
// Infos come back in the order of their bytes.
func parseHeader(text []byte, data int64) ([]Info, map[string]string, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	if t, err := dec.Token(); err != nil || t != json.Delim('{') {
		return nil, nil, errors.New("the header is not a JSON object")
	}
	var infos []Info
	var meta map[string]string
	seen := make(map[string]bool)
	for dec.More() {
		t, err := dec.Token()
		if err != nil {
			return nil, nil, fmt.Errorf("the header is not valid JSON: %w", err)
		}
		name := t.(string) // inside an object the decoder yields string keys only
		if seen[name] {
			return nil, nil, fmt.Errorf("tensor %q stands twice in the header", name)
		}
		seen[name] = true
		if name == metaKey {
			if err := dec.Decode(&meta); err != nil {
				return nil, nil, fmt.Errorf("%s is not a map of strings: %w", metaKey, err)
			}
			continue
		}
		info, err := parseInfo(dec, name)
		if err != nil {
			return nil, nil, fmt.Errorf("tensor %q: %w", name, err)
		}
		infos = append(infos, info)
	}
	if _, err := dec.Token(); err != nil {
		return nil, nil, fmt.Errorf("the header is not valid JSON: %w", err)
	}
	if rest := text[dec.InputOffset():]; len(bytes.Trim(rest, " \t\r\n\x00")) > 0 {
		return nil, nil, errors.New("the header goes on after its JSON object")
	}
	return infos, meta, checkLayout(infos, data)
}

func parseInfo(dec *json.Decoder, name string) (Info, error) {
	var raw struct {
		DType   DType `json:"dtype"`
		Shape   dims  `json:"shape"`
		Offsets dims  `json:"data_offsets"`
	}
	if err := dec.Decode(&raw); err != nil {
		return Info{}, err
	}
	if raw.DType.Size() == 0 {
		return Info{}, fmt.Errorf("element type %q is not supported; store it as F32", raw.DType)
	}
	if raw.Shape == nil || len(raw.Offsets) != 2 {
		return Info{}, errors.New("shape or data_offsets is missing")
	}
	begin, end := raw.Offsets[0], raw.Offsets[1]
	if begin < 0 || end < begin {
		return Info{}, fmt.Errorf("data_offsets %v do not rise from 0", raw.Offsets)
	}
	info := Info{Name: name, DType: raw.DType, Shape: make([]int, len(raw.Shape)), offset: begin, bytes: end - begin}
	want, ok := int64(raw.DType.Size()), true
	for i, d := range raw.Shape {
		info.Shape[i] = int(d)
		want, ok = multiply(want, d, ok)
	}
	if !ok || want != info.bytes {
		return Info{}, fmt.Errorf("shape %v of %s does not fit its %d bytes", raw.Shape, raw.DType, info.bytes)
	}
	return info, nil
}

// multiply returns a*b and whether all factors so far were sound. Element
// counts beyond 2^56 are refused, which keeps every product in an int64.
func multiply(a, b int64, ok bool) (int64, bool) {
	const limit = 1 << 56
	if b < 0 || b > limit || (b > 0 && a > limit/b) {
		return 0, false
	}
	return a * b, ok
}

// checkLayout sorts by offset and demands that the tensors tile the data
// bytes exactly: an overlap, a hole or a cut file shows here.
func checkLayout(infos []Info, data int64) error {
	slices.SortFunc(infos, func(a, b Info) int {
		if a.offset != b.offset {
			return compare(a.offset, b.offset)
		}
		if a.bytes != b.bytes { // empty tensors share an offset with their successor
			return compare(a.bytes, b.bytes)
		}
		return strings.Compare(a.Name, b.Name)
	})
	at := int64(0)
	for _, i := range infos {
		if i.offset != at {
			return fmt.Errorf("tensor %q begins at byte %d of the data, not at %d", i.Name, i.offset, at)
		}
		if i.bytes > data-at {
			return fmt.Errorf("tensor %q ends at byte %d of the data, but only %d are there: the file is cut short, fetch it again",
				i.Name, at+i.bytes, data)
		}
		at += i.bytes
	}
	if at != data {
		return fmt.Errorf("%d bytes follow the last tensor", data-at)
	}
	return nil
}

func compare(a, b int64) int {
	if a < b {
		return -1
	}
	return 1
}
