package likelihood

import (
	"context"
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/diffusion/schedule"
	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
)

// MixedDenoiser knows E[x0 | x_t, cells] and the log-probabilities of the masked
// cells, up to a constant for each column: sample.MixedDenoiser, said again
// because sample stands below this package.
type MixedDenoiser interface {
	Schedule() schedule.Schedule
	DenoiseCells(x0 *process.State, logits []float64, xt *process.State, cells *process.Cells, t []float64)
}

// Data is rows of numbers and cells.
type Data struct {
	Rows, Numbers int
	Card          []int
	// Row writes row i as one draw sees it: its numbers z (D), which may be
	// spread anew with each draw, known (D) 1, or 0 where a number is no part of
	// the row, and its cells (C), process.Mask where the category is not known.
	// It is called from several goroutines.
	Row func(i, draw int, z, known []float64, cells []int32)
	// Base is the log-probability of each category by itself, (K).
	Base []float64
}

// Bound is the variational bound on the log-likelihood of rows of numbers z and
// cells c, above that of independent columns:
//
//	gain <= log p(z, c) - sum_j log N(z_j; 0, 1) - sum_j log base(c_j).
//
// In continuous time the two processes share t and their terms add up (VDM,
// Kingma et al. 2021, arXiv 2107.00630, eq. 17; MDLM, Sahoo et al. 2024,
// arXiv 2406.07524, eq. 10). With half the log-SNR lambda, z^ = E[z | x_t, c_t],
// and the same of independent unit normals, z' = alpha x_t/(alpha^2 + sigma^2),
//
//	numbers  E int SNR (|z - z'|^2 - |z - z^|^2) d lambda
//	         + E (|z - z'|^2 - |z - z^|^2)/(2 V)  at the last lambda,  V = sigma^2/(alpha^2 + sigma^2)
//	cells    E sum_j (log p(c_j | x_t, c_t) - log base(c_j))  with j masked, each other cell at t
//
// The differences hold because the bound of a unit normal with its own denoiser
// is its exact log-density at every point: subtracting it under the same noise
// takes out most of the variance (the idea of Kong et al. 2023,
// arXiv 2302.03792). A perfect denoiser makes the bound exact. The cells' form is that of
// any order (Uria et al. 2014, arXiv 1310.1757; Hoogeboom et al. 2022,
// arXiv 2110.02037): MDLM's weight 1/t is spent on drawing only sets
// that mask the cell asked for, which bounds the variance.
//
// Each of the three expectations is estimated from draws in pairs, one pair for
// each of equally long parts of its time. The draws - times, noise, masks - are
// the same for all rows: a row's value depends on nothing but the row, and in
// differences between rows the error they share cancels.
type Bound struct {
	Draws int // of the numbers' integral and of the cells' mean, even; 0: 64
	// Last is the half log-SNR at which the numbers' integral ends; 0: 4, where
	// the noise is 0.018 of a unit.
	Last  float64
	Keep  process.Keep // nil: LinearKeep
	Batch int          // rows held at once; 0: 1024
	Pool  *parallel.Pool
	Watch func(done, total int) // draws times rows, may be nil
}

// Gain is the bound of one row.
type Gain struct {
	Total         float64 // nats
	StandardError float64 // of Total, over the draws
	// Numbers (D) and Cells (C) are each column's share of Total; 0 where
	// nothing is known.
	Numbers, Cells []float64
}

// first is the half log-SNR below which nothing of the data is left.
const first = -6

// Evaluate is the gain of every row. noise is keyed by draw; see keys.
func (b Bound) Evaluate(ctx context.Context, d MixedDenoiser, data Data, noise process.Noise) ([]Gain, error) {
	draws, err := b.draws(d.Schedule(), data, noise)
	if err != nil {
		return nil, err
	}
	out := make([]Gain, data.Rows)
	batch := b.Batch
	if batch <= 0 {
		batch = 1024
	}
	for lo := 0; lo < data.Rows; lo += batch {
		hi := min(lo+batch, data.Rows)
		e := newEvaluation(b.Pool, d, data, lo, hi)
		for k := range draws {
			if err := ctx.Err(); err != nil {
				return nil, fmt.Errorf("likelihood: stopped after %d of %d rows: %w", lo, data.Rows, err)
			}
			if err := e.add(&draws[k]); err != nil {
				return nil, err
			}
			if b.Watch != nil {
				b.Watch(lo*len(draws)+(k+1)*(hi-lo), data.Rows*len(draws))
			}
		}
		e.finish(out[lo:hi])
	}
	return out, nil
}

// Count is how many times the denoiser sees each row.
func (b Bound) Count(numbers, cells int) int {
	n := 0
	if numbers > 0 {
		n += b.count() + b.decodings()
	}
	if cells > 0 {
		n += b.count()
	}
	return n
}

func (b Bound) count() int {
	if b.Draws == 0 {
		return 64
	}
	return b.Draws
}

// decodings are the draws of the decoder, a small term: an eighth, but a pair.
func (b Bound) decodings() int { return max(b.count()/16, 1) * 2 }

// term is one of the three expectations.
type term int

const (
	integral term = iota
	decoder
	reveal
)

// draw is what one look at all rows is made with.
type draw struct {
	term         term
	number       int // of all
	t            float64
	alpha, sigma float64
	keep         float64
	weight       float64 // of this draw's value in the sum
	scale        float64 // of a number's squared error
	second       bool    // of its pair
	choice       float64 // which cell is masked for sure
	eps          []float64
	u            []float64
}

// The rows under which a draw's random numbers are keyed.
const (
	keyEps = iota
	keyMask
	keyTime
)

func (b Bound) draws(sch schedule.Schedule, data Data, noise process.Noise) ([]draw, error) {
	if b.Draws < 0 || b.Draws%2 != 0 {
		return nil, fmt.Errorf("likelihood: %d draws; their number must be even, such as 64, since they come in pairs", b.Draws)
	}
	last := b.Last
	if last == 0 {
		last = 4
	}
	start := max(schedule.Lambda(sch, 1), first)
	if !(last > start) {
		return nil, fmt.Errorf("likelihood: the numbers' integral would run from a half log-SNR of %v at t = 1 down to %v; its last must be larger", start, last)
	}
	var out []draw
	add := func(kind term, count int, at func(d *draw, u float64)) {
		for i := range count {
			d := draw{term: kind, number: len(out), second: i%2 == 1, weight: 1 / float64(count), eps: make([]float64, data.Numbers), u: make([]float64, len(data.Card))}
			var u [2]float64
			noise.Normals(d.eps, d.number, keyEps)
			noise.Uniforms(d.u, d.number, keyMask)
			noise.Uniforms(u[:], d.number, keyTime)
			d.choice = u[1]
			at(&d, (float64(i/2)+u[0])/float64(count/2))
			d.alpha, d.sigma = sch.At(d.t)
			out = append(out, d)
		}
	}
	keep := b.Keep
	if keep == nil {
		keep = process.LinearKeep{}
	}
	level := func(d *draw, lambda float64) {
		d.t = schedule.Time(sch, lambda)
		d.keep = keep.Keep(d.t)
		d.scale = elementary.Exp(2 * lambda)
	}
	if data.Numbers > 0 {
		add(integral, b.count(), func(d *draw, u float64) {
			level(d, start+float64((last-start)*u))
			d.scale *= last - start
		})
		add(decoder, b.decodings(), func(d *draw, _ float64) {
			level(d, last)
			d.scale = (d.scale + 1) / 2
		})
	}
	if len(data.Card) > 0 {
		add(reveal, b.count(), func(d *draw, u float64) {
			d.keep = 1 - u
			d.t = timeOf(keep, d.keep)
		})
	}
	return out, nil
}

// timeOf is the time at which a cell is kept with probability p.
func timeOf(k process.Keep, p float64) float64 {
	if _, linear := k.(process.LinearKeep); linear {
		return 1 - p
	}
	lo, hi := 0.0, 1.0
	for {
		mid := lo + (hi-lo)/2
		if mid <= lo || mid >= hi {
			return hi
		}
		if k.Keep(mid) > p {
			lo = mid
		} else {
			hi = mid
		}
	}
}

func finite(v float64) bool { return !math.IsNaN(v) && !math.IsInf(v, 0) }
