package main

import (
	"errors"

	"ebb/model"
)

// openSource reads the data at path, whatever its form.
func openSource(path string) (*model.Source, error) {
	s, err := model.OpenSource(path)
	return s, notData(err)
}

// notData makes a run that was named as data an error of usage.
func notData(err error) error {
	if errors.Is(err, model.ErrRun) {
		return &exitError{exitUsage, err}
	}
	return err
}
