package data

import (
	"fmt"
	"os"
	"strings"
)

// SplitDatabase splits the address of a database in a file, such as x.db?table=people, into path and
// parameters. What follows ?table= and ?query= may hold further question marks.
func SplitDatabase(p string) (path, parameters string) {
	at := -1
	for _, first := range []string{"?table=", "?query="} {
		if i := strings.Index(p, first); i >= 0 && (at < 0 || i < at) {
			at = i
		}
	}
	if at < 0 {
		at = strings.IndexByte(p, '?')
	}
	if at < 0 {
		return p, ""
	}
	return p[:at], p[at+1:]
}

// sniffDatabase knows addresses of databases by their scheme or their parameters; its form is Unknown
// for all else.
func sniffDatabase(p string) (Source, error) {
	if strings.HasPrefix(p, "postgres://") || strings.HasPrefix(p, "postgresql://") {
		return Source{Path: p, Form: PostgreSQL}, nil
	}
	bare, named := strings.CutPrefix(p, "sqlite:")
	if _, err := os.Stat(p); err == nil || !named && !strings.Contains(p, "?table=") && !strings.Contains(p, "?query=") {
		return Source{}, nil
	}
	if _, err := os.Stat(bare); err != nil {
		bare, _ = SplitDatabase(bare)
	}
	found, err := Sniff(bare)
	if err == nil && found.Form != SQLite {
		err = fmt.Errorf("%s is %v, no SQLite database: leave away what follows the question mark", bare, found.Form)
	}
	if err != nil {
		return Source{}, err
	}
	return Source{Path: p, Form: SQLite}, nil
}
