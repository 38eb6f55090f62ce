package network

import (
	"ebb/engine/autograd"
	"ebb/engine/nn"
)

// resnet is two convolutions, each after a norm and SiLU, with the time put in
// between and a residual sum around:
//
//	h = conv1(silu(norm1(x)))
//	default:      h = norm2(h + p)                        p = time_emb_proj(e)
//	scale_shift:  h = norm2(h) (1 + scale) + shift        (scale, shift) = p
//	y = (shortcut(x) + conv2(silu(h))) / divide
//
// (DDPM, arXiv 2006.11239, appendix B; scale_shift: Improved DDPM, arXiv
// 2102.09672.) In the default form p is the shift of conv1's own bias.
type resnet struct {
	name         string
	norm1, norm2 *nn.GroupNorm
	conv1, conv2 *nn.Conv2D
	time         *nn.Linear
	shortcut     *nn.Conv2D // 1x1, nil where the channels stay
	scaleShift   bool
	scale        float32 // 1/divide
}

func newResnet(p part, in, out int, divide float64) *resnet {
	b, c := p.b, p.c
	r := &resnet{name: p.name, scaleShift: c.TimeScaleShift == scaleShift, scale: float32(1 / divide)}
	r.norm1 = b.GroupNorm("norm1", in, c.NormGroups, float32(c.NormEps))
	r.conv1 = b.Conv2D("conv1", in, out, 3)
	width := out
	if r.scaleShift {
		width = 2 * out
	}
	r.time = b.Linear("time_emb_proj", c.timeDim(), width)
	r.norm2 = b.GroupNorm("norm2", out, c.NormGroups, float32(c.NormEps))
	r.conv2 = b.Conv2D("conv2", out, out, 3)
	if in != out {
		r.shortcut = b.Conv2D("conv_shortcut", in, out, 1)
	}
	return r
}

// forward: x (N,H,W,C)  skip (N,H,W,S), joined with x, or nil  e (N,E), the time
// embedding after SiLU -> y (N,H,W,O). x and skip are not released.
func (r *resnet) forward(f *pass, x, skip *autograd.Var) *autograd.Var {
	t := f.t
	var h *autograd.Var
	if skip != nil {
		h = r.norm1.ForwardJoinedSiLU(t, x, skip)
	} else {
		h = r.norm1.ForwardSiLU(t, x)
	}
	p := r.time.Forward(t, f.e)
	if r.scaleShift {
		h = f.next(h, r.conv1.Forward(t, h))
		h = f.next(h, r.norm2.Forward(t, h))
		h = f.next(h, r.modulate(t, h, p))
		h = f.next(h, t.SiLU(h))
	} else {
		h = f.next(h, r.conv1.ForwardShift(t, h, p))
		h = f.next(h, r.norm2.ForwardSiLU(t, h))
	}
	t.Release(p)
	y := r.around(t, x, skip)
	sum := f.next(h, r.conv2.ForwardAdd(t, h, y))
	if y != x {
		t.Release(y)
	}
	return f.see(r.name, f.divide(sum, r.scale))
}

// around is what goes past the convolutions: x, or its shortcut.
func (r *resnet) around(t *autograd.Tape, x, skip *autograd.Var) *autograd.Var {
	switch {
	case skip != nil:
		return r.shortcut.ForwardJoined(t, x, skip)
	case r.shortcut != nil:
		return r.shortcut.Forward(t, x)
	}
	return x
}

func (r *resnet) modulate(t *autograd.Tape, h, p *autograd.Var) *autograd.Var {
	o := h.Value.Dim(-1)
	scale, shift := t.SliceLast(p, 0, o), t.SliceLast(p, o, 2*o)
	y := t.ScaleShift(h, scale, shift)
	t.Release(scale)
	t.Release(shift)
	return y
}
