package model

import (
	"context"
	"fmt"
	"math"

	"ebb/data/image"
	"ebb/diffusion/denoise"
	"ebb/diffusion/likelihood"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
)

// ImageScore is the log-likelihood of a picture and its parts, in nats, of the 8-bit values of the
// picture with its border; that of its class is in it for a model of classes.
type ImageScore struct {
	LogLikelihood float64
	StandardError float64 // over the draws
	// Prior, Inner, Decoder and Label add up to LogLikelihood: of the bound L_T, the steps between
	// and L_0; of the ODE log N at the end of the path, the volume's change, and the levels.
	Prior, Inner, Decoder, Label float64
	SolverError                  float64 // of the ODE, if exact
}

// Bits is the score in bits for each of the dim values of a picture without its border.
func (s ImageScore) Bits(dim int) float64 { return -s.LogLikelihood / float64(dim) / math.Ln2 }

const (
	scoreRepeats = 4  // independent estimates of a picture's bound, for its standard error
	scoreDraws   = 32 // reverse steps drawn in all
	probeDraws   = 8  // paths of a picture
)

// Score is the log-likelihood of each picture: the variational bound of [ImageModel.Bits], or with
// Exact the probability-flow ODE's (likelihood.Flow with probes, noise of half a level at the start,
// and the mass of each 8-bit level given it). For a model of classes it is that of the picture and
// its class. All pictures share their random draws.
func (m *ImageModel) Score(ctx context.Context, pictures *image.Images, o ScoreOptions) ([]ImageScore, error) {
	if err := m.fits(pictures); err != nil {
		return nil, err
	}
	out := make([]ImageScore, pictures.N)
	done := 0
	for _, g := range m.groups(pictures) {
		part := o
		if o.Watch != nil {
			before := done
			part.Watch = func(n, total int) { o.Watch(before*total+n*len(g.rows), pictures.N*total) }
		}
		x0 := m.encode(pictures, g.rows)
		var scores []ImageScore
		var err error
		if o.Exact {
			scores, err = m.exactScores(ctx, x0, g.class, part)
		} else {
			scores, err = m.boundScores(ctx, x0, g.class, part)
		}
		if err != nil {
			return nil, err
		}
		for i, s := range scores {
			s.Label = -g.bits * float64(x0.Dim) * math.Ln2
			s.LogLikelihood += s.Label
			out[g.rows[i]] = s
		}
		done += len(g.rows)
	}
	return out, nil
}

// fits refuses pictures that the model was not made for.
func (m *ImageModel) fits(pictures *image.Images) error {
	f, classes := m.Config.Image.Frame, len(m.Config.Image.Classes)
	switch {
	case pictures.N == 0:
		return fmt.Errorf("there are no pictures to score")
	case pictures.H != f.H || pictures.W != f.W || pictures.C != f.C:
		return fmt.Errorf("the pictures are %s, the model is made for %dx%d with %d channels", pictures.Size(), f.W, f.H, f.C)
	case classes > 0 && pictures.Labels == nil:
		return fmt.Errorf("the pictures have no labels, and the model is made for %d classes: put the labels beside them, or each class into a folder of its name", classes)
	}
	for i := range pictures.N {
		if k := pictures.Label(i); classes > 0 && (k < 0 || int(k) >= classes) {
			return fmt.Errorf("picture %d has the label %d, the model knows 0 to %d", i, k, classes-1)
		}
	}
	return nil
}

func (m *ImageModel) boundScores(ctx context.Context, x0 *process.State, class int32, o ScoreOptions) ([]ImageScore, error) {
	steps := m.Config.Process.Steps
	grid, err := schedule.Uniform(steps)
	if err != nil {
		return nil, err
	}
	draws := o.Draws
	if draws == 0 {
		draws = scoreDraws
	}
	bound := denoise.Bound{Grid: grid, Draws: max(0, min((draws+scoreRepeats-1)/scoreRepeats, steps-2)), Limit: sample.Clip(1)}
	all := make([][]ImageScore, x0.Rows)
	scale := -float64(x0.Dim) * math.Ln2
	for k := range scoreRepeats {
		terms, err := bound.Evaluate(ctx, m.ofClass(class), x0, sameForAll{rng.New(o.Seed, rng.Metric), uint64(k)})
		if err != nil {
			return nil, err
		}
		for i, t := range terms {
			all[i] = append(all[i], ImageScore{LogLikelihood: scale * t.Total, Prior: scale * t.Prior, Inner: scale * t.Inner, Decoder: scale * t.Decoder})
		}
		if o.Watch != nil {
			o.Watch(k+1, scoreRepeats)
		}
	}
	return joinAll(all), nil
}

// halfLevel is the half log-SNR at which noise is half as wide as the levels of 8 bits are apart.
const halfLevel = 5.54

func (m *ImageModel) exactScores(ctx context.Context, x0 *process.State, class int32, o ScoreOptions) ([]ImageScore, error) {
	// The network has not seen times before its first step.
	last := min(halfLevel, schedule.Lambda(m.sch, 1/float64(m.Config.Process.Steps)))
	flow := likelihood.Flow{Decoder: denoise.Levels{Count: 256}, Draws: o.Draws, Last: last, Tolerance: exactTolerance}
	if flow.Draws == 0 {
		flow.Draws = probeDraws
	}
	flow.Watch = o.Watch
	values, err := flow.Evaluate(ctx, classFlow{m.network(nil), class}, x0, sameForAll{rng.New(o.Seed, rng.Metric), 0})
	if err != nil {
		return nil, err
	}
	out := make([]ImageScore, len(values))
	for i, v := range values {
		out[i] = ImageScore{LogLikelihood: v.LogLikelihood, StandardError: v.StandardError, SolverError: v.SolverError,
			Prior: v.Prior, Inner: v.Volume, Decoder: v.Decoder}
	}
	return out, nil
}

// joinAll is the mean of each picture's estimates, with its standard error.
func joinAll(all [][]ImageScore) []ImageScore {
	out := make([]ImageScore, len(all))
	for i, estimates := range all {
		s := &out[i]
		n := float64(len(estimates))
		for _, e := range estimates {
			s.LogLikelihood += e.LogLikelihood / n
			s.Prior += e.Prior / n
			s.Inner += e.Inner / n
			s.Decoder += e.Decoder / n
		}
		square := 0.0
		for _, e := range estimates {
			gap := e.LogLikelihood - s.LogLikelihood
			square += float64(gap * gap)
		}
		s.StandardError = math.Sqrt(square / max(1, n-1) / n)
	}
	return out
}

// classFlow is a network whose rows all have one class, however many come; -1 is none.
type classFlow struct {
	*denoise.Model
	class int32
}

func (c classFlow) label(rows int) {
	if c.class < 0 {
		return
	}
	c.Labels = make([]int32, rows)
	for i := range c.Labels {
		c.Labels[i] = c.class
	}
}

// Denoise implements [denoise.Denoiser].
func (c classFlow) Denoise(x0, xt *process.State, t []float64) {
	c.label(xt.Rows)
	c.Model.Denoise(x0, xt, t)
}

// DenoiseVJP implements [denoise.Differentiable].
func (c classFlow) DenoiseVJP(x0, g, xt *process.State, t []float64, seed func(row int, v, x0 []float64)) {
	c.label(xt.Rows)
	c.Model.DenoiseVJP(x0, g, xt, t, seed)
}
