package autograd

import (
	"slices"
	"testing"

	"ebb/engine/tensor"
)

// Operations are named in the order in which they ran, their derivatives in the
// opposite one; an operation made outside of the package has its function's name.
func TestWatchNamesOperationsAndDerivatives(t *testing.T) {
	var seen []string
	note := func(op string, backward bool) {
		if backward {
			op += " backward"
		}
		seen = append(seen, op)
	}
	tape := New(nil)
	tape.Watch(note)
	x := Param(vector(1, 2))
	tape.Backward(tape.Sum(ownDouble(tape, tape.Scale(x, 2))))
	want := []string{"Scale", "ownDouble", "Sum", "Sum backward", "ownDouble backward", "Scale backward"}
	if !slices.Equal(seen, want) {
		t.Errorf("training: %q, want %q", seen, want)
	}

	seen = nil
	infer := NewInference(nil)
	infer.Watch(note)
	infer.SiLU(infer.Const(vector(1)))
	infer.Watch(nil)
	infer.SiLU(infer.Const(vector(1)))
	if want := []string{"SiLU"}; !slices.Equal(seen, want) {
		t.Errorf("inference: %q, want %q", seen, want)
	}
}

func ownDouble(t *Tape, x *Var) *Var {
	y := t.New(x.Shape()...)
	for i, v := range x.Value.Data {
		y.Data[i] = 2 * v
	}
	return t.Record(y, func(dy *tensor.Tensor) { t.Pass(x, dy); t.Pass(x, dy) }, x)
}
