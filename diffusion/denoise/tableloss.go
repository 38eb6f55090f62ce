package denoise

import (
	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// maxCellWeight bounds the weight of a masked cell, which in the bound grows
// without limit as t goes to 0.
const maxCellWeight = 50

// TableObjective is what a network of numbers and categories is trained on. A
// row has one time t; its numbers are noised by the Gaussian process, its cells
// masked by the absorbing one, and the network is asked for both:
//
//	loss = (sum over numbers of w (output - target)^2
//	        + sum over masked cells of w(t) (-log p(category))) / (D + columns),
//
// averaged over rows. With the weight of the keep schedule the second sum is
// the continuous-time variational bound of the masked process (MDLM, Sahoo et
// al. 2024, arXiv 2406.07524, eq. 10); with Velocity the first has a target of
// unit variance at every t and is the weighting of EDM.
type TableObjective struct {
	Sch     schedule.Schedule
	Predict Prediction
	Clock   Clock
	Input   Input
	Keep    process.Keep // nil: LinearKeep
	Card    []int
	// Weight weighs the squared error of a number; nil weighs that of the
	// network's own output by 1.
	Weight Weighting
	// CellWeight weighs the cross entropy of a masked cell at time t. nil
	// is the bound's own, no more than 50.
	CellWeight func(t float64) float64
	// CellShare scales the categories' part of the loss; 0 means 1.
	CellShare float64
	// Give teaches the network to complete rows of which a part is given; nil: not.
	Give *Give
}

// TableBatch is some rows of a table.
type TableBatch struct {
	X     *tensor.Tensor // (N,D) numbers
	Known []float32      // (N,D) weight of each number, 0 where it is missing; nil: all 1
	Cells *process.Cells // (N,columns); a cell that is Mask is not trained on
}

// Loss noises and masks the batch, runs the network on it and returns the loss
// ().
func (o *TableObjective) Loss(tape *autograd.Tape, net Network, b TableBatch, d Draws) *autograd.Var {
	rows, numbers := b.X.Dim(0), b.X.Dim(1)
	gaussian := Objective{Sch: o.Sch, Predict: o.Predict}
	noised := gaussian.Noise(tape, b.X, d)
	cells, weight := o.mask(b.Cells, noised.T, d)
	square := o.weigh(b, noised.T)
	labels := cells.Data
	seen := o.Input.see(tape, o.Sch, noised)
	if o.Give != nil {
		labels, square = o.Give.give(seen.Value.Data, b, cells, weight, square, noised.T, d)
	}
	clock := make([]float64, rows)
	o.Clock.Read(clock, noised.T)
	out := net.Forward(tape, seen, clock, labels)

	share := o.CellShare
	if share == 0 {
		share = 1
	}
	parts := float64(numbers + len(o.Card))
	var loss *autograd.Var
	if numbers > 0 {
		mse := tape.MSE(tape.SliceLast(out, 0, numbers), noised.Target, square)
		loss = tape.Scale(mse, float32(float64(numbers)/parts))
	}
	if len(o.Card) > 0 {
		offsets := process.Offsets(o.Card)
		logits := tape.SliceLast(out, numbers, numbers+offsets[len(o.Card)])
		entropy := tape.CrossEntropy(logits, narrow(offsets), b.Cells.Data, weight)
		entropy = tape.Scale(entropy, float32(share/parts))
		if loss == nil {
			return entropy
		}
		loss = tape.Add(loss, entropy)
	}
	return loss
}

// weigh is the weight of each number's squared error.
func (o *TableObjective) weigh(b TableBatch, t []float64) []float32 {
	if o.Weight == nil {
		return b.Known
	}
	numbers := b.X.Dim(1)
	out := make([]float32, len(t)*numbers)
	for i, v := range t {
		w := float32(o.Weight.ofOutput(o.Predict, o.Sch, v))
		for j := range numbers {
			at := i*numbers + j
			out[at] = w
			if b.Known != nil {
				out[at] *= b.Known[at]
			}
		}
	}
	return out
}

// mask is the forward masked process on every row at its time, and the weight
// of each cell: that of its time where it is newly masked, 0 elsewhere.
func (o *TableObjective) mask(cells *process.Cells, t []float64, d Draws) (*process.Cells, []float32) {
	keep := o.Keep
	if keep == nil {
		keep = process.LinearKeep{}
	}
	at := o.CellWeight
	if at == nil {
		at = func(t float64) float64 { return min(keep.Weight(t), maxCellWeight) }
	}
	out := process.NewCells(cells.Rows, cells.Card)
	weight := make([]float32, len(cells.Data))
	u := make([]float64, cells.Cols())
	stream := rng.New(d.Seed, rng.Masking)
	for i, v := range t {
		stream.Uniforms(u, uint64(d.Step), d.row(i))
		from, to := cells.Row(i), out.Row(i)
		process.MaskRow(to, from, keep.Keep(v), u)
		for j := range to {
			if to[j] == process.Mask && from[j] != process.Mask {
				weight[i*cells.Cols()+j] = float32(at(v))
			}
		}
	}
	return out, weight
}

// narrow is x as the kernels' integers.
func narrow(x []int) []int32 {
	out := make([]int32, len(x))
	for i, v := range x {
		out[i] = int32(v)
	}
	return out
}
