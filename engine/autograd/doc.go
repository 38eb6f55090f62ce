// Package autograd differentiates: a Tape runs operations forward, remembers
// them, and runs their derivatives backward.
//
// One file holds one operation, its forward pass beside its backward pass, and
// its doc gives the shapes, in the axis letters of package tensor. Operations
// are coarse (a convolution with its bias and time shift is one), so a whole
// network is a few hundred nodes and the time goes into the kernels.
//
// # How a step goes
//
//	t := autograd.New(pool)                   // once
//	for {
//		x := t.Const(batch)
//		loss := t.MSE(net.Forward(t, x), target, nil)
//		t.Backward(loss)                      // adds to the Grad of parameters
//		... read loss.Value, update parameters, zero their gradients ...
//		t.Reset()                             // every buffer back into the arena
//	}
//
// A tape of NewInference runs the same operations, gives the same bits and
// records nothing. One of NewFrozen differentiates with respect to an input
// alone and leaves the parameters' gradients untouched.
//
// # Who owns the numbers
//
// Values and gradients lie in buffers of the tape's arena, counted by
// references: the tensor of an operation owns one reference, Reshape's result
// shares its input's buffer and owns one more.
//
//   - Backward walks the nodes from last to first. When it has run a node's
//     derivative, all users of that node lie behind it, so it frees the node's
//     gradient and value there and sets both to nil. Only the loss keeps its
//     value.
//   - In inference nothing is freed by itself: Release hands a value back when
//     the caller knows that it is done with it. While training, Release frees a
//     value at once if no derivative reads it (an input of a sum, say), and
//     leaves it to Backward otherwise.
//   - Reset frees all that is left. A Var or Tensor of the tape must not be
//     used afterwards.
//   - Tensors that the caller made, and parameters, are never freed.
//
// So a training step in its steady state takes every float buffer from the
// arena's free lists, which are sorted by exact size. What it still allocates
// is about a dozen small objects for each operation: Var, tensor headers, shapes
// and the closures of the backward pass and of the kernels' pieces.
//
// # A new operation
//
// Take the result from Tape.New, compute it, and Record it with the closure of
// its derivative and the inputs it depends on. In the closure, give each input
// its share of the gradient by one of three calls:
//
//   - Accumulate(x, g): g is a tensor of Tape.New; ownership passes to the tape.
//   - Pass(x, dy): the gradient of x is dy itself. It is shared, not copied.
//   - GradOf(x): a tensor into which a kernel adds; nil when x wants none.
//
// The closure must not write to dy and should skip an input that does not want
// a gradient (Var.NeedsGrad).
package autograd
