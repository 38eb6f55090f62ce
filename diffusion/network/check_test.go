package network

import (
	"math"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// checkGradient compares g·d, for the gradient g of loss with respect to all
// parameters and a random direction d, with (L(w+hd) - L(w-hd))/2h. The direction
// moves some thousand weights by h each, so the quotient's error of order h² is
// not small; one step of Richardson's extrapolation removes it. What is left is
// order h⁴ and the rounding of float32 losses, about 1e-7/h = 1e-4 relative.
func checkGradient(t *testing.T, name string, params nn.Params, loss func(t *autograd.Tape) *autograd.Var) {
	t.Helper()
	const h, tolerance = 1e-3, 1e-3
	tape := autograd.New(nil)
	params.ZeroGrad()
	tape.Backward(loss(tape))
	dot := 0.0
	direction, start := make([][]float32, len(params)), make([][]float32, len(params))
	for k, p := range params {
		direction[k] = make([]float32, p.Value().Len())
		rng.New(11, rng.Noise).Normals32(direction[k], uint64(k), 0)
		start[k] = append([]float32(nil), p.Value().Data...)
		own := 0.0
		for i, d := range direction[k] {
			own += float64(d) * float64(p.Var.Grad.Data[i])
		}
		if own == 0 {
			t.Errorf("%s: %s has no gradient", name, p.Name)
		}
		dot += own
	}
	at := func(step float64) float64 {
		for k, p := range params {
			for i, d := range direction[k] {
				p.Value().Data[i] = start[k][i] + float32(step*float64(d))
			}
		}
		inference := autograd.NewInference(nil)
		return float64(loss(inference).Value.Data[0])
	}
	far, near := (at(h)-at(-h))/(2*h), (at(h/2)-at(-h/2))/h
	quotient := (4*near - far) / 3
	if d := math.Abs(quotient-dot) / math.Abs(quotient); !(d < tolerance) {
		t.Errorf("%s: slope %.6g, difference quotient %.6g, relative difference %.2g", name, dot, quotient, d)
	}
}

// checkRows compares rows computed alone and by threads with those of a batch,
// bit for bit, and counts what inference leaves behind.
func checkRows(t *testing.T, name string, pool *parallel.Pool, n int, run func(tape *autograd.Tape, lo, hi int) *autograd.Var) {
	t.Helper()
	whole := run(autograd.NewInference(nil), 0, n).Value.Data
	if !sameBits(whole, run(autograd.NewInference(pool), 0, n).Value.Data) {
		t.Errorf("%s: three threads give other bits than one", name)
	}
	if !sameBits(whole, run(autograd.New(pool), 0, n).Value.Data) {
		t.Errorf("%s: a training tape gives other bits than inference", name)
	}
	per := len(whole) / n
	for i := range n {
		if !sameBits(whole[i*per:(i+1)*per], run(autograd.NewInference(pool), i, i+1).Value.Data) {
			t.Errorf("%s: row %d alone is not row %d of the batch", name, i, i)
		}
	}
	tape := autograd.NewInference(nil)
	y := run(tape, 0, n)
	if live := tape.Memory().Live; live != 4*y.Value.Len() {
		t.Errorf("%s: %d bytes are held after inference, the output has %d", name, live, 4*y.Value.Len())
	}
}

func sameBits(a, b []float32) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		if math.Float32bits(a[i]) != math.Float32bits(b[i]) {
			return false
		}
	}
	return true
}

// rowsOf is rows lo..hi-1 of x.
func rowsOf(x *tensor.Tensor, lo, hi int) *tensor.Tensor {
	per := x.Len() / x.Dim(0)
	return tensor.From(x.Data[lo*per:hi*per], append([]int{hi - lo}, x.Shape[1:]...)...)
}
