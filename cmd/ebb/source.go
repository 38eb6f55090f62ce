package main

import (
	"errors"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/model"
)

// source is data that a command compares or describes: either a table or images.
type source struct {
	path   string
	table  *table.Table
	images *image.Images
}

// openSource reads the data at path, whatever its form.
func openSource(path string) (*source, error) {
	s, err := model.OpenSource(path)
	if err != nil {
		return nil, notData(err)
	}
	return &source{path: s.Path, table: s.Table, images: s.Images}, nil
}

// notData makes a run that was named as data an error of usage.
func notData(err error) error {
	if errors.Is(err, model.ErrRun) {
		return &exitError{exitUsage, err}
	}
	return err
}
