package model

import (
	"context"
	"fmt"

	"ebb/data"
	"ebb/data/image"
	"ebb/diffusion/denoise"
	"ebb/diffusion/network"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/autograd"
	"ebb/engine/kernel/parallel"
	"ebb/engine/nn"
	"ebb/engine/optim"
	"ebb/engine/rng"
)

// ImageConfig is the part of a configuration that only image models have.
type ImageConfig struct {
	Frame   image.Frame `yaml:"frame"`             // size, border and fill
	Flip    bool        `yaml:"flip"`              // half of the training pictures are mirrored
	Classes []Class     `yaml:"classes,omitempty"` // the model is conditional on them
	// LabelDrop is the share of training pictures whose class is hidden, so that the model
	// learns all classes together too, which guidance needs; 0.1 is usual.
	LabelDrop float64 `yaml:"label_drop,omitempty"`
	// ExactConv computes convolutions by their definition; otherwise most are by Winograd's
	// algorithm, which is about twice as fast and has about twice the rounding error.
	ExactConv bool               `yaml:"exact_conv,omitempty"`
	UNet      network.UNetConfig `yaml:"unet"`
}

// Class is a label of the training set.
type Class struct {
	Name  string `yaml:"name"`
	Count int    `yaml:"count"` // training pictures
}

// ImageModel generates pictures: a UNet that predicts x0 and the variance of the reverse step.
type ImageModel struct {
	Config *Config

	noising
	net  *network.UNet
	pool *parallel.Pool
}

// NewImageModel builds the model of a configuration with initial weights from its seed.
func NewImageModel(c *Config, pool *parallel.Pool) (*ImageModel, error) {
	return imageModel(c, pool, func() (*network.UNet, error) { return network.NewUNet(c.Image.UNet, rng.New(c.Seed, rng.Init)) })
}

func imageModel(c *Config, pool *parallel.Pool, net func() (*network.UNet, error)) (*ImageModel, error) {
	if c.Kind != KindImage || c.Image == nil {
		return nil, fmt.Errorf("model: the configuration is of kind %q, not %q", c.Kind, KindImage)
	}
	m := &ImageModel{Config: c, pool: pool}
	_, err := NewPrecision(c.Precision)
	if err != nil {
		return nil, err
	}
	if m.noising, err = newNoising(c.Process); err != nil {
		return nil, err
	}
	if err = c.checkUNet(); err != nil {
		return nil, err
	}
	m.net, err = net()
	return m, err
}

// checkUNet finds disagreements between the network and the rest of the configuration.
func (c *Config) checkUNet() error {
	u, f := &c.Image.UNet, c.Image.Frame
	out := f.C
	if c.Process.learnsVariance() {
		out *= 2
	}
	switch v := c.Process.Variance; {
	case !c.Process.learnsVariance() && v != varianceSmall && v != varianceLarge:
		return fmt.Errorf("model: there is no variance %q: choose one of %s, %s, %s, %s", v, varianceLearned, varianceDirect, varianceSmall, varianceLarge)
	case u.InChannels != f.C || u.OutChannels != out:
		return fmt.Errorf("model: unet has %d channels in and %d out; pictures of %d channels with variance %q need %d and %d",
			u.InChannels, u.OutChannels, f.C, c.Process.Variance, f.C, out)
	case (u.Classes == nil) != (len(c.Image.Classes) == 0), u.Classes != nil && *u.Classes < len(c.Image.Classes):
		return fmt.Errorf("model: unet's num_class_embeds does not fit the %d classes of the pictures", len(c.Image.Classes))
	}
	switch d := c.Image.LabelDrop; {
	case !(d >= 0 && d < 1):
		return fmt.Errorf("model: label_drop is %v: it is a share of the pictures, at least 0 and below 1; 0.1 is usual", d)
	case d > 0 && len(c.Image.Classes) == 0:
		return fmt.Errorf("model: label_drop is %v, but the pictures have no labels to drop", d)
	}
	return u.CheckSize(f.PaddedH(), f.PaddedW())
}

// Params are the network's weights.
func (m *ImageModel) Params() nn.Params { return m.net.Params() }

// Schedule is the noise schedule.
func (m *ImageModel) Schedule() schedule.Schedule { return m.sch }

// Shape is (H,W,C) of what the network sees.
func (m *ImageModel) Shape() []int {
	f := m.Config.Image.Frame
	return []int{f.PaddedH(), f.PaddedW(), f.C}
}

// clock is how the network reads time: as a step of all.
func (m *ImageModel) clock() denoise.Clock { return denoise.StepClock(m.Config.Process.Steps) }

// learned tells whether the network says its variance.
func (m *ImageModel) learned() bool { return m.Config.Process.learnsVariance() }

func (p Process) learnsVariance() bool {
	return p.Variance == varianceLearned || p.Variance == varianceDirect
}

// Denoiser is the network as samplers and bounds see it, for rows of the given labels (nil for
// a model without classes).
func (m *ImageModel) Denoiser(labels []int32) sample.Denoiser { return m.denoiser(labels, 0) }

// denoiser sends batch pictures at a time through the network, 0 for all.
func (m *ImageModel) denoiser(labels []int32, batch int) sample.Denoiser {
	d := m.network(labels)
	d.Batch = batch
	if m.learned() {
		return denoise.Ranged{Model: d, Direct: m.Config.Process.Variance == varianceDirect}
	}
	return d
}

// network is the network as a denoiser, without its variance.
func (m *ImageModel) network(labels []int32) *denoise.Model {
	return &denoise.Model{Net: m.net, Sch: m.sch, Predict: m.predict, Clock: m.clock(), Input: m.input,
		Shape: m.Shape(), Ranged: m.learned(), Labels: labels, Pool: m.pool, ExactConv: m.Config.Image.ExactConv, Precision: m.Config.Numerics()}
}

// imageObjective is the training of an ImageModel.
type imageObjective struct {
	*ImageModel
	denoise.Objective
	set data.Dataset
}

// Objective is the loss of the model on pictures; a step draws its batch from the set in an
// order that depends on the seed alone.
func (m *ImageModel) Objective(pictures *image.Images) (Objective, error) {
	c := m.Config
	f := c.Image.Frame
	if pictures.H != f.H || pictures.W != f.W || pictures.C != f.C {
		return nil, fmt.Errorf("the pictures are %s, the model is made for %dx%d with %d channels", pictures.Size(), f.W, f.H, f.C)
	}
	if len(c.Image.Classes) > 0 && pictures.Labels == nil {
		return nil, fmt.Errorf("the pictures have no labels, the model is made for %d classes", len(c.Image.Classes))
	}
	set := &image.Dataset{Images: pictures, Frame: f, Flip: c.Image.Flip, Seed: c.Seed}
	weight, err := c.Process.weighting(m.steps())
	if err != nil {
		return nil, err
	}
	draw, err := c.Process.timeDraw()
	if err != nil {
		return nil, err
	}
	return &imageObjective{ImageModel: m, set: set, Objective: denoise.Objective{
		Sch: m.sch, Predict: m.predict, Clock: m.clock(), Input: m.input,
		Steps: m.steps(), Hybrid: m.learned(), Direct: c.Process.Variance == varianceDirect,
		Focus: c.Process.Focus, Draw: draw, Weight: weight,
	}}, nil
}

// Memory implements train.Remembering: what the losses seen say of the times to draw.
func (o *imageObjective) Memory() []optim.Slot {
	m, ok := o.Objective.Draw.(*denoise.Importance)
	if !ok {
		return nil
	}
	return []optim.Slot{{Name: "times.importance", Data: m.State}}
}

// Batch implements train.Divisible.
func (o *imageObjective) Batch() int { return o.Config.Training.Batch }

// Loss implements train.Objective.
func (o *imageObjective) Loss(t *autograd.Tape, step int) *autograd.Var {
	return o.Part(t, step, 0, o.Batch())
}

// Part implements train.Divisible.
func (o *imageObjective) Part(t *autograd.Tape, step, lo, hi int) *autograd.Var {
	n, shape := hi-lo, o.Shape()
	x0 := t.New(append([]int{n}, shape...)...)
	dim := x0.Len() / n
	var labels []int32
	if len(o.Config.Image.Classes) > 0 {
		labels = make([]int32, n)
	}
	t.Pool().Run(n, func(_, i int) {
		row, epoch := batchRow(o.Config.Seed, step*o.Batch()+lo+i, o.set.Len())
		label := o.set.Example(row, epoch, x0.Data[i*dim:(i+1)*dim])
		if labels != nil {
			labels[i] = label
		}
	})
	draws := denoise.Draws{Seed: o.Config.Seed, Step: step, First: lo}
	dropLabels(labels, o.Config.Image.LabelDrop, draws)
	loss := o.Objective.Loss(t, o.net, x0, labels, draws)
	t.Free(x0)
	return share(t, loss, n, o.Batch())
}

// imageChunk is the number of pictures that are sampled together: enough to fill the kernels,
// few enough for the caches.
const imageChunk = 64

// Draw generates pictures. Picture i depends on the seed, on First+i and on the options, not
// on how many others are drawn.
func (m *ImageModel) Draw(ctx context.Context, o DrawOptions) (*image.Images, error) {
	o, grid, err := m.plan(m.Config, o)
	if err != nil {
		return nil, err
	}
	sampler, err := m.sampler(o.Sampler)
	if err != nil {
		return nil, err
	}
	labels, err := m.labels(o)
	if err != nil {
		return nil, err
	}
	if o.batch, err = o.batchWithin(imageChunk, m.dryRun); err != nil {
		return nil, err
	}
	if err := m.checkConditions(o); err != nil {
		return nil, err
	}
	grid = o.Init.grid(grid)
	frame := m.Config.Image.Frame
	out := image.New(o.N, frame.H, frame.W, frame.C)
	out.Labels, out.LabelNames = labels, m.classNames()
	for lo := 0; lo < o.N; lo += imageChunk {
		hi := min(lo+imageChunk, o.N)
		first := o.First + uint64(lo)
		at := func(p rng.Purpose) rng.Rows { return rng.Rows{Stream: rng.New(o.Seed, p), First: first} }
		x := process.NewState(hi-lo, frame.Dim())
		o.Init.begin(m, x, grid, first, at(rng.Prior))
		way := o.Inpaint.around(sampler, frame, first, hi-lo, at(rng.Known))
		if len(grid) > 1 { // else the pictures stay as they are
			if err := sample.Run(ctx, way, m.guided(o, part(labels, lo, hi)), x, grid, at(rng.Sampler), watchChunk(o, lo, hi)...); err != nil {
				return nil, err
			}
		}
		copy(out.Pixels[lo*out.Dim():], image.DecodeAll(frame, x.Data).Pixels)
	}
	return out, nil
}

// dryRun sends rows of zeros through the network.
func (m *ImageModel) dryRun(t *autograd.Tape, rows int) {
	var labels []int32
	if len(m.Config.Image.Classes) > 0 {
		labels = make([]int32, rows)
	}
	x := t.New(append([]int{rows}, m.Shape()...)...)
	x.Zero()
	m.net.Forward(t, t.Const(x), make([]float64, rows), labels)
}

func (m *ImageModel) sampler(name string) (sample.Sampler, error) {
	variance := sample.FixedLarge
	switch m.Config.Process.Variance {
	case varianceLearned, varianceDirect:
		variance = sample.Learned
	case varianceSmall:
		variance = sample.FixedSmall
	}
	return NewSampler(name, SamplerOptions{Limit: sample.Clip(1), Variance: variance})
}

// classNames are the names of the model's classes, nil without classes.
func (m *ImageModel) classNames() []string {
	var names []string
	for _, c := range m.Config.Image.Classes {
		names = append(names, c.Name)
	}
	return names
}

// labels draws the classes of the pictures, nil for a model without classes.
func (m *ImageModel) labels(o DrawOptions) ([]int32, error) {
	classes := m.Config.Image.Classes
	if len(classes) == 0 {
		if o.Class >= 0 {
			return nil, fmt.Errorf("the model has no classes: it was trained without labels")
		}
		return nil, nil
	}
	if o.Class >= len(classes) {
		return nil, fmt.Errorf("there is no class %d: the model has %d, from 0 to %d", o.Class, len(classes), len(classes)-1)
	}
	total := 0
	for _, c := range classes {
		total += c.Count
	}
	labels := make([]int32, o.N)
	stream := rng.New(o.Seed, rng.Condition)
	for i := range labels {
		labels[i] = int32(o.Class)
		if o.Class < 0 {
			labels[i] = pick(classes, stream.Intn(max(total, 1), 0, o.First+uint64(i)))
		}
	}
	return labels, nil
}

// pick is the class in which the n-th training picture would stand if they were sorted.
func pick(classes []Class, n int) int32 {
	for k, c := range classes {
		if n < c.Count {
			return int32(k)
		}
		n -= c.Count
	}
	return int32(len(classes) - 1)
}

// part is a range of labels, nil of nil.
func part(labels []int32, lo, hi int) []int32 {
	if labels == nil {
		return nil
	}
	return labels[lo:hi]
}
