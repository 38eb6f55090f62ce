package bench

import (
	"strings"

	"ebb/diffusion/network"
	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/tensor"
)

// mlpFLOPs is the work of one row: every matrix is used once.
func mlpFLOPs(m *network.MLP) float64 {
	sum := 0
	for _, p := range m.Params() {
		if p.Layout == nn.LinearIO {
			sum += 2 * p.Value().Len()
		}
	}
	return float64(sum)
}

// unetFLOPs is the work of one forward pass of one picture: it runs the network
// once to see the sizes of its layers' outputs. A weight is used once for each
// pixel of the output of the module it belongs to, those of the time once; an
// attention over T pixels of C channels has two products of T·T·C.
func unetFLOPs(u *network.UNet) float64 {
	pixels := map[string]int{} // of the output, by module
	see := *u
	see.Trace = func(name string, y *autograd.Var) {
		pixels[name] = 1
		if y.Value.Rank() == 4 {
			pixels[name] = y.Value.Dim(1) * y.Value.Dim(2)
		}
	}
	c := u.Config
	tape := autograd.NewInference(nil)
	see.Forward(tape, tape.Const(tensor.New(1, c.SampleSize.H, c.SampleSize.W, c.InChannels)), []float64{0}, nil)

	sum := 0
	for _, p := range u.Params() {
		if p.Layout == nn.Plain {
			continue
		}
		times := 1
		if !strings.Contains(p.Name, "time_emb_proj") {
			times = pixels[moduleOf(p.Name, pixels)]
		}
		sum += 2 * times * p.Value().Len()
		if strings.HasSuffix(p.Name, "to_q.weight") {
			sum += 4 * times * times * p.Value().Dim(1)
		}
	}
	return float64(sum)
}

// moduleOf is the innermost traced module that holds a parameter.
func moduleOf(param string, traced map[string]int) string {
	for name := param; ; {
		if _, found := traced[name]; found {
			return name
		}
		dot := strings.LastIndexByte(name, '.')
		if dot < 0 {
			panic("bench: no module of the parameter " + param + " was traced")
		}
		name = name[:dot]
	}
}
