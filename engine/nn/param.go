package nn

import (
	"ebb/engine/autograd"
	"ebb/engine/tensor"
)

// Param is a trained tensor with a name.
type Param struct {
	Name    string // dotted, as PyTorch names it
	Var     *autograd.Var
	Layout  Layout // how a checkpoint stores it
	NoDecay bool   // weight decay leaves it alone: biases and norms
}

// Value is the parameter's tensor.
func (p *Param) Value() *tensor.Tensor { return p.Var.Value }

// v is the variable of an optional parameter.
func (p *Param) v() *autograd.Var {
	if p == nil {
		return nil
	}
	return p.Var
}

// Params are the parameters of a network in the order in which it made them.
type Params []*Param

// ByName finds a parameter, or returns nil.
func (ps Params) ByName(name string) *Param {
	for _, p := range ps {
		if p.Name == name {
			return p
		}
	}
	return nil
}

// Count is how many numbers the parameters hold together.
func (ps Params) Count() int {
	n := 0
	for _, p := range ps {
		n += p.Var.Value.Len()
	}
	return n
}

// ZeroGrad sets the gradient of every parameter to zero.
func (ps Params) ZeroGrad() {
	for _, p := range ps {
		p.Var.ZeroGrad()
	}
}
