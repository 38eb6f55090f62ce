package autograd

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"ebb/engine/kernel/parallel"
	"ebb/engine/tensor"
)

// numbers fills dst from a small generator seeded by name with multiples of 2^-8
// in [-2,2). Few bits matter: x + h d is then exact in float32 for the steps h of
// a difference quotient.
func numbers(name string, dst []float32) {
	s := uint64(1)
	for _, c := range name {
		s = s*6364136223846793005 + uint64(c)
	}
	for i := range dst {
		s = s*6364136223846793005 + 1442695040888963407
		dst[i] = float32(int(s>>54)-512) / 256
	}
}

// values are the numbers of a case's inputs.
func (c opCase) values() []*tensor.Tensor {
	var in []*tensor.Tensor
	for i, shape := range c.shapes {
		x := tensor.New(shape...)
		numbers(fmt.Sprint(c.name, i), x.Data)
		in = append(in, x)
	}
	return in
}

// inner records <y, r>, summed in float64, as a loss. It is a loss of a caller's
// own, as other packages define theirs.
func inner(t *Tape, y *Var, r []float32) (*Var, float64) {
	sum := 0.0
	for i, v := range y.Value.Data {
		sum += float64(v) * float64(r[i])
	}
	loss := tensor.From([]float32{float32(sum)}, 1)
	return t.Record(loss, func(dy *tensor.Tensor) {
		d := t.New(y.Value.Shape...)
		for i := range d.Data {
			d.Data[i] = dy.Data[0] * r[i]
		}
		t.Accumulate(y, d)
	}, y), sum
}

// result is what running a case gives: the output and the gradient of each
// input for the loss <y, r>.
type result struct {
	y     []float32
	grads [][]float32
	loss  float64
}

// run applies the case to inputs on tape and differentiates <y, r>; frozen
// inputs are constants. Inputs reach the operation, and its result the loss,
// through Scale by 1, so that gradients of parameters and of intermediate values
// are both exercised, and all these values are released, so that a derivative
// must have said which it reads.
func (c opCase) run(t *Tape, in []*tensor.Tensor, frozen ...int) result {
	leaves, vars := make([]*Var, len(in)), make([]*Var, len(in))
	for i, x := range in {
		leaves[i] = Param(x)
		if slices.Contains(frozen, i) {
			leaves[i] = t.Const(x)
		}
		vars[i] = t.Scale(leaves[i], 1)
	}
	y := c.apply(t, vars)
	res := result{y: slices.Clone(y.Value.Data)}
	used := append(vars, y)
	y = t.Scale(y, 1)
	for _, v := range used {
		t.Release(v)
	}
	r := make([]float32, len(res.y))
	numbers(c.name+"r", r)
	loss, sum := inner(t, y, r)
	res.loss = sum
	if t.Training() && loss.NeedsGrad() {
		t.Backward(loss)
	}
	for _, v := range leaves {
		var g []float32
		if v.Grad != nil {
			g = slices.Clone(v.Grad.Data)
		}
		res.grads = append(res.grads, g)
	}
	t.Reset()
	return res
}

// TestValuesMatchTheDefinition holds every operation against its plain loop in
// float64. Numbers are of size 1 and sums of at most 150 of them, so float32
// rounding leaves some 1e-6; attention and norms, which divide, a little more.
func TestValuesMatchTheDefinition(t *testing.T) {
	for _, c := range opCases() {
		in := c.values()
		got, want := c.run(NewInference(nil), in).y, c.define(in)
		if len(got) != len(want) {
			t.Errorf("%s: %d numbers, the definition gives %d", c.name, len(got), len(want))
			continue
		}
		for i := range want {
			if diff := math.Abs(float64(got[i]) - want[i]); !(diff <= 2e-5*(1+math.Abs(want[i]))) {
				t.Errorf("%s: y[%d] = %v, the definition gives %v", c.name, i, got[i], want[i])
				break
			}
		}
	}
}

// twice is the case with its operation applied two times to the same inputs:
// gradients must add up, and the shared gradient of the sum must stay intact.
func (c opCase) twice() opCase {
	once := c.apply
	c.apply = func(t *Tape, in []*Var) *Var { return t.Add(once(t, in), once(t, in)) }
	return c
}

// TestGradientsMatchDifferences holds <grad, d> against the derivative of the
// loss along random directions d.
//
// The quotient of fourth order, (8 (L(h) - L(-h)) - (L(2h) - L(-2h))) / 12h, with
// h = 1/32 errs by about h⁴ = 1e-6 of L's fifth derivative and by the rounding of
// float32 outputs, 6e-8/h = 2e-6 for each number of y. The tolerance is 1e-3 of
// the gradient's norm, of which a random direction (entries up to 1, rms 0.6)
// sees about half; norms over few numbers have large fifth derivatives.
func TestGradientsMatchDifferences(t *testing.T) {
	const h = 1.0 / 32
	for _, once := range opCases() {
		for uses, c := range []opCase{once, once.twice()} {
			t.Run(fmt.Sprintf("%s/uses %d", c.name, uses+1), func(t *testing.T) {
				tape := New(nil)
				in := c.values()
				grads := c.run(tape, in).grads
				infer := NewInference(nil)
				for i := range in {
					for dir := range 3 {
						d := make([]float32, in[i].Len())
						numbers(fmt.Sprint(c.name, "direction", i, dir), d)
						along := func(step float64) float64 {
							moved := slices.Clone(in)
							moved[i] = in[i].Clone()
							for j := range d {
								moved[i].Data[j] += float32(step) * d[j] / 2
							}
							return c.run(infer, moved).loss
						}
						want := (8*(along(h)-along(-h)) - (along(2*h) - along(-2*h))) / (12 * h)
						got, norm := 0.0, 0.0
						for j, g := range grads[i] {
							got += float64(g) * float64(d[j]) / 2
							norm += float64(g) * float64(g)
						}
						if tol := 1e-3 * (math.Sqrt(norm) + 1e-3); !(math.Abs(got-want) <= tol) {
							t.Errorf("input %d, direction %d: <grad,d> = %.7g, difference quotient %.7g, tolerance %.2g", i, dir, got, want, tol)
						}
					}
				}
			})
		}
	}
}

// TestFrozenInputsGetNoGradient: any one input may be a constant; it gets no
// gradient and the others get the same bits.
func TestFrozenInputsGetNoGradient(t *testing.T) {
	for _, c := range opCases() {
		in := c.values()
		full := c.run(New(nil), in)
		for i := range in {
			part := c.run(New(nil), in, i)
			for j := range in {
				switch {
				case j == i && part.grads[j] != nil:
					t.Errorf("%s: constant input %d got a gradient", c.name, j)
				case j != i && !sameBits(part.grads[j], full.grads[j]):
					t.Errorf("%s: gradient of input %d depends on whether input %d wants one", c.name, j, i)
				}
			}
		}
	}
}

// TestInferenceGivesTrainingsBits: recording changes no bit of a value.
func TestInferenceGivesTrainingsBits(t *testing.T) {
	for _, c := range opCases() {
		in := c.values()
		if a, b := c.run(New(nil), in), c.run(NewInference(nil), in); !sameBits(a.y, b.y) {
			t.Errorf("%s: inference and training differ", c.name)
		}
	}
}

// TestThreadsChangeNothing: values and gradients have the same bits for every
// number of threads.
func TestThreadsChangeNothing(t *testing.T) {
	pools := []*parallel.Pool{parallel.New(1), parallel.New(2), parallel.New(3)}
	for _, c := range opCases() {
		in := c.values()
		want := c.run(New(nil), in)
		for _, p := range pools {
			got := c.run(New(p), in)
			if !sameBits(got.y, want.y) {
				t.Errorf("%s: %d threads change the value", c.name, p.Threads())
			}
			for i := range in {
				if !sameBits(got.grads[i], want.grads[i]) {
					t.Errorf("%s: %d threads change the gradient of input %d", c.name, p.Threads(), i)
				}
			}
		}
	}
	for _, p := range pools {
		p.Close()
	}
}

// TestNothingReadsFreedBuffers: with every free or fresh buffer full of NaN the
// bits stay the same, in the first run and in one on recycled buffers.
func TestNothingReadsFreedBuffers(t *testing.T) {
	for _, once := range opCases() {
		for _, c := range []opCase{once, once.twice()} {
			in := c.values()
			want := c.run(New(nil), in)
			tape, infer := New(nil), NewInference(nil)
			tape.arena.poison, infer.arena.poison = true, true
			for round := range 2 {
				got := c.run(tape, in)
				if !sameBits(got.y, want.y) || !sameBits(c.run(infer, in).y, want.y) {
					t.Errorf("%s, round %d: the value reads a freed buffer", c.name, round)
				}
				for i := range in {
					if !sameBits(got.grads[i], want.grads[i]) {
						t.Errorf("%s, round %d: the gradient of input %d reads a freed buffer", c.name, round, i)
					}
				}
			}
		}
	}
}

// TestBackwardFreesEverything: after Backward nothing is live in the arena, and
// a second round takes every buffer from the free lists.
func TestBackwardFreesEverything(t *testing.T) {
	for _, once := range opCases() {
		for _, c := range []opCase{once, once.twice()} {
			in, tape := c.values(), New(nil)
			var vars []*Var
			for _, x := range in {
				vars = append(vars, Param(x))
			}
			round := func() {
				y := c.apply(tape, vars)
				loss, _ := inner(tape, y, y.Value.Clone().Data)
				tape.Backward(loss)
			}
			round()
			first := tape.Memory()
			if first.Live != 0 {
				t.Errorf("%s: %d bytes live after Backward", c.name, first.Live)
			}
			round()
			if second := tape.Memory(); second.Held != first.Held || second.Buffers != first.Buffers {
				t.Errorf("%s: the second round made new buffers: %+v, then %+v", c.name, first, second)
			}
		}
	}
}

func sameBits(a, b []float32) bool {
	return slices.EqualFunc(a, b, func(x, y float32) bool { return math.Float32bits(x) == math.Float32bits(y) })
}
