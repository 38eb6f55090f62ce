package image

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"io"
	"time"
)

// Strip lays frames out as a film strip: one row for each image, one column for
// each frame, time running to the right.
func Strip(frames []*Images) *Images { return Interleave(frames...) }

// WriteAnimation writes one grid per frame as an animated PNG (APNG 1.0), which
// every browser plays and every other viewer shows as its first frame. Each
// frame is shown for delay, the last one ten times as long; the film repeats
// for ever.
func (g Grid) WriteAnimation(w io.Writer, frames []*Images, delay time.Duration) error {
	if len(frames) == 0 {
		return fmt.Errorf("image: an animation without frames")
	}
	a := apng{w: w, delay: uint16(min(max(delay.Milliseconds(), 1), 6000))}
	a.write([]byte("\x89PNG\r\n\x1a\n"))
	for i, f := range frames {
		if f.N != frames[0].N || SameSize(f, frames[0]) != nil {
			return fmt.Errorf("image: frame %d is %v, the first is %v", i, f, frames[0])
		}
		var file bytes.Buffer
		if err := g.WritePNG(&file, f); err != nil {
			return err
		}
		a.frame(file.Bytes(), i, len(frames))
	}
	a.chunk("IEND", nil)
	return a.err
}

// apng repackages the chunks of single PNG files: the first frame's data stay
// IDAT, later ones become fdAT; acTL and fcTL say how many and how long.
type apng struct {
	w     io.Writer
	delay uint16 // milliseconds
	seq   uint32 // fcTL and fdAT are numbered through
	err   error
}

func (a *apng) frame(file []byte, i, frames int) {
	for p := 8; p+12 <= len(file); {
		n := int(binary.BigEndian.Uint32(file[p:]))
		name, body := string(file[p+4:p+8]), file[p+8:p+8+n]
		p += 12 + n
		switch {
		case name == "IHDR" && i == 0:
			a.chunk("IHDR", body)
			a.chunk("acTL", binary.BigEndian.AppendUint32(nil, uint32(frames)), make([]byte, 4))
			fallthrough
		case name == "IHDR":
			a.control(body[:8], i == frames-1)
		case name == "IDAT" && i == 0:
			a.chunk("IDAT", body)
		case name == "IDAT":
			a.chunk("fdAT", a.next(), body)
		}
	}
}

// control writes fcTL: the frame covers the whole picture and replaces it.
func (a *apng) control(size []byte, last bool) {
	delay := a.delay
	if last {
		delay *= 10
	}
	timing := binary.BigEndian.AppendUint16(nil, delay)
	timing = binary.BigEndian.AppendUint16(timing, 1000)
	a.chunk("fcTL", a.next(), size, make([]byte, 8), timing, []byte{0, 0})
}

func (a *apng) next() []byte {
	a.seq++
	return binary.BigEndian.AppendUint32(nil, a.seq-1)
}

func (a *apng) chunk(name string, parts ...[]byte) {
	body := []byte(name)
	for _, p := range parts {
		body = append(body, p...)
	}
	a.write(binary.BigEndian.AppendUint32(nil, uint32(len(body)-4)))
	a.write(body)
	a.write(binary.BigEndian.AppendUint32(nil, crc32.ChecksumIEEE(body)))
}

func (a *apng) write(b []byte) {
	if a.err == nil {
		_, a.err = a.w.Write(b)
	}
}
