package table

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"unicode/utf16"
	"unicode/utf8"
)

// The encodings of Dialect.Encoding beside UTF-8, which has no name.
const (
	EncodingUTF16LE = "utf-16le"
	EncodingUTF16BE = "utf-16be"
	// EncodingWindows1252 is what Windows programs of Western Europe and America write. It holds
	// Latin-1 but for control characters that no table has.
	EncodingWindows1252 = "windows-1252"
)

var encodings = []string{"", EncodingUTF16LE, EncodingUTF16BE, EncodingWindows1252}

// windows1252 lists the characters of the bytes 0x80 to 0x9f, 0 where there is none; the others
// are those of Latin-1, whose numbers are the characters' own.
var windows1252 = [32]rune{
	'€', 0, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0, 'Ž', 0,
	0, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0, 'ž', 'Ÿ',
}

// fromWindows1252 appends the text in UTF-8; ok is false if a byte is no character.
func fromWindows1252(dst, text []byte) (_ []byte, ok bool) {
	for _, b := range text {
		r := rune(b)
		if b >= 0x80 && b < 0xa0 {
			if r = windows1252[b-0x80]; r == 0 {
				return dst, false
			}
		}
		dst = utf8.AppendRune(dst, r)
	}
	return dst, true
}

// toWindows1252 is its inverse for one character.
func toWindows1252(r rune) (b byte, ok bool) {
	if r < 0x80 || r >= 0xa0 && r <= 0xff {
		return byte(r), true
	}
	for i, c := range windows1252 {
		if c == r && c != 0 {
			return byte(0x80 + i), true
		}
	}
	return 0, false
}

// utf16Of tells UTF-16 by its byte-order mark.
func utf16Of(head []byte) string {
	switch {
	case bytes.HasPrefix(head, []byte{0xff, 0xfe}):
		return EncodingUTF16LE
	case bytes.HasPrefix(head, []byte{0xfe, 0xff}):
		return EncodingUTF16BE
	}
	return ""
}

// utf16Reader turns UTF-16 into UTF-8. It refuses what is no UTF-16.
type utf16Reader struct {
	r      *bufio.Reader
	big    bool
	line   int
	source string
	out    []byte // decoded, not yet given
	err    error
}

func newUTF16Reader(r *bufio.Reader, encoding, source string) *utf16Reader {
	_, _ = r.Discard(2) // the mark, which Peek has shown
	return &utf16Reader{r: r, big: encoding == EncodingUTF16BE, line: 1, source: source}
}

func (u *utf16Reader) Read(p []byte) (int, error) {
	if len(u.out) == 0 && u.err == nil {
		u.out = u.out[:0]
		for len(u.out) < 4096 && u.err == nil {
			u.rune()
		}
	}
	n := copy(p, u.out)
	u.out = u.out[n:]
	if n == 0 {
		return 0, u.err
	}
	return n, nil
}

// rune decodes one character.
func (u *utf16Reader) rune() {
	r, err := u.unit()
	if err != nil {
		u.err = err
		return
	}
	if utf16.IsSurrogate(r) {
		low, err := u.unit()
		full := utf16.DecodeRune(r, low)
		if err != nil || full == utf8.RuneError {
			u.err = &Error{File: u.source, Line: u.line, Problem: "the text begins like UTF-16 and is not: half a character stands alone", Remedy: "save the file as UTF-8"}
			return
		}
		r = full
	}
	if r == '\n' {
		u.line++
	}
	u.out = utf8.AppendRune(u.out, r)
}

func (u *utf16Reader) unit() (rune, error) {
	a, err := u.r.ReadByte()
	if err != nil {
		return 0, err
	}
	b, err := u.r.ReadByte()
	if err == io.EOF {
		return 0, &Error{File: u.source, Line: u.line, Problem: "the UTF-16 text ends within a character", Remedy: "the file is cut short; fetch it again"}
	}
	if u.big {
		a, b = b, a
	}
	return rune(a) | rune(b)<<8, err
}

// encoder turns UTF-8 into the encoding of a dialect.
type encoder struct {
	w        io.Writer
	encoding string
	rest     []byte // the begin of a character
	out      []byte
}

// newEncoder wraps w, if the encoding is not UTF-8.
func newEncoder(w io.Writer, encoding string) io.Writer {
	if encoding == "" {
		return w
	}
	return &encoder{w: w, encoding: encoding}
}

func (e *encoder) Write(p []byte) (int, error) {
	text := append(e.rest, p...)
	e.out = e.out[:0]
	for len(text) > 0 && utf8.FullRune(text) {
		r, size := utf8.DecodeRune(text)
		text = text[size:]
		if err := e.put(r); err != nil {
			return 0, err
		}
	}
	e.rest = append([]byte(nil), text...)
	if _, err := e.w.Write(e.out); err != nil {
		return 0, err
	}
	return len(p), nil
}

func (e *encoder) put(r rune) error {
	if e.encoding == EncodingWindows1252 {
		b, ok := toWindows1252(r)
		if !ok {
			return fmt.Errorf("the character %q does not exist in %s, in which the table was read; take 'encoding' out of the schema's dialect to write UTF-8", r, e.encoding)
		}
		e.out = append(e.out, b)
		return nil
	}
	for _, unit := range utf16.AppendRune(nil, r) {
		if e.encoding == EncodingUTF16BE {
			unit = unit<<8 | unit>>8
		}
		e.out = append(e.out, byte(unit), byte(unit>>8))
	}
	return nil
}

// high is what a reader has seen of bytes above 127, by which it tells UTF-8 and Windows-1252 apart:
// one cell that is not UTF-8 settles it, since hardly any text of Windows-1252 happens to be. A file
// that holds both is refused, whichever comes first: to guess would change data.
type high struct {
	utf8, other int // the line of the first cell of each; 0: none yet
}

// see takes a cell with bytes above 127; ok is false if the file holds both.
func (h *high) see(cell []byte, line int) (ok bool) {
	at := &h.other
	if utf8.Valid(cell) {
		at = &h.utf8
	}
	if *at == 0 {
		*at = line
	}
	return h.utf8 == 0 || h.other == 0
}
