package postgres

import (
	"bytes"
	"fmt"

	"ebb/data/table"
)

// splitLine takes a line of COPY's text format apart and appends its values to dst, nil for \N. It
// undoes the escapes within line's own memory.
func splitLine(dst [][]byte, line []byte) ([][]byte, error) {
	line = bytes.TrimSuffix(line, []byte("\n"))
	for {
		field, rest, more := bytes.Cut(line, []byte("\t")) // a tab within a value is escaped
		if string(field) == `\N` {
			dst = append(dst, nil)
		} else {
			plain, err := unescapeField(field)
			if err != nil {
				return dst, err
			}
			dst = append(dst, plain)
		}
		if !more {
			return dst, nil
		}
		line = rest
	}
}

// unescapeField never returns nil.
func unescapeField(field []byte) ([]byte, error) {
	at := bytes.IndexByte(field, '\\')
	if at < 0 {
		return field[:len(field):len(field)], nil
	}
	out := field[:at]
	for i := at; i < len(field); i++ {
		c := field[i]
		if c == '\\' {
			if i++; i == len(field) {
				return nil, fmt.Errorf("a value ends in a backslash")
			}
			c = unescaped(field[i])
		}
		out = append(out, c)
	}
	return out, nil
}

// unescaped is the character that stands for a backslash and c. The server writes no other escapes
// (COPY, "Text Format").
func unescaped(c byte) byte {
	switch c {
	case 'b':
		return '\b'
	case 'f':
		return '\f'
	case 'n':
		return '\n'
	case 'r':
		return '\r'
	case 't':
		return '\t'
	case 'v':
		return '\v'
	}
	return c
}

// appendLine appends a row in COPY's text format.
func appendLine(dst []byte, cells []table.Cell) []byte {
	for j, cell := range cells {
		if j > 0 {
			dst = append(dst, '\t')
		}
		if cell.Null {
			dst = append(dst, `\N`...)
			continue
		}
		for _, c := range cell.Text {
			switch c {
			case '\\', '\n', '\r', '\t':
				dst = append(dst, '\\', escaped(c))
			default:
				dst = append(dst, c)
			}
		}
	}
	return append(dst, '\n')
}

func escaped(c byte) byte {
	switch c {
	case '\n':
		return 'n'
	case '\r':
		return 'r'
	case '\t':
		return 't'
	}
	return c
}
