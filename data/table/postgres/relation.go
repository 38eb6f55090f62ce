package postgres

import (
	"context"
	"fmt"
	"strings"

	"ebb/data/table"
)

// relation is a table of the database, or something that is read like one.
type relation struct {
	oid          string
	schema, name string
}

func (r *relation) quoted() string { return quoteName(r.schema, r.name) }

const findRelation = `SELECT c.oid, n.nspname, c.relname, c.relkind
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relname IN ($1::text, lower($1::text)) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
  AND CASE WHEN $2::text = '' THEN pg_catalog.pg_table_is_visible(c.oid) ELSE n.nspname IN ($2::text, lower($2::text)) END
ORDER BY c.relname <> $1::text, n.nspname <> $2::text LIMIT 1`

// find looks a table up by its name as it is spelled, then in lower case, as SQL takes it; nil if it is not there.
func (s *session) find(ctx context.Context) (*relation, error) {
	schema, name := s.address.nameParts()
	found, err := s.rows(ctx, findRelation, name, schema)
	if err != nil || len(found) == 0 {
		return nil, err
	}
	return &relation{found[0][0], found[0][1], found[0][2]}, nil
}

// nameParts are the schema, empty if none was given, and the name of the address's table.
func (a *Address) nameParts() (schema, name string) {
	parts, err := splitName(a.Table)
	if err != nil {
		panic(err) // Parse has looked
	}
	if len(parts) == 2 {
		return parts[0], parts[1]
	}
	return "", parts[0]
}

const listRelations = `SELECT n.nspname, c.relname, pg_catalog.pg_table_is_visible(c.oid)
FROM pg_catalog.pg_class c JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND n.nspname NOT IN ('pg_catalog', 'information_schema') AND n.nspname NOT LIKE 'pg\_%'
ORDER BY 1, 2 LIMIT 10000`

// unknown is the error for a table that is not there; it names those that may have been meant.
func (s *session) unknown(ctx context.Context) error {
	found, err := s.rows(ctx, listRelations)
	if err != nil {
		return err
	}
	var names []string
	_, wanted := s.address.nameParts()
	for _, r := range found {
		full := r[0] + "." + r[1]
		if r[1] == wanted {
			return s.noTable(fmt.Sprintf("did you mean table=%s?", full))
		}
		if r[2] == "t" {
			full = r[1]
		}
		names = append(names, full)
	}
	if near := table.Nearest(s.address.Table, names); near != "" {
		return s.noTable(fmt.Sprintf("did you mean table=%s?", near))
	}
	if len(names) == 0 {
		return s.noTable("the database has no table that this user may see; is it the right one?")
	}
	more := ""
	if len(names) > 20 {
		more = fmt.Sprintf(" and %d more", len(names)-20)
		names = names[:20]
	}
	return s.noTable("there are " + strings.Join(names, ", ") + more)
}

func (s *session) noTable(remedy string) error {
	return &table.Error{File: s.address.shown, Problem: fmt.Sprintf("there is no table %q", s.address.Table), Remedy: remedy}
}
