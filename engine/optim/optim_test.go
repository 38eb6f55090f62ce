package optim

import (
	"math"
	"slices"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/tensor"
)

// param is a parameter of given values with a gradient.
func param(name string, noDecay bool, value, grad []float32) *nn.Param {
	v := autograd.Param(tensor.From(slices.Clone(value), len(value)))
	v.Grad = tensor.From(slices.Clone(grad), len(grad))
	return &nn.Param{Name: name, Var: v, NoDecay: noDecay}
}

// TestAdamWFollowsTheAlgorithm runs the published recursion in float64 beside the
// optimizer: ten steps with changing gradients, learning rates and clipping. The
// two differ by float32 rounding, some 1e-7 of a weight each step.
func TestAdamWFollowsTheAlgorithm(t *testing.T) {
	start := []float32{1, -2, 0.5, 0.001, 30}
	params := nn.Params{
		param("w", false, start, make([]float32, 5)),
		param("b", true, start, make([]float32, 5)),
	}
	a := NewAdamW(params)
	a.WeightDecay, a.Beta2 = 0.1, 0.99
	want := [2][5]float64{}
	var m, v [2][5]float64
	for k := range want {
		for i := range start {
			want[k][i] = float64(start[i])
		}
	}
	for step := range 10 {
		lr, scale := 0.01*float64(1+step%3), float32(1)/float32(1+step%2)
		for k, p := range params {
			decay := 0.1
			if p.NoDecay {
				decay = 0
			}
			for i := range start {
				p.Var.Grad.Data[i] = float32(math.Sin(float64(3*step + i + k)))
				g := float64(p.Var.Grad.Data[i]) * float64(scale)
				m[k][i] = 0.9*m[k][i] + 0.1*g
				v[k][i] = 0.99*v[k][i] + 0.01*g*g
				mHat := m[k][i] / (1 - math.Pow(0.9, float64(step+1)))
				vHat := v[k][i] / (1 - math.Pow(0.99, float64(step+1)))
				want[k][i] -= lr*decay*want[k][i] + lr*mHat/(math.Sqrt(vHat)+1e-8)
			}
		}
		a.Update(nil, Update{Step: step, LR: lr, Scale: scale})
		for k, p := range params {
			for i, got := range p.Value().Data {
				if tol := 1e-6 * (0.1 + math.Abs(want[k][i])); math.Abs(float64(got)-want[k][i]) > tol {
					t.Fatalf("step %d, %s[%d] = %v, want %v", step, p.Name, i, got, want[k][i])
				}
			}
		}
	}
}

// TestSlotsAreTheWholeState: slots copied into a fresh optimizer and average
// continue with the same bits.
func TestSlotsAreTheWholeState(t *testing.T) {
	value := []float32{1, 2, -3, 0.1}
	make1 := func() (nn.Params, *AdamW, *EMA) {
		ps := nn.Params{param("w", false, value, []float32{1, 1, 1, 1})}
		return ps, NewAdamW(ps), NewEMA(ps, 0.99)
	}
	advance := func(ps nn.Params, a *AdamW, e *EMA, from, to int) {
		for step := from; step < to; step++ {
			for i := range value {
				ps[0].Var.Grad.Data[i] = float32(math.Cos(float64(step*7 + i)))
			}
			a.Update(nil, Update{Step: step, LR: 0.01, Scale: 1})
			e.Update(nil, step)
		}
	}
	ps, a, e := make1()
	advance(ps, a, e, 0, 5)
	ps2, a2, e2 := make1()
	copy(ps2[0].Value().Data, ps[0].Value().Data)
	old, fresh := slices.Concat(a.Slots(), e.Slots()), slices.Concat(a2.Slots(), e2.Slots())
	var names []string
	for i, s := range old {
		names = append(names, s.Name)
		copy(fresh[i].Data, s.Data)
	}
	if want := []string{"adamw.m.w", "adamw.v.w", "ema.w"}; !slices.Equal(names, want) {
		t.Errorf("slots %v, want %v", names, want)
	}
	advance(ps, a, e, 5, 12)
	advance(ps2, a2, e2, 5, 12)
	if !slices.Equal(ps[0].Value().Data, ps2[0].Value().Data) || !slices.Equal(e.Slots()[0].Data, e2.Slots()[0].Data) {
		t.Error("the restored run went another way")
	}
}

func TestGradNormIsOverAllParameters(t *testing.T) {
	params := nn.Params{
		param("a", false, make([]float32, 2), []float32{3, 0}),
		param("b", false, make([]float32, 1), []float32{4}),
		{Name: "unused", Var: autograd.Param(tensor.New(2))},
	}
	if got := GradNorm(nil, params); got != 5 {
		t.Errorf("norm %v, want 5", got)
	}
	params[0].Var.Grad.Data[1] = float32(math.Inf(-1))
	if norm := GradNorm(nil, params); Finite(norm) {
		t.Errorf("norm %v of an infinite gradient", norm)
	}
	if p := NonFinite(params); p == nil || p.Name != "a" {
		t.Errorf("NonFinite names %v, want a", p)
	}
	params[0].Var.Grad.Data[1] = 1e38 // its square is beyond float32
	if norm := GradNorm(nil, params); !Finite(norm) || NonFinite(params) != nil {
		t.Errorf("norm %v of large finite gradients", norm)
	}
}

func TestClipScaleBringsTheNormToItsLimit(t *testing.T) {
	for _, c := range []struct {
		norm, limit float64
		want        float32
	}{
		{4, 1, 0.25}, {0.5, 1, 1}, {1, 1, 1}, {0, 1, 1}, {4, 0, 1}, {4, -1, 1},
		{math.Inf(1), 1, 1}, {math.NaN(), 1, 1},
	} {
		if got := ClipScale(c.norm, c.limit); got != c.want {
			t.Errorf("ClipScale(%v, %v) = %v, want %v", c.norm, c.limit, got, c.want)
		}
	}
}

// TestEMAIsAWeightedMean: after updates with weights w_0..w_n the average is the
// recursion in float64; its decay warms up as (1+t)/(10+t) to its limit.
func TestEMAIsAWeightedMean(t *testing.T) {
	ps := nn.Params{param("w", false, []float32{1}, []float32{0})}
	e := NewEMA(ps, 0.9)
	want := 1.0
	for step := range 200 {
		decay := math.Min(0.9, float64(1+step)/float64(10+step))
		if got := e.DecayAt(step); got != decay {
			t.Fatalf("decay %v in step %d, want %v", got, step, decay)
		}
		w := math.Sin(float64(step))
		ps[0].Value().Data[0] = float32(w)
		want = decay*want + (1-decay)*float64(float32(w))
		e.Update(nil, step)
		if got := float64(e.Slots()[0].Data[0]); math.Abs(got-want) > 1e-6 {
			t.Fatalf("average %v after step %d, want %v", got, step, want)
		}
	}
}

func TestEMASwapGoesThereAndBack(t *testing.T) {
	ps := nn.Params{param("w", false, []float32{1, 2}, []float32{0, 0})}
	e := NewEMA(ps, 0.9)
	copy(ps[0].Value().Data, []float32{5, 6})
	e.Swap()
	if w := ps[0].Value().Data; w[0] != 1 || e.Slots()[0].Data[0] != 5 {
		t.Errorf("after Swap the weights are %v, the average %v", w, e.Slots()[0].Data)
	}
	e.Swap()
	if w := ps[0].Value().Data; w[0] != 5 || e.Slots()[0].Data[0] != 1 {
		t.Errorf("after two Swaps the weights are %v, the average %v", w, e.Slots()[0].Data)
	}
}

func TestCosine(t *testing.T) {
	c := Cosine{Base: 2, Floor: 0.5, Warmup: 4, Total: 104}
	for _, p := range []struct {
		step int
		want float64
	}{
		{0, 0.5}, {1, 1}, {3, 2}, {4, 2}, {54, 1.25}, {104, 0.5}, {1000, 0.5},
		{29, 0.5 + 1.5*(1+math.Sqrt2/2)/2},
	} {
		if got := c.At(p.step); math.Abs(got-p.want) > 1e-15 {
			t.Errorf("rate %v in step %d, want %v", got, p.step, p.want)
		}
	}
	for step := 4; step < 104; step++ {
		if c.At(step+1) >= c.At(step) {
			t.Errorf("the rate does not fall from step %d to the next", step)
		}
	}
}

// TestCosineHoldsUntilTheTotalIsKnown: a run whose length is fixed while it holds
// has had the rates of a run that knew it from the start.
func TestCosineHoldsUntilTheTotalIsKnown(t *testing.T) {
	known := Cosine{Base: 1, Warmup: 5, Hold: 0.1, Total: 1000}
	unknown := Cosine{Base: 1, Warmup: 5, Hold: 0.1}
	for step := range 101 {
		if a, b := known.At(step), unknown.At(step); a != b {
			t.Errorf("step %d: %v when the total is known, %v when not", step, a, b)
		}
	}
	if known.At(101) >= 1 {
		t.Error("the rate does not fall after the hold")
	}
}
