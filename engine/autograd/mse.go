package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/tensor"
)

// MSE is the weighted mean of squared differences, summed in float64:
//
//	pred (N,..)  target (N,..)  weight nil, (N) or one per number -> loss ()
//	loss = Σ w (pred - target)² / len(pred)
//
// The sum is divided by the count of numbers, not by the sum of weights, so that
// a weighting of the loss by time keeps its meaning.
func (t *Tape) MSE(pred *Var, target *tensor.Tensor, weight []float32) *Var {
	if !tensor.SameShape(pred.Value, target) || pred.Value.Len() == 0 {
		misfit("MSE", "two tensors of one shape, not empty", pred, target)
	}
	count := pred.Value.Len()
	diff, weighted := t.New(pred.Shape()...), t.New(pred.Shape()...)
	kernel.Sub(t.pool, diff.Data, pred.Value.Data, target.Data)
	t.weigh(weighted, diff, weight)
	kernel.Mul(t.pool, diff.Data, diff.Data, weighted.Data)
	loss := t.New()
	loss.Data[0] = float32(kernel.Sum(t.pool, diff.Data) / float64(count))
	t.Free(diff)
	v := t.record(loss, func(dy *tensor.Tensor) {
		kernel.Scale(t.pool, weighted.Data, weighted.Data, 2*dy.Data[0]/float32(count))
		t.Accumulate(pred, weighted)
	}, pred)
	if !v.needs {
		t.Free(weighted)
	}
	return v
}

// weigh sets dst = w·x for weights per number, per example, or none.
func (t *Tape) weigh(dst, x *tensor.Tensor, w []float32) {
	switch {
	case w == nil:
		copy(dst.Data, x.Data)
	case len(w) == x.Len():
		kernel.Mul(t.pool, dst.Data, x.Data, w)
	case x.Rank() > 0 && len(w) == x.Dim(0):
		per := x.Len() / len(w)
		t.pool.Run(len(w), func(_, i int) {
			kernel.Scale(nil, dst.Data[i*per:(i+1)*per], x.Data[i*per:(i+1)*per], w[i])
		})
	default:
		misfit("MSE", "a weight for each example or each number", x, []int{len(w)})
	}
}
