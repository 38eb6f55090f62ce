package autograd

import (
	"math"
	"slices"
	"strings"
	"testing"

	"ebb/engine/tensor"
)

func vector(v ...float32) *tensor.Tensor { return tensor.From(v, len(v)) }

// TestGradientsOfSharedVariablesAddUp: on small integers the gradient is exact.
// L = sum(y + y + z) with y = 3x, z = y·y, so dL/dx = 6 + 18x. The gradient of
// the sums is passed on without copying, so a pass that wrote into a shared
// buffer would show here.
func TestGradientsOfSharedVariablesAddUp(t *testing.T) {
	tape := New(nil)
	x := Param(vector(1, 2, -3))
	y := tape.Scale(x, 3)
	z := tape.Mul(y, y)
	sum := tape.Add(tape.Add(y, y), tape.Reshape(z, 3))
	tape.Backward(tape.Sum(sum))
	if want := []float32{24, 42, -48}; !slices.Equal(x.Grad.Data, want) {
		t.Errorf("dL/dx = %v, want %v", x.Grad.Data, want)
	}
}

// TestPassNeverWritesASharedGradient: dy of an addition serves both inputs, in
// every order in which further contributions can arrive at them.
func TestPassNeverWritesASharedGradient(t *testing.T) {
	for _, c := range []struct {
		name string
		f    func(tape *Tape, a, b *Var) *Var
		a, b float32 // derivatives of the sum for a = 2, b = 5
	}{
		{"a gets more after", func(t *Tape, a, b *Var) *Var { return t.Add(t.Scale(a, 7), t.Add(a, b)) }, 8, 1},
		{"a gets more before", func(t *Tape, a, b *Var) *Var { s := t.Add(a, b); return t.Add(s, t.Scale(a, 7)) }, 8, 1},
		{"both are shared", func(t *Tape, a, b *Var) *Var { return t.Add(t.Add(a, b), t.Add(b, a)) }, 2, 2},
		{"a chain of sums", func(t *Tape, a, b *Var) *Var { return t.Add(t.Add(t.Add(a, b), a), a) }, 3, 1},
		{"through Reshape", func(t *Tape, a, b *Var) *Var {
			return t.Reshape(t.Add(t.Reshape(a, 1, 1), t.Reshape(t.Add(a, b), 1, 1)), 1)
		}, 2, 1},
		{"a kernel adds to it", func(t *Tape, a, b *Var) *Var {
			// AddRows passes dy to x and lets a kernel add to s: here both are u.
			u := t.Reshape(a, 1, 1)
			return t.Add(t.Reshape(t.AddRows(u, u), 1), b)
		}, 2, 1},
	} {
		tape := New(nil)
		tape.arena.poison = true
		a, b := Param(vector(2)), Param(vector(5))
		// Scale makes intermediate variables, whose gradients lie in the arena.
		y := c.f(tape, tape.Scale(a, 1), tape.Scale(b, 1))
		tape.Backward(tape.Sum(y))
		if a.Grad.Data[0] != c.a || b.Grad.Data[0] != c.b {
			t.Errorf("%s: gradients %v and %v, want %v and %v", c.name, a.Grad.Data[0], b.Grad.Data[0], c.a, c.b)
		}
		if live := tape.Memory().Live; live != 4 {
			t.Errorf("%s: %d bytes live after Backward, want the 4 of the loss", c.name, live)
		}
	}
}

// TestParameterGradientsCollect: two Backwards add up, ZeroGrad starts again, and
// inference makes no gradient at all.
func TestParameterGradientsCollect(t *testing.T) {
	x := Param(vector(1, 2))
	infer := NewInference(nil)
	infer.Sum(infer.Scale(x, 2))
	if x.Grad != nil {
		t.Error("inference made a gradient")
	}
	tape := New(nil)
	for range 2 {
		tape.Backward(tape.Sum(tape.Scale(x, 2)))
		tape.Reset()
	}
	if want := []float32{4, 4}; !slices.Equal(x.Grad.Data, want) {
		t.Errorf("gradient after two passes %v, want %v", x.Grad.Data, want)
	}
	x.ZeroGrad()
	if want := []float32{0, 0}; !slices.Equal(x.Grad.Data, want) {
		t.Errorf("gradient after ZeroGrad %v", x.Grad.Data)
	}
}

// TestBranchesOutsideOfTheLossAreFreed: what the loss does not depend on gets no
// gradient, and its value is given back all the same.
func TestBranchesOutsideOfTheLossAreFreed(t *testing.T) {
	tape := New(nil)
	x, w := Param(vector(1, 2)), Param(vector(3, 4))
	aside := tape.Mul(x, w)
	constant := tape.Scale(tape.Const(vector(1, 1)), 5)
	loss := tape.Sum(tape.Mul(x, constant))
	tape.Backward(loss)
	if aside.Value != nil || constant.Value != nil {
		t.Error("a value outside of the loss was kept")
	}
	if loss.Value.Data[0] != 15 {
		t.Error("the loss lost its value")
	}
	if !slices.Equal(x.Grad.Data, []float32{5, 5}) || !slices.Equal(w.Grad.Data, []float32{0, 0}) {
		t.Errorf("gradients %v and %v", x.Grad.Data, w.Grad.Data)
	}
}

// TestReleaseRecycles: a chain of operations in inference needs two buffers
// however long it is, and a view by Reshape keeps its buffer alive.
func TestReleaseRecycles(t *testing.T) {
	tape := NewInference(nil)
	input := vector(1, 2, 3, 4)
	x := tape.Const(input)
	for range 20 {
		y := tape.Scale(x, 1)
		tape.Release(x)
		x = y
	}
	if m := tape.Memory(); m.Buffers != 1 || m.Peak != 2*4*4 {
		t.Errorf("a chain of 20 operations: %+v, want 1 buffer of 4 floats left of at most 2", m)
	}
	view := tape.Reshape(x, 2, 2)
	tape.Release(x)
	if y := tape.Scale(view, 2); &y.Value.Data[0] == &view.Value.Data[0] || view.Value.Data[3] != 4 {
		t.Error("releasing a variable freed the buffer of its view")
	}
	tape.Release(view)
	if view.Value.Len() != 0 {
		t.Error("the view was not released")
	}
	if !slices.Equal(input.Data, []float32{1, 2, 3, 4}) {
		t.Error("Release touched the caller's tensor")
	}
	w := Param(input)
	tape.Release(w)
	tape.Release(x)
	tape.Release(nil)
	if w.Value == nil {
		t.Error("Release took a parameter")
	}
}

// TestReleaseWhileTrainingFreesWhatNoDerivativeReads: a chain of sums needs two
// buffers forward, and the gradient still goes through it.
func TestReleaseWhileTrainingFreesWhatNoDerivativeReads(t *testing.T) {
	tape := New(nil)
	tape.arena.poison = true
	x := Param(vector(2, 3))
	y := tape.Scale(x, 1)
	for range 10 {
		sum := tape.Add(y, x)
		tape.Release(y)
		y = sum
	}
	if m := tape.Memory(); m.Buffers != 1 || m.Peak != 2*2*4 || y.Value.Data[1] != 33 {
		t.Errorf("%+v, want 1 buffer of 2 floats left of at most 2; sum %v, want 33", m, y.Value.Data[1])
	}
	loss := tape.Sum(y)
	tape.Release(y)
	tape.Backward(loss)
	if want := []float32{11, 11}; !slices.Equal(x.Grad.Data, want) || loss.Value.Data[0] != 55 {
		t.Errorf("dL/dx = %v, want %v; loss %v, want 55", x.Grad.Data, want, loss.Value.Data)
	}
}

// TestReleaseWhileTrainingKeepsValues: of a product the derivative needs them.
func TestReleaseWhileTrainingKeepsValues(t *testing.T) {
	tape := New(nil)
	tape.arena.poison = true
	x := Param(vector(2, 3))
	y := tape.Scale(x, 1)
	z := tape.Mul(y, y)
	tape.Release(y)
	tape.Backward(tape.Sum(z))
	if want := []float32{4, 6}; !slices.Equal(x.Grad.Data, want) {
		t.Errorf("dL/dx = %v, want %v", x.Grad.Data, want)
	}
}

// TestIdleBuffersAreGivenBack: chunks no longer in use leave the arena, those in
// use stay.
func TestIdleBuffersAreGivenBack(t *testing.T) {
	tape := NewInference(nil)
	tape.New(minChunk)
	tape.New(2 * minChunk)
	tape.Reset()
	for range idleResets + 1 {
		tape.New(10)
		tape.Reset()
	}
	tape.New(10)
	if m := tape.Memory(); m.Buffers != 1 || m.Held != 4*minChunk || m.Live != 40 || m.Peak != 12*minChunk {
		t.Errorf("arena %+v, want only the chunk of the buffer of 10 floats", m)
	}
}

// TestSteadyStateMakesNoBuffers counts what a training step allocates: no float
// buffer, and seven small objects for each operation, forward and backward together:
// closures of derivatives and of kernels.
func TestSteadyStateMakesNoBuffers(t *testing.T) {
	tape := New(nil)
	rows, in, out := 64, 32, 32
	w, b := Param(tensor.New(in, out)), Param(tensor.New(out))
	gamma, beta := Param(tensor.New(out)), Param(tensor.New(out))
	numbers("w", w.Value.Data)
	batch, target := tensor.New(rows, in), tensor.New(rows, out)
	numbers("x", batch.Data)
	const operations = 5
	step := func() {
		x := tape.Const(batch)
		h := tape.LayerNorm(tape.Linear(x, w, b), gamma, beta, 1e-5, true)
		h = tape.Add(tape.Reshape(h, rows, out), h)
		tape.Backward(tape.MSE(h, target, nil))
		tape.Reset()
	}
	step()
	before := tape.Memory()
	objects := testing.AllocsPerRun(20, step)
	if after := tape.Memory(); after != before {
		t.Errorf("arena %+v became %+v", before, after)
	}
	if objects > 7*operations {
		t.Errorf("%.0f allocations in a step of %d operations, want at most 7 each", objects, operations)
	}
}

// TestOutsidersDefineLosses: Record is open; a tensor that is not the arena's may
// be a result, and Accumulate accepts one as a gradient without adopting it.
func TestOutsidersDefineLosses(t *testing.T) {
	tape := New(nil)
	x := Param(vector(1, 2))
	y := tape.Scale(x, 2)
	own := vector(10, 20)
	loss := tape.Record(tensor.New(1), func(*tensor.Tensor) {
		tape.Accumulate(y, own)
		tape.Accumulate(y, own)
	}, y)
	tape.Backward(loss)
	if !slices.Equal(x.Grad.Data, []float32{40, 80}) || !slices.Equal(own.Data, []float32{10, 20}) {
		t.Errorf("gradient %v, the outsider's tensor %v", x.Grad.Data, own.Data)
	}
}

// TestOutsidersMayReadTheirValues: a derivative recorded by others finds inputs
// and result although they were released. y = x²+1, dy/dx = 2x; written with
// both, as y - 1 + 2x - x².
func TestOutsidersMayReadTheirValues(t *testing.T) {
	tape := New(nil)
	tape.arena.poison = true
	leaf := Param(vector(3))
	x := tape.Scale(leaf, 1)
	value := tape.New(1)
	value.Data[0] = x.Value.Data[0]*x.Value.Data[0] + 1
	y := tape.Record(value, func(dy *tensor.Tensor) {
		dx := tape.New(1)
		v := x.Value.Data[0]
		dx.Data[0] = dy.Data[0] * (value.Data[0] - 1 + 2*v - v*v)
		tape.Accumulate(x, dx)
	}, x)
	loss := tape.Sum(y)
	tape.Release(x)
	tape.Release(y)
	tape.Backward(loss)
	if leaf.Grad.Data[0] != 6 {
		t.Errorf("dL/dx = %v, want 6", leaf.Grad.Data[0])
	}
}

func TestSumIsExactInFloat64(t *testing.T) {
	tape := NewInference(nil)
	x := vector(1<<25, 1, 1, 1, 1, -(1 << 25))
	if got := tape.Sum(tape.Const(x)).Value.Data[0]; got != 4 {
		t.Errorf("sum = %v, want 4: float32 would lose it", got)
	}
}

func TestMisusePanicsWithBothShapes(t *testing.T) {
	tape := New(nil)
	v := func(shape ...int) *Var { return Param(tensor.New(shape...)) }
	for _, c := range []struct {
		name string
		f    func()
		want []string
	}{
		{"Linear", func() { tape.Linear(v(2, 3), v(4, 5), nil) }, []string{"(2,3)", "(4,5)"}},
		{"Linear bias", func() { tape.Linear(v(2, 4), v(4, 5), v(4)) }, []string{"(4,5)", "(4)"}},
		{"Conv2D", func() { tape.Conv2D(v(1, 4, 4, 3), v(3, 3, 2, 5), nil, nil, Same(3)) }, []string{"(1,4,4,3)", "(3,3,2,5)"}},
		{"Conv2D shift", func() { tape.Conv2D(v(2, 4, 4, 3), v(3, 3, 3, 5), nil, v(1, 5), Same(3)) }, []string{"(2,4,4,3)", "(1,5)"}},
		{"Conv2D window", func() { tape.Conv2D(v(1, 2, 2, 3), v(3, 3, 3, 5), nil, nil, Geometry{}) }, []string{"(1,2,2,3)", "(3,3,3,5)"}},
		{"GroupNorm", func() { tape.GroupNorm(v(1, 2, 6), v(5), v(6), 2, 1e-5, false) }, []string{"(1,2,6)", "(5)"}},
		{"GroupNorm groups", func() { tape.GroupNorm(v(1, 2, 6), v(6), v(6), 4, 1e-5, false) }, []string{"(1,2,6)", "4"}},
		{"GroupNormJoined", func() { tape.GroupNormJoined(v(1, 2, 6), v(1, 3, 2), v(8), v(8), 2, 1e-5, false) }, []string{"(1,2,6)", "(1,3,2)"}},
		{"GroupNormJoined channels", func() { tape.GroupNormJoined(v(1, 2, 6), v(1, 2, 2), v(8), v(6), 2, 1e-5, false) }, []string{"(8)", "(6)"}},
		{"PointwiseJoined", func() { tape.PointwiseJoined(v(1, 2, 2, 6), v(1, 2, 2, 2), v(1, 1, 6, 3), nil) }, []string{"(1,2,2,6)", "(1,1,6,3)"}},
		{"LayerNorm", func() { tape.LayerNorm(v(2, 6), v(5), v(5), 1e-5, false) }, []string{"(2,6)", "(5)"}},
		{"Attention", func() { tape.Attention(v(1, 2, 4), v(1, 3, 4), v(1, 2, 4), 2) }, []string{"(1,2,4)", "(1,3,4)"}},
		{"Attention heads", func() { tape.Attention(v(1, 2, 4), v(1, 2, 4), v(1, 2, 4), 3) }, []string{"(1,2,4)", "3"}},
		{"Upsample2", func() { tape.Upsample2(v(2, 3, 4)) }, []string{"(2,3,4)", "(N,H,W,C)"}},
		{"Concat", func() { tape.Concat(v(2, 3), v(3, 3)) }, []string{"(2,3)", "(3,3)"}},
		{"Reshape", func() { tape.Reshape(v(2, 3), 4, 2) }, []string{"(2,3)", "(4,2)"}},
		{"SliceLast", func() { tape.SliceLast(v(2, 3), 1, 4) }, []string{"(2,3)", "1, 4"}},
		{"Embedding", func() { tape.Embedding(v(2, 3), []int32{0, 2}) }, []string{"(2,3)", "id 2"}},
		{"EmbeddingSum", func() { tape.EmbeddingSum(v(2, 3), []int32{0, 1, 1}, 2) }, []string{"(2,3)", "3, 2"}},
		{"Add", func() { tape.Add(v(2, 3), v(3, 2)) }, []string{"(2,3)", "(3,2)"}},
		{"Mul", func() { tape.Mul(v(2, 3), v(3, 2)) }, []string{"(2,3)", "(3,2)"}},
		{"AddRows", func() { tape.AddRows(v(2, 3, 4), v(2, 3)) }, []string{"(2,3,4)", "(2,3)"}},
		{"ScaleShift", func() { tape.ScaleShift(v(2, 3, 4), v(2, 4), v(3, 4)) }, []string{"(2,3,4)", "(3,4)"}},
		{"MSE", func() { tape.MSE(v(2, 3), tensor.New(3, 2), nil) }, []string{"(2,3)", "(3,2)"}},
		{"MSE weight", func() { tape.MSE(v(2, 3), tensor.New(2, 3), make([]float32, 4)) }, []string{"(2,3)", "(4)"}},
		{"CrossEntropy", func() { tape.CrossEntropy(v(2, 3), []int32{0, 3}, []int32{1}, nil) }, []string{"(2,3)", "(1)"}},
		{"Backward of many", func() { tape.Backward(tape.Scale(v(2, 3), 1)) }, []string{"(2,3)"}},
		{"Backward of a constant", func() { tape.Backward(tape.Const(tensor.New(1))) }, []string{"no parameter"}},
		{"Backward twice", func() {
			loss := New(nil)
			l := loss.Sum(v(3))
			loss.Backward(l)
			loss.Backward(l)
		}, []string{"once"}},
		{"Backward in inference", func() { NewInference(nil).Backward(v(1)) }, []string{"inference"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			defer func() {
				msg, _ := recover().(string)
				for _, w := range c.want {
					if !strings.Contains(msg, w) {
						t.Errorf("panic %q does not name %q", msg, w)
					}
				}
			}()
			c.f()
			t.Error("no panic")
		})
	}
}

// TestNonFiniteValuesReachTheLoss: nothing on the way hides a NaN from the
// trainer.
func TestNonFiniteValuesReachTheLoss(t *testing.T) {
	tape := New(nil)
	x := Param(vector(1, float32(math.NaN())))
	loss := tape.MSE(tape.SiLU(x), vector(0, 0), nil)
	tape.Backward(loss)
	if l := loss.Value.Data[0]; l == l || x.Grad.Data[1] == x.Grad.Data[1] {
		t.Errorf("loss %v, gradient %v: the NaN is gone", l, x.Grad.Data)
	}
}
