package process

import (
	"fmt"
	"math"
	"slices"

	"ebb/engine/kernel/elementary"
)

// Mask is the value of a cell whose category is hidden.
const Mask int32 = -1

// Cells is a batch of categorical cells: Data (Rows, len(Card)), row-major.
// Column j holds categories 0..Card[j]-1 or Mask.
type Cells struct {
	Rows int
	Card []int
	Data []int32
}

// NewCells returns cells that are all masked.
func NewCells(rows int, card []int) *Cells {
	c := &Cells{Rows: rows, Card: card, Data: make([]int32, rows*len(card))}
	for i := range c.Data {
		c.Data[i] = Mask
	}
	return c
}

// Cols is the number of categorical columns.
func (c *Cells) Cols() int { return len(c.Card) }

// Row is row i, sharing memory.
func (c *Cells) Row(i int) []int32 { return c.Data[i*c.Cols() : (i+1)*c.Cols()] }

// Slice is the rows lo..hi-1, sharing memory.
func (c *Cells) Slice(lo, hi int) *Cells {
	return &Cells{Rows: hi - lo, Card: c.Card, Data: c.Data[lo*c.Cols() : hi*c.Cols()]}
}

// Clone copies the cells.
func (c *Cells) Clone() *Cells {
	return &Cells{Rows: c.Rows, Card: c.Card, Data: append([]int32(nil), c.Data...)}
}

// Offsets are the column ranges of a row of probabilities or logits: those of
// column j are Offsets()[j] to Offsets()[j+1]. The last entry is the width.
func (c *Cells) Offsets() []int { return Offsets(c.Card) }

// Offsets are the running sums of card, from 0.
func Offsets(card []int) []int {
	out := make([]int, len(card)+1)
	for j, k := range card {
		out[j+1] = out[j] + k
	}
	return out
}

// Check reports the first cell outside its column's categories.
func (c *Cells) Check() error {
	if len(c.Data) != c.Rows*c.Cols() {
		return fmt.Errorf("process: %d cells for %d rows of %d columns", len(c.Data), c.Rows, c.Cols())
	}
	for i, v := range c.Data {
		col := i % c.Cols()
		if v != Mask && (v < 0 || int(v) >= c.Card[col]) {
			return fmt.Errorf("process: row %d, column %d: category %d is outside 0..%d", i/c.Cols(), col, v, c.Card[col]-1)
		}
	}
	return nil
}

// A Keep says how long a cell lasts in the absorbing process (D3PM, Austin et
// al. 2021, arXiv 2107.03006; MDLM, Sahoo et al. 2024, arXiv 2406.07524): at
// time t it still has its value with probability Keep(t), which falls from 1
// to 0 as t goes from 0 to 1.
type Keep interface {
	Keep(t float64) float64
	// Weight is -Keep'(t)/(1 - Keep(t)): the weight of the cross entropy
	// of a masked cell in the continuous-time variational bound (MDLM
	// eq. 10). A cell is masked with probability 1-Keep(t), so its
	// expected weight is the rate -Keep'(t), which integrates to one.
	Weight(t float64) float64
}

// LinearKeep is Keep(t) = 1 - t with weight 1/t: the moment at which a cell is
// masked is uniform.
type LinearKeep struct{}

var _ Keep = LinearKeep{}

// Keep implements [Keep].
func (LinearKeep) Keep(t float64) float64 { return 1 - t }

// Weight implements [Keep].
func (LinearKeep) Weight(t float64) float64 { return 1 / t }

// CosineKeep is Keep(t) = 1 - sin(pi t/2) = 2 sin^2(pi (1-t)/4), which masks early
// in time and so reveals few cells at first and many at the end (the cosine rule
// of MaskGIT, Chang et al. 2022, arXiv 2202.04200).
type CosineKeep struct{}

var _ Keep = CosineKeep{}

// Keep implements [Keep]. Near t = 1 the difference from 1 would cancel.
func (CosineKeep) Keep(t float64) float64 {
	if t < 0.5 {
		return 1 - elementary.Sin(math.Pi/2*t)
	}
	half := elementary.Sin(math.Pi / 4 * (1 - t))
	return 2 * half * half
}

// Weight implements [Keep].
func (CosineKeep) Weight(t float64) float64 {
	return math.Pi / 2 * elementary.Cos(math.Pi/2*t) / elementary.Sin(math.Pi/2*t)
}

// KeepJump is the probability that a cell which has its value at s still has
// it at t >= s: the masked process's q(x_t | x_s).
func KeepJump(k Keep, s, t float64) float64 {
	if s == t {
		return 1
	}
	return k.Keep(t) / k.Keep(s)
}

// Reveal is the posterior of the masked process: the probability that a cell
// masked at t has its value at s <= t,
//
//	(keep(s) - keep(t))/(1 - keep(t)),
//
// whatever the value is (D3PM section 3.1; MDLM eq. 7). At s = 0 it is 1.
func Reveal(k Keep, t, s float64) float64 {
	switch {
	case s == t:
		return 0
	case s == 0:
		return 1
	}
	kt := k.Keep(t)
	return min(max((k.Keep(s)-kt)/(1-kt), 0), 1)
}

// MaskRow applies the forward process to one row: cell j of src goes to dst if
// u[j] < keep, else Mask. u are uniform draws, one per cell; with the same u, a
// cell masked at t is masked at every later time.
func MaskRow(dst, src []int32, keep float64, u []float64) {
	for j, v := range src {
		if u[j] < keep {
			dst[j] = v
		} else {
			dst[j] = Mask
		}
	}
}

// UnmaskRow applies one reverse step to a row: each masked cell is revealed
// with probability reveal, and its value then drawn by logits, the row of
// log-probabilities laid out by offsets, each column's up to a constant of its
// own. u holds two uniforms per cell, used or not, so that a cell's draw does
// not depend on the others.
func UnmaskRow(cells []int32, logits []float64, offsets []int, reveal float64, u []float64) {
	for j, v := range cells {
		if v != Mask || u[2*j] >= reveal {
			continue
		}
		cells[j] = Draw(logits[offsets[j]:offsets[j+1]], u[2*j+1])
	}
}

// Draw is a category of the softmax of logits: the inverse of its distribution
// function at u in (0, 1). A category whose logit is -Inf is never drawn.
func Draw(logits []float64, u float64) int32 {
	top := slices.Max(logits)
	var few [128]float64 // most columns have fewer categories, and no exponential is taken twice
	p := few[:]
	if len(logits) > len(p) {
		p = make([]float64, len(logits))
	}
	total := 0.0
	for k, l := range logits {
		p[k] = elementary.Exp(l - top)
		total += p[k]
	}
	target := float64(u * total)
	sum := 0.0
	last := 0
	for k := range logits {
		if p[k] == 0 {
			continue
		}
		last = k
		sum += p[k]
		if target < sum {
			return int32(k)
		}
	}
	return int32(last)
}
