package main

import (
	"fmt"

	"ebb/data"
	"ebb/data/image"
	"ebb/data/table"
)

// source is data read from a path: either a table or images.
type source struct {
	path   string
	table  *table.Table
	images *image.Images
}

// openSource reads the data at path, whatever its form.
func openSource(path string) (*source, error) {
	found, err := data.Sniff(path)
	if err != nil {
		return nil, err
	}
	s := &source{path: path}
	switch found.Form {
	case data.CSV:
		s.table, err = table.Open(path)
	case data.IDX, data.NPY, data.NPZ, data.ImageFolder, data.ImageZip, data.ImageFile:
		s.images, err = image.Open(path, image.Options{})
	case data.Run:
		err = usagef("%s is a run, not data: sample it with 'ebb sample %s -n 100 -o new.csv'", path, path)
	default:
		err = fmt.Errorf("%s is %v, which ebb cannot learn from yet: export it as CSV, NPY, IDX or a folder of PNG files", path, found.Form)
	}
	return s, err
}

// rows is the number of examples.
func (s *source) rows() int {
	if s.table != nil {
		return s.table.Rows()
	}
	return s.images.N
}

// describe says in words what the data is.
func (s *source) describe() string {
	if s.table != nil {
		return fmt.Sprintf("%d rows of %d columns", s.table.Rows(), len(s.table.Columns))
	}
	return s.images.String()
}
