package autograd

import (
	"slices"
	"testing"

	"ebb/engine/tensor"
)

// TestPullIsTheGradientOfTheInputAlone: through every operation that has
// parameters, v'J of such a tape has the bits of the gradient that an ordinary
// tape gives an input, and no parameter gets a gradient.
func TestPullIsTheGradientOfTheInputAlone(t *testing.T) {
	const n, c = 3, 8
	input, dy := tensor.New(n, 4, 4, c), tensor.New(n, 4, 4, c)
	numbers("input", input.Data)
	numbers("dy", dy.Data)
	param := func(name string, shape ...int) *Var {
		p := Param(tensor.New(shape...))
		numbers(name, p.Value.Data)
		return p
	}
	w, b, l, table := param("w", 3, 3, c, c), param("b", c), param("l", c, c), param("table", 5, c)
	gamma, beta := param("gamma", c), param("beta", c)
	params := []*Var{w, b, l, table, gamma, beta}
	net := func(t *Tape, x *Var) *Var {
		shift := t.Embedding(table, []int32{0, 3, 1})
		h := t.GroupNorm(t.Conv2D(x, w, b, shift, Same(3)), gamma, beta, 2, 1e-5, true)
		h = t.LayerNorm(t.Add(h, x), gamma, beta, 1e-5, false)
		y := t.Linear(h, l, b)
		t.Release(h)
		return y
	}
	pull := NewPull(nil)
	pull.arena.poison = true
	x := pull.Input(input)
	y := net(pull, x)
	pull.Pull(y, dy)
	for i, p := range params {
		if p.Grad != nil {
			t.Errorf("parameter %d got a gradient", i)
		}
	}
	got := slices.Clone(x.Grad.Data)
	value := slices.Clone(y.Value.Data)
	pull.Reset()

	whole := New(nil)
	want := Param(input)
	out := net(whole, want)
	if !slices.Equal(value, out.Value.Data) {
		t.Error("the tape computes other values")
	}
	seed := whole.Const(dy)
	whole.Backward(whole.Sum(whole.Mul(out, seed)))
	if !slices.Equal(got, want.Grad.Data) {
		t.Errorf("v'J = %v, the gradient is %v", got[:4], want.Grad.Data[:4])
	}
}

// TestPullOfWhatSeesNoInput gives no gradient, and misuse panics.
func TestPullOfWhatSeesNoInput(t *testing.T) {
	tape := NewPull(nil)
	x := tape.Input(vector(1, 2))
	y := tape.Scale(Param(vector(3, 4)), 2)
	tape.Pull(y, vector(1, 1))
	if x.Grad != nil {
		t.Errorf("gradient %v", x.Grad)
	}
	for _, c := range []struct { // in this order: the second records
		name string
		f    func()
	}{
		{"twice", func() { tape.Pull(y, vector(1, 1)) }},
		{"shape", func() { tape.Pull(tape.Scale(x, 2), vector(1)) }},
		{"inference", func() { i := NewInference(nil); i.Pull(i.Scale(x, 2), vector(1, 1)) }},
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", c.name)
				}
			}()
			c.f()
		}()
	}
}
