package network

import (
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// thriftBits runs a training step at every thrift and compares gradients bit for
// bit with those of a tape that keeps the most.
func thriftBits(t *testing.T, name string, params nn.Params, loss func(tape *autograd.Tape) *autograd.Var) {
	t.Helper()
	var want [][]float32
	last := 0
	for thrift := autograd.CopiesTwice; thrift <= autograd.BlocksTwice; thrift++ {
		tape := autograd.New(nil)
		tape.Thrift = thrift
		params.ZeroGrad()
		tape.Backward(loss(tape))
		for i, p := range params {
			if thrift == autograd.CopiesTwice {
				want = append(want, p.Var.Grad.Clone().Data)
			} else if !sameBits(want[i], p.Var.Grad.Data) {
				t.Errorf("%s: thrift %d gives %s another gradient", name, thrift, p.Name)
			}
		}
		peak := tape.Memory().Peak
		if last > 0 && peak >= last {
			t.Errorf("%s: thrift %d holds %d bytes, the level below %d", name, thrift, peak, last)
		}
		last = peak
	}
}

// TestThriftGivesTheSameGradients of every kind of UNet, and of the MLP.
func TestThriftGivesTheSameGradients(t *testing.T) {
	for name, change := range variants {
		u := newTiny(t, change)
		x := tensor.New(4, 8, 8, 2)
		rng.New(3, rng.Noise).Normals32(x.Data, 0, 0)
		var labels []int32
		if u.Config.Classes != nil {
			labels = []int32{0, 2, -1, 1}
		}
		thriftBits(t, name, u.Params(), func(tape *autograd.Tape) *autograd.Var {
			return tape.MSE(u.Forward(tape, tape.Const(x), []float64{1, 30, 500, 999}, labels), x, nil)
		})
	}
	m, err := NewMLP(MLPConfig{Numeric: 3, Cards: []int{2, 5}, Width: 16, Hidden: 32, Blocks: 4, TimeWidth: 8}, rng.New(1, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	shake(m.Params())
	x := tensor.New(16, 3)
	rng.New(3, rng.Noise).Normals32(x.Data, 0, 0)
	cells, times := make([]int32, 32), make([]float64, 16)
	for i := range times {
		times[i], cells[2*i], cells[2*i+1] = float64(i)/16, int32(i%3-1), int32(i%5)
	}
	thriftBits(t, "mlp", m.Params(), func(tape *autograd.Tape) *autograd.Var {
		return tape.Sum(tape.SiLU(m.Forward(tape, tape.Const(x), times, cells)))
	})
}
