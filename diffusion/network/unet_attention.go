package network

import (
	"ebb/engine/autograd"
	"ebb/engine/nn"
)

// attention lets every pixel look at every other, with a residual sum around:
//
//	y = (x + to_out(attention(to_q(h), to_k(h), to_v(h)))) / divide,  h = norm(x)
type attention struct {
	name  string
	norm  *nn.GroupNorm // nil for none
	self  *nn.SelfAttention
	scale float32 // 1/divide
}

func newAttention(p part, ch, groups int, divide float64) *attention {
	a := &attention{name: p.name, scale: float32(1 / divide)}
	if groups > 0 {
		a.norm = p.b.GroupNorm("group_norm", ch, groups, float32(p.c.NormEps))
	}
	a.self = p.outer.SelfAttention(p.index, ch, p.c.heads(ch))
	return a
}

// forward: x (N,H,W,C) -> y (N,H,W,C). x is not released.
func (a *attention) forward(f *pass, x *autograd.Var) *autograd.Var {
	t := f.t
	h := x
	if a.norm != nil {
		h = a.norm.Forward(t, x)
	}
	flat := t.Reshape(h, x.Value.Dim(0), x.Value.Dim(1)*x.Value.Dim(2), x.Value.Dim(3))
	if a.norm != nil {
		t.Release(h)
	}
	flat = f.next(flat, a.self.Forward(t, flat))
	h = f.next(flat, t.Reshape(flat, x.Shape()...))
	y := t.Add(x, h)
	t.Release(h)
	return f.see(a.name, f.divide(y, a.scale))
}
