package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"ebb/data/image"
	"ebb/engine/kernel/parallel"
	"ebb/metric"
	"ebb/model"
	"ebb/model/checkpoint"
)

const (
	evalPictures = 2000 // drawn from a run unless -n says otherwise
	bitsPictures = 500  // held-out pictures on which the bound is measured
	gridPictures = 50   // samples shown beside their nearest training pictures
)

// imageEvaluation is the report on pictures.
type imageEvaluation struct {
	Scores    *metric.ImageScores    `json:"scores"`
	Bits      *model.BitsReport      `json:"bits,omitempty"`
	Baselines *metric.ImageBaselines `json:"baselines,omitempty"`
}

// images draws pictures if need be and measures them.
func (o *evalOptions) images(ctx context.Context, s streams, sub *subject, pool *parallel.Pool) (evaluation, error) {
	if sub.train == nil {
		return nil, usagef("say which pictures the samples were learned from: --train DATA")
	}
	real, train := sub.real.Images, sub.train.Images
	r := &imageEvaluation{}
	var err error
	if sub.model != nil {
		m := sub.model.(*model.ImageModel)
		if sub.samples, err = o.drawPictures(ctx, s, m, train.N); err != nil {
			return nil, err
		}
		if err := r.bits(ctx, s, m, real, train, pool); err != nil {
			return nil, err
		}
	}
	fmt.Fprintln(s.err, "comparing pictures")
	if r.Scores, err = metric.ScoreImages(pool, sub.samples.Images, real, train, metric.ImageOptions{}); err != nil {
		return nil, err
	}
	if o.grid != "" {
		return r, writeNeighbours(o.grid, sub.samples.Images, train, pool)
	}
	return r, nil
}

func (o *evalOptions) drawPictures(ctx context.Context, s streams, m *model.ImageModel, n int) (*model.Source, error) {
	n = min(n, evalPictures)
	if o.n > 0 {
		n = o.n
	}
	watch, done := drawing(s)
	defer done()
	pictures, err := m.Draw(ctx, model.DrawOptions{N: n, Seed: o.seed, Class: -1, Watch: watch})
	return &model.Source{Path: o.what, Images: pictures}, err
}

// bits measures the bound and the Gaussian models on the same held-out pictures.
func (r *imageEvaluation) bits(ctx context.Context, s streams, m *model.ImageModel, real, train *image.Images, pool *parallel.Pool) error {
	real, err := real.WithLabelNames(train.LabelNames)
	if err != nil {
		return err
	}
	some := real.Sample(min(real.N, bitsPictures), 0)
	show := newProgress(s.err, "bits per dimension")
	defer show.done()
	r.Bits, err = m.Bits(ctx, some, func(done, total int) { show.update(float64(done)/float64(total), "") })
	if err != nil {
		return err
	}
	baselines, err := metric.BaselineBits(pool, some, train)
	r.Baselines = &baselines
	return err
}

// writeNeighbours shows samples above the training pictures nearest to them.
func writeNeighbours(path string, samples, train *image.Images, pool *parallel.Pool) error {
	shown := samples.Slice(0, min(samples.N, gridPictures))
	ids := make([]int, shown.N)
	for i, n := range metric.NearestImages(pool, shown, train) {
		ids[i] = n.Index
	}
	return checkpoint.WriteFile(path, func(w io.Writer) error {
		return image.Grid{Columns: 10, Scale: max(1, 64/shown.W)}.WritePNG(w, shown, train.Select(ids))
	})
}

func (r *imageEvaluation) report() any { return r }

func (r *imageEvaluation) figures() []figure {
	f := []figure{{"copies", float64(r.Scores.Memorisation.Copies)}, {"nearest_ratio", float64(r.Scores.Memorisation.Ratio)}}
	for _, s := range r.Scores.Features {
		f = append(f, figure{"frechet_" + s.Name, float64(s.Frechet)}, figure{"precision_" + s.Name, float64(s.PRDC.Precision)},
			figure{"recall_" + s.Name, float64(s.PRDC.Recall)})
	}
	if r.Bits != nil {
		f = append(f, figure{"bits", r.Bits.Total})
	}
	return f
}

func (r *imageEvaluation) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	s := r.Scores
	fmt.Fprintf(tw, "samples\t%d\t%d of each set compared: samples, held out, training\n", s.Samples, s.Compared)
	if b := r.Bits; b != nil {
		fmt.Fprintf(tw, "bits per dimension\t%.3f\t± %.3f, a bound, on %d held-out pictures (prior %.4f, steps %.3f, decoder %.3f, class %.4f)\n",
			b.Total, b.StandardError, b.Pictures, b.Prior, b.Inner, b.Decoder, b.Label)
		fmt.Fprintf(tw, "  per-pixel Gaussian\t%.3f\tthe same pictures\n", float64(r.Baselines.PixelGaussian))
		if full := float64(r.Baselines.FullGaussian); !math.IsNaN(full) {
			fmt.Fprintf(tw, "  full Gaussian\t%.3f\tthe same pictures\n", full)
		}
	}
	for _, f := range s.Features {
		fmt.Fprintf(tw, "features: %s\t\t%s\n", f.Name, f.About)
		fmt.Fprintf(tw, "  Fréchet distance\t%.4g\treal pictures have %.4g\n", float64(f.Frechet), float64(f.Floor))
		fmt.Fprintf(tw, "  precision, recall\t%.3f, %.3f\treal pictures have %.3f, %.3f\n",
			float64(f.PRDC.Precision), float64(f.PRDC.Recall), float64(f.RealPRDC.Precision), float64(f.RealPRDC.Recall))
	}
	m := s.Memorisation
	fmt.Fprintf(tw, "nearest training picture\t%.3f\tmedian distance over that of held-out pictures; far below 1 is copying\n", float64(m.Ratio))
	fmt.Fprintf(tw, "exact copies\t%d\tof held-out real pictures %d\n", m.Copies, m.HeldOutCopies)
	return tw.Flush()
}
