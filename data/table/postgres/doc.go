// Package postgres reads tables from PostgreSQL and writes them there, row by row.
//
// An address names a server, a database, and in it a table or a query:
//
//	postgres://user:password@host:port/database?table=schema.name
//	postgres://host/database?sslmode=require&query=SELECT a, b FROM t WHERE a > 0 ORDER BY id
//
// What it leaves out comes from PGHOST, PGUSER, PGPASSWORD, ~/.pgpass and so on, as with psql; other
// parameters go to the driver. query stands last: all that follows is SQL as it is, unless it has
// no blank: then %XX is decoded. The password appears in no message.
//
// Reading ([Open]) is one COPY … TO STDOUT in a read-only, repeatable-read transaction: one
// snapshot, one row in memory at a time. The server spells the values as text; so whatever a type
// holds is kept, numeric and bigint to the last digit. Types are spelled as data/table's storage
// types want it (see stored.go there), and where PostgreSQL has more:
//
//	numeric without digits   decimal; NaN, Inf, -Inf as with real and double
//	timestamptz              in UTC, 2024-02-29 12:00:00.5Z, whatever zone the session has
//	interval                 ISO 8601: P1Y2M3DT4H5M6.5S
//	timetz, jsonb            under their own names
//	date, timestamp          infinity, -infinity and years BC as PostgreSQL spells them: not dates to
//	                         Ebb but words among dates, which it learns as states of their own
//	char(N)                  without the blanks that pad it, which carry no meaning
//	enums, domains           text; as the type beneath
//	inet, money, xml, …      text
//
// Arrays, composite and geometric types, and ranges are refused with the column's name: no single
// value is in them.
//
// Writing ([Create]) is one COPY … FROM STDIN in one transaction: all rows are there after Close,
// or none.
package postgres
