package network

import (
	"fmt"
	"strconv"

	"ebb/engine/autograd"
	"ebb/engine/nn"
)

// part is a place in the tree of parameter names at which a piece is built.
type part struct {
	c     *UNetConfig
	b     *nn.Builder // of the place itself
	outer *nn.Builder // of the list it stands in
	index string      // its index there
	name  string
}

// item is element i of the list called name at p.
func (p part) item(name string, i int) part {
	full := fmt.Sprintf("%s.%d", name, i)
	if p.name != "" {
		full = p.name + "." + full
	}
	return part{c: p.c, b: p.b.At(name, i), outer: p.b.At(name), index: strconv.Itoa(i), name: full}
}

// pass is one forward pass.
type pass struct {
	t     *autograd.Tape
	e     *autograd.Var   // (N,E), time and class embedding after SiLU
	skips []*autograd.Var // of the way down, taken off on the way up
	trace func(name string, y *autograd.Var)
}

// next releases x, which y has replaced.
func (f *pass) next(x, y *autograd.Var) *autograd.Var {
	f.t.Release(x)
	return y
}

// divide is x * scale, in place of x.
func (f *pass) divide(x *autograd.Var, scale float32) *autograd.Var {
	if scale == 1 {
		return x
	}
	return f.next(x, f.t.Scale(x, scale))
}

// block runs f, a part of the network, on x and its skip (nil for none), as a
// Checkpoint of the tape.
func (f *pass) block(part func(f *pass, x, skip *autograd.Var) *autograd.Var, x, skip *autograd.Var) *autograd.Var {
	// Without a middle, the first block on the way up joins a state with itself:
	// one input, so that its gradient is summed in one order.
	itself := x == skip
	if itself {
		skip = nil
	}
	return f.t.Checkpoint(func(in []*autograd.Var) *autograd.Var {
		inner := &pass{t: f.t, e: in[1], trace: f.trace}
		if itself {
			return part(inner, in[0], in[0])
		}
		return part(inner, in[0], in[2])
	}, x, f.e, skip)
}

// see shows y, the output of the named module, to the tracer.
func (f *pass) see(name string, y *autograd.Var) *autograd.Var {
	if f.trace != nil {
		f.trace(name, y)
	}
	return y
}

// downBlock is one level on the way down: resnets, each with attention behind it
// or not, and a convolution of stride 2 after all but the last level. What each
// of them gives is kept for the way up.
type downBlock struct {
	name       string
	resnets    []*resnet
	attentions []*attention // none, or one for each resnet
	down       *nn.Conv2D   // nil on the last level
}

func newDownBlock(p part, in, out int, attends, last bool) *downBlock {
	d := &downBlock{name: p.name}
	for i := range p.c.LayersPerBlock {
		if attends {
			d.attentions = append(d.attentions, newAttention(p.item("attentions", i), out, p.c.NormGroups, 1))
		}
		d.resnets = append(d.resnets, newResnet(p.item("resnets", i), in, out, 1))
		in = out
	}
	if !last {
		d.down = p.b.At("downsamplers", 0).Conv2D("conv", out, out, 3)
		d.down.Geometry = autograd.Padded(2, 1)
		if p.c.DownsamplePadding == 0 {
			d.down.Geometry = autograd.Geometry{Stride: 2, PadBottom: 1, PadRight: 1}
		}
	}
	return d
}

// forward: x (N,H,W,C) -> y (N,H/2,W/2,O), (N,H,W,O) on the last level. Its
// input is the last skip, so it is not released.
func (d *downBlock) forward(f *pass, x *autograd.Var) *autograd.Var {
	for i, r := range d.resnets {
		x = f.block(func(f *pass, x, _ *autograd.Var) *autograd.Var {
			x = r.forward(f, x, nil)
			if d.attentions != nil {
				x = f.next(x, d.attentions[i].forward(f, x))
			}
			return x
		}, x, nil)
		f.skips = append(f.skips, x)
	}
	if d.down != nil {
		x = d.down.Forward(f.t, x)
		f.skips = append(f.skips, x)
	}
	return f.see(d.name, x)
}

// midBlock stands at the lowest resolution: resnet, attention, resnet.
type midBlock struct {
	first, second *resnet
	attention     *attention // nil for none
}

func newMidBlock(p part, ch int) *midBlock {
	m := &midBlock{}
	if p.c.AddAttention {
		m.attention = newAttention(p.item("attentions", 0), ch, p.c.midGroups(), p.c.MidScale)
	}
	m.first = newResnet(p.item("resnets", 0), ch, ch, p.c.MidScale)
	m.second = newResnet(p.item("resnets", 1), ch, ch, p.c.MidScale)
	return m
}

// forward: x (N,H,W,C) -> y (N,H,W,C). Its input is the last skip, so it is not
// released.
func (m *midBlock) forward(f *pass, x *autograd.Var) *autograd.Var {
	return f.see("mid_block", f.block(func(f *pass, x, _ *autograd.Var) *autograd.Var {
		x = m.first.forward(f, x, nil)
		if m.attention != nil {
			x = f.next(x, m.attention.forward(f, x))
		}
		return f.next(x, m.second.forward(f, x, nil))
	}, x, nil))
}

// upBlock is one level on the way up: resnets on the state joined with a skip,
// each with attention behind it or not, then twice the size and a convolution on
// all but the last level.
type upBlock struct {
	name       string
	resnets    []*resnet
	attentions []*attention // none, or one for each resnet
	up         *nn.Conv2D   // nil on the last level
}

// newUpBlock: in channels come from below; the skips have out channels but for
// the last, which was the input of this level on the way down and has skip.
func newUpBlock(p part, in, skip, out int, attends, last bool) *upBlock {
	u := &upBlock{name: p.name}
	layers := p.c.LayersPerBlock + 1
	for i := range layers {
		joined := in + out
		if i == layers-1 {
			joined = in + skip
		}
		if attends {
			u.attentions = append(u.attentions, newAttention(p.item("attentions", i), out, p.c.NormGroups, 1))
		}
		u.resnets = append(u.resnets, newResnet(p.item("resnets", i), joined, out, 1))
		in = out
	}
	if !last {
		u.up = p.b.At("upsamplers", 0).Conv2D("conv", out, out, 3)
	}
	return u
}

// forward: x (N,H,W,C) -> y (N,2H,2W,O), (N,H,W,O) on the last level. It
// releases x and the skips that it takes.
func (u *upBlock) forward(f *pass, x *autograd.Var) *autograd.Var {
	for i, r := range u.resnets {
		top := len(f.skips) - 1
		skip := f.skips[top]
		f.skips = f.skips[:top]
		x = f.block(func(f *pass, x, skip *autograd.Var) *autograd.Var {
			x = f.next(x, r.forward(f, x, skip))
			f.t.Release(skip)
			if u.attentions != nil {
				x = f.next(x, u.attentions[i].forward(f, x))
			}
			return x
		}, x, skip)
	}
	if u.up != nil {
		x = f.next(x, f.t.Upsample2(x))
		x = f.next(x, u.up.Forward(f.t, x))
	}
	return f.see(u.name, x)
}
