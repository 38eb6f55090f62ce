package table

import (
	"errors"
	"fmt"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"
)

// jsonKind is the kind of a JSON value that is not a composite.
type jsonKind int

const (
	jsonNull jsonKind = iota
	jsonBool
	jsonNumber
	jsonString
)

// jsonValue is a value of an object: raw as it is written, text without quotes and escapes.
type jsonValue struct {
	kind      jsonKind
	raw, text []byte
}

// errArray is the error of an array where one value is wanted.
type errArray struct{ path string }

func (e *errArray) Error() string { return fmt.Sprintf("%q holds an array", e.path) }

// maxNesting bounds objects inside objects.
const maxNesting = 100

// jsonParser takes a JSON object apart. encoding/json is not used because a table's values must
// keep their spelling, and because it takes what is not UTF-8 and changes it.
type jsonParser struct {
	b     []byte
	i     int
	path  []byte
	text  []byte
	yield func(path []byte, v jsonValue) error
}

// object parses one object and nothing else, and calls yield for each value in it, objects inside
// flattened: the path is the keys with dots between them. Path and value are valid during the call.
func (p *jsonParser) object(line []byte, yield func(path []byte, v jsonValue) error) error {
	p.b, p.i, p.path, p.yield = line, 0, p.path[:0], yield
	if !utf8.Valid(line) {
		return errors.New("the text is not UTF-8")
	}
	p.blanks()
	if p.i >= len(p.b) || p.b[p.i] != '{' {
		return errors.New("it is no JSON object")
	}
	if err := p.members(0); err != nil {
		return err
	}
	p.blanks()
	if p.i < len(p.b) {
		return p.bad("the end of the line")
	}
	return nil
}

func (p *jsonParser) blanks() {
	for p.i < len(p.b) && (p.b[p.i] == ' ' || p.b[p.i] == '\t' || p.b[p.i] == '\n' || p.b[p.i] == '\r') {
		p.i++
	}
}

func (p *jsonParser) bad(want string) error {
	if p.i >= len(p.b) {
		return fmt.Errorf("the line ends where %s should stand", want)
	}
	r, _ := utf8.DecodeRune(p.b[p.i:])
	return fmt.Errorf("%q stands at byte %d, where %s should", r, p.i+1, want)
}

// eat skips blanks and takes a byte if it is the next.
func (p *jsonParser) eat(c byte) bool {
	p.blanks()
	if p.i < len(p.b) && p.b[p.i] == c {
		p.i++
		return true
	}
	return false
}

// members parses an object from its brace on.
func (p *jsonParser) members(depth int) error {
	if depth > maxNesting {
		return fmt.Errorf("objects are nested deeper than %d", maxNesting)
	}
	p.i++ // the brace
	if p.eat('}') {
		return nil
	}
	outer := len(p.path)
	for {
		p.blanks()
		_, key, err := p.string()
		if err != nil {
			return err
		}
		if outer > 0 {
			p.path = append(p.path, '.')
		}
		p.path = append(p.path, key...)
		if !p.eat(':') {
			return p.bad("a colon")
		}
		if err := p.member(depth); err != nil {
			return err
		}
		p.path = p.path[:outer]
		if p.eat('}') {
			return nil
		}
		if !p.eat(',') {
			return p.bad("a comma or the end of the object")
		}
	}
}

// member parses the value of a key.
func (p *jsonParser) member(depth int) error {
	p.blanks()
	if p.i >= len(p.b) {
		return p.bad("a value")
	}
	switch c := p.b[p.i]; c {
	case '{':
		return p.members(depth + 1)
	case '[':
		return &errArray{string(p.path)}
	case '"':
		raw, text, err := p.string()
		if err != nil {
			return err
		}
		return p.yield(p.path, jsonValue{jsonString, raw, text})
	default:
		return p.literal()
	}
}

// literal parses a number, true, false or null.
func (p *jsonParser) literal() error {
	start := p.i
	for p.i < len(p.b) && !terminates(p.b[p.i]) {
		p.i++
	}
	raw := p.b[start:p.i]
	v := jsonValue{jsonNumber, raw, raw}
	switch string(raw) {
	case "null":
		v.kind = jsonNull
	case "true", "false":
		v.kind = jsonBool
	default:
		if !isJSONNumber(raw) {
			p.i = start
			return p.bad("a value")
		}
	}
	return p.yield(p.path, v)
}

func terminates(c byte) bool {
	switch c {
	case ',', '}', ']', ' ', '\t', '\n', '\r':
		return true
	}
	return false
}

// isJSONNumber holds a text against JSON's grammar of numbers.
func isJSONNumber(b []byte) bool {
	i := 0
	digits := func() bool {
		start := i
		for i < len(b) && b[i] >= '0' && b[i] <= '9' {
			i++
		}
		return i > start
	}
	if i < len(b) && b[i] == '-' {
		i++
	}
	whole := i
	if !digits() || b[whole] == '0' && i > whole+1 {
		return false
	}
	if i < len(b) && b[i] == '.' {
		i++
		if !digits() {
			return false
		}
	}
	if i < len(b) && (b[i] == 'e' || b[i] == 'E') {
		i++
		if i < len(b) && (b[i] == '+' || b[i] == '-') {
			i++
		}
		if !digits() {
			return false
		}
	}
	return i == len(b)
}

// string parses a string; text is valid until the next one.
func (p *jsonParser) string() (raw, text []byte, err error) {
	if p.i >= len(p.b) || p.b[p.i] != '"' {
		return nil, nil, p.bad("a quote")
	}
	start := p.i
	p.i++
	for p.i < len(p.b) {
		switch c := p.b[p.i]; {
		case c == '"':
			p.i++
			return p.b[start:p.i], p.b[start+1 : p.i-1], nil
		case c == '\\':
			text, err := p.escaped(start + 1)
			if err != nil {
				return nil, nil, err
			}
			return p.b[start:p.i], text, nil
		case c < 0x20:
			return nil, nil, p.bad("the rest of a string")
		}
		p.i++
	}
	return nil, nil, p.bad("the end of a string")
}

// escapes of one letter.
var jsonEscapes = [256]byte{'"': '"', '\\': '\\', '/': '/', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t'}

// escaped goes on with a string in which an escape was met.
func (p *jsonParser) escaped(start int) ([]byte, error) {
	p.text = append(p.text[:0], p.b[start:p.i]...)
	for p.i < len(p.b) {
		c := p.b[p.i]
		switch {
		case c == '"':
			p.i++
			return p.text, nil
		case c < 0x20:
			return nil, p.bad("the rest of a string")
		case c != '\\':
			p.text = append(p.text, c)
			p.i++
		default:
			if err := p.escape(); err != nil {
				return nil, err
			}
		}
	}
	return nil, p.bad("the end of a string")
}

func (p *jsonParser) escape() error {
	p.i++
	if p.i >= len(p.b) {
		return p.bad("the end of an escape")
	}
	c := p.b[p.i]
	if plain := jsonEscapes[c]; plain != 0 {
		p.text = append(p.text, plain)
		p.i++
		return nil
	}
	if c != 'u' {
		return p.bad("an escape")
	}
	r, ok := p.unicode()
	if ok && utf16.IsSurrogate(r) {
		var low rune
		if ok = p.i+1 < len(p.b) && p.b[p.i] == '\\' && p.b[p.i+1] == 'u'; ok {
			p.i++
			low, ok = p.unicode()
			r = utf16.DecodeRune(r, low)
			ok = ok && r != utf8.RuneError
		}
	}
	if !ok {
		return errors.New(`a \u escape is no character`)
	}
	p.text = utf8.AppendRune(p.text, r)
	return nil
}

// unicode reads the four digits after the u at which the parser stands.
func (p *jsonParser) unicode() (rune, bool) {
	if p.i+5 > len(p.b) {
		return 0, false
	}
	n, err := strconv.ParseUint(string(p.b[p.i+1:p.i+5]), 16, 16)
	p.i += 5
	return rune(n), err == nil
}
