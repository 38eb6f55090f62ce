package table

import (
	"fmt"
	"io"
	"strconv"

	"ebb/data"
	"ebb/data/array"
)

// arrayReader reads arrays of numbers as a table: of an NPY file with two axes each column is one of the
// table, named 0, 1, …; with one axis it is a table of one column. An NPZ archive gives a column for
// each array of one axis, by the array's name, and columns x.0, x.1, … for an array x of two; all
// must have the same number of rows. The arrays are read as a whole.
type arrayReader struct {
	columns []arrayColumn
	heads   []Heading
	rows    int
	at      int
}

// arrayColumn is one column of an array: elements first, first+stride, ….
type arrayColumn struct {
	a             *array.Array
	first, stride int
	text          []byte
}

func newArrayReader(path string, form data.Form) (*arrayReader, error) {
	var arrays []array.Named
	if form == data.NPY {
		a, err := array.Open(path)
		if err != nil {
			return nil, err
		}
		arrays = append(arrays, array.Named{Array: a})
	} else {
		f, err := data.OpenRandom(path)
		if err != nil {
			return nil, err
		}
		defer f.Close()
		if arrays, err = array.ReadZip(f, f.Size); err != nil {
			return nil, fmt.Errorf("%s: %w", path, err)
		}
	}
	r := &arrayReader{rows: arrays[0].Array.Rows()}
	for _, n := range arrays {
		if err := r.add(n, len(arrays) == 1 && n.Name == ""); err != nil {
			return nil, &Error{File: path, Column: n.Name, Problem: err.Error(), Remedy: "give arrays of shape (rows) or (rows, columns), all of as many rows"}
		}
	}
	if len(r.columns) == 0 {
		return nil, &Error{File: path, Problem: "the array has no columns"}
	}
	return r, checkDistinct(r.heads, path)
}

// add makes columns of an array, whose name is left out of theirs if it is the only one.
func (r *arrayReader) add(n array.Named, only bool) error {
	a := n.Array
	if len(a.Shape) == 0 || len(a.Shape) > 2 {
		return fmt.Errorf("%v is no table", a)
	}
	if a.Rows() != r.rows {
		return fmt.Errorf("%v has %d rows, the first array %d", a, a.Rows(), r.rows)
	}
	width := a.RowLen()
	for k := range width {
		name := n.Name
		switch {
		case only:
			name = strconv.Itoa(k)
		case len(a.Shape) == 2:
			name += "." + strconv.Itoa(k)
		}
		r.heads = append(r.heads, Heading{name, storageOfArray(a.Type)})
		r.columns = append(r.columns, arrayColumn{a: a, first: k, stride: width})
	}
	return nil
}

func storageOfArray(t array.Type) string {
	switch t {
	case array.Bool:
		return "boolean"
	case array.Int8, array.Int16, array.Uint8:
		return "smallint"
	case array.Int32, array.Uint16:
		return "integer"
	case array.Int64, array.Uint32:
		return "bigint"
	case array.Uint64:
		return "decimal(20,0)"
	case array.Float16, array.Float32:
		return "real"
	}
	return "double"
}

// Headings implements RowReader.
func (r *arrayReader) Headings() []Heading { return r.heads }

// Next implements RowReader.
func (r *arrayReader) Next(cells []Cell) error {
	if r.at == r.rows {
		return io.EOF
	}
	for j := range r.columns {
		c := &r.columns[j]
		c.text = appendElement(c.text[:0], c.a, c.first+r.at*c.stride)
		cells[j] = Cell{Text: c.text}
	}
	r.at++
	return nil
}

func appendElement(dst []byte, a *array.Array, i int) []byte {
	switch a.Type {
	case array.Bool:
		return strconv.AppendBool(dst, a.Bytes[i] != 0)
	case array.Float16, array.Float32:
		return appendFloat(dst, a.At(i), 32)
	case array.Float64:
		return appendFloat(dst, a.At(i), 64)
	}
	v, _ := a.Int(i)
	if a.Type == array.Uint64 {
		return strconv.AppendUint(dst, uint64(v), 10) // Int wraps what does not fit
	}
	return strconv.AppendInt(dst, v, 10)
}

// Close implements RowReader.
func (r *arrayReader) Close() error { return nil }

// IsArrayTable says whether the NPY or NPZ file at path holds a table: arrays of one or two axes and
// none of three or four, which are pictures.
func IsArrayTable(path string) (bool, error) {
	shapes, err := array.Shapes(path)
	if err != nil {
		return false, err
	}
	for _, s := range shapes {
		if len(s) < 1 || len(s) > 2 {
			return false, nil
		}
	}
	return len(shapes) > 0, nil
}
