package model

import (
	"context"

	"ebb/data"
	"ebb/data/table"
	"ebb/data/table/postgres"
	"ebb/data/table/sqlite"
)

// openDatabase reads a table of a database. What the source shows and remembers of its address has no
// password; a resume takes it from PGPASSWORD, ~/.pgpass or the address that is given then.
func openDatabase(found data.Source, o table.ReadOptions) (*Source, error) {
	ctx := context.Background()
	s := &Source{}
	var rows table.RowReader
	if found.Form == data.PostgreSQL {
		r, err := postgres.Open(ctx, found.Path)
		if err != nil {
			return nil, err
		}
		rows, s.Path = r, postgres.Redact(found.Path)
		s.address = s.Path
	} else {
		a, err := sqlite.Parse(found.Path)
		if err != nil {
			return nil, err
		}
		r, err := sqlite.Open(ctx, found.Path)
		if err != nil {
			return nil, err
		}
		rows, s.Path, s.address = r, a.String(), a.Absolute()
	}
	var err error
	s.Table, err = table.ReadSample(&watched{RowReader: rows, watch: o.Watch}, s.Path, o)
	if err != nil {
		return nil, err
	}
	return s, nil
}

// watched tells now and then that rows come, how many of how many nobody knows; so a long reading can
// be stopped.
type watched struct {
	table.RowReader
	rows  int
	watch func(table.Progress) error
}

// watchRows rows come between two looks.
const watchRows = 4096

// Next implements table.RowReader.
func (w *watched) Next(cells []table.Cell) error {
	if w.rows++; w.rows%watchRows == 0 && w.watch != nil {
		if err := w.watch(table.Progress{}); err != nil {
			return err
		}
	}
	return w.RowReader.Next(cells)
}
