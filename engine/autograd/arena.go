package autograd

import (
	"math"
	"slices"

	"ebb/engine/tensor"
)

// idleResets is after how many Resets without use a chunk is given back to the
// garbage collector: long enough for batches of alternating shape, short
// enough that a server does not keep memory for every batch size it ever saw.
const idleResets = 16

// arena hands out float buffers and takes them back. It cuts them out of
// chunks: the smallest free block that is long enough is split, and a block
// that is freed joins its free neighbours, so what was one large buffer in the
// forward pass is several small ones in the backward pass. A buffer is known by
// the address of its first number, so any tensor that reads it from its start
// stands for it; memory the arena does not know belongs to somebody else and is
// left alone.
type arena struct {
	owner  map[*float32]*block // the buffers in use
	free   []*block            // shortest first, among equals the last freed first
	chunks []*chunk            // in order of creation
	spare  *block              // records of blocks that are no more, linked by next
	poison bool                // tests: fill what is free with NaN

	headers slab[tensor.Tensor]
	shapes  slab[int]

	buffers, live, peak, total int // buffers in use; floats in use, the most ever, and held
}

// chunk is one piece of memory from Go's allocator, covered by blocks.
type chunk struct {
	data  []float32
	first *block
	idle  int // Resets since a buffer was last taken from it
}

// block is a part of a chunk, free or a buffer.
type block struct {
	chunk      *chunk
	at, room   int // its place in the chunk, in floats
	size       int // floats that were asked for, at most room
	refs       int // tensors that still need it; 0 when free
	prev, next *block
}

const (
	grain    = 16      // floats; blocks begin on cache lines
	minChunk = 1 << 16 // floats
)

func newArena() *arena { return &arena{owner: map[*float32]*block{}} }

// take returns a tensor on a buffer with one reference.
func (a *arena) take(shape []int) *tensor.Tensor {
	n := tensor.Size(shape)
	if n == 0 {
		return a.header(nil, shape)
	}
	room := (n + grain - 1) / grain * grain
	i, _ := a.fit(room)
	if i == len(a.free) {
		a.grow(room)
		i, _ = a.fit(room)
	}
	b := a.free[i]
	a.free = slices.Delete(a.free, i, i+1)
	a.split(b, room)
	b.size, b.refs, b.chunk.idle = n, 1, 0
	data := b.data()
	a.owner[&data[0]] = b
	a.buffers++
	a.live += n
	a.peak = max(a.peak, a.live)
	return a.header(data, shape)
}

// fit is the place in the free list of the first block of at least room floats.
func (a *arena) fit(room int) (int, bool) {
	return slices.BinarySearchFunc(a.free, room, func(b *block, room int) int { return b.room - room })
}

// grow adds a chunk with a block of at least room floats. Chunks grow with the
// arena; what is never handed out of a large one is never touched, and so takes
// no memory of the machine.
func (a *arena) grow(room int) {
	size := max(room, a.total/2/grain*grain, minChunk)
	c := &chunk{data: make([]float32, size)}
	c.first = a.newBlock()
	*c.first = block{chunk: c, room: size}
	a.chunks = append(a.chunks, c)
	a.total += size
	a.fillNaN(c.data)
	a.shelve(c.first)
}

// split cuts b after room floats and shelves the rest.
func (a *arena) split(b *block, room int) {
	if b.room == room {
		return
	}
	rest := a.newBlock()
	*rest = block{chunk: b.chunk, at: b.at + room, room: b.room - room, prev: b, next: b.next}
	if b.next != nil {
		b.next.prev = rest
	}
	b.room, b.next = room, rest
	a.shelve(rest)
}

// shelve enters a block into the free list.
func (a *arena) shelve(b *block) {
	i, _ := a.fit(b.room)
	a.free = slices.Insert(a.free, i, b)
}

// unshelve takes a block out of the free list.
func (a *arena) unshelve(b *block) {
	i, _ := a.fit(b.room)
	for a.free[i] != b {
		i++
	}
	a.free = slices.Delete(a.free, i, i+1)
}

// release frees a buffer and joins it with its free neighbours.
func (a *arena) release(b *block) {
	data := b.data()
	delete(a.owner, &data[0])
	a.fillNaN(data)
	a.buffers--
	a.live -= b.size
	b.refs = 0
	if p := b.prev; p != nil && p.refs == 0 {
		a.unshelve(p)
		a.swallow(p)
		b = p
	}
	if n := b.next; n != nil && n.refs == 0 {
		a.unshelve(n)
		a.swallow(b)
	}
	a.shelve(b)
}

// swallow joins the block behind b to b.
func (a *arena) swallow(b *block) {
	gone := b.next
	b.room += gone.room
	b.next = gone.next
	if b.next != nil {
		b.next.prev = b
	}
	*gone = block{next: a.spare}
	a.spare = gone
}

// newBlock is a record for a block.
func (a *arena) newBlock() *block {
	b := a.spare
	if b == nil {
		return new(block)
	}
	a.spare = b.next
	return b
}

// data are the floats of a buffer.
func (b *block) data() []float32 { return b.chunk.data[b.at:][:b.size:b.size] }

// find returns the buffer under x, or nil when the arena does not own it or has
// it free.
func (a *arena) find(x *tensor.Tensor) *block {
	if x == nil || len(x.Data) == 0 {
		return nil
	}
	return a.owner[&x.Data[0]]
}

// retain counts one more tensor on x's buffer.
func (a *arena) retain(x *tensor.Tensor) {
	if b := a.find(x); b != nil {
		b.refs++
	}
}

// drop counts one tensor less; a buffer without any is free. It reports whether
// the arena owned the buffer.
func (a *arena) drop(x *tensor.Tensor) bool {
	b := a.find(x)
	if b == nil {
		return false
	}
	if b.refs--; b.refs == 0 {
		a.release(b)
	}
	return true
}

// exclusive reports whether x is the only tensor on a buffer of the arena, so
// that it may be changed in place.
func (a *arena) exclusive(x *tensor.Tensor) bool {
	b := a.find(x)
	return b != nil && b.refs == 1
}

// reset frees every buffer and gives back the chunks idle for long.
func (a *arena) reset() {
	a.headers.reset()
	a.shapes.reset()
	stale := false
	for _, c := range a.chunks {
		for b := c.first; b != nil; b = b.next {
			if b.refs > 0 {
				a.release(b)
				b = c.first // its neighbours may be gone
			}
		}
		c.idle++
		stale = stale || c.idle > idleResets
	}
	if stale {
		a.evict(idleResets)
	}
}

// evict forgets the chunks idle for more than so many Resets; all is free now, so
// that each is one block.
func (a *arena) evict(idle int) {
	old := func(c *chunk) bool { return c.idle > idle }
	a.free = slices.DeleteFunc(a.free, func(b *block) bool { return old(b.chunk) })
	a.chunks = slices.DeleteFunc(a.chunks, old)
	a.total = 0
	for _, c := range a.chunks {
		a.total += len(c.data)
	}
}

func (a *arena) fillNaN(data []float32) {
	if a.poison {
		for i := range data {
			data[i] = float32(math.NaN())
		}
	}
}
