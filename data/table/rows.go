package table

// RowReader gives the rows of a table one by one, whatever form it lies in: delimited text, Parquet,
// JSON lines, arrays, a database. Every cell is text; a form with types spells its values so that
// nothing is lost and says in Headings what they were.
type RowReader interface {
	// Headings describe the columns; they are known before the first row.
	Headings() []Heading
	// Next reads a row into cells, one a column. The texts are valid until the following call.
	// After the last row it returns io.EOF; any other error says where it lies.
	Next(cells []Cell) error
	Close() error
}

// RowWriter takes the rows of a table one by one.
type RowWriter interface {
	Write(cells []Cell) error
	// Close finishes what was written; only then it is whole.
	Close() error
}

// Heading describes a column of a form.
type Heading struct {
	Name string
	// Type is the storage type of a form that has types, in the names of SQL: boolean, smallint,
	// integer, bigint, real, double, decimal(P,S), text, bytea, date, time, timestamp,
	// timestamptz, interval, uuid, json. Empty: plain text that says itself what it is.
	Type string
}

// Cell is one value as text.
type Cell struct {
	Text []byte
	Null bool // there is no value, which is not the same as an empty text; Text is then ignored
}
