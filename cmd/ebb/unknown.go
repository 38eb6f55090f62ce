package main

import (
	"fmt"

	"ebb/data/table"
)

// tellUnknown lists texts of a table that a run does not know, and what becomes of each.
func (s streams) tellUnknown(unknown []table.Unknown, fate func(table.Unknown) string) {
	const shown = 5
	for k, u := range unknown {
		if k == shown {
			fmt.Fprintf(s.err, "and %d more texts\n", len(unknown)-shown)
			return
		}
		fmt.Fprintf(s.err, "column %s: the run has not seen %q (rows that hold it: %d): %s\n", u.Column, u.Text, u.Rows, fate(u))
	}
}
