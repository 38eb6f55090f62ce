package postgres

import (
	"fmt"
	"slices"
	"strings"

	"ebb/data/table"
)

// target finds the table that is to be filled, or makes it, and plans the COPY.
func (w *Writer) target() error {
	s := w.session
	rel, err := s.find(w.ctx)
	if err != nil {
		return err
	}
	if rel == nil {
		if rel, err = w.create(); err != nil {
			return err
		}
	} else if err := w.match(rel); err != nil {
		return err
	} else if err := w.makeRoom(rel); err != nil {
		return err
	}
	var names []string
	for j, h := range w.heads {
		if !w.skip[j] {
			names = append(names, quoteName(h.Name))
		}
	}
	w.plan = fmt.Sprintf("COPY %s (%s) FROM STDIN", rel.quoted(), strings.Join(names, ", "))
	return nil
}

// create makes the table, in the schema that was named or else the first of the search path.
func (w *Writer) create() (*relation, error) {
	s := w.session
	schema, name := s.address.nameParts()
	if len(name) > longestName {
		return nil, &table.Error{File: s.address.shown, Problem: fmt.Sprintf("the table's name is longer than the %d bytes of a name in PostgreSQL", longestName), Remedy: "shorten it"}
	}
	if schema == "" {
		current, err := s.rows(w.ctx, "SELECT current_schema()")
		if err != nil {
			return nil, err
		}
		if schema = current[0][0]; schema == "" {
			return nil, &table.Error{File: s.address.shown, Problem: "no schema of the search path exists", Remedy: "name one: table=schema." + name}
		}
	}
	rel := &relation{schema: schema, name: name}
	columns := make([]string, len(w.heads))
	for j, h := range w.heads {
		columns[j] = quoteName(h.Name) + " " + typeOf(h.Type)
		w.hex[j] = h.Type == "bytea"
	}
	sql := fmt.Sprintf("CREATE TABLE %s (%s)", rel.quoted(), strings.Join(columns, ", "))
	if err := s.exec(w.ctx, sql); err != nil {
		return nil, s.address.fault(err)
	}
	return rel, nil
}

const describeColumns = `SELECT attname, attnotnull AND NOT atthasdef AND attidentity = '' AND t.typtype <> 'd', attgenerated <> '', t.typname
FROM pg_catalog.pg_attribute a JOIN pg_catalog.pg_type t ON t.oid = a.atttypid
WHERE attrelid = $1::text::oid AND attnum > 0 AND NOT attisdropped ORDER BY attnum`

// match holds the columns against those of the table. Those that the table computes are left to it;
// others of its own need a default or take null.
func (w *Writer) match(rel *relation) error {
	s := w.session
	found, err := s.rows(w.ctx, describeColumns, rel.oid)
	if err != nil {
		return err
	}
	given := make([]string, len(w.heads))
	for j, h := range w.heads {
		given[j] = h.Name
	}
	var names []string
	for _, c := range found {
		names = append(names, c[0])
		j := slices.Index(given, c[0])
		if j >= 0 {
			w.skip[j], w.hex[j] = c[2] == "t", c[3] == "bytea" && w.heads[j].Type == "bytea"
		} else if c[1] == "t" {
			return &table.Error{File: s.address.shown, Column: c[0], Problem: "the table demands a value for it, and the rows have none",
				Remedy: "give the column a default, let it be null, or write to another table"}
		}
	}
	for _, name := range given {
		if !slices.Contains(names, name) {
			return &table.Error{File: s.address.shown, Column: name, Problem: "the table that is there has no such column",
				Remedy: fmt.Sprintf("its columns are %s; write to another table, or drop this one first", strings.Join(names, ", "))}
		}
	}
	if !slices.Contains(w.skip, false) {
		return &table.Error{File: s.address.shown, Problem: "the table computes all of the columns itself", Remedy: "write to another table"}
	}
	return nil
}

// makeRoom looks at the rows that are there, and takes them away where that was asked for.
func (w *Writer) makeRoom(rel *relation) error {
	s := w.session
	switch s.address.Mode {
	case ModeAppend:
		return nil
	case ModeReplace:
		if err := s.exec(w.ctx, "TRUNCATE "+rel.quoted()); err != nil {
			return s.address.fault(err)
		}
		return nil
	}
	// Nobody else may fill it meanwhile; readers are not kept out.
	if err := s.exec(w.ctx, "LOCK TABLE "+rel.quoted()+" IN SHARE ROW EXCLUSIVE MODE"); err != nil {
		return s.address.fault(err)
	}
	some, err := s.rows(w.ctx, "SELECT EXISTS (SELECT FROM "+rel.quoted()+")")
	if err != nil {
		return err
	}
	if some[0][0] == "t" {
		return &table.Error{File: s.address.shown, Problem: "the table is there already and holds rows",
			Remedy: "add &mode=append to the address to add to them, &mode=replace to put the new rows in their place, or name another table"}
	}
	return nil
}
