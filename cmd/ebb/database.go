package main

import (
	"context"
	"regexp"

	"ebb/data/table"
	"ebb/data/table/postgres"
	"ebb/model"
)

// shown is a path or an address as messages and reports may show it.
func shown(path string) string {
	if postgres.Is(path) {
		return postgres.Redact(path)
	}
	return path
}

// secrets are the places in the address of a database where a password stands.
var secrets = regexp.MustCompile(`(postgres(?:ql)?://[^\s:/?#@]*):[^\s]*@|([?&][^\s?&=]*password)=[^\s&]*`)

// withoutPasswords is the last look at a message before it is printed: a command may repeat its
// arguments.
func withoutPasswords(message string) string {
	return secrets.ReplaceAllStringFunc(message, func(found string) string {
		m := secrets.FindStringSubmatch(found)
		if m[2] != "" {
			return m[2] + "=…"
		}
		return m[1] + "@"
	})
}

// checkDatabase finds out before any row is drawn whether the table that -o names can take them.
func (o *sampleOptions) checkDatabase(c *model.Config) error {
	if o.class != "" {
		return usagef("--class is for pictures; %s is a table", o.run)
	}
	if _, err := postgres.Parse(o.out); err != nil {
		return &exitError{exitUsage, err}
	}
	return postgres.Check(context.Background(), o.out, headings(c.Table.Transform.StorageWhere(postgres.Storable)))
}

func headings(columns []table.Storage) []table.Heading {
	heads := make([]table.Heading, len(columns))
	for j, c := range columns {
		heads[j] = c.Heading
	}
	return heads
}

// toDatabase writes rows that the transform made to the table that an address names: all, or none.
func toDatabase(ctx context.Context, address string, t *table.Transform, rows table.Blocks) error {
	storage := t.StorageWhere(postgres.Storable)
	w, err := postgres.Create(ctx, address, headings(storage))
	if err != nil {
		return err
	}
	err = t.WriteStoredAs(w, rows, storage)
	w.Abort() // does nothing once all is written
	return err
}
