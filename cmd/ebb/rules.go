package main

import (
	"reflect"

	"ebb/data/table"
	"ebb/model"
)

// readRules puts the rules of a file, if one is named, beside the table that they are for.
func readRules(path string, src *model.Source) error {
	if path == "" {
		return nil
	}
	if src.Table == nil {
		return usagef("--rules is for tables; %s holds pictures", src.Path)
	}
	rules, err := table.OpenRules(path)
	if err != nil {
		return &exitError{exitUsage, err}
	}
	src.Rules = rules
	return nil
}

// sameRules tells whether a file holds the rules that a run was made with.
func sameRules(path string, c *model.Config) bool {
	rules, err := table.OpenRules(path)
	return err == nil && c.Table != nil && reflect.DeepEqual(rules, c.Table.Transform.Schema.Rules)
}
