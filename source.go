package ebb

import (
	"fmt"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/model"
)

// Data is what a model learns from, scores or completes: a [File], a [Table], [Pictures] or [Structs].
type Data interface {
	source() (*model.Source, error)
}

// File is the path of data, whose form is found out by content: a table as CSV, TSV, JSON lines or Parquet;
// NPY, NPZ, IDX, a folder or zip of pictures. The address of a table of PostgreSQL or SQLite will do too, such as
// "postgres://user@host/database?table=people".
type File string

func (f File) source() (*model.Source, error) { return model.OpenSource(string(f)) }

// Table is a table in memory, as table.Open and table.Read make them.
func Table(t *table.Table) Data { return inMemory{model.Source{Table: t}} }

// Pictures are pictures in memory.
func Pictures(p *image.Images) Data { return inMemory{model.Source{Images: p}} }

type inMemory struct{ is model.Source }

func (m inMemory) source() (*model.Source, error) { return &m.is, nil }

// failed is data that could not be made.
type failed struct{ err error }

func (f failed) source() (*model.Source, error) { return nil, f.err }

// rows is the table of d; what says what it is wanted for.
func rows(d Data, what string) (*table.Table, error) {
	src, err := d.source()
	if err != nil {
		return nil, err
	}
	if src.Table == nil {
		return nil, fmt.Errorf("ebb: %s holds pictures; to %s rows of a table are needed", src.Path, what)
	}
	return src.Table, nil
}
