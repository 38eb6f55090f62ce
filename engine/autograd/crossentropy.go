package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// CrossEntropy is the negative log-likelihood of categories whose logits stand
// side by side in a row:
//
//	logits (N,K)  offsets (S+1)  target (N,S)  weight (N,S) or nil -> loss ()
//	loss = Σ_ns w_ns (logsumexp(segment) - segment[target]) / N
//
// Columns [offsets[s], offsets[s+1]) of a row are one categorical distribution,
// of column s of a table; target counts from the start of its segment. A weight
// of 0 skips a cell, and its target is not looked at.
func (t *Tape) CrossEntropy(logits *Var, offsets, target []int32, weight []float32) *Var {
	segments := len(offsets) - 1
	if logits.Value.Rank() != 2 || segments < 1 || len(target) != logits.Value.Dim(0)*segments ||
		weight != nil && len(weight) != len(target) {
		misfit("CrossEntropy", "logits (N,K)  offsets (S+1)  target (N,S)  weight (N,S)",
			logits, []int{len(offsets)}, []int{len(target)}, []int{len(weight)})
	}
	rows := logits.Value.Dim(0)
	s := kernel.Segments{Rows: rows, Width: logits.Value.Dim(1), Offsets: offsets}
	losses, dlogits := t.New(rows, segments), t.New(logits.Shape()...)
	s.CrossEntropy(t.pool, losses.Data, dlogits.Data, logits.Value.Data, target, weight)
	loss := t.New()
	loss.Data[0] = float32(kernel.Sum(t.pool, losses.Data) / float64(rows))
	t.Free(losses)
	v := t.record(loss, func(dy *tensor.Tensor) {
		kernel.Scale(t.pool, dlogits.Data, dlogits.Data, dy.Data[0]/float32(rows))
		t.Accumulate(logits, dlogits)
	}, logits)
	if !v.needs {
		t.Free(dlogits)
	}
	return v
}
