package autograd

import (
	"fmt"
	"slices"
	"testing"

	"ebb/engine/kernel/parallel"
	"ebb/engine/tensor"
)

func drawn(name string, shape ...int) *tensor.Tensor {
	x := tensor.New(shape...)
	numbers(name, x.Data)
	return x
}

// A frozen tape gives the bits of a plain one, in its first call and with layouts
// it has kept, for other batches and for other sizes of image.
func TestFrozenTapeGivesTheSameBits(t *testing.T) {
	pool := parallel.New(2)
	defer pool.Close()
	w, b := Param(drawn("w", 3, 3, 128, 256)), Param(drawn("b", 256))
	dense, bias := Param(drawn("dense", 256, 40)), Param(drawn("bias", 40))
	apply := func(tape *Tape, n, side, stride int) []float32 {
		x := tape.Const(drawn("x", n, side, side, 128))
		y := tape.Linear(tape.Conv2D(x, w, b, nil, Padded(stride, 1)), dense, bias)
		out := slices.Clone(y.Value.Data)
		tape.Reset()
		return out
	}
	frozen, plain := NewFrozen(pool), NewInference(pool)
	for range 2 {
		for _, c := range [][3]int{{1, 8, 1}, {3, 8, 1}, {2, 3, 1}, {1, 8, 2}, {9, 4, 1}} {
			if got, want := apply(frozen, c[0], c[1], c[2]), apply(plain, c[0], c[1], c[2]); !slices.Equal(got, want) {
				t.Errorf("images, side, stride %v: frozen and plain tapes differ", c)
			}
		}
	}
	if got := len(frozen.frozen); got != 5 { // of sides 8, 3, 4; side 8 with stride 2; the matrix
		t.Errorf("%d layouts are kept, want 5", got)
	}
}

// Only a parameter is known to keep its value: a product of two results is
// computed from what they are now.
func TestFrozenTapeKeepsOnlyParameters(t *testing.T) {
	tape := NewFrozen(nil)
	w := tape.Const(drawn("w", 4, 3))
	for range 2 {
		x := tape.Const(drawn("x", 2, 4))
		got := slices.Clone(tape.Linear(x, w, nil).Value.Data)
		want := NewInference(nil).Linear(x, w, nil).Value.Data
		if !slices.Equal(got, want) {
			t.Error("a weight that changed was taken for the one before")
		}
		numbers("other", w.Value.Data)
	}
}

// The sum and SiLU in the pass of a linear layer have the bits of the operations
// one by one: the value, and every gradient.
func TestFusedLinearIsItsParts(t *testing.T) {
	for _, whole := range []bool{true, false} {
		for _, silu := range []bool{true, false} {
			name := fmt.Sprintf("r of all rows %v, silu %v", whole, silu)
			run := func(fused bool) (y []float32, grads [][]float32) {
				tape := New(nil)
				shape := []int{33}
				if whole {
					shape = []int{50, 33}
				}
				vars := []*Var{Param(drawn("x", 50, 17)), Param(drawn("w", 17, 33)), Param(drawn("b", 33)), Param(drawn("r", shape...))}
				x, w, b, r := vars[0], vars[1], vars[2], vars[3]
				var out *Var
				switch {
				case fused && silu:
					out = tape.LinearAddSiLU(x, w, b, r)
				case fused:
					out = tape.LinearAdd(x, w, b, r)
				default:
					all := r
					if !whole {
						zero := tape.Const(tensor.New(50, 1))
						all = tape.Linear(zero, tape.Const(tensor.New(1, 33)), r)
					}
					out = tape.Add(tape.Linear(x, w, b), all)
					if silu {
						out = tape.SiLU(out)
					}
				}
				y = slices.Clone(out.Value.Data)
				tape.Backward(tape.MSE(out, drawn("target", 50, 33), nil))
				for _, v := range vars {
					grads = append(grads, v.Grad.Data)
				}
				return y, grads
			}
			y, grads := run(true)
			wantY, wantGrads := run(false)
			if !slices.Equal(y, wantY) {
				t.Errorf("%s: values differ", name)
			}
			for i := range grads {
				if !slices.Equal(grads[i], wantGrads[i]) {
					t.Errorf("%s: gradient %d of x, w, b, r differs", name, i)
				}
			}
		}
	}
}
