package table

import (
	"fmt"
	"unicode/utf8"
)

// AppendBytes appends the text that stands for the bytes b in a column of type bytea: characters of
// UTF-8 as they are, a backslash twice, every other byte and NUL as \ooo in octal digits.
func AppendBytes(dst, b []byte) []byte {
	for len(b) > 0 {
		r, size := utf8.DecodeRune(b)
		switch {
		case r == '\\':
			dst = append(dst, `\\`...)
		case r == utf8.RuneError && size == 1 || r == 0:
			dst = append(dst, '\\', '0'+b[0]>>6, '0'+b[0]>>3&7, '0'+b[0]&7)
		default:
			dst = append(dst, b[:size]...)
		}
		b = b[size:]
	}
	return dst
}

// ParseBytes appends the bytes that a text of AppendBytes stands for.
func ParseBytes(dst, text []byte) ([]byte, error) {
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c != '\\':
			dst = append(dst, c)
		case i+1 < len(text) && text[i+1] == '\\':
			dst = append(dst, '\\')
			i++
		case i+3 < len(text) && octal(text[i+1], '3') && octal(text[i+2], '7') && octal(text[i+3], '7'):
			dst = append(dst, (text[i+1]-'0')<<6|(text[i+2]-'0')<<3|(text[i+3]-'0'))
			i += 3
		default:
			return nil, fmt.Errorf("%q: the backslash at byte %d begins neither \\\\ nor \\ooo", text, i+1)
		}
	}
	return dst, nil
}

func octal(c, most byte) bool { return '0' <= c && c <= most }
