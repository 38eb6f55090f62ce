package autograd

import (
	"fmt"

	"ebb/engine/tensor"
)

// Var is a tensor in a computation and, when wanted, the gradient of the loss
// with respect to it.
type Var struct {
	Value *tensor.Tensor
	// Grad is nil when not wanted, and for a result of an operation outside of
	// its own turn in Backward. A parameter's Grad persists and collects over
	// several Backwards until ZeroGrad.
	Grad *tensor.Tensor

	needs bool // a gradient is wanted
	leaf  bool // Grad persists
	read  bool // a derivative reads Value, so Release must wait for Backward

	restore func() *tensor.Tensor // computes Value again; nil: it must be kept
	absent  bool                  // Value was given back until Backward restores it
}

// Param returns a variable that wants a gradient and owns it: Backward adds to
// Grad. Grad is made when a training tape first uses the parameter, or by
// ZeroGrad, so that a network which only samples does not pay for it.
// It is marked as read from the start: nothing is written to it while networks that
// share it only sample.
func Param(x *tensor.Tensor) *Var { return &Var{Value: x, needs: true, leaf: true, read: true} }

// NeedsGrad reports whether the variable takes part in Backward. A nil Var
// (an absent bias, say) does not.
func (v *Var) NeedsGrad() bool { return v != nil && v.needs }

// ZeroGrad sets a parameter's gradient to zero, making it when there is none.
func (v *Var) ZeroGrad() {
	if !v.leaf {
		return
	}
	if v.Grad == nil {
		v.Grad = tensor.New(v.Value.Shape...)
		return
	}
	v.Grad.Zero()
}

// Shape is the shape of the value.
func (v *Var) Shape() []int { return v.Value.Shape }

// String is the shape of the value.
func (v *Var) String() string {
	if v == nil {
		return "nil"
	}
	return v.Value.String()
}

// misfit panics for shapes that do not go together. rule says what the shapes
// of the operation are, got lists those it was called with.
func misfit(op, rule string, got ...any) {
	msg := fmt.Sprintf("autograd: %s: want %s, got", op, rule)
	for i, g := range got {
		if i > 0 {
			msg += ","
		}
		if shape, ok := g.([]int); ok {
			g = tensor.Format(shape)
		}
		msg += fmt.Sprintf(" %v", g)
	}
	panic(msg)
}

// dimsAre reports whether v's value has exactly this shape.
func (v *Var) dimsAre(shape ...int) bool {
	return tensor.SameShape(v.Value, &tensor.Tensor{Shape: shape})
}
