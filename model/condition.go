package model

import (
	"errors"
	"fmt"

	"ebb/data/image"
	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/engine/rng"
)

// Conditioned draws of pictures: classes under guidance, pictures completed or varied. Those of
// tables stand in where.go.

// ErrCondition says that a draw was asked for which the model can't serve.
var ErrCondition = errors.New("this can't be drawn")

// Guide asks for guidance of the pictures of a model with classes.
type Guide struct {
	denoise.Guidance
	Against int // class that the pictures shall be unlike; negative: none, which needs label_drop
}

// Inpaint completes pictures of which a part is hidden (sample.Repaint). Drawn picture i
// completes picture i, counted round.
type Inpaint struct {
	Pictures *image.Images
	Mask     *image.Images // white where to draw; one, or one for each picture
	Jump     int           // steps gone back at once; 0: 10
	Repeats  int           // times that each step is gone; 0: 5
}

// Init begins with pictures instead of noise (SDEdit, Meng et al. 2021, arXiv 2108.01073,
// algorithm 1): they are noised to time Strength and drawn from there. At 0 they stay as they
// are, at 1 nothing of them is left. Drawn picture i varies picture i, counted round.
type Init struct {
	Pictures *image.Images
	Strength float64 // in [0, 1]
}

// defaultRepeats are those of Inpaint: RePaint's 10 take 10 times as long as a plain draw.
const defaultRepeats = 5

// checkConditions finds what the model can't be asked for.
func (m *ImageModel) checkConditions(o DrawOptions) error {
	if len(o.Where) > 0 {
		return fmt.Errorf("%w: conditions on columns are for tables; this model draws pictures", ErrCondition)
	}
	if err := m.checkGuide(o.Guide); err != nil {
		return err
	}
	if err := o.Inpaint.check(m); err != nil {
		return err
	}
	return o.Init.check(m)
}

// checkGuide finds guidance that the model does not bear.
func (m *ImageModel) checkGuide(g *Guide) error {
	if g == nil {
		return nil
	}
	classes := len(m.Config.Image.Classes)
	if err := g.Check(); err != nil {
		return fmt.Errorf("%w: %w", ErrCondition, err)
	}
	switch {
	case classes == 0:
		return fmt.Errorf("%w: guidance goes towards a class, and the model has none: it was trained without labels", ErrCondition)
	case g.Against >= classes:
		return fmt.Errorf("%w: there is no class %d to be unlike: the model has %d, from 0 to %d", ErrCondition, g.Against, classes, classes-1)
	case g.Against < 0 && g.Weight != 1 && m.Config.Image.LabelDrop == 0:
		return fmt.Errorf("%w: guidance needs a model that also learned pictures without their class: train with --label-drop 0.1, or name a class to be unlike with --negative", ErrCondition)
	}
	return nil
}

// guided is the denoiser of a draw: the network, under guidance if that is asked for.
func (m *ImageModel) guided(o DrawOptions, labels []int32) sample.Denoiser {
	g := o.Guide
	if g == nil {
		return m.denoiser(labels, o.batch)
	}
	var against []int32
	if g.Against >= 0 {
		against = make([]int32, len(labels))
		for i := range against {
			against[i] = int32(g.Against)
		}
	}
	return denoise.Guide(m.denoiser(nil, o.batch).(denoise.Labelled), g.Guidance, labels, against)
}

// checkPictures finds pictures that are not of the model's size.
func (m *ImageModel) checkPictures(what string, p *image.Images) error {
	f := m.Config.Image.Frame
	if p == nil || p.N == 0 {
		return fmt.Errorf("%w: there are no %s", ErrCondition, what)
	}
	if p.H != f.H || p.W != f.W || p.C != f.C {
		return fmt.Errorf("%w: the %s are %s, the model is made for %dx%d with %d channels", ErrCondition, what, p.Size(), f.W, f.H, f.C)
	}
	return nil
}

// check finds an inpainting that the model does not bear.
func (p *Inpaint) check(m *ImageModel) error {
	if p == nil {
		return nil
	}
	if err := m.checkPictures("pictures to complete", p.Pictures); err != nil {
		return err
	}
	f, mask := m.Config.Image.Frame, p.Mask
	switch {
	case mask == nil || mask.N == 0:
		return fmt.Errorf("%w: inpainting needs a mask, white where to draw", ErrCondition)
	case mask.H != f.H || mask.W != f.W:
		return fmt.Errorf("%w: the mask is %dx%d, the pictures are %dx%d", ErrCondition, mask.W, mask.H, f.W, f.H)
	case mask.N != 1 && mask.N != p.Pictures.N:
		return fmt.Errorf("%w: %d masks for %d pictures: give one, or one for each", ErrCondition, mask.N, p.Pictures.N)
	case p.Jump < 0 || p.Repeats < 0:
		return fmt.Errorf("%w: %d repeats of %d steps: both are at least 1", ErrCondition, p.Repeats, p.Jump)
	}
	for i := range mask.N {
		switch hidden := countWhite(mask, i); hidden {
		case 0:
			return fmt.Errorf("%w: mask %d hides nothing: make white what is to be drawn", ErrCondition, i+1)
		case mask.H * mask.W:
			return fmt.Errorf("%w: mask %d hides everything: draw without inpainting, or make black what is to stay", ErrCondition, i+1)
		}
	}
	return nil
}

// white tells whether pixel k of a mask is to be drawn.
func white(mask []uint8, k, channels int) bool { return mask[k*channels] >= 128 }

func countWhite(m *image.Images, i int) int {
	n := 0
	for k := range m.H * m.W {
		if white(m.Image(i), k, m.C) {
			n++
		}
	}
	return n
}

// around completes the pictures first to first+n-1 by the sampler.
func (p *Inpaint) around(s sample.Sampler, f image.Frame, first uint64, n int, noise process.Noise) sample.Sampler {
	if p == nil {
		return s
	}
	known, hidden := encode(f, p.Pictures, first, n), make([]bool, n*f.Dim())
	for i := range n {
		mask := p.Mask.Image(int((first + uint64(i)) % uint64(p.Pictures.N) % uint64(p.Mask.N)))
		for k := range f.H * f.W {
			if !white(mask, k, p.Mask.C) {
				continue
			}
			at := (k/f.W+f.Top)*f.PaddedW() + k%f.W + f.Left
			for c := range f.C {
				hidden[i*f.Dim()+at*f.C+c] = true
			}
		}
	}
	repeats := p.Repeats
	if repeats == 0 {
		repeats = defaultRepeats
	}
	return sample.Repaint{Sampler: s, Known: known, Hidden: hidden, Jump: p.Jump, Repeats: repeats, Noise: noise}
}

// encode is the pictures first to first+n-1, counted round, as the network sees them.
func encode(f image.Frame, pictures *image.Images, first uint64, n int) *process.State {
	x := process.NewState(n, f.Dim())
	row := make([]float32, f.Dim())
	for i := range n {
		f.Encode(row, pictures.Image(int((first+uint64(i))%uint64(pictures.N))), false)
		for j, v := range row {
			x.Row(i)[j] = float64(v)
		}
	}
	return x
}

// check finds a beginning that the model does not bear.
func (p *Init) check(m *ImageModel) error {
	if p == nil {
		return nil
	}
	if !(p.Strength >= 0 && p.Strength <= 1) {
		return fmt.Errorf("%w: the strength is %v: it lies between 0, where pictures stay, and 1, where nothing is left of them", ErrCondition, p.Strength)
	}
	return m.checkPictures("pictures to begin with", p.Pictures)
}

// grid is the part of the grid below the strength, and the strength before it.
func (p *Init) grid(grid []float64) []float64 {
	if p == nil || p.Strength >= grid[0] {
		return grid
	}
	out := []float64{p.Strength}
	for _, t := range grid {
		if t < p.Strength {
			out = append(out, t)
		}
	}
	return out
}

// begin turns unit normals into pictures noised to time grid[0]. At strength 1 they are those
// that a draw without pictures begins with.
func (p *Init) begin(m *ImageModel, x *process.State, grid []float64, first uint64, noise process.Noise) {
	if p == nil || p.Strength == 1 {
		m.begin(x, grid, noise)
		return
	}
	process.Fill(x, noise, 0)
	x0 := encode(m.Config.Image.Frame, p.Pictures, first, x.Rows)
	process.Perturb(m.sch, grid[0]).Apply(x, x0, x)
}

// dropLabels takes the class from a share of the pictures of a training step, which then stand
// for all classes together: the network adds nothing for their label. (Ho and Salimans 2022,
// arXiv 2207.12598, algorithm 1. Others keep an embedding of its own for no class; none is
// what a network without classes has, and such runs load as they are.)
func dropLabels(labels []int32, share float64, d denoise.Draws) {
	if share == 0 {
		return
	}
	stream := rng.New(d.Seed, rng.Condition)
	for i := range labels {
		if stream.Uniform(uint64(d.Step), uint64(d.First+i)) < share {
			labels[i] = -1
		}
	}
}
