package table

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"math/big"
	"strconv"
	"time"
	"unicode/utf8"

	"github.com/parquet-go/parquet-go"
	"github.com/parquet-go/parquet-go/deprecated"
	thrift "github.com/parquet-go/parquet-go/format"

	"ebb/data/array"
)

// decide finds the storage type of a leaf column and how its values are spelled (see stored.go).
func (c *parquetColumn) decide(leaf *parquet.Column, e *thrift.SchemaElement) error {
	kind := leaf.Type().Kind()
	if unknown, ok := e.LogicalType.Value.(*thrift.NullType); ok && unknown != nil {
		c.storage, c.spell = "", spellNever
		return nil
	}
	if kind != parquet.Kind(e.Type.V) {
		return fmt.Errorf("its type %v is not known", leaf.Type())
	}
	if lt := leaf.Type().LogicalType(); lt != nil {
		if known, err := c.logical(lt.Value, kind, leaf.Type().Length()); known || err != nil {
			return err
		}
	}
	if _, half := e.LogicalType.Value.(*thrift.Float16Type); half && leaf.Type().Length() == 2 {
		c.storage, c.spell = "real", spellHalf
		return nil
	}
	if e.ConvertedType.Valid && e.ConvertedType.V == deprecated.Interval && leaf.Type().Length() == 12 {
		c.storage, c.spell = "interval", spellInterval
		return nil
	}
	return c.physical(kind)
}

// logical takes the logical types that change what the bytes mean.
func (c *parquetColumn) logical(value any, kind parquet.Kind, length int) (known bool, err error) {
	known = true
	switch t := value.(type) {
	case *thrift.StringType, *thrift.EnumType:
		c.storage, c.spell = "text", spellText
	case *thrift.JsonType:
		c.storage, c.spell = "json", spellText
	case *thrift.UUIDType:
		if length != 16 {
			return true, fmt.Errorf("a UUID of %d bytes", length)
		}
		c.storage, c.spell = "uuid", spellUUID
	case *thrift.IntType:
		c.storage, c.spell = integerOf(int(t.BitWidth), t.IsSigned, kind)
	case *thrift.DecimalType:
		return true, c.decimal(int(t.Precision), int(t.Scale), kind)
	case *thrift.DateType:
		c.storage, c.spell = "date", spellDate
	case *thrift.TimeType:
		c.storage, c.spell = "time", spellClock(unitsPerSecond(t.Unit), kind)
	case *thrift.TimestampType:
		c.storage = "timestamp"
		if t.IsAdjustedToUTC {
			c.storage = "timestamptz"
		}
		c.spell = spellTimestamp(unitsPerSecond(t.Unit), t.IsAdjustedToUTC)
	default:
		known = false
	}
	if known && wrongPhysical(c.storage, kind) {
		return true, fmt.Errorf("values of type %s can't be stored as %v", c.storage, kind)
	}
	return known, nil
}

// wrongPhysical is true of a storage type that the file claims for bytes that can't be it.
func wrongPhysical(storage string, kind parquet.Kind) bool {
	switch storage {
	case "text", "json":
		return kind != parquet.ByteArray && kind != parquet.FixedLenByteArray
	case "date":
		return kind != parquet.Int32
	case "timestamp", "timestamptz":
		return kind != parquet.Int64
	case "time", "smallint", "integer", "bigint":
		return kind != parquet.Int32 && kind != parquet.Int64
	}
	return false
}

// physical takes the plain types.
func (c *parquetColumn) physical(kind parquet.Kind) error {
	switch kind {
	case parquet.Boolean:
		c.storage = "boolean"
		c.spell = func(dst []byte, v parquet.Value) ([]byte, error) { return strconv.AppendBool(dst, v.Boolean()), nil }
	case parquet.Int32, parquet.Int64:
		c.storage, c.spell = integerOf(0, true, kind)
	case parquet.Int96:
		c.storage, c.spell = "timestamp", spellInt96
	case parquet.Float:
		c.storage = "real"
		c.spell = func(dst []byte, v parquet.Value) ([]byte, error) {
			return appendFloat(dst, float64(v.Float()), 32), nil
		}
	case parquet.Double:
		c.storage = "double"
		c.spell = func(dst []byte, v parquet.Value) ([]byte, error) { return appendFloat(dst, v.Double(), 64), nil }
	case parquet.ByteArray, parquet.FixedLenByteArray:
		c.storage = "bytea"
		c.spell = func(dst []byte, v parquet.Value) ([]byte, error) { return appendEscaped(dst, v.ByteArray()), nil }
	default:
		return fmt.Errorf("its type %v is not known", kind)
	}
	return nil
}

type speller func(dst []byte, v parquet.Value) ([]byte, error)

func spellNever([]byte, parquet.Value) ([]byte, error) {
	return nil, errors.New("a value in a column whose type says that there is none")
}

func spellText(dst []byte, v parquet.Value) ([]byte, error) {
	b := v.ByteArray()
	if !utf8.Valid(b) {
		return nil, fmt.Errorf("the text %q is not UTF-8", b)
	}
	return append(dst, b...), nil
}

func spellUUID(dst []byte, v parquet.Value) ([]byte, error) {
	b := v.ByteArray()
	if len(b) != 16 {
		return nil, fmt.Errorf("a UUID of %d bytes", len(b))
	}
	for i, part := range [][]byte{b[:4], b[4:6], b[6:8], b[8:10], b[10:]} {
		if i > 0 {
			dst = append(dst, '-')
		}
		dst = hex.AppendEncode(dst, part)
	}
	return dst, nil
}

// integerOf names the SQL type that holds integers of so many bits; 0 bits are those of the kind.
func integerOf(bits int, signed bool, kind parquet.Kind) (storage string, spell speller) {
	if bits == 0 {
		bits = 64
		if kind == parquet.Int32 {
			bits = 32
		}
	}
	get := parquet.Value.Int64
	if kind == parquet.Int32 {
		get = func(v parquet.Value) int64 { return int64(v.Int32()) }
		if !signed {
			get = func(v parquet.Value) int64 { return int64(v.Uint32()) }
		}
	}
	spell = func(dst []byte, v parquet.Value) ([]byte, error) { return strconv.AppendInt(dst, get(v), 10), nil }
	switch {
	case !signed && bits == 64:
		return "decimal(20,0)", func(dst []byte, v parquet.Value) ([]byte, error) { return strconv.AppendUint(dst, v.Uint64(), 10), nil }
	case bits <= 8 || bits == 16 && signed:
		return "smallint", spell
	case bits == 16 || bits == 32 && signed:
		return "integer", spell
	}
	return "bigint", spell
}

// maxPrecision is the most digits of a decimal that any database has.
const maxPrecision = 1000

func (c *parquetColumn) decimal(precision, scale int, kind parquet.Kind) error {
	if precision < 1 || precision > maxPrecision || scale < 0 || scale > precision {
		return fmt.Errorf("a decimal of %d digits, %d of them after the mark, can't be", precision, scale)
	}
	c.storage = fmt.Sprintf("decimal(%d,%d)", precision, scale)
	switch kind {
	case parquet.Int32:
		c.spell = func(dst []byte, v parquet.Value) ([]byte, error) {
			return appendDecimal(dst, strconv.Itoa(int(v.Int32())), scale), nil
		}
	case parquet.Int64:
		c.spell = func(dst []byte, v parquet.Value) ([]byte, error) {
			return appendDecimal(dst, strconv.FormatInt(v.Int64(), 10), scale), nil
		}
	case parquet.ByteArray, parquet.FixedLenByteArray:
		c.spell = func(dst []byte, v parquet.Value) ([]byte, error) {
			return appendDecimal(dst, twosComplement(v.ByteArray()).String(), scale), nil
		}
	default:
		return fmt.Errorf("a decimal stored as %v can't be", kind)
	}
	return nil
}

// twosComplement reads a big-endian signed integer.
func twosComplement(b []byte) *big.Int {
	n := new(big.Int).SetBytes(b)
	if len(b) > 0 && b[0] >= 0x80 {
		n.Sub(n, new(big.Int).Lsh(big.NewInt(1), uint(8*len(b))))
	}
	return n
}

// appendDecimal puts the mark before the last scale digits of an integer.
func appendDecimal(dst []byte, digits string, scale int) []byte {
	if digits[0] == '-' {
		dst, digits = append(dst, '-'), digits[1:]
	}
	for len(digits) <= scale {
		digits = "0" + digits
	}
	dst = append(dst, digits[:len(digits)-scale]...)
	if scale > 0 {
		dst = append(append(dst, '.'), digits[len(digits)-scale:]...)
	}
	return dst
}

// appendFloat spells a number by the least digits that give its bits, as Number's notation "go".
func appendFloat(dst []byte, v float64, bits int) []byte {
	if math.IsInf(v, 1) {
		return append(dst, "Inf"...) // not +Inf
	}
	size, least := math.Abs(v), 1e-4
	if bits == 32 {
		least = float64(float32(1e-4))
	}
	if v == 0 || size >= least && size < 1e21 || size != size {
		return strconv.AppendFloat(dst, v, 'f', -1, bits)
	}
	return strconv.AppendFloat(dst, v, 'e', -1, bits)
}

func spellHalf(dst []byte, v parquet.Value) ([]byte, error) {
	b := v.ByteArray()
	if len(b) != 2 {
		return nil, fmt.Errorf("a half-precision number of %d bytes", len(b))
	}
	return appendFloat(dst, float64(array.Half(binary.LittleEndian.Uint16(b))), 32), nil
}

func unitsPerSecond(u thrift.TimeUnit) int64 {
	switch u.Value.(type) {
	case *thrift.MilliSeconds:
		return 1e3
	case *thrift.MicroSeconds:
		return 1e6
	}
	return 1e9
}

func spellDate(dst []byte, v parquet.Value) ([]byte, error) {
	return time.Unix(int64(v.Int32())*secondsPerDay, 0).UTC().AppendFormat(dst, "2006-01-02"), nil
}

const (
	clockLayout     = "15:04:05.999999999"
	timestampLayout = "2006-01-02 " + clockLayout
)

func spellClock(perSecond int64, kind parquet.Kind) speller {
	return func(dst []byte, v parquet.Value) ([]byte, error) {
		n := v.Int64()
		if kind == parquet.Int32 {
			n = int64(v.Int32())
		}
		if n < 0 || n >= secondsPerDay*perSecond {
			return nil, fmt.Errorf("%d is no time of a day in units of 1/%d s", n, perSecond)
		}
		return time.Unix(n/perSecond, n%perSecond*(1e9/perSecond)).UTC().AppendFormat(dst, clockLayout), nil
	}
}

func spellTimestamp(perSecond int64, utc bool) speller {
	layout := timestampLayout
	if utc {
		layout += "Z07:00"
	}
	return func(dst []byte, v parquet.Value) ([]byte, error) {
		n := v.Int64()
		s := floorDiv(n, perSecond)
		return time.Unix(s, (n-s*perSecond)*(1e9/perSecond)).UTC().AppendFormat(dst, layout), nil
	}
}

// spellInt96 reads the timestamps of Impala and old Spark: nanoseconds of the day and Julian day.
func spellInt96(dst []byte, v parquet.Value) ([]byte, error) {
	const julianOfUnix = 2440588
	w := v.Int96()
	nanos := int64(uint64(w[1])<<32 | uint64(w[0]))
	days := int64(int32(w[2])) - julianOfUnix
	return time.Unix(days*secondsPerDay+floorDiv(nanos, 1e9), nanos-1e9*floorDiv(nanos, 1e9)).UTC().AppendFormat(dst, timestampLayout), nil
}

// spellInterval writes months, days and milliseconds in the form of ISO 8601: P14M3DT0.5S.
func spellInterval(dst []byte, v parquet.Value) ([]byte, error) {
	b := v.ByteArray()
	if len(b) != 12 {
		return nil, fmt.Errorf("an interval of %d bytes", len(b))
	}
	months, days, millis := binary.LittleEndian.Uint32(b), binary.LittleEndian.Uint32(b[4:]), binary.LittleEndian.Uint32(b[8:])
	dst = append(dst, 'P')
	if months > 0 {
		dst = append(strconv.AppendUint(dst, uint64(months), 10), 'M')
	}
	if days > 0 {
		dst = append(strconv.AppendUint(dst, uint64(days), 10), 'D')
	}
	if millis > 0 || months == 0 && days == 0 {
		dst = append(dst, 'T')
		dst = append(strconv.AppendFloat(dst, float64(millis)/1e3, 'f', -1, 64), 'S')
	}
	return dst, nil
}

// appendEscaped spells bytes as PostgreSQL's "escape" does: see stored.go.
func appendEscaped(dst, b []byte) []byte {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == '\\':
			dst = append(dst, `\\`...)
		case r == utf8.RuneError && size <= 1 || r < 0x20 || r == 0x7f:
			dst = append(dst, '\\', '0'+b[0]>>6, '0'+b[0]>>3&7, '0'+b[0]&7)
		default:
			dst = append(dst, b[:size]...)
		}
		b = b[size:]
	}
	return dst
}

// unescape is appendEscaped's inverse; it takes PostgreSQL's \x… of hexadecimal digits too.
func unescape(text []byte) ([]byte, error) {
	if len(text) >= 2 && text[0] == '\\' && text[1] == 'x' {
		return hex.AppendDecode(nil, text[2:])
	}
	var b []byte
	for i := 0; i < len(text); i++ {
		switch {
		case text[i] != '\\':
			b = append(b, text[i])
		case i+1 < len(text) && text[i+1] == '\\':
			b = append(b, '\\')
			i++
		case i+3 < len(text):
			n, err := strconv.ParseUint(string(text[i+1:i+4]), 8, 8)
			if err != nil {
				return nil, fmt.Errorf("%q is no byte in octal digits", text[i:i+4])
			}
			b = append(b, byte(n))
			i += 3
		default:
			return nil, fmt.Errorf("%q ends within a byte", text)
		}
	}
	return b, nil
}
