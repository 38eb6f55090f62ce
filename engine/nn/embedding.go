package nn

import "ebb/engine/autograd"

// Embedding is a table of vectors, looked up by number.
type Embedding struct {
	Table *Param // name.weight (K,D)
}

// Embedding makes a table of k vectors of d numbers, drawn from N(0, 1), or
// zeros with the option ZeroInit.
func (b *Builder) Embedding(name string, k, d int, options ...Option) *Embedding {
	init := Normal(1)
	if given(options, ZeroInit) {
		init = Zeros
	}
	return &Embedding{Table: b.At(name).Param("weight", Plain, init, k, d)}
}

// Forward: ids (n) -> y (n,D); a negative id gives zeros.
func (e *Embedding) Forward(t *autograd.Tape, ids []int32) *autograd.Var {
	return t.Embedding(e.Table.Var, ids)
}

// ForwardSum: ids (rows,cols) -> y (rows,D), the sum over the cols.
func (e *Embedding) ForwardSum(t *autograd.Tape, ids []int32, cols int) *autograd.Var {
	return t.EmbeddingSum(e.Table.Var, ids, cols)
}
