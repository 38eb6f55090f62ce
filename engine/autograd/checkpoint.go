package autograd

import "ebb/engine/tensor"

// Checkpoint is f(inputs), of which a tape of thrift BlocksTwice keeps nothing
// but the inputs and the result: f runs without being recorded, and Backward runs
// it again, recorded, when its turn comes (gradient checkpointing, Chen et al.,
// Training Deep Nets with Sublinear Memory Cost, arXiv 1604.06174). Other tapes
// just call f. Values and gradients are the same bits either way: gradients that
// the inputs have by then go into the second run and are added to there, in the
// order of a run that was recorded at once.
//
// f must be a function of the inputs and of parameters alone, and every input
// that wants a gradient must be among inputs. It may release them if the caller
// does not use them afterwards.
func (t *Tape) Checkpoint(f func(inputs []*Var) *Var, inputs ...*Var) *Var {
	if !t.training || t.Thrift < BlocksTwice {
		return f(inputs)
	}
	reads(inputs...)
	again := t.aliases(inputs)
	t.training = false
	y := f(again)
	t.training = true
	t.dropAliases(again, inputs)
	v := t.record(y.Value, func(dy *tensor.Tensor) { t.replay(f, inputs, dy) }, inputs...)
	v.needs = true // of a parameter in f, if not of an input
	return v
}

// replay runs f recorded, and then its derivative at dy.
func (t *Tape) replay(f func(inputs []*Var) *Var, inputs []*Var, dy *tensor.Tensor) {
	again, first := t.aliases(inputs), len(t.nodes)
	for i, x := range inputs {
		if again[i] != x {
			again[i].Grad, x.Grad = x.Grad, nil
		}
	}
	y := f(again)
	t.Pass(y, dy)
	t.unwind(first, nil)
	for i, x := range inputs {
		if again[i] != x && again[i].Grad != nil {
			t.Accumulate(x, again[i].Grad)
		}
	}
	t.dropAliases(again, inputs)
}

// aliases are variables of the values of xs, so that what f does to its inputs
// is not done to them. Parameters stand for themselves.
func (t *Tape) aliases(xs []*Var) []*Var {
	out := make([]*Var, len(xs))
	for i, x := range xs {
		if out[i] = x; x != nil && !x.leaf {
			out[i] = t.newVar(x.Value)
			out[i].needs = x.needs
			t.arena.retain(x.Value)
		}
	}
	return out
}

func (t *Tape) dropAliases(again, xs []*Var) {
	for i, x := range xs {
		if again[i] != x {
			t.arena.drop(again[i].Value)
		}
	}
}
