package autograd

import (
	"math"

	"ebb/engine/tensor"
)

// idleResets is after how many Resets without use a buffer is given back to the
// garbage collector: long enough for batches of alternating shape, short
// enough that a server does not keep buffers of every batch size it ever saw.
const idleResets = 16

// arena hands out float buffers and takes them back. A buffer is known by the
// address of its first number, so any tensor that reads it from its start
// stands for it; memory the arena does not know belongs to somebody else and is
// left alone.
type arena struct {
	free   map[int][]*block // by exact length, the last freed on top
	owner  map[*float32]*block
	blocks []*block // in order of creation
	poison bool     // tests: fill what is free with NaN

	live, peak, total int // floats referenced, the most ever, and held
}

// block is one buffer; refs counts the tensors that still need it.
type block struct {
	data []float32
	refs int
	idle int // Resets since it was last taken
}

func newArena() *arena {
	return &arena{free: map[int][]*block{}, owner: map[*float32]*block{}}
}

// take returns a tensor on a buffer with one reference.
func (a *arena) take(shape []int) *tensor.Tensor {
	n := tensor.Size(shape)
	if n == 0 {
		return &tensor.Tensor{Shape: shape}
	}
	b := a.pop(n)
	if b == nil {
		b = &block{data: make([]float32, n)}
		a.fillNaN(b)
		a.owner[&b.data[0]] = b
		a.blocks = append(a.blocks, b)
		a.total += n
	}
	b.refs, b.idle = 1, 0
	a.live += n
	a.peak = max(a.peak, a.live)
	return &tensor.Tensor{Shape: shape, Data: b.data}
}

func (a *arena) pop(n int) *block {
	list := a.free[n]
	if len(list) == 0 {
		return nil
	}
	b := list[len(list)-1]
	a.free[n] = list[:len(list)-1]
	return b
}

// find returns the buffer under x, or nil when the arena does not own it or has
// it free.
func (a *arena) find(x *tensor.Tensor) *block {
	if x == nil || len(x.Data) == 0 {
		return nil
	}
	if b := a.owner[&x.Data[0]]; b != nil && b.refs > 0 {
		return b
	}
	return nil
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
		a.shelve(b)
	}
	return true
}

// exclusive reports whether x is the only tensor on a buffer of the arena, so
// that it may be changed in place.
func (a *arena) exclusive(x *tensor.Tensor) bool {
	b := a.find(x)
	return b != nil && b.refs == 1
}

func (a *arena) shelve(b *block) {
	n := len(b.data)
	b.refs = 0
	a.live -= n
	a.fillNaN(b)
	a.free[n] = append(a.free[n], b)
}

// reset frees every buffer and gives back those idle for long.
func (a *arena) reset() {
	stale := false
	for _, b := range a.blocks {
		if b.refs > 0 {
			a.shelve(b)
		}
		b.idle++
		stale = stale || b.idle > idleResets
	}
	if stale {
		a.evict()
	}
}

// evict forgets the buffers idle for more than idleResets; all are free now.
func (a *arena) evict() {
	kept := a.blocks[:0]
	clear(a.free)
	for _, b := range a.blocks {
		if b.idle > idleResets {
			delete(a.owner, &b.data[0])
			a.total -= len(b.data)
			continue
		}
		kept = append(kept, b)
		a.free[len(b.data)] = append(a.free[len(b.data)], b)
	}
	clear(a.blocks[len(kept):])
	a.blocks = kept
}

func (a *arena) fillNaN(b *block) {
	if a.poison {
		for i := range b.data {
			b.data[i] = float32(math.NaN())
		}
	}
}
