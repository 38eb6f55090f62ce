// Package sqlite reads tables of SQLite databases, row by row.
//
// An address is the path of a database, with a table or a query where there is more than one table:
//
//	people.db
//	people.db?table=members
//	sqlite:people.db?query=SELECT a, b FROM members WHERE a > 0
//
// The engine is SQLite itself, compiled to WebAssembly (github.com/ncruces/go-sqlite3): no C, and a
// damaged file can't reach beyond the sandbox. Its first use takes about half a second.
//
// SQLite stores a type with each value, not with each column, and gives those declared little
// weight. So a first pass over the rows counts the storage classes of each column, and its type is
// what all its values are:
//
//	integer                   bigint; boolean if it was declared so and holds 0 and 1 alone
//	real, or with integers    double
//	text                      text
//	blob                      bytea
//	numbers and text          none: the texts tell, as in a CSV file; what is odd among numbers stays
//	blobs with others         text
//	null alone                what was declared, if that is one of these
//
// Both passes see one snapshot of the database.
package sqlite
