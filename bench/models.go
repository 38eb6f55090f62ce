package bench

import (
	"embed"
	"fmt"

	"ebb/diffusion/denoise"
	"ebb/diffusion/network"
	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/optim"
	"ebb/engine/rng"
	"ebb/engine/tensor"
	"ebb/model"
	"ebb/model/diffusers"
)

//go:embed peers/bench_small.json peers/bench_base.json peers/bench_cifar.json
var configs embed.FS

// Task is what a model does: a whole training step, or one pass without
// gradients.
type Task string

const (
	Train Task = "train"
	Infer Task = "infer"
)

// Model is a network at a task, which others can be asked to do too.
type Model struct {
	Net   string // bench_small, bench_base, bench_cifar: a UNet; or mlp
	Task  Task
	Batch int
}

// modelCases are whole models. latency is inference of one picture alone, what
// a sampler does when one is wanted.
func modelCases() []Case {
	var cases []Case
	add := func(name string, m Model) {
		cases = append(cases, Case{Name: name, Batch: m.Batch, model: &m, work: m.work})
	}
	for _, task := range []Task{Train, Infer} {
		add(string(task)+"/bench_small", Model{"bench_small", task, 64})
		add(string(task)+"/bench_base", Model{"bench_base", task, 64})
		add(string(task)+"/bench_cifar", Model{"bench_cifar", task, 32})
		add(string(task)+"/mlp_1024", Model{mlp, task, 1024})
		add(string(task)+"/mlp_4096", Model{mlp, task, 4096})
	}
	add("latency/bench_small", Model{"bench_small", Infer, 1})
	return cases
}

// mlp names the network of tables.
const mlp = "mlp"

// mlpConfig is that of bench/peers/mlp_torch.py: a row of 128 numbers.
func mlpConfig() network.MLPConfig {
	return network.MLPConfig{Numeric: 128, Width: 512, Hidden: 512, Blocks: 4, TimeWidth: 128}
}

// unet builds the model's UNet; its weights are the same each time.
func (m Model) unet() (*network.UNet, error) {
	text, err := configs.ReadFile("peers/" + m.Net + ".json")
	if err != nil {
		return nil, err
	}
	c, err := diffusers.ParseConfig(text)
	if err != nil {
		return nil, fmt.Errorf("%s.json: %w", m.Net, err)
	}
	u, err := network.NewUNet(c, rng.New(1, rng.Init))
	if err != nil {
		return nil, err
	}
	speak(u)
	return u, nil
}

// speak draws the weights of the last layer, which are zero in a new network: it
// would answer zero to everything, and its other gradients would be zero too.
func speak(n denoise.Network) {
	for i, p := range n.Params() {
		if p.Name == "conv_out.weight" || p.Name == "out.weight" {
			data := p.Value().Data
			rng.New(2, rng.Init).Normals32(data, uint64(i), 0)
			for j := range data {
				data[j] *= 0.02
			}
		}
	}
}

// subject is a network with a batch for it.
type subject struct {
	net   denoise.Network
	clock denoise.Clock
	x     *tensor.Tensor // (N, ..)
	flops float64        // of one forward pass of the batch
}

func (m Model) subject() (*subject, error) {
	if m.Net == mlp {
		net, err := network.NewMLP(mlpConfig(), rng.New(1, rng.Init))
		if err != nil {
			return nil, err
		}
		speak(net)
		return &subject{net: net, x: tensor.From(random(m.Batch*128), m.Batch, 128), flops: float64(m.Batch) * mlpFLOPs(net)}, nil
	}
	net, err := m.unet()
	if err != nil {
		return nil, err
	}
	c := net.Config
	shape := []int{m.Batch, c.SampleSize.H, c.SampleSize.W, c.InChannels}
	return &subject{net: net, clock: denoise.StepClock(1000), x: tensor.From(random(tensor.Size(shape)), shape...),
		flops: float64(m.Batch) * unetFLOPs(net)}, nil
}

// work makes the model ready for its task.
func (m Model) work(p *parallel.Pool) (*work, error) {
	return m.workOn(func(t *autograd.Tape) *autograd.Tape { return t }, p)
}

// workOn is work on tapes that set has changed.
func (m Model) workOn(set func(*autograd.Tape) *autograd.Tape, p *parallel.Pool) (*work, error) {
	s, err := m.subject()
	if err != nil {
		return nil, err
	}
	if m.Task == Infer {
		return s.infer(set(autograd.NewFrozen(p))), nil
	}
	return s.train(set(autograd.New(p)))
}

// infer is one pass over the batch without gradients, as a sampler makes many
// with the same weights.
func (s *subject) infer(tape *autograd.Tape) *work {
	times := make([]float64, s.x.Dim(0))
	for i := range times {
		times[i] = float64(i*37%1000) / 1000
	}
	s.clock.Read(times, times)
	run := func(f *Profile) {
		tape.Watch(f.watch())
		s.net.Forward(tape, tape.Const(s.x), times, nil)
		tape.Reset()
		f.lap("reset")
	}
	return &work{run: func() { run(nil) }, profile: run, flops: s.flops}
}

// train is a whole step: noise the batch, forward, mean squared error on the
// noise, backward, clip the gradient's norm at 1, AdamW.
func (s *subject) train(tape *autograd.Tape) (*work, error) {
	sch, err := model.NewSchedule("linear", 1000)
	if err != nil {
		return nil, err
	}
	objective := denoise.Objective{Sch: sch, Clock: s.clock, Steps: 1000}
	params := s.net.Params()
	p, adam, step := tape.Pool(), optim.NewAdamW(params), 0
	adam.WeightDecay = 0.01
	clock := make([]float64, s.x.Dim(0))
	run := func(f *Profile) {
		tape.Watch(f.watch())
		// What objective.Loss does, with the noise apart.
		noised := objective.Noise(tape, s.x, denoise.Draws{Seed: 1, Step: step})
		objective.Clock.Read(clock, noised.T)
		f.lap("noise")
		out := s.net.Forward(tape, tape.Const(noised.XT), clock, nil)
		tape.Backward(objective.Compare(tape, out, s.x, noised))
		norm := optim.GradNorm(p, params)
		f.lap("gradient norm")
		adam.Update(p, optim.Update{Step: step, LR: 1e-4, Scale: optim.ClipScale(norm, 1)})
		f.lap("AdamW")
		params.ZeroGrad()
		tape.Reset()
		f.lap("reset")
		step++
	}
	return &work{run: func() { run(nil) }, profile: run, flops: 3 * s.flops}, nil
}
