package table

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Dialect is how a file of delimited text is laid out; it is kept so that what is written looks
// like what was read. The zero value is the common one: comma, LF, no byte-order mark.
type Dialect struct {
	Delimiter    string `yaml:"delimiter,omitempty"`     // one of , ; tab |; empty means comma
	CRLF         bool   `yaml:"crlf,omitempty"`          // lines end in CR LF
	BOM          bool   `yaml:"bom,omitempty"`           // the file starts with the mark EF BB BF
	QuotedHeader bool   `yaml:"quoted_header,omitempty"` // every name is in quotes
	// Encoding is UTF-8 if empty, or utf-16le, utf-16be, windows-1252.
	Encoding string `yaml:"encoding,omitempty"`
}

func (d Dialect) utf16() bool { return d.Encoding == EncodingUTF16LE || d.Encoding == EncodingUTF16BE }

// delimiters are tried in this order; the earlier wins a tie.
const delimiters = ",;\t|"

func (d Dialect) delim() byte {
	if d.Delimiter == "" {
		return ','
	}
	return d.Delimiter[0]
}

// sniffSize bytes of a file decide its delimiter.
const sniffSize = 1 << 16

// sniffDelimiter finds the delimiter from the start of a file: the one that cuts the records into
// most fields while every record has as many as the first. If none does, the one that agrees with
// most records is taken, so that the error about the others names the right field counts.
func sniffDelimiter(sample []byte, whole bool) byte {
	best, bestShare, bestFields := byte(','), 0.0, 1
	for i := range len(delimiters) {
		d := delimiters[i]
		fields, share := agreement(sample, d, whole)
		if fields < 2 || share < 0.5 {
			continue
		}
		if share > bestShare || share == bestShare && fields > bestFields {
			best, bestShare, bestFields = d, share, fields
		}
	}
	return best
}

// agreement returns the number of fields of the first record under delimiter d, and the share of
// records that have as many. The last record is left out if the sample may have cut it.
func agreement(sample []byte, d byte, whole bool) (fields int, share float64) {
	s := newScanner(bufio.NewReader(bytes.NewReader(sample)), d)
	var counts []int
	for {
		err := s.record()
		if err != nil {
			var quote *errQuote
			if !errors.Is(err, io.EOF) && errors.As(err, &quote) && whole {
				counts = append(counts, -1)
			}
			break
		}
		counts = append(counts, s.fields())
	}
	if !whole && len(counts) > 1 {
		counts = counts[:len(counts)-1]
	}
	if len(counts) == 0 {
		return 0, 0
	}
	same := 0
	for _, n := range counts {
		if n == counts[0] {
			same++
		}
	}
	return counts[0], float64(same) / float64(len(counts))
}
