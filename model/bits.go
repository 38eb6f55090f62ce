package model

import (
	"context"
	"math"

	"ebb/data/image"
	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// BitsReport is the variational bound on the negative log-likelihood of pictures, in bits per
// dimension of the picture with its border.
type BitsReport struct {
	Total         float64 `json:"bits"`
	StandardError float64 `json:"standard_error"` // of the mean over pictures and drawn terms
	Prior         float64 `json:"prior"`          // KL(q(x_T|x_0) || N(0, I))
	Inner         float64 `json:"inner"`          // the reverse steps
	Decoder       float64 `json:"decoder"`        // the 8-bit levels given x_1
	Label         float64 `json:"label"`          // coding the class, for a model of classes
	Pictures      int     `json:"pictures"`
}

// bitsDraws is the number of reverse steps, of all T, that are drawn for each picture.
const bitsDraws = 16

// Bits bounds the bits per dimension that the model needs for pictures it has not seen
// (denoise.Bound over all T steps; of a continuous schedule, over T equal jumps). A model that
// learned no variance is taken with that of the jump, DDPM's fixed-large. It is a bound on -log p(x) for a model of classes too: the
// class is coded with its share of the training set. The bound counts every value of the
// pictures themselves; the border, which is the same in all of them, costs what it costs.
func (m *ImageModel) Bits(ctx context.Context, pictures *image.Images, watch func(done, total int)) (*BitsReport, error) {
	steps := m.Config.Process.Steps
	grid, err := schedule.Uniform(steps)
	if err != nil {
		return nil, err
	}
	bound := denoise.Bound{Grid: grid, Draws: max(0, min(bitsDraws, steps-2)), Limit: sample.Clip(1)}
	r := &BitsReport{Pictures: pictures.N}
	perPicture := make([]float64, 0, pictures.N)
	for _, g := range m.groups(pictures) {
		x0 := m.encode(pictures, g.rows)
		noise := rng.Rows{Stream: rng.New(m.Config.Seed, rng.Metric), IDs: g.rows}
		terms, err := bound.Evaluate(ctx, m.ofClass(g.class), x0, noise)
		if err != nil {
			return nil, err
		}
		for _, t := range terms {
			r.Prior += t.Prior
			r.Inner += t.Inner
			r.Decoder += t.Decoder
			r.Label += g.bits
			perPicture = append(perPicture, t.Total+g.bits)
		}
		if watch != nil {
			watch(len(perPicture), pictures.N)
		}
	}
	m.finishBits(r, perPicture)
	return r, nil
}

// finishBits turns sums into means, per value of the picture without its border.
func (m *ImageModel) finishBits(r *BitsReport, perPicture []float64) {
	f := m.Config.Image.Frame
	n := float64(len(perPicture))
	scale := float64(f.Dim()) / float64(f.H*f.W*f.C)
	sum, square := 0.0, 0.0
	for _, v := range perPicture {
		sum += float64(v * scale)
	}
	mean := sum / n
	for _, v := range perPicture {
		gap := float64(v*scale) - mean
		square += float64(gap * gap)
	}
	r.Total = mean
	r.StandardError = math.Sqrt(square / math.Max(1, n-1) / n)
	for _, v := range []*float64{&r.Prior, &r.Inner, &r.Decoder, &r.Label} {
		*v *= scale / n
	}
}

// group is the pictures of one class.
type group struct {
	class int32
	bits  float64 // that code the class, per dimension
	rows  []uint64
}

// bitsGroup bounds the pictures that are held as states at once.
const bitsGroup = 256

// groups sorts pictures by class, in pieces of a bounded size.
func (m *ImageModel) groups(pictures *image.Images) []group {
	classes := m.Config.Image.Classes
	total := 0
	for _, c := range classes {
		total += c.Count
	}
	var out []group
	for k := range max(1, len(classes)) {
		g := group{class: -1}
		if len(classes) > 0 {
			g.class = int32(k)
			g.bits = elementary.Log2(float64(total)/float64(max(1, classes[k].Count))) / float64(m.Config.Image.Frame.Dim())
		}
		for i := range pictures.N {
			if len(classes) == 0 || pictures.Label(i) == g.class {
				g.rows = append(g.rows, uint64(i))
			}
			if len(g.rows) == bitsGroup || i == pictures.N-1 && len(g.rows) > 0 {
				out = append(out, g)
				g.rows = nil
			}
		}
	}
	return out
}

// encode is some pictures as a state.
func (m *ImageModel) encode(pictures *image.Images, rows []uint64) *process.State {
	f := m.Config.Image.Frame
	x := process.NewState(len(rows), f.Dim())
	row := make([]float32, f.Dim())
	for i, r := range rows {
		f.Encode(row, pictures.Image(int(r)), false)
		for k, v := range row {
			x.Row(i)[k] = float64(v)
		}
	}
	return x
}

// ofClass is the denoiser of rows that all have one class.
func (m *ImageModel) ofClass(class int32) denoise.VarianceDenoiser {
	net := m.network(nil)
	var d denoise.VarianceDenoiser = denoise.FixedVariance{Denoiser: net}
	if m.learned() {
		d = denoise.Ranged{Model: net}
	}
	if class < 0 {
		return d
	}
	return oneClass{d, net, class}
}

// oneClass labels all rows alike, however many come.
type oneClass struct {
	denoise.VarianceDenoiser
	net   *denoise.Model // that the denoiser runs
	class int32
}

func (o oneClass) DenoiseVariance(x0, v, xt *process.State, t, s []float64) {
	o.net.Labels = make([]int32, xt.Rows)
	for i := range o.net.Labels {
		o.net.Labels[i] = o.class
	}
	o.VarianceDenoiser.DenoiseVariance(x0, v, xt, t, s)
}
