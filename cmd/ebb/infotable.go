package main

import (
	"fmt"
	"io"
	"text/tabwriter"

	"github.com/goccy/go-yaml"

	"ebb/data/table"
	"ebb/model"
	"ebb/model/checkpoint"
)

// schemaFiles are the files of a table's schema that are read and written; empty: none.
type schemaFiles struct{ read, write string }

// schemaOf infers the schema of a table under what a file says of it, if one is named.
func schemaOf(t *table.Table, file string) (*table.Schema, error) {
	if file == "" {
		return table.Infer(t), nil
	}
	s, err := table.OverrideFile(t, file)
	if err != nil {
		return nil, &exitError{exitUsage, err}
	}
	return s, nil
}

// tableInfo is what info says of a table.
type tableInfo struct {
	Path    string          `json:"path"`
	Rows    int             `json:"rows"`
	Numbers int             `json:"numbers"` // smooth parts of columns
	Cells   int             `json:"cells"`   // categorical parts
	Columns []table.Summary `json:"columns"`
	Rules   []ruleInfo      `json:"rules_found,omitempty"`
	schema  *table.Schema
}

func aboutTable(src *model.Source, files schemaFiles) (about, error) {
	schema, err := schemaOf(src.Table, files.read)
	if err != nil {
		return nil, err
	}
	if len(src.Rules) > 0 {
		schema.Rules = src.Rules
	}
	t, err := table.Fit(schema, src.Table, table.Options{})
	if err != nil {
		return nil, err
	}
	columns, err := t.Summaries(src.Table)
	if err != nil {
		return nil, err
	}
	if err := writeSchema(schema, files.write, src.Path); err != nil {
		return nil, err
	}
	i := tableInfo{Path: src.Path, Rows: src.Table.Rows(), Numbers: t.Numbers(), Cells: len(t.Cards()), Columns: columns, schema: schema}
	if len(schema.Rules) == 0 {
		i.suggest(src)
	}
	return i, nil
}

// aboutRunSchema writes the schema that a run has learned.
func aboutRunSchema(dir string, files schemaFiles) (about, error) {
	c, err := model.ReadConfig(dir)
	if err != nil {
		return nil, err
	}
	if c.Table == nil || files.read != "" {
		return nil, usagef("%s is a run: only --out is for it, which writes the schema of the table it has learned", dir)
	}
	if err := writeSchema(c.Table.Transform.Schema, files.write, dir); err != nil {
		return nil, err
	}
	return aboutRun(dir)
}

// schemaHead stands above a schema that is written.
const schemaHead = `# What the columns of %s are, by 'ebb info'. Edit it, or keep only the columns and keys that
# are to be otherwise, and give it to 'ebb info' or 'ebb train' by --schema. A key that is left out is
# inferred; reason and warning are not read. docs/columns.md tells what the keys mean.
`

func writeSchema(s *table.Schema, path, of string) error {
	if path == "" {
		return nil
	}
	text, err := yaml.Marshal(s)
	if err != nil {
		return err
	}
	return checkpoint.WriteFile(path, func(w io.Writer) error {
		_, err := fmt.Fprintf(w, schemaHead+"%s", of, text)
		return err
	})
}

func (i tableInfo) print(w io.Writer) error {
	fmt.Fprintf(w, "%s: a table of %s and %s\n\n", i.Path, plural(i.Rows, "row"), plural(len(i.schema.Columns), "column"))
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	fmt.Fprintln(tw, "column\tkind\tmissing\tvalues\tmodelled as\treason")
	for k := range i.Columns {
		c := &i.Columns[k]
		fmt.Fprintf(tw, "%s\t%s\t%s\t%s\t%s\t%s\n", c.Label(i.schema.Target), c.Kind, c.MissingShare(), c.Content(), c.Model, c.Reason)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\na row is modelled as %s (Gaussian process) and %s (masked process)\n", plural(i.Numbers, "number"), plural(i.Cells, "cell"))
	if err := i.printRules(w); err != nil {
		return err
	}
	return warnings(w, i.schema)
}

// warnings prints what people should know of the columns.
func warnings(w io.Writer, s *table.Schema) error {
	for _, text := range s.Warnings() {
		if _, err := fmt.Fprintf(w, "note: %s\n", text); err != nil {
			return err
		}
	}
	return nil
}

func plural(n int, what string) string {
	if n == 1 {
		return "1 " + what
	}
	return fmt.Sprintf("%d %ss", n, what)
}
