package metric

import (
	"slices"

	"ebb/data/image"
	"ebb/engine/kernel/parallel"
)

// MemorisationCheck holds the distances of samples to their nearest training
// images against those of held-out images, which no model has seen: a model
// that repeats its training data makes samples that are closer than new images
// would be. Distances are Neighbour.RMS.
type MemorisationCheck struct {
	SampleMedian  Figure `json:"sample_median"`
	HeldOutMedian Figure `json:"held_out_median"`
	Ratio         Figure `json:"ratio"`           // sample median over held-out median; 1 is ideal, far below 1 is copying
	Close         Figure `json:"close"`           // share of samples nearer than the held-out 1 % quantile; 0.01 is ideal
	Copies        int    `json:"copies"`          // samples equal to a training image
	HeldOutCopies int    `json:"held_out_copies"` // held-out images equal to a training image: duplicates in the data

	Samples []Neighbour `json:"-"` // nearest training image of each sample
	HeldOut []Neighbour `json:"-"` // of each held-out image
}

// Memorisation runs the check; all three sets must have images of one size.
func Memorisation(p *parallel.Pool, samples, heldOut, train *image.Images) MemorisationCheck {
	c := MemorisationCheck{
		Samples: NearestImages(p, samples, train),
		HeldOut: NearestImages(p, heldOut, train),
	}
	var sampleD, heldD []float64
	sampleD, c.Copies = distancesOf(c.Samples, train.Dim())
	heldD, c.HeldOutCopies = distancesOf(c.HeldOut, train.Dim())
	c.SampleMedian, c.HeldOutMedian = Figure(quantileSorted(sampleD, 0.5)), Figure(quantileSorted(heldD, 0.5))
	c.Ratio = c.SampleMedian / c.HeldOutMedian // NaN if every held-out image is a copy
	limit := quantileSorted(heldD, 0.01)
	for _, d := range sampleD {
		if d < limit {
			c.Close++
		}
	}
	c.Close /= Figure(samples.N)
	return c
}

// distancesOf are the sorted distances of neighbours, and how many are zero.
func distancesOf(neighbours []Neighbour, dim int) (sorted []float64, copies int) {
	sorted = make([]float64, len(neighbours))
	for i, n := range neighbours {
		sorted[i] = n.RMS(dim)
		if n.Squares == 0 {
			copies++
		}
	}
	slices.Sort(sorted)
	return sorted, copies
}
