package metric

import (
	"fmt"
	"math"

	"ebb/data/image"
	"ebb/engine/kernel/parallel"
)

// ImageOptions of ScoreImages; the zero value is what reports use.
type ImageOptions struct {
	Neighbours int // of the balls of precision and recall; 0: 5
	MaxRows    int // images of each set that enter Fréchet distance, precision and recall; 0: 10000
	Dims       int // of the PCA features; 0: 64
}

// ImageScores say how samples of images compare with held-out real ones. Every
// figure has beside it (Floor, RealPRDC) what real images in place of the
// samples would get.
type ImageScores struct {
	Samples      int               `json:"samples"`
	HeldOut      int               `json:"held_out"`
	Train        int               `json:"train"`
	Compared     int               `json:"compared"` // images of each set in Features
	Features     []FeatureScores   `json:"features"`
	Memorisation MemorisationCheck `json:"memorisation"`
}

// FeatureScores are the figures on one kind of features.
type FeatureScores struct {
	Name     string `json:"name"`
	About    string `json:"about"`
	Frechet  Figure `json:"frechet"`       // samples against held-out images
	Floor    Figure `json:"frechet_floor"` // as many training images against the same held-out images
	PRDC     PRDC   `json:"prdc"`          // samples against held-out images
	RealPRDC PRDC   `json:"real_prdc"`     // training images against held-out images
}

// ScoreImages compares samples with held-out real images, on features fitted to
// the training images, and looks for copies of training images. Sets are cut to
// equal numbers, drawn at random but always alike, because every one of these
// figures depends on the numbers.
func ScoreImages(p *parallel.Pool, samples, heldOut, train *image.Images, o ImageOptions) (*ImageScores, error) {
	o = o.withDefaults()
	for _, m := range []*image.Images{samples, heldOut} {
		if err := image.SameSize(m, train); err != nil {
			return nil, err
		}
	}
	n := min(samples.N, heldOut.N, train.N, o.MaxRows)
	if n <= o.Neighbours {
		return nil, fmt.Errorf("metric: %d samples, %d held-out and %d training images are too few: more than %d of each are needed",
			samples.N, heldOut.N, train.N, o.Neighbours)
	}
	s := &ImageScores{Samples: samples.N, HeldOut: heldOut.N, Train: train.N, Compared: n}
	fit := train.Sample(o.MaxRows, 0)
	some, held, real := samples.Sample(n, 1), heldOut.Sample(n, 2), train.Sample(n, 3)
	for _, f := range []Features{FitPCA(p, fit, o.Dims), FitRandomConv(p, fit)} {
		a, b, c := f.Points(p, some), f.Points(p, held), f.Points(p, real)
		s.Features = append(s.Features, FeatureScores{
			Name: f.Name(), About: f.Describe(),
			Frechet: Figure(Frechet(a, b)), Floor: Figure(Frechet(c, b)),
			PRDC: PrecisionRecall(p, a, b, o.Neighbours), RealPRDC: PrecisionRecall(p, c, b, o.Neighbours),
		})
	}
	s.Memorisation = Memorisation(p, samples.Sample(o.MaxRows, 4), heldOut.Sample(o.MaxRows, 5), train)
	return s, nil
}

func (o ImageOptions) withDefaults() ImageOptions {
	if o.Neighbours == 0 {
		o.Neighbours = 5
	}
	if o.MaxRows == 0 {
		o.MaxRows = 10000
	}
	if o.Dims == 0 {
		o.Dims = 64
	}
	return o
}

// ImageBaselines are the bits per dimension that held-out images cost under two
// models anyone can fit; a model that learned more needs fewer.
type ImageBaselines struct {
	PixelGaussian Figure `json:"pixel_gaussian_bits"` // see PixelGaussian
	FullGaussian  Figure `json:"full_gaussian_bits"`  // see FullGaussian; not defined beyond MaxFullGaussian values
}

// BaselineBits fits both baselines to the training images and codes the
// held-out ones.

func BaselineBits(p *parallel.Pool, heldOut, train *image.Images) (ImageBaselines, error) {
	if err := image.SameSize(heldOut, train); err != nil {
		return ImageBaselines{}, err
	}
	if heldOut.N == 0 || train.N == 0 {
		return ImageBaselines{}, fmt.Errorf("metric: bits of %d held-out images by %d training images", heldOut.N, train.N)
	}
	b := ImageBaselines{PixelGaussian: Figure(FitPixelGaussian(p, train).Bits(p, heldOut)), FullGaussian: Figure(math.NaN())}
	if train.Dim() > MaxFullGaussian {
		return b, nil
	}
	g, err := FitFullGaussian(p, train)
	if err != nil {
		return b, err
	}
	b.FullGaussian = Figure(g.Bits(p, heldOut))
	return b, nil
}
