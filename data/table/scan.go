package table

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// scanner splits delimited text into records after RFC 4180, and a little more leniently: a quote
// inside a bare field is an ordinary character, a line may end in LF, CRLF or CR. encoding/csv is
// not used because it changes what it reads (CRLF inside quotes, blank lines) and does not tell
// whether a field was quoted.
type scanner struct {
	r     *bufio.Reader
	delim byte

	line   int    // the line on which the last record began, from 1
	next   int    // the line on which the next one begins
	buf    []byte // the fields of the last record, one after the other
	ends   []int  // where each field ends in buf
	quoted []bool // whether it was in quotes
	crlf   bool   // the first line ended in CRLF
	blank  int    // blank lines skipped before the last record
}

func newScanner(r *bufio.Reader, delim byte) *scanner {
	return &scanner{r: r, delim: delim, next: 1}
}

// fields is the number of fields of the last record.
func (s *scanner) fields() int { return len(s.ends) }

// field returns the i-th field of the last record; the bytes are valid until the next one.
func (s *scanner) field(i int) []byte {
	start := 0
	if i > 0 {
		start = s.ends[i-1]
	}
	return s.buf[start:s.ends[i]]
}

// errQuote is the error of text that breaks the rules of quoting; field counts from 0.
type errQuote struct {
	field   int
	problem string
}

func (e *errQuote) Error() string { return e.problem }

// record reads the next record that is not a blank line; io.EOF says that there is none.
func (s *scanner) record() error {
	s.blank = 0
	for {
		s.buf, s.ends, s.quoted = s.buf[:0], s.ends[:0], s.quoted[:0]
		s.line = s.next
		more, err := s.readRecord()
		if err != nil {
			return err
		}
		if s.fields() > 1 || len(s.buf) > 0 || s.quoted[0] {
			return nil
		}
		if !more {
			return io.EOF
		}
		s.blank++
	}
}

// readRecord reads fields up to the end of the line; more is false at the end of the input.
func (s *scanner) readRecord() (more bool, err error) {
	for {
		end, err := s.readField()
		if err != nil {
			return false, err
		}
		s.ends = append(s.ends, len(s.buf))
		if end != endField {
			return end == endLine, nil
		}
	}
}

type fieldEnd int

const (
	endField fieldEnd = iota // a delimiter follows
	endLine                  // the record is done
	endInput                 // so is the input
)

func (s *scanner) readField() (fieldEnd, error) {
	c, err := s.r.ReadByte()
	if err == nil && c == '"' {
		s.quoted = append(s.quoted, true)
		return s.readQuoted()
	}
	s.quoted = append(s.quoted, false)
	if err == nil {
		err = s.r.UnreadByte()
	}
	for err == nil {
		b, _ := s.r.Peek(s.r.Buffered()) // what is buffered can be peeked
		n := s.bare(b)
		s.buf = append(s.buf, b[:n]...)
		if n < len(b) {
			c := b[n]
			_, _ = s.r.Discard(n + 1)
			if c == s.delim {
				return endField, nil
			}
			return endLine, s.endOfLine(c)
		}
		_, _ = s.r.Discard(n)
		_, err = s.r.Peek(1)
	}
	if err == io.EOF {
		return endInput, nil
	}
	return endInput, err
}

// bare counts the bytes before the first delimiter or line end.
func (s *scanner) bare(b []byte) int {
	for i, c := range b {
		if c == s.delim || c == '\n' || c == '\r' {
			return i
		}
	}
	return len(b)
}

// readQuoted reads a field after its opening quote; a doubled quote stands for one.
func (s *scanner) readQuoted() (fieldEnd, error) {
	for {
		if _, err := s.r.Peek(1); err != nil {
			return endInput, s.unclosed(err)
		}
		b, _ := s.r.Peek(s.r.Buffered())
		n := bytes.IndexByte(b, '"')
		if n < 0 {
			n = len(b)
		}
		s.next += bytes.Count(b[:n], []byte{'\n'})
		s.buf = append(s.buf, b[:n]...)
		if n == len(b) {
			_, _ = s.r.Discard(n)
			continue
		}
		_, _ = s.r.Discard(n + 1)
		c, err := s.r.ReadByte()
		switch {
		case err == io.EOF:
			return endInput, nil
		case err != nil:
			return endInput, err
		case c == '"':
			s.buf = append(s.buf, '"')
		case c == s.delim:
			return endField, nil
		case c == '\n' || c == '\r':
			return endLine, s.endOfLine(c)
		default:
			return endInput, &errQuote{len(s.ends), fmt.Sprintf("%q follows the closing quote of a field", c)}
		}
	}
}

func (s *scanner) unclosed(err error) error {
	if !errors.Is(err, io.EOF) {
		return err
	}
	return &errQuote{len(s.ends), "a quote is opened and never closed"}
}

// endOfLine takes the LF of a CRLF, whose CR was just read.
func (s *scanner) endOfLine(c byte) error {
	s.next++
	if c == '\n' {
		return nil
	}
	head, err := s.r.Peek(1)
	if err != nil && err != io.EOF {
		return err
	}
	if len(head) == 1 && head[0] == '\n' {
		s.crlf = s.crlf || s.next == 2
		_, err = s.r.Discard(1)
		return err
	}
	return nil
}
