package autograd

import (
	"fmt"

	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// Embedding looks rows up in a table: table (K,D)  ids (n) -> y (n,D). A
// negative id gives zeros and no gradient; one of K or more panics.
func (t *Tape) Embedding(table *Var, ids []int32) *Var {
	checkIDs("Embedding", table, ids)
	d := table.Value.Dim(1)
	y := t.New(len(ids), d)
	kernel.Gather(t.pool, y.Data, table.Value.Data, ids, d)
	return t.record(y, func(dy *tensor.Tensor) {
		kernel.ScatterAdd(t.pool, t.GradOf(table).Data, dy.Data, ids, d)
	}, table)
}

// EmbeddingSum adds up one table row for each of the columns of a row of ids:
//
//	table (K,D)  ids (rows,cols) -> y (rows,D), y_r = Σ_c table[ids_rc]
//
// It is the product of a row of one-hot vectors, laid side by side, with a
// weight matrix: the way categorical columns enter a network. A negative id adds
// nothing. ids is read again in the backward pass.
func (t *Tape) EmbeddingSum(table *Var, ids []int32, cols int) *Var {
	checkIDs("EmbeddingSum", table, ids)
	if cols <= 0 || len(ids)%cols != 0 {
		misfit("EmbeddingSum", "ids in whole rows of cols", table, len(ids), cols)
	}
	rows, d := len(ids)/cols, table.Value.Dim(1)
	y := t.New(rows, d)
	kernel.GatherSum(t.pool, y.Data, table.Value.Data, ids, cols, d)
	return t.record(y, func(dy *tensor.Tensor) {
		kernel.ScatterAddSum(t.pool, t.GradOf(table).Data, dy.Data, ids, cols, d)
	}, table)
}

func checkIDs(op string, table *Var, ids []int32) {
	if table.Value.Rank() != 2 {
		misfit(op, "table (K,D)", table)
	}
	k := table.Value.Dim(0)
	for i, id := range ids {
		if int(id) >= k {
			panic(fmt.Sprintf("autograd: %s: id %d at %d is outside of the table %s", op, id, i, table))
		}
	}
}
