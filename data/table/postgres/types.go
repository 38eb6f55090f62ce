package postgres

import (
	"bytes"
	"context"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"ebb/data/table"
)

// spelling appends Ebb's text of a value to dst, from the server's.
type spelling func(dst, text []byte) ([]byte, error)

// column is a column of a result.
type column struct {
	table.Heading
	spell spelling // nil: as the server spells it
}

const describeTypes = `SELECT oid, typname, typtype, typcategory FROM pg_catalog.pg_type WHERE oid = ANY ($1::text::oid[])`

// columns finds out what the fields of a result are. The server has already put the type beneath in
// place of a domain.
func (s *session) columns(ctx context.Context, fields []pgconn.FieldDescription) ([]column, error) {
	oids := make([]string, len(fields))
	for j, f := range fields {
		oids[j] = strconv.FormatUint(uint64(f.DataTypeOID), 10)
	}
	found, err := s.rows(ctx, describeTypes, "{"+strings.Join(oids, ",")+"}")
	if err != nil {
		return nil, err
	}
	types := map[string][]string{}
	for _, t := range found {
		types[t[0]] = t[1:]
	}
	all := make([]column, len(fields))
	for j, f := range fields {
		t, ok := types[oids[j]]
		if !ok {
			t = []string{"unknown", "b", "X"}
		}
		if what := refused(t[1], t[2]); what != "" {
			return nil, &table.Error{File: s.address.shown, Column: f.Name, Problem: fmt.Sprintf("it holds %s (%s), which is no single value", what, t[0]),
				Remedy: "leave it out or take it apart by a query, such as query=SELECT the, other, columns FROM …"}
		}
		storage, spell := storageOf(t[0], f.TypeModifier)
		all[j] = column{table.Heading{Name: f.Name, Type: storage}, spell}
	}
	return all, nil
}

// refused names the types that are no single value, by pg_type's typtype and typcategory.
func refused(kind, category string) string {
	switch {
	case category == "A":
		return "arrays"
	case kind == "c" || category == "P":
		return "composite values"
	case kind == "r" || kind == "m":
		return "ranges"
	case category == "G":
		return "geometric values"
	}
	return ""
}

// storageOf gives the storage type of a type by its name in pg_type, and how its values are spelled.
func storageOf(name string, modifier int32) (storage string, spell spelling) {
	switch name {
	case "bool":
		return "boolean", spellBoolean
	case "int2":
		return "smallint", nil
	case "int4":
		return "integer", nil
	case "int8", "oid":
		return "bigint", nil
	case "float4":
		return "real", spellFloat
	case "float8":
		return "double", spellFloat
	case "numeric":
		return decimalOf(modifier), spellFloat
	case "timestamptz":
		return "timestamptz", spellUTC
	case "bytea":
		return "bytea", spellBytes
	case "bpchar":
		return "text", func(dst, text []byte) ([]byte, error) { return append(dst, bytes.TrimRight(text, " ")...), nil }
	case "date", "time", "timetz", "timestamp", "interval", "uuid", "json", "jsonb":
		return name, nil
	}
	return "text", nil
}

// decimalOf reads precision and scale from the modifier of a numeric type, where it has one. A scale
// below 0 or beyond the precision, which PostgreSQL 15 allows, is no decimal of SQL.
func decimalOf(modifier int32) string {
	if modifier < 4 {
		return "decimal"
	}
	precision, scale := (modifier-4)>>16&0xffff, (modifier-4)&0x7ff
	if scale > precision {
		return "decimal"
	}
	return fmt.Sprintf("decimal(%d,%d)", precision, scale)
}

func spellBoolean(dst, text []byte) ([]byte, error) {
	switch string(text) {
	case "t":
		return append(dst, "true"...), nil
	case "f":
		return append(dst, "false"...), nil
	}
	return nil, fmt.Errorf("%q is no boolean", text)
}

// spellFloat shortens Infinity to Inf.
func spellFloat(dst, text []byte) ([]byte, error) {
	if cut, ok := bytes.CutSuffix(text, []byte("Infinity")); ok {
		return append(append(dst, cut...), "Inf"...), nil
	}
	return append(dst, text...), nil
}

// spellUTC puts Z for the offset +00 of a session in UTC.
func spellUTC(dst, text []byte) ([]byte, error) {
	rest, era := text, ""
	if cut, ok := bytes.CutSuffix(text, []byte(" BC")); ok {
		rest, era = cut, " BC"
	}
	cut, ok := bytes.CutSuffix(rest, []byte("+00"))
	if !ok {
		return append(dst, text...), nil // infinity
	}
	return append(append(append(dst, cut...), 'Z'), era...), nil
}

// spellBytes turns \x68656a into the text that stands for the bytes.
func spellBytes(dst, text []byte) ([]byte, error) {
	digits, ok := bytes.CutPrefix(text, []byte(`\x`))
	if !ok {
		return nil, fmt.Errorf("%q are no bytes in hexadecimal digits", text)
	}
	raw := make([]byte, hex.DecodedLen(len(digits)))
	if _, err := hex.Decode(raw, digits); err != nil {
		return nil, fmt.Errorf("%q are no bytes: %w", text, err)
	}
	return table.AppendBytes(dst, raw), nil
}
