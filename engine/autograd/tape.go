package autograd

import (
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/tensor"
)

// Tape runs operations and remembers them for Backward. It belongs to one
// goroutine; the kernels it calls share the pool's workers.
type Tape struct {
	pool     *parallel.Pool
	training bool
	frozen   bool // parameters are constants
	arena    *arena
	nodes    []node
	watch    func(op string, backward bool) // nil unless a profile is wanted

	// ExactConv makes convolutions sum their products plainly: slower, a little
	// closer to the true values, and with other bits. See kernel.Conv.
	ExactConv bool
}

// node is one operation that was recorded: its result and its derivative. It is
// a node even if its result wants no gradient, so that Backward frees the value.
type node struct {
	out      *Var
	backward func(dy *tensor.Tensor)
	op       string // its name, while somebody watches
}

// New returns a tape that records for Backward. A nil pool computes on the
// calling goroutine alone, with the same results.
func New(p *parallel.Pool) *Tape {
	return &Tape{pool: p, training: true, arena: newArena()}
}

// NewInference returns a tape that records nothing. Its operations give the
// same bits as those of a training tape.
func NewInference(p *parallel.Pool) *Tape { return &Tape{pool: p, arena: newArena()} }

// Pool is the tape's pool, for kernels called outside of its operations.
func (t *Tape) Pool() *parallel.Pool { return t.pool }

// Training reports whether the tape records.
func (t *Tape) Training() bool { return t.training }

// New takes a tensor from the arena. Its contents are undefined. It keeps shape.
func (t *Tape) New(shape ...int) *tensor.Tensor { return t.arena.take(shape) }

// Free gives tensors of New back before Reset. The arena must own them; others,
// and nil, are left alone.
func (t *Tape) Free(xs ...*tensor.Tensor) {
	for _, x := range xs {
		t.arena.drop(x)
	}
}

// Const wraps a tensor without a gradient: the input of a network.
func (t *Tape) Const(x *tensor.Tensor) *Var { return &Var{Value: x} }

// Record enters the result y of an operation. It wants a gradient when one of
// the inputs does (nil inputs are skipped); then backward will be called with
// the gradient of y, unless y turns out to have none. y must be a tensor of New
// that the caller hands over, or memory that is not the arena's. backward may
// read the values of the inputs and y.
func (t *Tape) Record(y *tensor.Tensor, backward func(dy *tensor.Tensor), inputs ...*Var) *Var {
	reads(inputs...)
	v := t.record(y, backward, inputs...)
	reads(v)
	return v
}

// reads notes that a derivative will read the values of vs, which may be nil.
func reads(vs ...*Var) {
	for _, v := range vs {
		if v != nil && !v.read {
			v.read = true
		}
	}
}

// record is Record for a derivative that reads only the values noted by reads.
func (t *Tape) record(y *tensor.Tensor, backward func(dy *tensor.Tensor), inputs ...*Var) *Var {
	v, op := &Var{Value: y}, ""
	if t.watch != nil {
		op = opName()
		t.watch(op, false)
	}
	if !t.training {
		return v
	}
	for _, in := range inputs {
		if !t.wants(in) {
			continue
		}
		v.needs = true
		if in.leaf && in.Grad == nil {
			in.ZeroGrad()
		}
	}
	t.nodes = append(t.nodes, node{v, backward, op})
	return v
}

// Release says that the caller will not use v any more, and so hands the buffer
// of its value back: at once in inference, and while training too unless Backward
// needs the value. Its gradient still flows. Tensors that are not the arena's are
// left alone.
func (t *Tape) Release(v *Var) {
	if v == nil || v.leaf || v.Value == nil || t.training && v.read {
		return
	}
	if t.arena.drop(v.Value) {
		v.Value = &tensor.Tensor{Shape: v.Value.Shape} // a gradient still needs the shape
	}
}

// Reset frees every buffer of the arena and forgets what was recorded.
func (t *Tape) Reset() {
	clear(t.nodes)
	t.nodes = t.nodes[:0]
	t.arena.reset()
}

// Memory says what the arena holds, in bytes.
type Memory struct {
	Buffers int // number of buffers
	Held    int // bytes of all buffers
	Live    int // bytes in use now
	Peak    int // most bytes in use at one time
}

// Memory reports the state of the arena.
func (t *Tape) Memory() Memory {
	a := t.arena
	return Memory{Buffers: len(a.blocks), Held: 4 * a.total, Live: 4 * a.live, Peak: 4 * a.peak}
}

// Backward adds to the Grad of every parameter the derivative of loss, which
// must be one number that depends on a parameter. It frees values and gradients
// as it goes, all but the value of loss, so it runs once per recording.
func (t *Tape) Backward(loss *Var) {
	switch {
	case !t.training:
		panic("autograd: Backward on an inference tape")
	case loss.Value.Len() != 1:
		misfit("Backward", "a loss of one number", loss)
	case !loss.needs:
		panic("autograd: Backward of a loss that depends on no parameter")
	case len(t.nodes) == 0:
		panic("autograd: Backward has nothing to run: it runs once for what was recorded since the last Reset or Backward")
	}
	seed := t.New(loss.Value.Shape...)
	seed.Data[0] = 1
	t.backward(loss, seed)
}

// backward runs the derivatives of all nodes, beginning with the gradient seed of
// the result y, which comes from New. y keeps its value.
func (t *Tape) backward(y *Var, seed *tensor.Tensor) {
	t.Accumulate(y, seed)
	for i := len(t.nodes) - 1; i >= 0; i-- {
		n := t.nodes[i]
		t.nodes[i] = node{}
		if n.out.Grad != nil {
			n.backward(n.out.Grad)
		}
		t.arena.drop(n.out.Grad)
		n.out.Grad = nil
		if n.out != y && t.arena.drop(n.out.Value) {
			n.out.Value = nil
		}
		if t.watch != nil {
			t.watch(n.op, true)
		}
	}
	t.nodes = t.nodes[:0]
}

// Accumulate adds g to the gradient of x, in a backward pass. g comes from New
// and now belongs to the tape; it is freed when x wants no gradient.
func (t *Tape) Accumulate(x *Var, g *tensor.Tensor) {
	switch {
	case !t.wants(x):
		t.arena.drop(g)
	case g.Len() != tensor.Size(x.Value.Shape):
		misfit("Accumulate", "a gradient of its variable's shape", g, x)
	case x.leaf:
		kernel.AddTo(t.pool, x.Grad.Data, g.Data)
		t.arena.drop(g)
	case x.Grad == nil:
		x.Grad = &tensor.Tensor{Shape: x.Value.Shape, Data: g.Data}
	default:
		t.join(x, g)
	}
}

// join adds g to a gradient that is already there. Addition commutes, so the
// sum may stand in either buffer; a buffer that others still read is not
// written.
func (t *Tape) join(x *Var, g *tensor.Tensor) {
	switch {
	case t.arena.exclusive(x.Grad):
		kernel.AddTo(t.pool, x.Grad.Data, g.Data)
		t.arena.drop(g)
		return
	case t.arena.exclusive(g):
		kernel.AddTo(t.pool, g.Data, x.Grad.Data)
		t.arena.drop(x.Grad)
		x.Grad.Data = g.Data
		return
	}
	sum := t.New(x.Value.Shape...)
	kernel.Add(t.pool, sum.Data, x.Grad.Data, g.Data)
	t.arena.drop(x.Grad)
	t.arena.drop(g)
	x.Grad = sum
}

// Pass adds to the gradient of x the gradient dy of the result itself: the
// derivative of a sum or of a change of shape. The buffer is shared, not copied.
func (t *Tape) Pass(x *Var, dy *tensor.Tensor) {
	if t.wants(x) {
		t.arena.retain(dy)
		t.Accumulate(x, dy)
	}
}

// over is where a kernel that may overwrite its dy puts dx: in dy itself when
// nobody else reads that buffer, so that it stays in the cache, else in a new one.
func (t *Tape) over(dy *tensor.Tensor, shape []int) *tensor.Tensor {
	if !t.arena.exclusive(dy) {
		return t.New(shape...)
	}
	t.arena.retain(dy)
	return &tensor.Tensor{Shape: shape, Data: dy.Data}
}

// GradOf returns the gradient of x for a kernel that adds to it, zero when
// nothing was added yet; nil when x wants none.
func (t *Tape) GradOf(x *Var) *tensor.Tensor {
	switch {
	case !t.wants(x):
		return nil
	case x.Grad == nil:
		x.Grad = t.New(x.Value.Shape...)
		x.Grad.Zero()
	case !x.leaf && !t.arena.exclusive(x.Grad):
		own := t.New(x.Value.Shape...)
		copy(own.Data, x.Grad.Data)
		t.arena.drop(x.Grad)
		x.Grad = own
	}
	return x.Grad
}
