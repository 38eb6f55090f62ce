package optim

import (
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
)

// AdamW is Adam with decoupled weight decay (Decoupled Weight Decay
// Regularization, arXiv 1711.05101, algorithm 2, in PyTorch's parametrisation):
//
//	m ← β1 m + (1-β1) g        v ← β2 v + (1-β2) g²
//	w ← w - lr·decay·w - lr · m/(1-β1^k) / (√(v/(1-β2^k)) + eps),  k = step + 1
//
// Parameters marked NoDecay do not decay.
type AdamW struct {
	Beta1, Beta2, Eps, WeightDecay float32

	params nn.Params
	m, v   [][]float32
}

// NewAdamW prepares the update of params with Beta1 0.9, Beta2 0.999, Eps 1e-8
// and no decay; the fields may be set before the first step. The moments start
// at zero.
func NewAdamW(params nn.Params) *AdamW {
	a := &AdamW{Beta1: 0.9, Beta2: 0.999, Eps: 1e-8, params: params}
	for _, p := range params {
		a.m = append(a.m, make([]float32, p.Value().Len()))
		a.v = append(a.v, make([]float32, p.Value().Len()))
	}
	return a
}

// Update says how one step of an optimizer is to be taken.
type Update struct {
	Step  int     // steps taken before this one
	LR    float64 // learning rate
	Scale float32 // factor on every gradient, from ClipScale
}

// Update takes one step along the gradients, which it leaves as they are. A
// parameter whose gradient was never made is left alone.
func (a *AdamW) Update(p *parallel.Pool, u Update) {
	k := kernel.AdamW{
		LR: float32(u.LR), Beta1: a.Beta1, Beta2: a.Beta2, Eps: a.Eps,
		Step: u.Step + 1, GradScale: u.Scale,
	}
	for i, param := range a.params {
		if param.Var.Grad == nil {
			continue
		}
		k.WeightDecay = a.WeightDecay
		if param.NoDecay {
			k.WeightDecay = 0
		}
		k.Update(p, param.Value().Data, a.m[i], a.v[i], param.Var.Grad.Data)
	}
}

// Slots are the moments, named adamw.m.NAME and adamw.v.NAME.
func (a *AdamW) Slots() []Slot {
	var slots []Slot
	for i, p := range a.params {
		slots = append(slots, Slot{"adamw.m." + p.Name, a.m[i]}, Slot{"adamw.v." + p.Name, a.v[i]})
	}
	return slots
}
