package main

import (
	"fmt"
	"io"
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

// ruleInfo is a rule that holds in every row of a table, as a line of YAML.
type ruleInfo struct {
	Rule string `json:"rule"`
	Rows int    `json:"rows"`
}

// suggest looks for rules that could be meant.
func (i *tableInfo) suggest(src *model.Source) {
	for _, s := range table.Suggest(i.schema, src.Table) {
		i.Rules = append(i.Rules, ruleInfo{s.String(), s.Rows})
	}
}

func (i *tableInfo) printRules(w io.Writer) error {
	if len(i.Rules) == 0 {
		return nil
	}
	fmt.Fprintln(w, "\nrules that every row obeys; those that are meant can go into a file for 'ebb train --rules':")
	for _, r := range i.Rules {
		if _, err := fmt.Fprintln(w, r.Rule); err != nil {
			return err
		}
	}
	return nil
}
