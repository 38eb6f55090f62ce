package train

import (
	"fmt"

	"ebb/engine/autograd"
)

// Divisible is an Objective whose batch can be worked off in parts: the losses of the parts of a
// step add up to its loss, but for rounding.
type Divisible interface {
	// Batch is the number of rows of a step.
	Batch() int
	// Part records what rows lo..hi-1 of a step's batch contribute to its loss.
	Part(t *autograd.Tape, step, lo, hi int) *autograd.Var
}

// inParts is the objective in parts, nil when a step goes through the network at once.
func (tr *Trainer) inParts() (Divisible, error) {
	micro := tr.Settings.MicroBatch
	if micro <= 0 {
		return nil, nil
	}
	d, ok := tr.Objective.(Divisible)
	if !ok {
		return nil, fmt.Errorf("train: a micro-batch of %d for an objective that has no parts: leave it out", micro)
	}
	if micro >= d.Batch() {
		return nil, nil
	}
	return d, nil
}

// gradients adds the gradient of the step's loss to the parameters, and returns the loss. Parts
// are taken one after the other, so the sums have one order.
func (l *loop) gradients() float64 {
	if l.parts == nil {
		loss := l.Objective.Loss(l.tape, l.step)
		l.tape.Backward(loss)
		return float64(loss.Value.Data[0])
	}
	total, batch := 0.0, l.parts.Batch()
	for lo := 0; lo < batch; lo += l.Settings.MicroBatch {
		loss := l.parts.Part(l.tape, l.step, lo, min(lo+l.Settings.MicroBatch, batch))
		l.tape.Backward(loss)
		total += float64(loss.Value.Data[0])
		l.tape.Reset()
	}
	return total
}
