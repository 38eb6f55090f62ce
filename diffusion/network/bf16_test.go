package network

import (
	"math"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/kernel"
	"ebb/engine/optim"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// bf16Run is a forward and a backward pass of a network.
func bf16Run(u *UNet, precision kernel.Precision, exact bool) (output, gradient []float32) {
	x, time, labels := batch(u.Config, 5)
	target := tensor.New(x.Shape...)
	rng.New(2, rng.Test).Normals32(target.Data, 0, 0)
	u.Params().ZeroGrad()
	tape := autograd.New(nil)
	tape.Precision, tape.ExactConv = precision, exact
	y := u.Forward(tape, tape.Const(x), time, labels)
	output = append(output, y.Value.Data...)
	tape.Backward(tape.MSE(y, target, nil))
	for _, p := range u.Params() {
		gradient = append(gradient, p.Var.Grad.Data...)
	}
	return output, gradient
}

// A layer's products are wrong by 2.4e-3 of their size with plain sums, by 1.2e-2 with Winograd's
// algorithm; a dozen layers, most of whose results join a sum that came past them, make a few times
// as much.
func TestBF16GivesNearlyTheSameNetwork(t *testing.T) {
	u := newTiny(t, wideEnough)
	for _, c := range []struct {
		exact bool
		most  float64
	}{{true, 2e-2}, {false, 6e-2}} {
		y, dw := bf16Run(u, kernel.F32, c.exact)
		roundY, roundW := bf16Run(u, kernel.BF16, c.exact)
		dy, dg := distance(roundY, y), distance(roundW, dw)
		t.Logf("plain sums %v: outputs differ by %.2g of their size, gradients by %.2g", c.exact, dy, dg)
		if dy == 0 || !(dy < c.most && dg < c.most) {
			t.Errorf("plain sums %v: outputs differ by %.2g of their size, gradients by %.2g", c.exact, dy, dg)
		}
	}
}

// Twenty steps of mixed training have the losses of float32, to a tenth of what another seed of the
// weights changes.
func TestBF16GivesTheSameTraining(t *testing.T) {
	losses := func(seed uint64, precision kernel.Precision) (out []float64) {
		u, err := NewUNet(tiny(wideEnough), rng.New(seed, rng.Init))
		if err != nil {
			t.Fatal(err)
		}
		x, time, labels := batch(u.Config, 3)
		tape, adam := autograd.New(nil), optim.NewAdamW(u.Params())
		tape.Precision = precision
		for step := range 20 {
			loss := tape.MSE(u.Forward(tape, tape.Const(x), time, labels), x, nil)
			out = append(out, float64(loss.Value.Data[0]))
			tape.Backward(loss)
			adam.Update(nil, optim.Update{Step: step, LR: 3e-3, Scale: 1})
			u.Params().ZeroGrad()
			tape.Reset()
		}
		return out
	}
	full, mixed, other := losses(1, kernel.F32), losses(1, kernel.BF16), losses(2, kernel.F32)
	between := func(a, b []float64) (worst float64) {
		for i := range a {
			worst = max(worst, math.Abs(a[i]-b[i]))
		}
		return worst
	}
	way, seed := between(full, mixed), between(full, other)
	t.Logf("loss %.3f to %.3f; bf16 changes it by %.2g, another seed by %.2g", full[0], full[19], way, seed)
	if way == 0 || !(way < seed/10) {
		t.Errorf("bf16 changes a loss by %.3g, another seed by %.3g", way, seed)
	}
}
