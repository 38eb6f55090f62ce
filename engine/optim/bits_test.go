package optim

import (
	"hash/fnv"
	"math"
	"testing"

	"ebb/engine/autograd"
	"ebb/engine/kernel"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/rng"
	"ebb/engine/tensor"
)

// little is a network with every kind of layer.
type little struct {
	params      nn.Params
	first, down *nn.Conv2D
	last        *nn.Conv2D
	norm        *nn.GroupNorm
	time        *nn.Linear
	label       *nn.Embedding
	attention   *nn.SelfAttention
	rows        *nn.LayerNorm
	width       int
}

func newLittle() *little {
	const width = 16
	b := nn.NewBuilder(rng.New(3, rng.Init))
	l := &little{
		first: b.Conv2D("first", 3, width, 3), down: b.Conv2D("down", width, width, 3),
		norm: b.GroupNorm("norm", width, 4, 1e-5), time: b.Linear("time", width, width),
		label: b.Embedding("label", 5, width), attention: b.SelfAttention("attention", width, 2),
		rows: b.LayerNorm("rows", width, 1e-5), last: b.Conv2D("last", 2*width, 3, 3),
		width: width,
	}
	l.down.Geometry = autograd.Geometry{Stride: 2, PadBottom: 1, PadRight: 1}
	l.params = b.Params()
	return l
}

// forward: x (N,8,8,3) -> y (N,8,8,3).
func (l *little) forward(t *autograd.Tape, x *autograd.Var, times []float64, labels []int32) *autograd.Var {
	n := x.Value.Dim(0)
	waves := t.New(n, l.width)
	nn.TimeEmbedding(t.Pool(), waves.Data, times, l.width, true, 0, 10000)
	e := t.Add(l.time.Forward(t, t.SiLU(t.Const(waves))), l.label.Forward(t, labels))
	skip := l.first.ForwardShift(t, x, e)
	h := l.down.Forward(t, l.norm.ForwardSiLU(t, skip))
	flat := t.Reshape(h, n, 16, l.width)
	flat = t.Add(flat, l.attention.Forward(t, l.rows.ForwardSiLU(t, flat)))
	flat = t.ScaleShift(flat, e, e)
	h = t.Upsample2(t.Reshape(flat, n, 4, 4, l.width))
	return l.last.Forward(t, t.Concat(h, skip))
}

// trainLittle takes four steps and hashes the weights and their average.
func trainLittle(p *parallel.Pool) uint64 {
	const n = 9
	net := newLittle()
	adam, ema := NewAdamW(net.params), NewEMA(net.params, 0.999)
	adam.WeightDecay = 0.01
	rate := Cosine{Base: 1e-2, Warmup: 2, Total: 6}
	tape := autograd.New(p)
	noise := rng.New(3, rng.Noise)
	for step := range 4 {
		x, target := tape.New(n, 8, 8, 3), tape.New(n, 8, 8, 3)
		noise.Normals32(x.Data, uint64(step), 0)
		noise.Normals32(target.Data, uint64(step), 1)
		times, labels := make([]float64, n), make([]int32, n)
		for i := range n {
			times[i], labels[i] = float64(100*i+step), int32((i+step)%5)
		}
		tape.Backward(tape.MSE(net.forward(tape, tape.Const(x), times, labels), target, nil))
		scale := ClipScale(GradNorm(p, net.params), 0.5)
		adam.Update(p, Update{Step: step, LR: rate.At(step), Scale: scale})
		ema.Update(p, step)
		net.params.ZeroGrad()
		tape.Reset()
	}
	h := fnv.New64a()
	for i, param := range net.params {
		for j, w := range param.Value().Data {
			a := math.Float32bits(ema.Slots()[i].Data[j])
			b := math.Float32bits(w)
			h.Write([]byte{byte(a), byte(a >> 8), byte(a >> 16), byte(a >> 24), byte(b), byte(b >> 8), byte(b >> 16), byte(b >> 24)})
		}
	}
	return h.Sum64()
}

// TestTrainingGivesTheSameBitsEverywhere trains a network with every kind of
// layer on each instruction set of this machine and each number of threads. (The
// log of -v compares machines: amd64 and arm64 under qemu agreed.)
func TestTrainingGivesTheSameBitsEverywhere(t *testing.T) {
	want := trainLittle(nil)
	t.Logf("weights %#x: compare between machines", want)
	for _, isa := range kernel.ISAs() {
		restore := kernel.ForceISA(isa)
		for threads := 1; threads <= 3; threads++ {
			p := parallel.New(threads)
			if got := trainLittle(p); got != want {
				t.Errorf("%v, %d threads: weights %x, want %x", isa, threads, got, want)
			}
			p.Close()
		}
		restore()
	}
}

// TestTrainingLearns: the same network fits four fixed images to a small part of
// their variance of 1.
func TestTrainingLearns(t *testing.T) {
	const n = 4
	net := newLittle()
	adam := NewAdamW(net.params)
	tape := autograd.New(nil)
	noise := rng.New(3, rng.Noise)
	x, target := tensor.New(n, 8, 8, 3), tensor.New(n, 8, 8, 3)
	noise.Normals32(x.Data, 0, 0)
	noise.Normals32(target.Data, 0, 1)
	var loss float32
	for step := range 150 {
		v := tape.MSE(net.forward(tape, tape.Const(x), []float64{0, 1, 2, 3}, []int32{0, 1, 2, 3}), target, nil)
		loss = v.Value.Data[0]
		tape.Backward(v)
		adam.Update(nil, Update{Step: step, LR: 2e-2, Scale: 1})
		net.params.ZeroGrad()
		tape.Reset()
	}
	if !(loss < 0.1) {
		t.Errorf("loss %v after 150 steps, want below 0.1", loss)
	}
}
