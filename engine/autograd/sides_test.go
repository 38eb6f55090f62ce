package autograd

import (
	"slices"
	"testing"

	"ebb/engine/kernel/parallel"
	"ebb/engine/tensor"
)

// What reads two tensors as one gives the bits, of values and gradients, that it
// gives after Concat: few images and many, a group on both sides, rows enough for
// products in blocks, and a tensor beside itself.
func TestSidesAreConcat(t *testing.T) {
	pool := parallel.New(3)
	defer pool.Close()
	for _, c := range []struct {
		n, h, w, a, b, groups, o int
		itself                   bool
	}{
		{2, 3, 5, 32, 40, 9, 7, false}, {9, 4, 3, 12, 20, 4, 33, false}, {3, 16, 16, 64, 32, 8, 32, false},
		{1, 2, 2, 66, 2, 2, 4, false}, {9, 3, 3, 8, 8, 2, 5, true},
	} {
		run := func(joined bool) (y []float32, grads [][]float32) {
			of := func(name string, shape ...int) *Var {
				v := Param(tensor.New(shape...))
				numbers(name, v.Value.Data)
				return v
			}
			tape, width := New(pool), c.a+c.b
			a, b := of("a", c.n, c.h, c.w, c.a), of("b", c.n, c.h, c.w, c.b)
			if c.itself {
				b = a
			}
			gamma, beta := of("gamma", width), of("beta", width)
			w, bias := of("w", 1, 1, width, c.o), of("bias", c.o)
			// An operation before, for gradients that are not a parameter's.
			x, s := tape.SiLU(a), tape.Scale(b, 2)
			if c.itself {
				s = x
			}
			var norm, shortcut *Var
			if joined {
				both := tape.Concat(x, s)
				norm = tape.GroupNorm(both, gamma, beta, c.groups, 1e-5, true)
				shortcut = tape.Conv2D(both, w, bias, nil, Same(1))
			} else {
				norm = tape.GroupNormJoined(x, s, gamma, beta, c.groups, 1e-5, true)
				shortcut = tape.PointwiseJoined(x, s, w, bias)
			}
			y = slices.Concat(norm.Value.Data, shortcut.Value.Data)
			zero := func(v *Var) *Var { return tape.MSE(v, tensor.New(v.Shape()...), nil) }
			tape.Backward(tape.Add(zero(norm), zero(shortcut)))
			for _, v := range []*Var{a, b, gamma, beta, w, bias} {
				grads = append(grads, v.Grad.Data)
			}
			return y, grads
		}
		wantY, wantGrads := run(true)
		gotY, gotGrads := run(false)
		if !slices.Equal(gotY, wantY) {
			t.Errorf("%+v: other values than after Concat", c)
		}
		for i, name := range []string{"a", "b", "gamma", "beta", "w", "bias"} {
			if c.itself && name <= "b" {
				continue // four summands, in another order
			}
			if !slices.Equal(gotGrads[i], wantGrads[i]) {
				t.Errorf("%+v: another gradient of %s than after Concat", c, name)
			}
		}
	}
}
