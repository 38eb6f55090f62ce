package autograd

import "ebb/engine/tensor"

// A value that one cheap pass can compute again (a norm, an activation, two
// values side by side) need not wait in memory for Backward. When such a value
// is released while training, its buffer goes back although derivatives will
// read it, and Backward restores it, to the same bits, just before the first of
// them runs. What it is restored from is kept instead, and most often is needed
// anyway: the input of a norm is read by the norm's own derivative.

// restorable notes how to compute the value of v again from those of from,
// which must be kept or restorable themselves. value returns a tensor of New, or
// a view that owns a reference.
func (t *Tape) restorable(v *Var, value func() *tensor.Tensor, from ...*Var) {
	if !t.training {
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
