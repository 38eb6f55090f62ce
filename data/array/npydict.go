package array

import (
	"fmt"
	"strconv"
	"strings"
)

// maxAxes is NumPy's own limit.
const maxAxes = 64

// parseNPYDict reads the literal that NumPy writes, such as
// {'descr': '<f8', 'fortran_order': False, 'shape': (3, 4), }.
func parseNPYDict(s string) (npyHeader, error) {
	p := dictParser{rest: s}
	var h npyHeader
	var descr string
	var seen [3]bool
	if !p.eat("{") {
		return h, errDict
	}
	for !p.eat("}") {
		key, ok := p.text()
		if !ok || !p.eat(":") {
			return h, errDict
		}
		switch key {
		case "descr":
			if descr, ok = p.text(); !ok {
				return h, fmt.Errorf("its 'descr' is not a plain type: structured arrays are not supported; save each field on its own")
			}
			seen[0] = true
		case "fortran_order":
			if h.fortran, ok = p.boolean(); !ok {
				return h, errDict
			}
			seen[1] = true
		case "shape":
			if h.shape, ok = p.tuple(); !ok {
				return h, fmt.Errorf("its 'shape' is not a tuple of at most %d sizes: %w", maxAxes, errDict)
			}
			seen[2] = true
		default:
			return h, fmt.Errorf("unknown key %q: %w", key, errDict)
		}
		if !p.eat(",") && !p.peek("}") {
			return h, errDict
		}
	}
	if p.skip(); p.rest != "" || seen != [3]bool{true, true, true} {
		return h, errDict
	}
	var err error
	h.t, h.bigEndian, err = npyDescr(descr)
	return h, err
}

type dictParser struct{ rest string }

func (p *dictParser) skip() { p.rest = strings.TrimLeft(p.rest, " \t\r\n\x00") }

func (p *dictParser) peek(token string) bool {
	p.skip()
	return strings.HasPrefix(p.rest, token)
}

func (p *dictParser) eat(token string) bool {
	if !p.peek(token) {
		return false
	}
	p.rest = p.rest[len(token):]
	return true
}

// text reads a quoted string; type names need no escapes.
func (p *dictParser) text() (string, bool) {
	p.skip()
	if p.rest == "" || p.rest[0] != '\'' && p.rest[0] != '"' {
		return "", false
	}
	end := strings.IndexByte(p.rest[1:], p.rest[0])
	if end < 0 {
		return "", false
	}
	s := p.rest[1 : 1+end]
	p.rest = p.rest[end+2:]
	return s, !strings.ContainsRune(s, '\\')
}

func (p *dictParser) boolean() (value, ok bool) {
	if p.eat("True") {
		return true, true
	}
	return false, p.eat("False")
}

func (p *dictParser) tuple() ([]int, bool) {
	if !p.eat("(") {
		return nil, false
	}
	shape := []int{}
	for !p.eat(")") {
		p.skip()
		end := strings.IndexFunc(p.rest, func(r rune) bool { return r < '0' || r > '9' })
		if end <= 0 || len(shape) == maxAxes {
			return nil, false
		}
		d, err := strconv.Atoi(p.rest[:end])
		if err != nil {
			return nil, false
		}
		shape = append(shape, d)
		p.rest = p.rest[end:]
		p.eat("L") // Python 2 wrote long integers so
		if !p.eat(",") && !p.peek(")") {
			return nil, false
		}
	}
	return shape, true
}
