package table

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/goccy/go-yaml"
	"github.com/goccy/go-yaml/ast"
)

// A shape is written as a pattern, in the notation of regular expressions: a character stands for
// itself, [a-z0-9] for one of a class, {4} says how often in a row. A backslash takes the meaning from
// the character behind it.
//
//	INV-[0-9]{6}    [a-z]{4}\.[a-z]{5}@example\.com

// pattern spells the classes of a shape.
func (s *Shape) pattern() string {
	var b strings.Builder
	for i := 0; i < len(s.Classes); {
		n := 1
		for i+n < len(s.Classes) && s.Classes[i+n] == s.Classes[i] {
			n++
		}
		piece := classPattern([]rune(s.Classes[i]))
		if n > 2 {
			fmt.Fprintf(&b, "%s{%d}", piece, n)
		} else {
			b.WriteString(strings.Repeat(piece, n))
		}
		i += n
	}
	return b.String()
}

func classPattern(class []rune) string {
	if len(class) == 1 && class[0] == '-' {
		return "-" // it means something within brackets alone
	}
	if len(class) == 1 {
		return escape(class[0])
	}
	var b strings.Builder
	b.WriteByte('[')
	for i := 0; i < len(class); {
		end := i
		for end+1 < len(class) && class[end+1] == class[end]+1 {
			end++
		}
		if end-i < 2 {
			end = i
		}
		b.WriteString(escape(class[i]))
		if end > i {
			b.WriteString("-" + escape(class[end]))
		}
		i = end + 1
	}
	b.WriteByte(']')
	return b.String()
}

func escape(r rune) string {
	if strings.ContainsRune(`\[]{}-`, r) {
		return `\` + string(r)
	}
	return string(r)
}

// mostPositions a pattern may have.
const mostPositions = 1000

// parsePattern reads the classes of a pattern.
func parsePattern(text string) ([]Text, error) {
	var classes []Text
	rest := []rune(text)
	for len(rest) > 0 {
		var class []rune
		var err error
		switch rest[0] {
		case '[':
			class, rest, err = parseClass(rest[1:])
		case '{':
			rest, err = repeat(&classes, rest[1:])
		case ']', '}':
			err = fmt.Errorf("%q has no beginning; write \\%c for the character", rest[0], rest[0])
		default:
			var r rune
			if r, rest, err = parseRune(rest); err == nil {
				class = []rune{r}
			}
		}
		if err != nil {
			return nil, fmt.Errorf("the pattern %q: %w", text, err)
		}
		if class != nil {
			classes = append(classes, Text(string(class)))
		}
		if len(classes) > mostPositions {
			return nil, fmt.Errorf("the pattern %q is longer than %d characters", text, mostPositions)
		}
	}
	return classes, nil
}

// parseRune takes a character, which a backslash may precede.
func parseRune(in []rune) (r rune, rest []rune, err error) {
	if in[0] != '\\' {
		return in[0], in[1:], nil
	}
	if len(in) < 2 {
		return 0, nil, fmt.Errorf("it ends with a backslash; write two for the character")
	}
	return in[1], in[2:], nil
}

// parseClass takes a class behind its bracket.
func parseClass(in []rune) (class, rest []rune, err error) {
	for len(in) > 0 && in[0] != ']' {
		var first, last rune
		if first, in, err = parseRune(in); err != nil {
			return nil, nil, err
		}
		last = first
		if len(in) > 1 && in[0] == '-' && in[1] != ']' {
			if last, in, err = parseRune(in[1:]); err != nil {
				return nil, nil, err
			}
		}
		if last < first || last-first > 1<<12 {
			return nil, nil, fmt.Errorf("the range %c-%c holds no character or too many", first, last)
		}
		for r := first; r <= last; r++ {
			if !slices.Contains(class, r) {
				class = append(class, r)
			}
		}
	}
	if len(in) == 0 || len(class) == 0 {
		return nil, nil, fmt.Errorf("a class [...] is empty or has no end")
	}
	return class, in[1:], nil
}

// repeat takes a count behind its brace and repeats the last class.
func repeat(classes *[]Text, in []rune) (rest []rune, err error) {
	end := slices.Index(in, '}')
	if end < 0 {
		return nil, fmt.Errorf("a count {...} has no end")
	}
	n, err := strconv.Atoi(string(in[:end]))
	if err != nil || n < 1 || n > mostPositions || len(*classes) == 0 {
		return nil, fmt.Errorf("the count {%s} must be a number from 1 to %d behind a character or class", string(in[:end]), mostPositions)
	}
	last := (*classes)[len(*classes)-1]
	for range n - 1 {
		*classes = append(*classes, last)
	}
	return in[end+1:], nil
}

// shapeText is a shape as it is written; classes are how older runs have it.
type shapeText struct {
	Pattern Text   `yaml:"pattern,omitempty"`
	Classes []Text `yaml:"classes,omitempty"`
	Weight  int    `yaml:"weight"`
}

// MarshalYAML writes the shape as a pattern.
func (s Shape) MarshalYAML() (any, error) {
	return shapeText{Pattern: Text(s.pattern()), Weight: s.Weight}, nil
}

// UnmarshalYAML reads a pattern, or a list of classes.
func (s *Shape) UnmarshalYAML(node ast.Node) error {
	t := shapeText{Weight: 1}
	if err := yaml.NodeToValue(node, &t, yaml.Strict()); err != nil {
		return err
	}
	s.Classes, s.Weight = t.Classes, t.Weight
	if t.Pattern == "" {
		return nil
	}
	var err error
	s.Classes, err = parsePattern(string(t.Pattern))
	return err
}
