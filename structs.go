package ebb

import (
	"context"
	"fmt"
	"math"
	"reflect"
	"strconv"
	"time"

	"ebb/data/table"
)

// Structs are rows as Go structs, a field for each column. The tag `ebb:"name"` names a field's
// column; without one the field's own name does, and `ebb:"-"` leaves the field out. Fields are of
// any string, integer, float or boolean type, time.Time, or a pointer to one of these, of which nil is
// a missing value. NaN is missing too.
//
//	type Person struct {
//		Age    int      `ebb:"age"`
//		Income *float64 `ebb:"income"`
//		Job    string   `ebb:"job"`
//	}
func Structs[T any](rows []T) Data {
	t, err := TableOf(rows)
	if err != nil {
		return failed{err}
	}
	return Table(t)
}

// TableOf is a table of structs; see [Structs].
func TableOf[T any](rows []T) (*table.Table, error) {
	fields, err := fieldsOf[T]()
	if err != nil {
		return nil, err
	}
	names := make([]string, len(fields))
	for k, f := range fields {
		names[k] = f.column
	}
	t := table.New(names...)
	t.Source = fmt.Sprintf("[]%v", reflect.TypeFor[T]())
	text := make([]string, len(fields))
	for i := range rows {
		v := reflect.ValueOf(&rows[i]).Elem()
		for k, f := range fields {
			text[k] = spell(v.FieldByIndex(f.index))
		}
		t.Append(text...)
	}
	return t, nil
}

// RowsOf turns a table into structs; see [Structs]. Every field needs a column, and columns without a
// field are passed over. A missing value is nil in a pointer, NaN in a float and empty in a string;
// in a field of another type it is an error, as is a text that is none of the field's type.
func RowsOf[T any](t *table.Table) ([]T, error) {
	fields, err := fieldsOf[T]()
	if err != nil {
		return nil, err
	}
	columns := make([]*table.Column, len(fields))
	for k, f := range fields {
		j, err := t.Lookup(f.column)
		if err != nil {
			return nil, fmt.Errorf("ebb: field %v.%s: %w", reflect.TypeFor[T](), f.name, err)
		}
		columns[k] = t.Columns[j]
	}
	marks := table.Infer(t)
	out := make([]T, t.Rows())
	for i := range out {
		v := reflect.ValueOf(&out[i]).Elem()
		for k, f := range fields {
			text := columns[k].At(i)
			j, _ := marks.Lookup(f.column)
			missing := marks.Columns[j].IsMissing(text) || marks.Columns[j].Kind == table.AllMissing
			if err := read(v.FieldByIndex(f.index), text, missing); err != nil {
				return nil, fmt.Errorf("ebb: row %d, column %s, field %v.%s: %w", i+1, f.column, reflect.TypeFor[T](), f.name, err)
			}
		}
	}
	return out, nil
}

// Sampler draws rows: a [Model], or a [Draw] of one.
type Sampler interface {
	Sample(ctx context.Context, n int) (*table.Table, error)
}

// SampleAs draws n rows as structs; see [Structs].
func SampleAs[T any](ctx context.Context, s Sampler, n int) ([]T, error) {
	if _, err := fieldsOf[T](); err != nil {
		return nil, err
	}
	t, err := s.Sample(ctx, n)
	if err != nil || n == 0 {
		return nil, err
	}
	return RowsOf[T](t)
}

// field is a field of a struct that holds a column.
type field struct {
	name, column string
	index        []int
}

var moment = reflect.TypeFor[time.Time]()

// fieldsOf lists the fields of T that hold columns.
func fieldsOf[T any]() ([]field, error) {
	of := reflect.TypeFor[T]()
	if of.Kind() != reflect.Struct || of == moment {
		return nil, fmt.Errorf("ebb: rows are structs with a field for each column, not %v", of)
	}
	var out []field
	seen := map[string]string{}
	for _, f := range reflect.VisibleFields(of) {
		column, tagged := f.Tag.Lookup("ebb")
		switch {
		case column == "-" || !f.IsExported() && !tagged || f.Anonymous:
			continue
		case !f.IsExported():
			return nil, fmt.Errorf("ebb: field %v.%s has a tag but is not exported: begin its name with a capital letter", of, f.Name)
		case column == "":
			column = f.Name
		}
		if len(f.Index) > 1 && throughPointer(of, f.Index) {
			return nil, fmt.Errorf("ebb: field %v.%s lies in an embedded pointer: embed the struct itself", of, f.Name)
		}
		if other, twice := seen[column]; twice {
			return nil, fmt.Errorf("ebb: fields %s and %s of %v both hold the column %q", other, f.Name, of, column)
		}
		if !holdable(f.Type) {
			return nil, fmt.Errorf("ebb: field %v.%s is %v: a column is a string, a number, a bool, a time.Time, or a pointer to one; `ebb:\"-\"` leaves it out", of, f.Name, f.Type)
		}
		seen[column] = f.Name
		out = append(out, field{f.Name, column, f.Index})
	}
	if len(out) == 0 {
		return nil, fmt.Errorf("ebb: %v has no exported field to hold a column", of)
	}
	return out, nil
}

// throughPointer tells whether the way to a field leads through a pointer.
func throughPointer(of reflect.Type, index []int) bool {
	for _, k := range index[:len(index)-1] {
		if of = of.Field(k).Type; of.Kind() == reflect.Pointer {
			return true
		}
	}
	return false
}

// holdable tells whether a field of a type can hold a column.
func holdable(of reflect.Type) bool {
	if of.Kind() == reflect.Pointer {
		of = of.Elem()
	}
	switch k := of.Kind(); {
	case of == moment, k == reflect.String, k == reflect.Bool:
		return true
	default:
		return k >= reflect.Int && k <= reflect.Float64 && k != reflect.Uintptr
	}
}

// spell is the text of a field; a missing value is empty.
func spell(v reflect.Value) string {
	if v.Kind() == reflect.Pointer {
		if v.IsNil() {
			return ""
		}
		v = v.Elem()
	}
	switch k := v.Kind(); {
	case v.Type() == moment:
		return v.Interface().(time.Time).UTC().Format("2006-01-02T15:04:05Z")
	case k == reflect.String:
		return v.String()
	case k == reflect.Bool:
		return strconv.FormatBool(v.Bool())
	case v.CanInt():
		return strconv.FormatInt(v.Int(), 10)
	case v.CanUint():
		return strconv.FormatUint(v.Uint(), 10)
	case v.Float() != v.Float():
		return ""
	default:
		return strconv.FormatFloat(v.Float(), 'f', -1, v.Type().Bits())
	}
}

// read sets a field to what a text says.
func read(v reflect.Value, text string, missing bool) error {
	if v.Kind() == reflect.Pointer {
		if missing {
			v.SetZero()
			return nil
		}
		v.Set(reflect.New(v.Type().Elem()))
		v = v.Elem()
	}
	k, bits := v.Kind(), 0
	if v.CanInt() || v.CanUint() || v.CanFloat() {
		bits = v.Type().Bits()
	}
	var err error
	switch {
	case k == reflect.String:
		if !missing {
			v.SetString(text)
		}
	case missing && v.CanFloat():
		v.SetFloat(math.NaN())
	case missing:
		return fmt.Errorf("the value is missing, and %v has no way to say so: make the field a *%v", v.Type(), v.Type())
	case v.Type() == moment:
		var at time.Time
		at, err = readTime(text)
		v.Set(reflect.ValueOf(at))
	case k == reflect.Bool:
		var is bool
		is, err = strconv.ParseBool(text)
		v.SetBool(is)
	case v.CanInt():
		var n int64
		n, err = strconv.ParseInt(text, 10, bits)
		v.SetInt(n)
	case v.CanUint():
		var n uint64
		n, err = strconv.ParseUint(text, 10, bits)
		v.SetUint(n)
	default:
		var x float64
		x, err = strconv.ParseFloat(text, bits)
		v.SetFloat(x)
	}
	if err != nil {
		return fmt.Errorf("%q is no %v: %w", text, v.Type(), err)
	}
	return nil
}

// readTime reads the spellings of time that structs are written in, and plain dates.
func readTime(text string) (at time.Time, err error) {
	for _, layout := range []string{time.RFC3339, "2006-01-02T15:04:05", "2006-01-02 15:04:05", "2006-01-02"} {
		if at, err = time.Parse(layout, text); err == nil {
			return at, nil
		}
	}
	return at, err
}
