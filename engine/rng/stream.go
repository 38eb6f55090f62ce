package rng

import (
	"math"
	"math/bits"

	"ebb/engine/kernel"
)

// Purpose separates the uses of one seed. The numbers are part of what a seed means and never
// change; new ones go to the end.
type Purpose uint32

// The purposes.
const (
	Init      Purpose = iota + 1 // initial weights
	Data                         // order of the batches
	Jitter                       // spreading ties of a table's column
	Time                         // training times
	Noise                        // training noise
	Masking                      // which cells are masked in training
	Augment                      // flips
	Prior                        // x_T, where sampling starts
	Sampler                      // noise of the reverse steps
	Cells                        // revealing and drawing categories in sampling
	Decode                       // choices when a sample is turned into a row
	Split                        // holdout rows
	Bootstrap                    // resampling for errors and for trees
	Metric                       // any other draw of a measurement
	Condition                    // labels drawn for sampling and dropped in training
	Test                         // tests
	Known                        // noise of what is known, and of going back in time
)

// Stream draws the numbers of one purpose under one seed. It is a value without state, safe
// for concurrent use.
type Stream struct {
	seed    uint64
	purpose Purpose
}

// New is the stream of a purpose under a seed.
func New(seed uint64, purpose Purpose) Stream { return Stream{seed, purpose} }

// key mixes seed, purpose and step into the key under which rows and indices count.
func (s Stream) key(step uint64) philoxKey {
	c := philox(philoxKey{uint32(s.seed), uint32(s.seed >> 32)},
		philoxCounter{uint32(step), uint32(step >> 32), uint32(s.purpose), 0xEBB})
	return philoxKey{c[0], c[1]}
}

// block is the index-th pair of 64-bit words of a row.
func block(k philoxKey, row uint64, index uint64) (a, b uint64) {
	c0, c1, c2, c3 := rounds(k[0], k[1], uint32(index), uint32(index>>32), uint32(row), uint32(row>>32))
	return uint64(c0) | uint64(c1)<<32, uint64(c2) | uint64(c3)<<32
}

// unit maps a word to the middle of one of 2^52 cells of (0,1): exactly, and never to the ends.
func unit(w uint64) float64 {
	return (math.Float64frombits(w>>12|0x4330000000000000) - (0x1p52 - 0.5)) * 0x1p-52
}

// Uint64 is 64 random bits.
func (s Stream) Uint64(step, row uint64) uint64 {
	a, _ := block(s.key(step), row, 0)
	return a
}

// Uniform is the first number of Uniforms.
func (s Stream) Uniform(step, row uint64) float64 { return unit(s.Uint64(step, row)) }

// Intn is uniform on 0..n-1, without a bias that could be seen: n/2^64.
func (s Stream) Intn(n int, step, row uint64) int {
	if n <= 0 {
		panic("rng: Intn of a number that is not positive")
	}
	hi, _ := bits.Mul64(s.Uint64(step, row), uint64(n))
	return int(hi)
}

// Uniforms fills dst with numbers of (0,1).
func (s Stream) Uniforms(dst []float64, step, row uint64) {
	k := s.key(step)
	for i := 0; i < len(dst); i += 2 {
		a, b := block(k, row, uint64(i/2))
		dst[i] = unit(a)
		if i+1 < len(dst) {
			dst[i+1] = unit(b)
		}
	}
}

// Normals fills dst with draws of N(0,1).
func (s Stream) Normals(dst []float64, step, row uint64) {
	normals(kernel.Best(), dst, s.key(step), row)
}

// Normals32 fills dst with the numbers of Normals, rounded.
func (s Stream) Normals32(dst []float32, step, row uint64) {
	normals32(kernel.Best(), dst, s.key(step), row)
}

// Rows is the noise of a batch: row i of the batch has the identity First+i, or IDs[i] where
// IDs are given. It is process.Noise.
type Rows struct {
	Stream Stream
	First  uint64
	IDs    []uint64
}

// ID is the identity of row i.
func (r Rows) ID(i int) uint64 {
	if r.IDs != nil {
		return r.IDs[i]
	}
	return r.First + uint64(i)
}

// Normals fills dst with unit normals of a step and a row of the batch.
func (r Rows) Normals(dst []float64, step, row int) { r.Stream.Normals(dst, uint64(step), r.ID(row)) }

// Uniforms fills dst with uniforms in (0,1) of a step and a row of the batch.
func (r Rows) Uniforms(dst []float64, step, row int) {
	r.Stream.Uniforms(dst, uint64(step), r.ID(row))
}
