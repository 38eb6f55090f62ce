package postgres

import (
	"errors"
	"fmt"
	"net/url"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"ebb/data"
	"ebb/data/table"
)

// Mode is what Create does with a table that is there already.
type Mode string

// The modes of writing.
const (
	ModeCreate  Mode = "create"  // make it; if it is there, it must be empty
	ModeAppend  Mode = "append"  // make it, or add to what it holds
	ModeReplace Mode = "replace" // make it, or empty it first, in the same transaction
)

// Address is a parsed address. Its String is fit for messages.
type Address struct {
	Table string // as it was given: name, schema.name, parts perhaps in double quotes; or
	Query string // SQL; one of the two is empty
	Mode  Mode   // of writing

	config *pgconn.Config
	shown  string
}

// String is the address without password, for messages and for another Parse.
func (a *Address) String() string { return a.shown }

// Is reports whether a text has the form of an address, right or wrong.
func Is(text string) bool {
	return strings.HasPrefix(text, "postgres://") || strings.HasPrefix(text, "postgresql://")
}

// Redact is the address as a message may show it: without password. What can't be parsed is cut
// short.
func Redact(text string) string {
	a, err := Parse(text)
	if err != nil {
		return shownBase(text)
	}
	return a.shown
}

// shownBase is all of a faulty address that can't hold a password: its scheme.
func shownBase(text string) string {
	scheme, _, _ := strings.Cut(text, "://")
	return scheme + "://…"
}

// Parse reads an address. Its error doesn't repeat what it can't take apart: a password may be in it.
func Parse(text string) (*Address, error) {
	base, rest, _ := strings.Cut(text, "?")
	own, others, err := parameters(rest)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", shownBase(text), err)
	}
	u, err := url.Parse(base)
	if err != nil || u.User == nil && strings.Contains(base, "@") {
		return nil, fmt.Errorf("%s: the address can't be read: write it as postgres://user@host:port/database?table=NAME; "+
			"special characters of a password as %%XX (@ is %%40, / is %%2F), or the password in PGPASSWORD", shownBase(text))
	}
	a := &Address{Table: data.Unescape(own["table"]), Query: strings.TrimRight(data.DecodeQuery(own["query"]), "; \t\r\n"), Mode: Mode(own["mode"])}
	a.shown = shown(u, own, others)
	if err := a.check(); err != nil {
		return nil, fmt.Errorf("%s: %w", a.shown, err)
	}
	if len(others) > 0 {
		base += "?" + strings.Join(others, "&")
	}
	a.config, err = pgconn.ParseConfig(base)
	if err != nil {
		return nil, &table.Error{File: a.shown, Problem: "the address or a PG… variable of the environment can't be used", Err: scrubbed{err}}
	}
	if a.config.ConnectTimeout == 0 {
		a.config.ConnectTimeout = connectTimeout
	}
	if _, set := a.config.RuntimeParams["application_name"]; !set {
		a.config.RuntimeParams["application_name"] = "ebb"
	}
	return a, nil
}

// scrubbed keeps the driver's configuration, which holds the password, from whoever unwraps or
// prints an error in full.
type scrubbed struct{ err error }

func (s scrubbed) Error() string { return s.err.Error() }

func (a *Address) check() error {
	switch {
	case a.Table == "" && a.Query == "":
		return errors.New("say which table: add ?table=NAME or ?query=SELECT … to the address")
	case a.Table != "" && a.Query != "":
		return errors.New("give table= or query=, not both")
	}
	switch a.Mode {
	case "", ModeCreate, ModeAppend, ModeReplace:
	default:
		return fmt.Errorf("mode=%s is none of create, append, replace", a.Mode)
	}
	if a.Table != "" {
		_, err := splitName(a.Table)
		return err
	}
	return nil
}

// parameters splits what follows the question mark into Ebb's own parameters, not yet decoded, and
// the driver's.
func parameters(rest string) (own map[string]string, others []string, err error) {
	own = map[string]string{}
	for rest != "" {
		if query, ok := strings.CutPrefix(rest, "query="); ok {
			own["query"] = query
			break
		}
		var one string
		one, rest, _ = strings.Cut(rest, "&")
		key, value, _ := strings.Cut(one, "=")
		switch key {
		case "table", "mode":
			if _, twice := own[key]; twice {
				return nil, nil, fmt.Errorf("%s= stands there twice", key)
			}
			own[key] = value
		case "":
		default:
			others = append(others, one)
		}
	}
	return own, others, nil
}

// shown spells the address for messages: user, host and database, the table or the query.
func shown(u *url.URL, own map[string]string, others []string) string {
	safe := url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}
	if u.User != nil {
		safe.User = url.User(u.User.Username())
	}
	var parts []string
	for _, one := range others {
		key, _, _ := strings.Cut(one, "=")
		if name := strings.ToLower(data.Unescape(key)); !strings.Contains(name, "password") {
			parts = append(parts, one)
		}
	}
	for _, key := range []string{"table", "mode", "query"} {
		if value, ok := own[key]; ok {
			parts = append(parts, key+"="+value)
		}
	}
	text := safe.String()
	if len(parts) > 0 {
		text += "?" + strings.Join(parts, "&")
	}
	return text
}

// splitName takes name or schema.name apart; parts in double quotes may hold any character.
func splitName(text string) ([]string, error) {
	var parts []string
	var b strings.Builder
	quoted := false
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '"' && quoted && i+1 < len(text) && text[i+1] == '"':
			b.WriteByte('"')
			i++
		case c == '"':
			quoted = !quoted
		case c == '.' && !quoted:
			parts = append(parts, b.String())
			b.Reset()
		default:
			b.WriteByte(c)
		}
	}
	parts = append(parts, b.String())
	if quoted || len(parts) > 2 || parts[0] == "" || parts[len(parts)-1] == "" {
		return nil, fmt.Errorf("table=%s is no name of a table: write NAME or SCHEMA.NAME, and a name with a point in it as \"NAME\"", text)
	}
	return parts, nil
}

// quoteName spells an identifier so that SQL takes it as it is.
func quoteName(parts ...string) string {
	quoted := make([]string, len(parts))
	for i, p := range parts {
		quoted[i] = `"` + strings.ReplaceAll(p, `"`, `""`) + `"`
	}
	return strings.Join(quoted, ".")
}
