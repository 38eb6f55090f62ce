package network

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// readConfig is what a config.json means.
func readConfig(t *testing.T, name string) UNetConfig {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("testdata", name))
	if err != nil {
		t.Fatal(err)
	}
	c := DefaultUNet()
	if err := json.Unmarshal(text, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

// tiny is a UNet of a few thousand parameters that has every kind of part.
func tiny(change func(c *UNetConfig)) UNetConfig {
	c := DefaultUNet()
	head, classes := 4, 3
	c.InChannels, c.OutChannels, c.SampleSize = 2, 2, Size{8, 8}
	c.DownBlocks = []string{"DownBlock2D", "AttnDownBlock2D"}
	c.UpBlocks = []string{"AttnUpBlock2D", "UpBlock2D"}
	c.BlockOutChannels, c.LayersPerBlock, c.NormGroups = []int{4, 8}, 1, 2
	c.HeadDim, c.Classes = &head, &classes
	if change != nil {
		change(&c)
	}
	return c
}

// variants are the ways in which the parts differ.
var variants = map[string]func(c *UNetConfig){
	"default": nil,
	"scale and shift": func(c *UNetConfig) {
		c.TimeScaleShift = "scale_shift"
	},
	"pad below, centred, one head, divided middle": func(c *UNetConfig) {
		c.DownsamplePadding, c.CenterSample, c.HeadDim, c.MidScale = 0, true, nil, 1.5
	},
	"no attention, no classes": func(c *UNetConfig) {
		c.AddAttention, c.Classes = false, nil
		c.DownBlocks, c.UpBlocks = []string{"DownBlock2D", "DownBlock2D"}, []string{"UpBlock2D", "UpBlock2D"}
	},
	"no middle, norm groups of its own": func(c *UNetConfig) {
		groups := 4
		c.MidBlock, c.AttnNormGroups = nil, &groups
	},
}

func newTiny(t testing.TB, change func(c *UNetConfig)) *UNet {
	t.Helper()
	u, err := NewUNet(tiny(change), rng.New(1, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	shake(u.Params())
	return u
}

// shake draws every parameter near its usual size, the zeros and ones too.
func shake(params nn.Params) {
	s := rng.New(7, rng.Init)
	for k, p := range params {
		noise := make([]float32, p.Value().Len())
		s.Normals32(noise, uint64(k), 0)
		for i := range noise {
			p.Value().Data[i] += 0.2 * noise[i]
		}
	}
}

// batch makes images of n rows, their times and labels.
func batch(c UNetConfig, n int) (*tensor.Tensor, []float64, []int32) {
	x := tensor.New(n, c.SampleSize.H, c.SampleSize.W, c.InChannels)
	time := make([]float64, n)
	var labels []int32
	per := x.Len() / n
	for i := range n {
		rng.New(3, rng.Noise).Normals32(x.Data[i*per:(i+1)*per], 0, uint64(i))
		time[i] = float64(i*371%1000) + 0.25
		if c.Classes != nil {
			labels = append(labels, int32(i%*c.Classes))
		}
	}
	return x, time, labels
}

// The parameters of the published configurations are as many as PyTorch has.
func TestUNetParameterCounts(t *testing.T) {
	for name, want := range map[string]int{
		"bench_small.json": 1_623_169, "bench_base.json": 6_472_195, "bench_cifar.json": 35_746_307,
	} {
		u, err := NewUNet(readConfig(t, name), rng.New(0, rng.Init))
		if err != nil {
			t.Fatal(err)
		}
		if got := u.Params().Count(); got != want {
			t.Errorf("%s has %d parameters, want %d", name, got, want)
		}
	}
}

// The gradient of a loss with respect to all parameters at once, along a random
// direction, is the difference quotient of the loss.
func TestUNetGradient(t *testing.T) {
	for name, change := range variants {
		u := newTiny(t, change)
		x, time, labels := batch(u.Config, 3)
		target := tensor.New(3, 8, 8, 2)
		rng.New(5, rng.Noise).Normals32(target.Data, 0, 0)
		loss := func(t *autograd.Tape) *autograd.Var {
			return t.MSE(u.Forward(t, t.Const(x), time, labels), target, nil)
		}
		checkGradient(t, name, u.Params(), loss)
	}
}

// A network from scratch says nothing, whatever it is asked.
func TestUNetStartsAtZero(t *testing.T) {
	u, err := NewUNet(tiny(nil), rng.New(1, rng.Init))
	if err != nil {
		t.Fatal(err)
	}
	x, time, labels := batch(u.Config, 2)
	tape := autograd.NewInference(nil)
	for i, v := range u.Forward(tape, tape.Const(x), time, labels).Value.Data {
		if v != 0 {
			t.Fatalf("output %d is %g", i, v)
		}
	}
}

// Row i alone is row i of a batch, with any number of threads; inference leaves
// nothing in the arena but the output.
func TestUNetRowsAndRelease(t *testing.T) {
	pool := parallel.New(3)
	defer pool.Close()
	for name, change := range variants {
		u := newTiny(t, change)
		x, time, labels := batch(u.Config, 3)
		checkRows(t, name, pool, 3, func(tape *autograd.Tape, lo, hi int) *autograd.Var {
			part := labels
			if labels != nil {
				part = labels[lo:hi]
			}
			return u.Forward(tape, tape.Const(rowsOf(x, lo, hi)), time[lo:hi], part)
		})
	}
}

// The same of a batch so large that inference takes it in pieces.
func TestUNetInPieces(t *testing.T) {
	pool := parallel.New(3)
	defer pool.Close()
	for _, name := range []string{"default", "no attention, no classes"} {
		u := newTiny(t, variants[name])
		x, time, labels := batch(u.Config, 50)
		if once := u.imagesAtOnce(autograd.NewInference(nil).Const(x)); 2*once >= 50 || 50%once == 0 {
			t.Fatalf("%s: pieces of %d images are no test with a batch of 50", name, once)
		}
		checkRows(t, name, pool, 50, func(tape *autograd.Tape, lo, hi int) *autograd.Var {
			part := labels
			if labels != nil {
				part = labels[lo:hi]
			}
			return u.Forward(tape, tape.Const(rowsOf(x, lo, hi)), time[lo:hi], part)
		})
	}
}

// Time, label and every input channel reach the output; no label is not label 0.
func TestUNetInputsMatter(t *testing.T) {
	u := newTiny(t, nil)
	x, time, labels := batch(u.Config, 1)
	run := func(x *tensor.Tensor, time float64, label int32) []float32 {
		tape := autograd.NewInference(nil)
		return u.Forward(tape, tape.Const(x), []float64{time}, []int32{label}).Value.Data
	}
	base := run(x, time[0], labels[0])
	other := x.Clone()
	other.Data[1]++
	for name, got := range map[string][]float32{
		"time": run(x, time[0]+1, labels[0]), "label": run(x, time[0], 1), "no label": run(x, time[0], -1), "x": run(other, time[0], labels[0]),
	} {
		if sameBits(base, got) {
			t.Errorf("the output does not depend on the %s", name)
		}
	}
}

func TestUNetConfigErrors(t *testing.T) {
	for want, change := range map[string]func(c *UNetConfig){
		"time_embedding_type":               func(c *UNetConfig) { c.TimeEmbedding = "fourier" },
		"act_fn":                            func(c *UNetConfig) { c.ActFn = "gelu" },
		"downsample_type":                   func(c *UNetConfig) { c.DownsampleType = "resnet" },
		"class_embed_type":                  func(c *UNetConfig) { s := "timestep"; c.ClassEmbedType = &s },
		"mid_block_type":                    func(c *UNetConfig) { s := "UNetMidBlock2DCrossAttn"; c.MidBlock = &s },
		"down_block_types[1]":               func(c *UNetConfig) { c.DownBlocks[1] = "SkipDownBlock2D" },
		"up_block_types[0]":                 func(c *UNetConfig) { c.UpBlocks[0] = "ResnetUpsampleBlock2D" },
		"in_channels is 0":                  func(c *UNetConfig) { c.InChannels = 0 },
		"num_class_embeds is -1":            func(c *UNetConfig) { *c.Classes = -1 },
		"multiple of norm_num_groups":       func(c *UNetConfig) { c.NormGroups = 3 },
		"multiple of attention_head_dim":    func(c *UNetConfig) { *c.HeadDim = 3 },
		"multiple of attn_norm_num_groups":  func(c *UNetConfig) { g := 3; c.AttnNormGroups = &g },
		"1 block_out_channels":              func(c *UNetConfig) { c.BlockOutChannels = []int{4} },
		"freq_shift is 2":                   func(c *UNetConfig) { c.FreqShift = 2 },
		"downsample_padding":                func(c *UNetConfig) { c.DownsamplePadding = 2 },
		"norm_eps 0":                        func(c *UNetConfig) { c.NormEps = 0 },
		"make both sides multiples of 2":    func(c *UNetConfig) { c.SampleSize = Size{8, 9} },
		"time embedding needs at least 4":   func(c *UNetConfig) { c.BlockOutChannels[0] = 2 },
		"layers_per_block is 0, it must be": func(c *UNetConfig) { c.LayersPerBlock = 0 },
	} {
		_, err := NewUNet(tiny(change), rng.New(0, rng.Init))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v does not say %q", err, want)
		}
	}
}

// sample_size is a number, a pair or null, and is written as it was read.
func TestSizeInJSON(t *testing.T) {
	for text, want := range map[string]Size{"32": {32, 32}, "[16,32]": {16, 32}, "null": {}} {
		var s Size
		if err := json.Unmarshal([]byte(text), &s); err != nil || s != want {
			t.Errorf("%s is %v, %v", text, s, err)
		}
		if back, _ := json.Marshal(s); string(back) != text {
			t.Errorf("%s is written as %s", text, back)
		}
	}
	var s Size
	if err := json.Unmarshal([]byte(`"32"`), &s); err == nil || !strings.Contains(err.Error(), "sample_size") {
		t.Errorf("a string as size: %v", err)
	}
}

func TestUNetMisusePanics(t *testing.T) {
	u := newTiny(t, nil)
	x, time, labels := batch(u.Config, 2)
	for want, run := range map[string]func(tape *autograd.Tape){
		"want x (N,H,W,C)": func(tape *autograd.Tape) { u.Forward(tape, tape.Const(tensor.New(2, 8, 8, 3)), time, labels) },
		"do not halve":     func(tape *autograd.Tape) { u.Forward(tape, tape.Const(tensor.New(2, 8, 7, 2)), time, labels) },
		"1 times":          func(tape *autograd.Tape) { u.Forward(tape, tape.Const(x), time[:1], labels) },
		"0 labels":         func(tape *autograd.Tape) { u.Forward(tape, tape.Const(x), time, nil) },
	} {
		func() {
			defer func() {
				if got, _ := recover().(string); !strings.Contains(got, want) {
					t.Errorf("panic %q does not say %q", got, want)
				}
			}()
			run(autograd.NewInference(nil))
		}()
	}
}
