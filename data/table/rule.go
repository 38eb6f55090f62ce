package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Rule ties columns together. A rule holds in every row that is drawn, not only in most: where it
// can, a table is rewritten before it is learned, so that there is nothing that could break the rule,
// and written back afterwards (see rulerewrite.go).
//
// A rule is one of five kinds, and has a name for messages if it is given one:
//
//	less: [hired, left]                            hired <= left; a chain may be longer, and may hold
//	                                               numbers and dates: [0, net, gross, 1000]
//	less: [hired, left]      strict: true          hired < left
//	sum: {of: [net, tax], is: gross}               net + tax = gross, to the last decimal
//	together: [country, city]                      no other combination than the table has
//	together: [a, b]         only: [[x, y], …]     and the table has no other than these
//	determines: {from: [zip], to: [city, state]}   rows of one zip have one city and one state
//	unique: [year, number]                         no two rows have both in common
//
// A missing value breaks no rule: less and sum speak of the numbers that are there, unique and
// determines of rows that have all the values they name; for together it is a value like others.
type Rule struct {
	Name       Text        `yaml:"name,omitempty"`
	Less       []Text      `yaml:"less,omitempty,flow"` // columns, numbers and dates, the least first
	Strict     bool        `yaml:"strict,omitempty"`    // of less: equals are not allowed
	Sum        *Sum        `yaml:"sum,omitempty"`
	Together   []Text      `yaml:"together,omitempty,flow"`
	Only       [][]Text    `yaml:"only,omitempty,flow"` // of together: all combinations that may be
	Determines *Dependency `yaml:"determines,omitempty"`
	Unique     []Text      `yaml:"unique,omitempty,flow"`
}

// Sum says that the numbers Of add up to Is.
type Sum struct {
	Of []Text `yaml:"of,flow"`
	Is Text   `yaml:"is"`
}

// Dependency says that rows with the same values From have the same values To.
type Dependency struct {
	From []Text `yaml:"from,flow"`
	To   []Text `yaml:"to,flow"`
}

// String is the rule as messages name it: its name and what it says.
func (r *Rule) String() string {
	if r.Name != "" {
		return fmt.Sprintf("rule %q (%s)", r.Name, r.says())
	}
	return fmt.Sprintf("rule (%s)", r.says())
}

// says is the rule on one line, as YAML.
func (r *Rule) says() string {
	switch {
	case r.Less != nil && r.Strict:
		return "less: " + listed(r.Less) + ", strict: true"
	case r.Less != nil:
		return "less: " + listed(r.Less)
	case r.Sum != nil:
		return fmt.Sprintf("sum: {of: %s, is: %s}", listed(r.Sum.Of), plain(r.Sum.Is))
	case r.Together != nil:
		return "together: " + listed(r.Together)
	case r.Determines != nil:
		return fmt.Sprintf("determines: {from: %s, to: %s}", listed(r.Determines.From), listed(r.Determines.To))
	}
	return "unique: " + listed(r.Unique)
}

func listed(names []Text) string {
	words := make([]string, len(names))
	for i, n := range names {
		words[i] = plain(n)
	}
	return "[" + strings.Join(words, ", ") + "]"
}

// plain is a text as YAML takes it within a list: in quotes where it needs them.
func plain(t Text) string {
	s := string(t)
	if s == "" || strings.TrimSpace(s) != s || strings.ContainsAny(s, ":{}[],&*#?|<>=!%@`\"'\\\n\t") || strings.HasPrefix(s, "-") ||
		slices.Contains([]string{"true", "false", "null", "yes", "no", "~"}, strings.ToLower(s)) {
		return quote(s)
	}
	if v, err := strconv.ParseFloat(s, 64); err == nil && strconv.FormatFloat(v, 'f', -1, 64) != s {
		return quote(s) // 007, which YAML would take for 7
	}
	return s
}

// shape checks what can be checked of a rule by itself.
func (r *Rule) shape() error {
	kinds := 0
	for _, is := range []bool{r.Less != nil, r.Sum != nil, r.Together != nil, r.Determines != nil, r.Unique != nil} {
		if is {
			kinds++
		}
	}
	switch {
	case kinds != 1:
		return fmt.Errorf("a rule has exactly one of less, sum, together, determines, unique; this one has %d", kinds)
	case r.Strict && r.Less == nil:
		return r.fault("strict is for less alone")
	case r.Only != nil && r.Together == nil:
		return r.fault("only is for together alone")
	case r.Less != nil && len(r.Less) < 2:
		return r.fault("less needs two or more of columns, numbers and dates, the least first")
	case r.Sum != nil && (len(r.Sum.Of) == 0 || r.Sum.Is == ""):
		return r.fault("a sum needs columns to add, of: […], and the column of their total, is: NAME")
	case r.Together != nil && len(r.Together) < 2:
		return r.fault("together needs two columns or more")
	case r.Determines != nil && (len(r.Determines.From) == 0 || len(r.Determines.To) == 0):
		return r.fault("determines needs columns from: […] and to: […]")
	case r.Unique != nil && len(r.Unique) == 0:
		return r.fault("unique needs a column or more")
	}
	for _, row := range r.Only {
		if len(row) != len(r.Together) {
			return r.fault("the combination %s has %d values for %d columns", listed(row), len(row), len(r.Together))
		}
	}
	for _, list := range r.lists() {
		for i, n := range list {
			if slices.Contains(list[:i], n) {
				return r.fault("it names %q twice", n)
			}
		}
	}
	return nil
}

// lists are the lists of columns in which none may stand twice. A chain of less is a cycle then,
// which is found with the others.
func (r *Rule) lists() [][]Text {
	switch {
	case r.Sum != nil:
		return [][]Text{r.Sum.Of}
	case r.Determines != nil:
		return [][]Text{slices.Concat(r.Determines.From, r.Determines.To)}
	}
	return [][]Text{r.Together, r.Unique}
}

// fault is an error about the rule.
func (r *Rule) fault(format string, args ...any) error {
	return fmt.Errorf("%s: %w", r, fmt.Errorf(format, args...))
}
