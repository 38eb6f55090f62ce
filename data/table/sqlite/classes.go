package sqlite

import (
	"fmt"
	"strings"

	"ebb/data/table"
)

// column is a column of a result.
type column struct {
	table.Heading
	declared string // in upper case
}

// classes counts the values of a column by storage class.
type classes struct {
	integers, reals, texts, blobs int64
	odd                           int64 // integers other than 0 and 1
}

// countAtOnce columns are counted by one query, whose results SQLite limits to 2000.
const countAtOnce = 300

// count finds out what the columns of a query hold, by reading all its rows.
func (r *Reader) count(query string) error {
	n := r.stmt.ColumnCount()
	names := make([]string, n)
	for j := range names {
		names[j] = fmt.Sprintf("c%d", j)
	}
	held := make([]classes, n)
	for from := 0; from < n; from += countAtOnce {
		if err := r.countSome(query, names, held, from, min(from+countAtOnce, n)); err != nil {
			return err
		}
	}
	r.columns = make([]column, n)
	for j := range r.columns {
		declared := strings.ToUpper(r.stmt.ColumnDeclType(j))
		r.columns[j] = column{table.Heading{Name: r.stmt.ColumnName(j), Type: held[j].storage(declared)}, declared}
	}
	return nil
}

// countSome counts columns from to to-1. The query's columns are given names of our own, since its may be double.
func (r *Reader) countSome(query string, names []string, held []classes, from, to int) error {
	var sql strings.Builder
	fmt.Fprintf(&sql, "WITH q(%s) AS (\n%s\n) SELECT ", strings.Join(names, ", "), query)
	for j := from; j < to; j++ {
		if j > from {
			sql.WriteString(", ")
		}
		c := names[j]
		fmt.Fprintf(&sql, "sum(typeof(%[1]s) = 'integer'), sum(typeof(%[1]s) = 'real'), sum(typeof(%[1]s) = 'text'), "+
			"sum(typeof(%[1]s) = 'blob'), sum(typeof(%[1]s) = 'integer' AND %[1]s NOT IN (0, 1))", c)
	}
	sql.WriteString(" FROM q")
	stmt, _, err := r.db.Prepare(sql.String())
	if err != nil {
		return r.inQuery(query, err)
	}
	defer stmt.Close()
	if stmt.Step() {
		for j := from; j < to; j++ {
			at := 5 * (j - from)
			held[j] = classes{stmt.ColumnInt64(at), stmt.ColumnInt64(at + 1), stmt.ColumnInt64(at + 2), stmt.ColumnInt64(at + 3), stmt.ColumnInt64(at + 4)}
		}
	}
	if err := stmt.Err(); err != nil {
		return r.fault("it can't be read", err)
	}
	return nil
}

// storage is the type of a column; see the package's doc.
func (c classes) storage(declared string) string {
	numbers := c.integers + c.reals
	switch {
	case c.blobs > 0 && numbers+c.texts > 0:
		return "text"
	case c.blobs > 0:
		return "bytea"
	case c.texts > 0 && numbers > 0:
		return ""
	case c.texts > 0:
		return "text"
	case c.reals > 0:
		return "double"
	case c.integers > 0 && c.odd == 0 && strings.HasPrefix(declared, "BOOL"):
		return "boolean"
	case c.integers > 0:
		return "bigint"
	}
	return affinity(declared)
}

// affinity is the type of a column without values, by the rules of SQLite (Datatypes, 3.1).
func affinity(declared string) string {
	contains := func(words ...string) bool {
		for _, w := range words {
			if strings.Contains(declared, w) {
				return true
			}
		}
		return false
	}
	switch {
	case contains("INT"):
		return "bigint"
	case contains("CHAR", "CLOB", "TEXT"):
		return "text"
	case contains("BLOB"):
		return "bytea"
	case contains("REAL", "FLOA", "DOUB"):
		return "double"
	case contains("BOOL"):
		return "boolean"
	}
	return ""
}
