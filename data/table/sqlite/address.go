package sqlite

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"ebb/data"
)

// Address is a parsed address.
type Address struct {
	Path  string
	Table string // or
	Query string // or neither, if there is but one table

	shown string
}

// scheme may stand before a path.
const scheme = "sqlite:"

// Parse takes an address apart. A file whose own name holds a question mark is found.
func Parse(text string) (*Address, error) {
	path := strings.TrimPrefix(text, scheme)
	if _, err := os.Stat(path); err == nil {
		return &Address{Path: path, shown: path}, nil
	}
	path, rest := data.SplitDatabase(path)
	a := &Address{Path: path, shown: path}
	if rest != "" {
		a.shown += "?" + rest
	}
	for rest != "" {
		if query, ok := strings.CutPrefix(rest, "query="); ok { // it stands last: all that follows is SQL
			a.Query = strings.TrimRight(data.DecodeQuery(query), "; \t\r\n")
			break
		}
		var one string
		one, rest, _ = strings.Cut(rest, "&")
		name, ok := strings.CutPrefix(one, "table=")
		if !ok {
			return nil, fmt.Errorf("%s: %q is no parameter: write ?table=NAME or ?query=SELECT …", path, one)
		}
		a.Table = data.Unescape(name)
	}
	if a.Table != "" && a.Query != "" {
		return nil, fmt.Errorf("%s: %w", path, errors.New("give table= or query=, not both"))
	}
	return a, nil
}

// String is the address, for messages and for another Open.
func (a *Address) String() string { return a.shown }

// Absolute is the address with the absolute path of the file.
func (a *Address) Absolute() string {
	path, err := filepath.Abs(a.Path)
	if err != nil {
		path = a.Path
	}
	return path + strings.TrimPrefix(a.shown, a.Path)
}
