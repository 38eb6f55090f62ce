package autograd

import "ebb/engine/tensor"

// slab hands out small things that all end at the next Reset, from blocks that
// it keeps: variables, tensor headers, shapes.
type slab[T any] struct {
	blocks [][]T
	block  int // in use
	at     int // things of it that are taken
}

const slabBlock = 256

// take gives n neighbours, zero.
func (s *slab[T]) take(n int) []T {
	for s.block < len(s.blocks) && s.at+n > len(s.blocks[s.block]) {
		s.block, s.at = s.block+1, 0
	}
	if s.block == len(s.blocks) {
		s.blocks = append(s.blocks, make([]T, max(n, slabBlock)))
	}
	out := s.blocks[s.block][s.at:][:n:n]
	s.at += n
	return out
}

// one gives a single thing, zero.
func (s *slab[T]) one() *T { return &s.take(1)[0] }

// reset takes everything back.
func (s *slab[T]) reset() {
	for i := range min(s.block+1, len(s.blocks)) {
		clear(s.blocks[i])
	}
	s.block, s.at = 0, 0
}

// header is a tensor on data under a copy of shape.
func (a *arena) header(data []float32, shape []int) *tensor.Tensor {
	own := a.shapes.take(len(shape))
	copy(own, shape)
	x := a.headers.one()
	x.Shape, x.Data = own, data
	return x
}

// newVar is a variable of a value.
func (t *Tape) newVar(value *tensor.Tensor) *Var {
	v := t.vars.one()
	v.Value = value
	return v
}
