package postgres

import (
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"time"

	"ebb/data/table"
)

// Storable reports whether a storage type holds a text in PostgreSQL: what Parquet's does, and the
// values that are PostgreSQL's own.
func Storable(storage string, text []byte) bool {
	s := string(text)
	switch name, _, _ := strings.Cut(storage, "("); name {
	case "date", "timestamp", "timestamptz":
		if s == "infinity" || s == "-infinity" {
			return true
		}
		s = strings.TrimSuffix(s, " BC")
	case "decimal":
		if s == "NaN" || s == "Inf" || s == "-Inf" {
			return true
		}
	case "timetz":
		return slices.ContainsFunc([]string{"-07", "-07:00"}, func(zone string) bool {
			_, err := time.Parse("15:04:05"+zone, s)
			return err == nil
		})
	case "interval":
		return interval.MatchString(s)
	case "json", "jsonb":
		return json.Valid(text)
	}
	return table.Storable(storage, []byte(s))
}

// interval is the spelling of ISO 8601.
var interval = regexp.MustCompile(`^P(-?[0-9]+Y)?(-?[0-9]+M)?(-?[0-9]+W)?(-?[0-9]+D)?(T(-?[0-9]+H)?(-?[0-9]+M)?(-?[0-9.]+S)?)?$`)
