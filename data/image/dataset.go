package image

import (
	"fmt"
	"slices"

	"ebb/data"
	"ebb/engine/rng"
)

var _ data.Dataset = (*Dataset)(nil)

// Dataset shows Images through a Frame, one example at a time, for training.
type Dataset struct {
	Images *Images
	Frame  Frame
	Flip   bool   // mirror every second example on average, anew in each epoch
	Seed   uint64 // of the flips
}

// Len is the number of images.
func (d *Dataset) Len() int { return d.Images.N }

// Shape is that of one example: (H,W,C) with the border.
func (d *Dataset) Shape() []int {
	return []int{d.Frame.PaddedH(), d.Frame.PaddedW(), d.Frame.C}
}

// Example sets dst to image i as epoch sees it, (H,W,C) with the border in
// [-1,1], and returns its class, -1 if there are none. Whether it is mirrored
// depends on (Seed, epoch, i) alone.
func (d *Dataset) Example(i int, epoch uint64, dst []float32) (label int32) {
	flip := d.Flip && rng.New(d.Seed, rng.Augment).Uint64(epoch, uint64(i))>>63 == 1
	d.Frame.Encode(dst, d.Images.Image(i), flip)
	return d.Images.Label(i)
}

// Split parts the images at random into a training set and held images, each
// in their old order. The same seed and N give the same split. At least one
// image stays on each side.
func (m *Images) Split(held int, seed uint64) (train, holdout *Images, err error) {
	if held < 1 || held >= m.N {
		return nil, nil, fmt.Errorf("image: cannot hold %d of %d images out: at least one must stay on each side", held, m.N)
	}
	stream := rng.New(seed, rng.Split)
	ids := make([]int, m.N)
	for i := range ids {
		ids[i] = stream.Perm(i, m.N, 0)
	}
	slices.Sort(ids[:held])
	slices.Sort(ids[held:])
	return m.Select(ids[held:]), m.Select(ids[:held]), nil
}

// Sample is n of the images drawn at random without replacement, in their old
// order; all of them if n is N or more.
func (m *Images) Sample(n int, seed uint64) *Images {
	if n >= m.N {
		return m
	}
	if n <= 0 {
		return m.Slice(0, 0)
	}
	_, drawn, err := m.Split(n, seed)
	if err != nil {
		panic(err) // 0 < n < N
	}
	return drawn
}
