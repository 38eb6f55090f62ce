package data

import (
	"fmt"
	"net/url"
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

// DecodeQuery decodes %XX in a query that a program encoded: one without any blank. Where blanks
// stand it is SQL as it is, in which id%20 is a remainder.
func DecodeQuery(query string) string {
	if strings.ContainsAny(query, " \t\r\n") {
		return query
	}
	return Unescape(query)
}

// Unescape decodes %XX; a % that no two hexadecimal digits follow is itself, and so is +.
func Unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		if text[i] == '%' && i+2 < len(text) {
			if c, err := url.PathUnescape(text[i : i+3]); err == nil {
				b.WriteString(c)
				i += 2
				continue
			}
		}
		b.WriteByte(text[i])
	}
	return b.String()
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
