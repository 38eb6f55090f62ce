package table

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// Text is a string that a YAML file keeps as it is, whatever it holds: it is always written in
// double quotes, with everything that is not printable ASCII-or-letter escaped.
type Text string

// MarshalYAML writes the text in double quotes.
func (t Text) MarshalYAML() ([]byte, error) { return []byte(quote(string(t))), nil }

// UnmarshalYAML reads any scalar as the text that stands there: 007 and 1.50 keep their zeros.
func (t *Text) UnmarshalYAML(node ast.Node) error {
	switch n := node.(type) {
	case *ast.StringNode:
		*t = Text(n.Value)
	case *ast.LiteralNode:
		*t = Text(n.Value.Value)
	case ast.ScalarNode:
		*t = Text(n.GetToken().Value)
	default:
		return fmt.Errorf("a text is wanted, not %s", node.Type())
	}
	return nil
}

// quote writes s as a double-quoted scalar of YAML. JSON's escapes are a part of YAML's.
func quote(s string) string {
	var b bytes.Buffer
	b.WriteByte('"')
	for _, r := range s {
		switch {
		case r == '"' || r == '\\':
			b.WriteByte('\\')
			b.WriteRune(r)
		case r >= 0x20 && r < 0x7f, strconv.IsPrint(r) && r < 0x10000:
			b.WriteRune(r)
		case r < 0x10000:
			fmt.Fprintf(&b, `\u%04x`, r)
		default:
			fmt.Fprintf(&b, `\U%08x`, r)
		}
	}
	b.WriteByte('"')
	return b.String()
}

// Floats is a list of numbers, in YAML one string of numbers between spaces: thousands of them
// stay readable, and quick to read.
type Floats []float64

// MarshalYAML writes the shortest spelling of each number that gives the same bits.
func (f Floats) MarshalYAML() ([]byte, error) {
	var b []byte
	b = append(b, '"')
	for i, v := range f {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendFloat(b, v, 'g', -1, 64)
	}
	return append(b, '"'), nil
}

// UnmarshalYAML reads what MarshalYAML wrote.
func (f *Floats) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	*f = nil
	for field := range strings.FieldsSeq(s) {
		v, err := strconv.ParseFloat(field, 64)
		if err != nil {
			return fmt.Errorf("%q is not a number", field)
		}
		*f = append(*f, v)
	}
	return nil
}

// Ints is a list of integers, in YAML one string as Floats are.
type Ints []int64

// MarshalYAML writes the numbers in decimal.
func (n Ints) MarshalYAML() ([]byte, error) {
	b := []byte{'"'}
	for i, v := range n {
		if i > 0 {
			b = append(b, ' ')
		}
		b = strconv.AppendInt(b, v, 10)
	}
	return append(b, '"'), nil
}

// UnmarshalYAML reads what MarshalYAML wrote.
func (n *Ints) UnmarshalYAML(b []byte) error {
	var s string
	if err := yaml.Unmarshal(b, &s); err != nil {
		return err
	}
	*n = nil
	for field := range strings.FieldsSeq(s) {
		v, err := strconv.ParseInt(field, 10, 64)
		if err != nil {
			return fmt.Errorf("%q is not an integer", field)
		}
		*n = append(*n, v)
	}
	return nil
}
