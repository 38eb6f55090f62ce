package model

import (
	"ebb/diffusion/sample"
	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/rng"
)

// Objective is a training of a model on its data: train.Objective.
type Objective interface {
	Params() nn.Params
	Loss(t *autograd.Tape, step int) *autograd.Var
}

// share is what the mean loss of rows contributes to that of a batch.
func share(t *autograd.Tape, loss *autograd.Var, rows, batch int) *autograd.Var {
	if rows == batch {
		return loss
	}
	return t.Scale(loss, float32(float64(rows)/float64(batch)))
}

// batchRow is the example that stands at a position of the endless sequence of shuffled
// epochs.
func batchRow(seed uint64, position, rows int) (row int, epoch uint64) {
	epoch = uint64(position / rows)
	return rng.New(seed, rng.Data).Perm(position%rows, rows, epoch), epoch
}

// DrawOptions say what to draw.
type DrawOptions struct {
	N       int
	First   uint64 // identity of the first row: rows 100.. of one draw continue another of 100
	Seed    uint64
	Sampler string // empty: the model's default
	Steps   int    // 0: the model's default
	Class   int    // of pictures; negative: drawn in the proportions of the training set
	Memory  Bytes  // budget of the process; 0: any
	Watch   func(sample.Progress)
}

// defaults fills in the model's own choices.
func (o DrawOptions) defaults(s Sampling) DrawOptions {
	if o.Sampler == "" {
		o.Sampler = s.Sampler
	}
	if o.Steps == 0 {
		o.Steps = s.Steps
	}
	return o
}

// watchChunk tells the progress of a chunk of rows as that of the whole draw.
func watchChunk(o DrawOptions, lo, hi int) []func(sample.Progress) {
	if o.Watch == nil {
		return nil
	}
	return []func(sample.Progress){func(p sample.Progress) {
		p.Step = lo*p.Steps/max(1, hi-lo) + p.Step
		p.Steps = o.N * p.Steps / max(1, hi-lo)
		o.Watch(p)
	}}
}
