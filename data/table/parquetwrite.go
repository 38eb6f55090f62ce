package table

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math"
	"math/big"
	"reflect"
	"strconv"
	"strings"
	"time"

	"github.com/parquet-go/parquet-go"
)

const (
	parquetBatch = 64      // rows handed over at a time
	groupRows    = 1 << 17 // rows of a row group, which is in memory until it is whole
)

// ParquetWriter writes a Parquet file: one row group for every 131,072 rows, compressed by Snappy.
// Every column may hold "no value". Dates and times are stored in microseconds.
type ParquetWriter struct {
	w     *parquet.GenericWriter[any]
	heads []Heading
	parse []func(text []byte) (parquet.Value, error)
	rows  []parquet.Row
	arena []byte // the texts of rows
	n     int    // rows taken
}

// NewParquetWriter begins a file with columns of these names and types.
func NewParquetWriter(w io.Writer, heads []Heading) (*ParquetWriter, error) {
	if err := checkDistinct(heads, ""); err != nil {
		return nil, err
	}
	p := &ParquetWriter{heads: heads}
	root := &orderedGroup{Group: parquet.Group{}}
	for _, h := range heads {
		node, parse, err := parquetStorage(h.Type)
		if err != nil {
			return nil, fmt.Errorf("column %s: %w", h.Name, err)
		}
		p.parse = append(p.parse, parse)
		root.fields = append(root.fields, orderedField{parquet.Optional(node), h.Name})
	}
	p.w = parquet.NewGenericWriter[any](w, parquet.NewSchema("table", root), parquet.Compression(&parquet.Snappy),
		parquet.MaxRowsPerRowGroup(groupRows), parquet.CreatedBy("ebb", "", ""))
	return p, nil
}

// Write implements RowWriter. A text that its column's type can't hold is an error.
func (p *ParquetWriter) Write(cells []Cell) error {
	if len(cells) != len(p.heads) {
		panic(fmt.Sprintf("table: a row of %d cells for %d columns", len(cells), len(p.heads)))
	}
	p.n++
	row := make(parquet.Row, len(cells))
	for j, c := range cells {
		if c.Null {
			row[j] = parquet.NullValue().Level(0, 0, j)
			continue
		}
		start := len(p.arena)
		p.arena = append(p.arena, c.Text...)
		v, err := p.parse[j](p.arena[start:])
		if err != nil {
			return &Error{Row: p.n, Column: p.heads[j].Name, Problem: fmt.Sprintf("%q can't be stored as %s", c.Text, p.heads[j].Type), Err: err}
		}
		row[j] = v.Level(0, 1, j)
	}
	p.rows = append(p.rows, row)
	if len(p.rows) < parquetBatch {
		return nil
	}
	return p.flush()
}

func (p *ParquetWriter) flush() error {
	_, err := p.w.WriteRows(p.rows)
	p.rows, p.arena = p.rows[:0], p.arena[:0]
	return err
}

// Close implements RowWriter.
func (p *ParquetWriter) Close() error {
	if err := p.flush(); err != nil {
		return err
	}
	return p.w.Close()
}

// orderedGroup is a group whose fields keep their order; parquet.Group sorts them by name.
type orderedGroup struct {
	parquet.Group
	fields []parquet.Field
}

func (g *orderedGroup) Fields() []parquet.Field { return g.fields }

// GoType is asked for where rows are Go structs, which they never are here.
func (g *orderedGroup) GoType() reflect.Type { return reflect.TypeFor[struct{}]() }

type orderedField struct {
	parquet.Node
	name string
}

func (f orderedField) Name() string { return f.name }

func (f orderedField) Value(base reflect.Value) reflect.Value { return base }

// parquetStorage gives the node of a storage type, and how a text becomes a value.
func parquetStorage(storage string) (parquet.Node, func([]byte) (parquet.Value, error), error) {
	switch storage {
	case "boolean":
		return parquet.Leaf(parquet.BooleanType), func(b []byte) (parquet.Value, error) {
			v, err := strconv.ParseBool(string(b))
			return parquet.BooleanValue(v), err
		}, nil
	case "smallint":
		return parquet.Int(16), parseInteger(16), nil
	case "integer":
		return parquet.Int(32), parseInteger(32), nil
	case "bigint":
		return parquet.Int(64), parseInteger(64), nil
	case "real":
		return parquet.Leaf(parquet.FloatType), func(b []byte) (parquet.Value, error) {
			v, err := strconv.ParseFloat(string(b), 32)
			return parquet.FloatValue(float32(v)), err
		}, nil
	case "double":
		return parquet.Leaf(parquet.DoubleType), func(b []byte) (parquet.Value, error) {
			v, err := strconv.ParseFloat(string(b), 64)
			return parquet.DoubleValue(v), err
		}, nil
	case "date":
		return parquet.Date(), func(b []byte) (parquet.Value, error) {
			t, err := time.Parse("2006-01-02", string(b))
			return parquet.Int32Value(int32(floorDiv(t.Unix(), secondsPerDay))), err
		}, nil
	case "time":
		return parquet.TimeAdjusted(parquet.Microsecond, false), func(b []byte) (parquet.Value, error) {
			t, err := time.Parse("15:04:05", string(b))
			day := time.Date(0, 1, 1, 0, 0, 0, 0, time.UTC)
			return micros(t.Sub(day).Microseconds(), t, err)
		}, nil
	case "timestamp":
		return parquet.TimestampAdjusted(parquet.Microsecond, false), parseTimestamp(""), nil
	case "timestamptz":
		return parquet.Timestamp(parquet.Microsecond), parseTimestamp("Z07:00"), nil
	case "uuid":
		return parquet.UUID(), parseUUID, nil
	case "bytea":
		return parquet.Leaf(parquet.ByteArrayType), func(b []byte) (parquet.Value, error) {
			raw, err := unescape(b)
			return parquet.ByteArrayValue(raw), err
		}, nil
	case "json":
		return parquet.JSON(), textValue, nil
	}
	if storage == "decimal" { // of any digits, for which Parquet has no type
		return parquet.String(), func(b []byte) (parquet.Value, error) {
			_, err := strconv.ParseFloat(string(b), 64)
			if errors.Is(err, strconv.ErrRange) {
				err = nil
			}
			return parquet.ByteArrayValue(b), err
		}, nil
	}
	if precision, scale, ok := decimalOf(storage); ok {
		return decimalStorage(precision, scale)
	}
	if strings.HasPrefix(storage, "decimal") {
		return nil, nil, fmt.Errorf("%q is no decimal(P,S)", storage)
	}
	return parquet.String(), textValue, nil
}

func textValue(b []byte) (parquet.Value, error) { return parquet.ByteArrayValue(b), nil }

func parseInteger(bits int) func([]byte) (parquet.Value, error) {
	return func(b []byte) (parquet.Value, error) {
		v, err := strconv.ParseInt(string(b), 10, bits)
		if bits < 64 {
			return parquet.Int32Value(int32(v)), err
		}
		return parquet.Int64Value(v), err
	}
}

// parseTimestamp reads a day and a time, with a blank or a T between them.
func parseTimestamp(zone string) func([]byte) (parquet.Value, error) {
	return func(b []byte) (parquet.Value, error) {
		text := string(b)
		if len(text) > 10 && text[10] == 'T' {
			text = text[:10] + " " + text[11:]
		}
		t, err := time.Parse("2006-01-02 15:04:05"+zone, text)
		return micros(t.UnixMicro(), t, err)
	}
}

func micros(n int64, t time.Time, err error) (parquet.Value, error) {
	if err == nil && t.Nanosecond()%1000 != 0 {
		err = fmt.Errorf("it is finer than a microsecond")
	}
	return parquet.Int64Value(n), err
}

func parseUUID(b []byte) (parquet.Value, error) {
	digits := bytes.ReplaceAll(b, []byte("-"), nil)
	raw := make([]byte, 16)
	if len(digits) != 32 || len(b) != 36 {
		return parquet.Value{}, fmt.Errorf("it is not of the form 8-4-4-4-12 hexadecimal digits")
	}
	for i := range raw {
		n, err := strconv.ParseUint(string(digits[2*i:2*i+2]), 16, 8)
		if err != nil {
			return parquet.Value{}, err
		}
		raw[i] = byte(n)
	}
	return parquet.FixedLenByteArrayValue(raw), nil
}

// decimalOf reads decimal(P,S).
func decimalOf(storage string) (precision, scale int, ok bool) {
	inner, found := strings.CutPrefix(storage, "decimal(")
	inner, closed := strings.CutSuffix(inner, ")")
	p, s, _ := strings.Cut(inner, ",")
	if s == "" {
		s = "0"
	}
	precision, err1 := strconv.Atoi(strings.TrimSpace(p))
	scale, err2 := strconv.Atoi(strings.TrimSpace(s))
	return precision, scale, found && closed && err1 == nil && err2 == nil && precision >= 1 && precision <= maxPrecision && scale >= 0 && scale <= precision
}

func decimalStorage(precision, scale int) (parquet.Node, func([]byte) (parquet.Value, error), error) {
	size := int(math.Ceil((float64(precision)*math.Log2(10) + 1) / 8))
	unscaled := func(b []byte) (*big.Int, error) {
		n, ok := unscale(string(b), precision, scale)
		if !ok {
			return new(big.Int), fmt.Errorf("it has more digits, or is no number")
		}
		return n, nil
	}
	switch {
	case precision <= 9:
		return parquet.Decimal(scale, precision, parquet.Int32Type), func(b []byte) (parquet.Value, error) {
			n, err := unscaled(b)
			return parquet.Int32Value(int32(n.Int64())), err
		}, nil
	case precision <= 18:
		return parquet.Decimal(scale, precision, parquet.Int64Type), func(b []byte) (parquet.Value, error) {
			n, err := unscaled(b)
			return parquet.Int64Value(n.Int64()), err
		}, nil
	}
	return parquet.Decimal(scale, precision, parquet.FixedLenByteArrayType(size)), func(b []byte) (parquet.Value, error) {
		n, err := unscaled(b)
		if n.Sign() < 0 {
			n = new(big.Int).Add(n, new(big.Int).Lsh(big.NewInt(1), uint(8*size)))
		}
		return parquet.FixedLenByteArrayValue(n.FillBytes(make([]byte, size))), err
	}, nil
}

// unscale reads a decimal as the integer of its last digit's units; ok is false for what has more
// digits, and for what is no plain decimal.
func unscale(text string, precision, scale int) (n *big.Int, ok bool) {
	whole, fraction, _ := strings.Cut(text, ".")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > scale || strings.ContainsAny(text, "eE_") {
		return nil, false
	}
	n, ok = new(big.Int).SetString(whole+fraction+strings.Repeat("0", scale-len(fraction)), 10)
	return n, ok && len(strings.TrimLeft(n.String(), "-")) <= precision
}
