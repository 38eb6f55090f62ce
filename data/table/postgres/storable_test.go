package postgres

import (
	"fmt"
	"testing"

	"ebb/data/table/postgres/pgtest"
)

// Storable says what the server says.
func TestStorableAgreesWithTheServer(t *testing.T) {
	address := database(t, "storable")
	for _, c := range []struct{ storage, text string }{
		{"date", "2024-02-29"}, {"date", "2023-02-29"}, {"date", "infinity"}, {"date", "0044-03-15 BC"}, {"date", "n/a"},
		{"timestamp", "1850-01-01 00:00:00.5"}, {"timestamp", "-infinity"}, {"timestamp", "?"}, {"timestamptz", "2024-07-01 10:00:00Z"},
		{"timestamptz", "0044-03-15 12:00:00Z BC"}, {"time", "23:59:59.5"}, {"time", "25:00:00"}, {"timetz", "23:59:59.5+05:45"},
		{"timetz", "00:00:00-08"}, {"timetz", "noon"}, {"interval", "P1Y2M3DT4H5M6.5S"}, {"interval", "PT0S"}, {"interval", "often"},
		{"decimal", "123456789012345678901234567890.5"}, {"decimal", "NaN"}, {"decimal", "x"}, {"decimal(10,2)", "12.50"}, {"decimal(10,2)", "NaN"},
		{"decimal(10,2)", "many"}, {"integer", "2147483647"}, {"integer", "2147483648"}, {"smallint", "1.5"}, {"bigint", "9223372036854775807"},
		{"real", "0.1"}, {"double", "Inf"}, {"double", "NaN"}, {"double", "lots"}, {"boolean", "true"}, {"boolean", "maybe"}, {"text", "anything"},
		{"uuid", "123e4567-e89b-12d3-a456-426614174000"}, {"uuid", "123e4567"}, {"json", `{"a": [1]}`}, {"json", "{a}"}, {"jsonb", "null"}, {"jsonb", "nil"},
	} {
		pgtest.Exec(t, address, fmt.Sprintf(`CREATE OR REPLACE FUNCTION held(v text) RETURNS boolean LANGUAGE plpgsql AS
			$$ BEGIN PERFORM v::%s; RETURN true; EXCEPTION WHEN data_exception THEN RETURN false; END $$`, typeOf(c.storage)))
		want := pgtest.Query(t, address, "SELECT held('"+c.text+"')")[0] == "t"
		if got := Storable(c.storage, []byte(c.text)); got != want {
			t.Errorf("%s %q: %v, the server says %v", c.storage, c.text, got, want)
		}
	}
}
