package table

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"math"
	"strconv"
	"unicode/utf8"
)

// JSONWriter writes JSON lines: an object a line, its keys the columns in their order, "no value" as
// null. Booleans and numbers are written as such, NaN and infinities, which JSON does not know,
// as strings; so is everything else.
type JSONWriter struct {
	w     *bufio.Writer
	heads []Heading
	keys  [][]byte // with quotes, colon and what stands before them
	line  []byte
	rows  int
}

// NewJSONWriter writes objects with keys of these names.
func NewJSONWriter(w io.Writer, heads []Heading) (*JSONWriter, error) {
	if err := checkDistinct(heads, ""); err != nil {
		return nil, err
	}
	j := &JSONWriter{w: bufio.NewWriterSize(w, 1<<16), heads: heads}
	for k, h := range heads {
		before := byte(',')
		if k == 0 {
			before = '{'
		}
		j.keys = append(j.keys, append(appendJSONString([]byte{before}, []byte(h.Name)), ':'))
	}
	return j, nil
}

// Write implements RowWriter.
func (j *JSONWriter) Write(cells []Cell) error {
	if len(cells) != len(j.heads) {
		panic(fmt.Sprintf("table: a row of %d cells for %d columns", len(cells), len(j.heads)))
	}
	j.rows++
	j.line = j.line[:0]
	for k, c := range cells {
		j.line = append(j.line, j.keys[k]...)
		if c.Null {
			j.line = append(j.line, "null"...)
			continue
		}
		var err error
		if j.line, err = appendJSONValue(j.line, j.heads[k].Type, c.Text); err != nil {
			return &Error{Row: j.rows, Column: j.heads[k].Name, Problem: err.Error()}
		}
	}
	j.line = append(j.line, '}', '\n')
	_, err := j.w.Write(j.line)
	return err
}

// Close implements RowWriter.
func (j *JSONWriter) Close() error { return j.w.Flush() }

func appendJSONValue(dst []byte, storage string, text []byte) ([]byte, error) {
	switch ClassOf(storage) {
	case StoredBoolean:
		v, err := strconv.ParseBool(string(text))
		if err != nil {
			return nil, fmt.Errorf("%q is neither true nor false", text)
		}
		return strconv.AppendBool(dst, v), nil
	case StoredInteger, StoredDecimal, StoredFloat:
		return appendJSONNumber(dst, text)
	}
	if storage == "json" && json.Valid(text) && text[0] != '[' && bytes.IndexByte(text, '\n') < 0 {
		return append(dst, text...), nil
	}
	if !utf8.Valid(text) {
		return nil, fmt.Errorf("the text %q is not UTF-8", text)
	}
	return appendJSONString(dst, text), nil
}

// appendJSONNumber keeps the spelling where JSON has it: 12.50 stays, +5 and .5 do not.
func appendJSONNumber(dst, text []byte) ([]byte, error) {
	if isJSONNumber(text) {
		return append(dst, text...), nil
	}
	v, err := strconv.ParseFloat(string(text), 64)
	if err != nil {
		return nil, fmt.Errorf("%q is no number", text)
	}
	if math.IsNaN(v) || math.IsInf(v, 0) {
		return appendJSONString(dst, text), nil
	}
	return appendFloat(dst, v, 64), nil
}

// appendJSONString puts a text in quotes.
func appendJSONString(dst, text []byte) []byte {
	const hex = "0123456789abcdef"
	dst = append(dst, '"')
	for _, c := range text {
		switch {
		case c == '"' || c == '\\':
			dst = append(dst, '\\', c)
		case c == '\n':
			dst = append(dst, '\\', 'n')
		case c == '\r':
			dst = append(dst, '\\', 'r')
		case c == '\t':
			dst = append(dst, '\\', 't')
		case c < 0x20:
			dst = append(dst, '\\', 'u', '0', '0', hex[c>>4], hex[c&15])
		default:
			dst = append(dst, c)
		}
	}
	return append(dst, '"')
}
