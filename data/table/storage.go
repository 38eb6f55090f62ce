package table

import (
	"slices"
	"strconv"
	"strings"
)

// Storage is how a column goes into a form that has types: under which name and type, and what
// its texts become there.
type Storage struct {
	Heading

	field    *Field
	storable func(storage string, text []byte) bool
}

// Storage says for each column of the transform how it is stored. A column that came from a form
// with types goes back into its own; of the others
//
//	whole numbers        become  bigint, booleans spelled 1 and 0 too
//	numbers              become  double, without currency signs and separators of thousands
//	true and false       become  boolean, other pairs of words stay text
//	dates and times      become  date, time, timestamp, timestamptz (in UTC); months stay text
//	all else             stays   text
//
// and marks of missing values among numbers and dates become "no value", as an empty text does
// everywhere. A column that may hold a text which its type can't, such as a word among numbers,
// is stored as text as a whole.
func (t *Transform) Storage() []Storage { return t.StorageWhere(Storable) }

// StorageWhere is Storage for a form whose types hold other texts than Parquet's; storable tells
// which.
func (t *Transform) StorageWhere(storable func(storage string, text []byte) bool) []Storage {
	held := t.held()
	all := make([]Storage, len(held))
	for j := range held {
		f := &t.Schema.Columns[j]
		s := Storage{Heading{string(f.Name), f.storage()}, f, storable}
		if !s.holds(&held[j]) {
			s.Type = "text"
		}
		all[j] = s
	}
	return all
}

// Headings are the names and types of Storage.
func (t *Transform) Headings() []Heading {
	var heads []Heading
	for _, s := range t.Storage() {
		heads = append(heads, s.Heading)
	}
	return heads
}

// holds reports whether the type can hold whatever the column may.
func (s *Storage) holds(h *held) bool {
	for _, text := range h.texts {
		if c := s.Cell(string(text)); !c.Null && !s.storable(s.Type, c.Text) {
			return false
		}
	}
	if h.made && s.field.Kind == Name {
		return s.holdsNames()
	}
	return true
}

// holdsNames reports whether made-up identifiers fit: numbers that count, or patterns of as many
// digits as an integer has, or of the form of a UUID.
func (s *Storage) holdsNames() bool {
	id := s.field.Identifier
	if id == nil {
		return false
	}
	switch class := ClassOf(s.Type); {
	case s.Type == "uuid":
		return !slices.ContainsFunc(id.Shapes, func(p Shape) bool { return !p.uuid() }) && !id.Sequence
	case class == StoredText || class == StoredPlain:
		return s.Type == "text" || s.Type == "" // others have a form that patterns do not keep
	case class != StoredInteger:
		return false
	case id.Sequence:
		return id.Prefix == "" && id.Suffix == "" && id.Width == 0
	}
	width := map[string]int{"smallint": 4, "integer": 9, "bigint": 18}[s.Type]
	return !slices.ContainsFunc(id.Shapes, func(p Shape) bool { return !p.integer(width) })
}

// integer reports whether the shape makes nothing but integers of at most so many digits.
func (s *Shape) integer(width int) bool {
	for i, c := range s.Classes {
		if strings.Trim(string(c), digits) != "" || i == 0 && strings.Contains(string(c), "0") {
			return false
		}
	}
	return len(s.Classes) <= width
}

// uuid reports whether the shape makes nothing but UUIDs.
func (s *Shape) uuid() bool {
	for i, c := range s.Classes {
		dash := i == 8 || i == 13 || i == 18 || i == 23
		if dash && c != "-" || !dash && strings.Trim(string(c), digits+lower[:6]) != "" {
			return false
		}
	}
	return len(s.Classes) == 36
}

// Storable reports whether a storage type holds a text, in Parquet; a type that it does not know
// holds any.
func Storable(storage string, text []byte) bool {
	_, parse, err := parquetStorage(storage)
	if err != nil {
		return false
	}
	_, err = parse(text)
	return err == nil
}

// storage is the type of a column, by where it came from or by what it is.
func (f *Field) storage() string {
	if f.Type != "" {
		return f.Type
	}
	switch f.Kind {
	case Integer:
		return "bigint"
	case Real:
		return "double"
	case Boolean:
		if f.True == "1" {
			return "bigint"
		}
		if strings.EqualFold(string(f.True), "true") {
			return "boolean"
		}
	case Date:
		return f.Moment.storage()
	case Constant:
		return storageOf(string(f.Value))
	case Name:
		if id := f.Identifier; id != nil && id.Sequence && id.Prefix == "" && id.Suffix == "" && id.Width == 0 {
			return "bigint"
		}
	}
	return "text"
}

// storageOf finds the type of a single text: an integer or a number that is spelled as usual.
func storageOf(text string) string {
	if n, err := strconv.ParseInt(text, 10, 64); err == nil && strconv.FormatInt(n, 10) == text {
		return "bigint"
	}
	if v, err := strconv.ParseFloat(text, 64); err == nil && strconv.FormatFloat(v, 'f', -1, 64) == text {
		return "double"
	}
	return "text"
}

// storage is the type of dates spelled this way.
func (m *Moment) storage() string {
	switch {
	case m.Unit == "month":
		return "text"
	case m.clockOnly():
		return "time"
	case m.Unit == "day":
		return "date"
	case strings.Contains(m.Layout, "07") || strings.Contains(m.Layout, "UTC"):
		return "timestamptz"
	}
	return "timestamp"
}

// Cell turns a text of the column into what is stored.
func (s *Storage) Cell(text string) Cell {
	f := s.field
	if text == string(f.Null) && f.IsMissing(text) {
		return Cell{Null: true}
	}
	if f.Type == s.Type { // spelled as the type spells it
		return Cell{Text: []byte(text), Null: f.IsMissing(text) && !s.storable(s.Type, []byte(text))}
	}
	class := ClassOf(s.Type)
	if class == StoredText || class == StoredPlain {
		return Cell{Text: []byte(text)}
	}
	if f.IsMissing(text) {
		return Cell{Null: true}
	}
	return Cell{Text: []byte(f.plain(text, s.Type))}
}

// plain spells a text of a column as its storage type does. What it can't read stays as it is.
func (f *Field) plain(text, storage string) string {
	switch {
	case f.Kind == Boolean && storage == "boolean":
		return strings.ToLower(text)
	case f.Kind == Integer:
		if v, ok := f.Float(text); ok {
			return strconv.FormatFloat(v, 'f', 0, 64)
		}
	case f.Kind == Real:
		if _, ok := f.Float(text); ok {
			core, _ := f.Number.core(text)
			return core
		}
	case f.Kind == Date:
		if v, ok := f.Moment.Parse(text); ok {
			return f.Moment.time(v, 0).UTC().Format(momentLayout(storage))
		}
	}
	return text
}

// momentLayout is how a type of dates and times is spelled.
func momentLayout(storage string) string {
	switch storage {
	case "date":
		return "2006-01-02"
	case "time":
		return clockLayout
	case "timestamptz":
		return timestampLayout + "Z07:00"
	}
	return timestampLayout
}

// WriteStored writes all rows of a table that the transform made to w and closes w.
func (t *Transform) WriteStored(w RowWriter, tab *Table) error {
	return t.WriteStoredAs(w, One(tab), t.Storage())
}

// WriteStoredAs is WriteStored for rows in parts, and for columns stored as StorageWhere said.
func (t *Transform) WriteStoredAs(w RowWriter, blocks Blocks, storage []Storage) error {
	for tab, err := range blocks {
		if err == nil {
			err = t.writeStored(w, tab, storage)
		}
		if err != nil {
			return err
		}
	}
	return w.Close()
}

func (t *Transform) writeStored(w RowWriter, tab *Table, storage []Storage) error {
	at, err := t.Schema.Match(tab)
	if err != nil {
		return err
	}
	columns := make([][]Cell, len(at)) // by code
	for j, s := range storage {
		c := tab.Columns[at[j]]
		columns[j] = make([]Cell, len(c.texts))
		for i, text := range c.texts {
			columns[j][i] = s.Cell(text)
		}
	}
	row := make([]Cell, len(at))
	for i := range tab.Rows() {
		for j := range row {
			row[j] = columns[j][tab.Columns[at[j]].codes[i]]
		}
		if err := w.Write(row); err != nil {
			return err
		}
	}
	return nil
}
