package network

import (
	"math"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/optim"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// wideEnough makes most of tiny's convolutions such as Winograd's algorithm
// takes.
func wideEnough(c *UNetConfig) {
	c.SampleSize, c.BlockOutChannels, c.NormGroups = Size{8, 8}, []int{16, 32}, 4
}

// Convolutions by Winograd's algorithm and by plain sums are the same function
// but for rounding: the output and every gradient of a network agree to about
// 1e-6 of their size, after a dozen layers to some 1e-6.
func TestExactConvolutionsGiveTheSameNetwork(t *testing.T) {
	u := newTiny(t, wideEnough)
	c := tiny(wideEnough)
	x, time, labels := batch(c, 5)
	target := tensor.New(x.Shape...)
	rng.New(2, rng.Test).Normals32(target.Data, 0, 0)
	run := func(exact bool) (output []float32, gradients [][]float32) {
		u.Params().ZeroGrad()
		tape := autograd.New(nil)
		tape.ExactConv = exact
		y := u.Forward(tape, tape.Const(x), time, labels)
		output = append(output, y.Value.Data...)
		tape.Backward(tape.MSE(y, target, nil))
		for _, p := range u.Params() {
			gradients = append(gradients, append([]float32(nil), p.Var.Grad.Data...))
		}
		return output, gradients
	}
	y, dw := run(false)
	plainY, plainW := run(true)
	if sameBits(y, plainY) {
		t.Error("ExactConv changes no bit: both ways are the same one")
	}
	if d := distance(y, plainY); !(d < 1e-5) {
		t.Errorf("outputs differ by %.2g of their size", d)
	} else {
		t.Logf("outputs differ by %.2g of their size", d)
	}
	checkGradients(t, u.Params(), dw, plainW)
}

// checkGradients compares all gradients together, and each with 1e-5 of all.
func checkGradients(t *testing.T, params nn.Params, got, want [][]float32) {
	t.Helper()
	var all, allWant []float32
	for k := range params {
		all, allWant = append(all, got[k]...), append(allWant, want[k]...)
	}
	d := distance(all, allWant)
	t.Logf("gradients differ by %.2g of their size", d)
	if !(d < 1e-5) {
		t.Errorf("gradients differ by %.2g of their size", d)
	}
}

// Twenty steps of training with either kind of convolution have the same losses,
// to a hundredth of what another seed of the weights changes.
func TestExactConvolutionsGiveTheSameTraining(t *testing.T) {
	losses := func(seed uint64, exact bool) (out []float64) {
		u, err := NewUNet(tiny(wideEnough), rng.New(seed, rng.Init))
		if err != nil {
			t.Fatal(err)
		}
		x, time, labels := batch(u.Config, 3)
		tape, adam := autograd.New(nil), optim.NewAdamW(u.Params())
		tape.ExactConv = exact
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
	fast, plain, other := losses(1, false), losses(1, true), losses(2, true)
	between := func(a, b []float64) (worst float64) {
		for i := range a {
			worst = max(worst, math.Abs(a[i]-b[i]))
		}
		return worst
	}
	way, seed := between(fast, plain), between(plain, other)
	t.Logf("loss %.3f to %.3f; the other convolution changes it by %.2g, another seed by %.2g", plain[0], plain[19], way, seed)
	if way == 0 || !(way < seed/100) {
		t.Errorf("the other convolution changes a loss by %.3g, another seed by %.3g", way, seed)
	}
}

// distance is |a - b| / |b|.
func distance(a, b []float32) float64 {
	difference, size := 0.0, 0.0
	for i := range b {
		e := float64(a[i]) - float64(b[i])
		difference += e * e
		size += float64(b[i]) * float64(b[i])
	}
	return math.Sqrt(difference / size)
}
