package network

import (
	"fmt"

	"ebb/engine/autograd"
	"ebb/engine/nn"
	"ebb/engine/rng"
)

// UNet denoises images: a way down through levels of half the size each, a
// middle, and a way up that joins what the way down kept (U-Net, arXiv
// 1505.04597; as a denoiser DDPM, arXiv 2006.11239, appendix B). Structure and
// parameter names are those of UNet2DModel in diffusers, so that its
// checkpoints load; images are (N,H,W,C) where diffusers has (N,C,H,W).
type UNet struct {
	Config UNetConfig
	// Trace, when set, is shown the output of each module during Forward under
	// its name in the checkpoint, as down_blocks.0.resnets.1. The value is valid
	// only during the call. Set it before Forward is used concurrently.
	Trace func(name string, y *autograd.Var)

	params  nn.Params
	time1   *nn.Linear
	time2   *nn.Linear
	classes *nn.Embedding // nil without labels
	convIn  *nn.Conv2D
	down    []*downBlock
	mid     *midBlock // nil for none
	up      []*upBlock
	normOut *nn.GroupNorm
	convOut *nn.Conv2D
}

// NewUNet builds the network with initial values from stream; conv_out is zero.
func NewUNet(config UNetConfig, stream rng.Stream) (*UNet, error) {
	return buildUNet(config, nn.NewBuilder(stream))
}

// BlankUNet builds the network with zeros, for weights to be loaded into.
func BlankUNet(config UNetConfig) (*UNet, error) { return buildUNet(config, nn.NewBlankBuilder()) }

func buildUNet(config UNetConfig, b *nn.Builder) (*UNet, error) {
	if err := config.Validate(); err != nil {
		return nil, err
	}
	u := &UNet{Config: config}
	c, ch := &u.Config, config.BlockOutChannels
	root := part{c: c, b: b}
	n, last := len(ch), len(ch)-1

	u.convIn = b.Conv2D("conv_in", c.InChannels, ch[0], 3)
	u.time1 = b.At("time_embedding").Linear("linear_1", ch[0], c.timeDim())
	u.time2 = b.At("time_embedding").Linear("linear_2", c.timeDim(), c.timeDim())
	if c.Classes != nil {
		u.classes = b.Embedding("class_embedding", *c.Classes, c.timeDim())
	}
	for i, kind := range c.DownBlocks {
		u.down = append(u.down, newDownBlock(root.item("down_blocks", i), ch[max(i-1, 0)], ch[i], kind == attnDownBlock2D, i == last))
	}
	if c.MidBlock != nil {
		u.mid = newMidBlock(part{c: c, b: b.At("mid_block"), name: "mid_block"}, ch[last])
	}
	for i, kind := range c.UpBlocks {
		level := n - 1 - i
		u.up = append(u.up, newUpBlock(root.item("up_blocks", i),
			ch[min(level+1, last)], ch[max(level-1, 0)], ch[level], kind == attnUpBlock2D, i == last))
	}
	u.normOut = b.GroupNorm("conv_norm_out", ch[0], c.NormGroups, float32(c.NormEps))
	u.convOut = b.Conv2D("conv_out", ch[0], c.OutChannels, 3, nn.ZeroInit)
	u.params = b.Params()
	return u, nil
}

// Params are the network's parameters, in the order of diffusers' modules.
func (u *UNet) Params() nn.Params { return u.params }

// Forward: x (N,H,W,C)  time (N), timesteps  labels (N), or nil for a network
// without classes -> y (N,H,W,O). A negative label stands for no class: it adds
// nothing to the time embedding. H and W must satisfy [UNetConfig.CheckSize].
func (u *UNet) Forward(t *autograd.Tape, x *autograd.Var, time []float64, labels []int32) *autograd.Var {
	u.check(x, time, labels)
	if !t.Training() && u.Trace == nil {
		if some := u.imagesAtOnce(x); some < len(time) {
			return u.inPieces(t, x, time, labels, some)
		}
	}
	return u.forward(t, x, time, labels)
}

// forward is Forward of all images at once.
func (u *UNet) forward(t *autograd.Tape, x *autograd.Var, time []float64, labels []int32) *autograd.Var {
	f := &pass{t: t, trace: u.Trace}
	f.e = u.embed(f, time, labels)
	h := u.center(t, x)
	y := f.see("conv_in", u.convIn.Forward(t, h))
	if h != x {
		t.Release(h)
	}
	f.skips = append(f.skips, y)
	for _, d := range u.down {
		y = d.forward(f, y)
	}
	if u.mid != nil {
		y = u.mid.forward(f, y)
	}
	for _, b := range u.up {
		y = b.forward(f, y)
	}
	t.Release(f.e)
	if f.trace != nil {
		norm := u.normOut.Forward(t, y)
		f.see("conv_norm_out", norm)
		t.Release(norm)
	}
	y = f.next(y, u.normOut.ForwardSiLU(t, y))
	return f.see("conv_out", f.next(y, u.convOut.Forward(t, y)))
}

// embed gives SiLU(time embedding + class embedding), (N,E).
func (u *UNet) embed(f *pass, time []float64, labels []int32) *autograd.Var {
	t, dim := f.t, u.Config.BlockOutChannels[0]
	waves := t.New(len(time), dim)
	nn.TimeEmbedding(t.Pool(), waves.Data, time, dim, u.Config.FlipSinToCos, float64(u.Config.FreqShift), 10000)
	e := f.see("time_proj", t.Const(waves))
	e = f.next(e, u.time1.Forward(t, e))
	e = f.next(e, t.SiLU(e))
	e = f.see("time_embedding", f.next(e, u.time2.Forward(t, e)))
	if u.classes != nil {
		c := f.see("class_embedding", u.classes.Forward(t, labels))
		e = f.next(e, t.Add(e, c))
		t.Release(c)
	}
	return f.next(e, t.SiLU(e))
}

// center is 2x-1 where the configuration asks for it.
func (u *UNet) center(t *autograd.Tape, x *autograd.Var) *autograd.Var {
	if !u.Config.CenterSample {
		return x
	}
	minusOne := t.New(x.Value.Dim(0), x.Value.Dim(3))
	for i := range minusOne.Data {
		minusOne.Data[i] = -1
	}
	one := t.Const(minusOne)
	double := t.Scale(x, 2)
	y := t.AddRows(double, one)
	t.Release(double)
	t.Release(one)
	return y
}

// check panics for a batch that the network was not made for.
func (u *UNet) check(x *autograd.Var, time []float64, labels []int32) {
	c := &u.Config
	if x.Value.Rank() != 4 || x.Value.Dim(3) != c.InChannels {
		panic(fmt.Sprintf("network: UNet of %d channels: want x (N,H,W,C), got %v", c.InChannels, x))
	}
	if err := c.CheckSize(x.Value.Dim(1), x.Value.Dim(2)); err != nil {
		panic("network: " + err.Error())
	}
	want := x.Value.Dim(0)
	if c.Classes == nil {
		want = 0
	}
	if len(time) != x.Value.Dim(0) || len(labels) != want {
		panic(fmt.Sprintf("network: UNet: %d times and %d labels for x %v with %d classes", len(time), len(labels), x, deref(c.Classes, 0)))
	}
}
