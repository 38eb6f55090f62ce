package autograd

import "ebb/engine/tensor"

// A value that one cheap pass can compute again (a norm, an activation, two
// values side by side) need not wait in memory for Backward. When such a value
// is released while training, its buffer goes back although derivatives will
// read it, and Backward restores it, to the same bits, just before the first of
// them runs. What it is restored from is kept instead, and most often is needed
// anyway: the input of a norm is read by the norm's own derivative.

// Thrift says what a training tape computes a second time, in Backward, instead
// of keeping it from the forward pass. Every level gives the same bits.
type Thrift int

// The levels, each with those before it. Figures are of a UNet's training step.
const (
	CopiesTwice Thrift = iota // copies of other values: joined and enlarged ones
	NormsTwice                // norms and activations: 0.6 of the memory, 1.05 of the time
	BlocksTwice               // whatever is run by Checkpoint, a third more time
)

// restorable notes how to compute the value of v again from those of from,
// which must be kept or restorable themselves, on a tape of at least the given
// thrift. value returns a tensor of New, or
// a view that owns a reference.
func (t *Tape) restorable(at Thrift, v *Var, value func() *tensor.Tensor, from ...*Var) {
	if !t.training || t.Thrift < at {
		return
	}
	reads(from...)
	v.restore = func() *tensor.Tensor {
		for _, x := range from {
			t.present(x)
		}
		return value()
	}
}

// present restores the value of v if it was given back.
func (t *Tape) present(v *Var) {
	if v != nil && v.absent {
		v.absent = false
		v.Value = v.restore()
	}
}
