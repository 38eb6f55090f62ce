package parallel

import (
	"sync"
	"unsafe"
)

// shelf keeps buffers that a kernel shares between its pieces (packed
// weights), for the next kernel.
type shelf struct {
	mu   sync.Mutex
	bufs [][]float32
}

const shelfSize = 8

// Borrow gives n floats, contents undefined, 64-byte aligned, that are nobody
// else's until Return. It is for what all pieces of a Run share; what one piece
// needs is Scratch. A nil Pool allocates.
func (p *Pool) Borrow(n int) []float32 {
	if p == nil {
		return aligned(n)
	}
	p.shelf.mu.Lock()
	defer p.shelf.mu.Unlock()
	bufs, best := p.shelf.bufs, -1
	for i, b := range bufs {
		if cap(b) >= n && (best < 0 || cap(b) < cap(bufs[best])) {
			best = i
		}
	}
	if best < 0 {
		return aligned(n)
	}
	buf := bufs[best]
	last := len(bufs) - 1
	bufs[best], bufs[last] = bufs[last], nil
	p.shelf.bufs = bufs[:last]
	return buf[:n]
}

// Return gives a borrowed buffer back.
func (p *Pool) Return(buf []float32) {
	if p == nil || cap(buf) == 0 {
		return
	}
	p.shelf.mu.Lock()
	defer p.shelf.mu.Unlock()
	if bufs := p.shelf.bufs; len(bufs) == shelfSize {
		// Keep the larger ones: they serve every request.
		least := 0
		for i, b := range bufs {
			if cap(b) < cap(bufs[least]) {
				least = i
			}
		}
		if cap(bufs[least]) < cap(buf) {
			bufs[least] = buf
		}
		return
	}
	p.shelf.bufs = append(p.shelf.bufs, buf)
}

// aligned allocates n floats at a cache line's start: a vector that straddles
// two lines costs two loads.
func aligned(n int) []float32 {
	const line = 64
	buf := make([]float32, n+line/4-1)
	off := 0
	if n > 0 {
		if over := int(uintptr(unsafe.Pointer(&buf[0])) % line); over != 0 {
			off = (line - over) / 4
		}
	}
	return buf[off : off+n : off+n]
}
