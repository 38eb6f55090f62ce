package array

import (
	"errors"
	"fmt"
	"io"
)

// firstChunk is how much memory a claim is trusted with before its bytes have come.
const firstChunk = 1 << 20

// readClaimed reads exactly want bytes, the number that a header claims, and
// then expects the end of r. Memory doubles with what has arrived. If r holds
// fewer or more bytes, the error is a *SizeError.
func readClaimed(r io.Reader, want int64) ([]byte, error) {
	buf := make([]byte, 0, min(want, firstChunk))
	for int64(len(buf)) < want {
		if len(buf) == cap(buf) {
			grown := make([]byte, len(buf), min(want, 2*int64(cap(buf))))
			copy(grown, buf)
			buf = grown
		}
		n, err := r.Read(buf[len(buf):cap(buf)])
		buf = buf[:len(buf)+n]
		if err == io.EOF && int64(len(buf)) < want || errors.Is(err, io.ErrUnexpectedEOF) {
			return nil, &SizeError{Want: want, Found: int64(len(buf)), Cause: io.ErrUnexpectedEOF}
		}
		if err != nil && err != io.EOF {
			return nil, err
		}
	}
	var more [1]byte
	switch _, err := io.ReadFull(r, more[:]); {
	case err == nil:
		return nil, &SizeError{Want: want, Found: want + 1, More: true}
	case err != io.EOF: // a broken checksum of gzip or zip shows here
		return nil, err
	}
	return buf, nil
}

// SizeError says that a file's bytes do not match what its header claims.
type SizeError struct {
	Want  int64 // bytes of elements that the header claims
	Found int64 // bytes of elements that are there
	More  bool  // there are Found bytes or more
	Cause error
}

func (e *SizeError) Error() string {
	if e.More {
		return fmt.Sprintf("the header claims %d bytes of elements, but more follow: the header or the file is damaged; get it again", e.Want)
	}
	return fmt.Sprintf("the header claims %d bytes of elements, but only %d are there: the file is cut short; get it again", e.Want, e.Found)
}

func (e *SizeError) Unwrap() error { return e.Cause }
