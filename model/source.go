package model

import (
	"errors"
	"fmt"
	"path/filepath"

	"ebb/data"
	"ebb/data/image"
	"ebb/data/table"
)

// Source is data to learn from: either a table or pictures.
type Source struct {
	Path   string
	Table  *table.Table  // nil for pictures
	Images *image.Images // nil for a table

	address string       // of a database, to find it again
	Rules   []table.Rule // that the rows of the table obey, for NewConfig
}

// ErrRun says that a path holds a run where data was wanted.
var ErrRun = errors.New("a run, not data")

// OpenSource reads the data at path, whatever its form: the content decides, not the name.
func OpenSource(path string) (*Source, error) { return OpenSourceWith(path, table.ReadOptions{}) }

// OpenSourceWith is OpenSource that keeps as many rows of a table as o allows.
func OpenSourceWith(path string, o table.ReadOptions) (*Source, error) {
	found, err := data.Sniff(path)
	if err != nil {
		return nil, err
	}
	if found.Form == data.SQLite || found.Form == data.PostgreSQL {
		return openDatabase(found, o)
	}
	s := &Source{Path: path}
	rows := false // an array that is no set of pictures
	if found.Form == data.NPY || found.Form == data.NPZ {
		if rows, err = table.IsArrayTable(path); err != nil {
			return nil, err
		}
	}
	switch form := found.Form; {
	case rows, form == data.CSV, form == data.JSONLines, form == data.Parquet:
		s.Table, err = table.OpenWith(path, o)
	case form == data.IDX, form == data.NPY, form == data.NPZ, form == data.ImageFolder, form == data.ImageZip, form == data.ImageFile:
		s.Images, err = image.Open(path, image.Options{})
	case form == data.Run:
		err = fmt.Errorf("%s is %w: sample it with 'ebb sample %s -n 100 -o new.csv'", path, ErrRun, path)
	default:
		err = fmt.Errorf("%s is %v, which ebb cannot learn from yet: export it as CSV, Parquet, NPY, IDX or a folder of PNG files", path, found.Form)
	}
	if err != nil {
		return nil, err
	}
	return s, nil
}

// Rows is the number of examples.
func (s *Source) Rows() int {
	if s.Table != nil {
		return s.Table.Rows()
	}
	return s.Images.N
}

// String says in words what the data is.
func (s *Source) String() string {
	if t := s.Table; t != nil && t.Seen > 0 {
		return fmt.Sprintf("%d of %d rows, chosen at random, of %d columns", t.Rows(), t.Seen, len(t.Columns))
	}
	if s.Table != nil {
		return fmt.Sprintf("%d rows of %d columns", s.Table.Rows(), len(s.Table.Columns))
	}
	return s.Images.String()
}

// Data is the source as a configuration names it, by its absolute path.
func (s *Source) Data() Data {
	path := s.address
	if abs, err := filepath.Abs(s.Path); err == nil && path == "" && s.Path != "" {
		path = abs
	}
	d := Data{Path: path, Rows: s.Rows()}
	if s.Table != nil {
		d.Of, d.Below = s.Table.Seen, s.Table.Below
	}
	return d
}

// NewConfig is the configuration for data like s: preset is a size of its kind of model, or
// empty to choose one by the data.
func NewConfig(s *Source, preset string) (*Config, error) {
	if s.Images != nil {
		return NewImageConfig(s.Images, preset)
	}
	schema := table.Infer(s.Table)
	if len(s.Rules) > 0 {
		schema.Rules = s.Rules
	}
	return NewTableConfig(s.Table, schema, preset)
}

// Label is the column that evaluations predict, empty if there is none.
func (c *Config) Label() string {
	if c.Table == nil {
		return ""
	}
	return string(c.Table.Transform.Schema.Target)
}

// SetLabel names the column that evaluations predict. The model itself learns all columns
// alike. Its error says why the name will not do.
func (c *Config) SetLabel(name string) error {
	if c.Table == nil {
		return fmt.Errorf("label %q: a label names a column of a table; pictures have their labels beside them or in subfolders", name)
	}
	return c.Table.Transform.Schema.SetTarget(name)
}

// ObjectiveFor is the training of m on s.
func ObjectiveFor(m Model, s *Source) (Objective, error) {
	switch m := m.(type) {
	case *TableModel:
		if s.Table == nil {
			return nil, fmt.Errorf("%s holds pictures, the run was made for a table", s.Path)
		}
		return m.Objective(s.Table)
	case *ImageModel:
		if s.Images == nil {
			return nil, fmt.Errorf("%s is a table, the run was made for pictures", s.Path)
		}
		return m.Objective(s.Images)
	}
	return nil, fmt.Errorf("cannot train a %T", m)
}
