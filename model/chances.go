package model

import (
	"math"
	"slices"
	"sort"

	"ebb/data/table"
	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/engine/kernel/elementary"
	"ebb/engine/rng"
)

// chances are the ways in which rows can be as wanted, each with its share: states of the cells that
// conditions name, and a stretch of the number that one of them leads with. They do not depend on
// the rows; a row that is drawn takes one of them by its share and has the rest completed.
//
// They are found column by column. The leading number's distribution is the column's own, cut into
// stretches of equal share; each cell then splits every way into the states that will do, by the
// probabilities that the network gives them, given what stands already. What it gives to other
// states is lost, so that the shares are those of Bayes' rule. (Sequential importance
// resampling, Liu and Chen 1998, with all branches in place of draws as long as there are few.)
type chances struct {
	cells *process.Cells
	given *denoise.Given
	lead  *table.Where
	num   int       // the leading number, -1 if there is none
	part  []float64 // where in the leading number's share each way's stretch begins; negative: it has none
	share []float64
	below []float64 // running sums of the shares

	ask  func(*known) ([]float64, error) // the network's logits of all cells of some ways
	logs []float64                       // of all states over the rows trained on
	seed uint64
}

const (
	leadParts  = 256     // stretches of the leading number
	mostWays   = 8192    // beyond, ways are thinned by their share
	mostSplits = 1 << 20 // ways before they are thinned
)

// wayRows go through the network at a time when ways are weighed.
const wayRows = 512

// newChances begins with one way, in which everything is open.
func newChances(t *table.Transform, seed uint64, ask func(*known) ([]float64, error)) *chances {
	return &chances{cells: process.NewCells(1, t.Cards()), given: denoise.NewGiven(1, t.Numbers()), num: -1,
		part: []float64{-1}, share: []float64{1}, ask: ask, logs: t.CellLogs(), seed: seed}
}

// split makes ways out of each one: branch says for way i how many, and make fills in the n-th of
// them as a copy of the way with a share of its own.
func (c *chances) split(branch func(i int) int, fill func(to *chances, k, i, n int)) {
	total := 0
	for i := range c.share {
		total += branch(i)
	}
	to := new(chances)
	*to = *c
	to.cells, to.given = process.NewCells(total, c.cells.Card), denoise.NewGiven(total, c.given.X.Dim)
	to.part, to.share = make([]float64, total), make([]float64, total)
	k, dim := 0, c.given.X.Dim
	for i := range c.share {
		for n := range branch(i) {
			copy(to.cells.Row(k), c.cells.Row(i))
			copy(to.given.X.Row(k), c.given.X.Row(i))
			copy(to.given.Is[k*dim:(k+1)*dim], c.given.Is[i*dim:(i+1)*dim])
			to.part[k], to.share[k] = c.part[i], c.share[i]
			fill(to, k, i, n)
			k++
		}
	}
	*c = *to
}

// begin splits by the column that leads: by its own distribution.
func (c *chances) begin(w *table.Where, place table.Place) {
	c.lead, c.num = w, place.Num
	if place.Cell >= 0 {
		own := c.logs[c.cells.Offsets()[place.Cell]:]
		will := admitted(w.States)
		c.split(func(int) int { return len(will) }, func(to *chances, k, _, n int) {
			to.cells.Row(k)[place.Cell] = int32(will[n])
			to.share[k] = elementary.Exp(own[will[n]])
		})
	}
	mass := w.Mass()
	numbered := func(i int) bool { return place.Cell < 0 || c.cells.Row(i)[place.Cell] == 0 }
	before := *c
	c.split(func(i int) int {
		if numbered(i) {
			return leadParts
		}
		return 1
	}, func(to *chances, k, i, n int) {
		if place.Cell >= 0 && before.cells.Row(i)[place.Cell] != 0 {
			return
		}
		to.part[k] = float64(n) / leadParts
		to.share[k] *= mass / leadParts
		to.give(k, 0.5)
	})
}

// give sets the leading number of way k, u of the way through its stretch.
func (c *chances) give(k int, u float64) {
	at := k*c.given.X.Dim + c.num
	c.given.X.Data[at] = c.lead.Draw(c.part[k] + u/leadParts)
	c.given.Is[at] = true
}

// cell splits every way by the states of a cell that will do.
func (c *chances) cell(cell int, states []bool) error {
	will := admitted(states)
	c.thin(max(1, mostSplits/len(will)))
	own, err := c.logits(cell)
	if err != nil {
		return err
	}
	card := c.cells.Card[cell]
	for i := range c.share {
		row := own[i*card : (i+1)*card]
		total := elementary.LogSumExp(row)
		for k, l := range row {
			row[k] = elementary.Exp(l - total)
		}
	}
	c.split(func(int) int { return len(will) }, func(to *chances, k, i, n int) {
		to.cells.Row(k)[cell] = int32(will[n])
		to.share[k] *= own[i*card+will[n]]
	})
	c.thin(mostWays)
	return nil
}

// admitted lists the states that will do.
func admitted(states []bool) []int {
	var will []int
	for k, ok := range states {
		if ok {
			will = append(will, k)
		}
	}
	return will
}

// logits are what is known of a cell in every way: (ways, Card). While nothing is given they are those of
// the rows trained on.
func (c *chances) logits(cell int) ([]float64, error) {
	offsets := c.cells.Offsets()
	card := c.cells.Card[cell]
	if !c.given.Any() && !slices.ContainsFunc(c.cells.Data, func(v int32) bool { return v != process.Mask }) {
		return slices.Clone(c.logs[offsets[cell]:offsets[cell+1]]), nil
	}
	out := make([]float64, len(c.share)*card)
	width, dim := offsets[len(offsets)-1], c.given.X.Dim
	for lo := 0; lo < len(c.share); lo += wayRows {
		hi := min(lo+wayRows, len(c.share))
		part := &known{ids: identities(uint64(lo), hi-lo, 0), cells: c.cells.Slice(lo, hi),
			given: &denoise.Given{X: c.given.X.Slice(lo, hi), Is: c.given.Is[lo*dim : hi*dim]}}
		logits, err := c.ask(part)
		if err != nil {
			return nil, err
		}
		for i := range hi - lo {
			copy(out[(lo+i)*card:(lo+i+1)*card], logits[i*width+offsets[cell]:i*width+offsets[cell+1]])
		}
	}
	return out, nil
}

// foresee is what the network says of the cells of rows before anything but what is known stands.
func (m *TableModel) foresee(k *known, seed uint64) ([]float64, error) {
	d, err := m.knowing(k, m.denoiser(m.pool))
	if err != nil {
		return nil, err
	}
	rows, offsets := len(k.ids), k.cells.Offsets()
	// At the first time numbers are nothing but noise.
	x, x0 := process.NewState(rows, k.given.X.Dim), process.NewState(rows, k.given.X.Dim)
	m.begin(x, []float64{1}, rng.Rows{Stream: rng.New(seed, rng.Known), IDs: k.ids})
	logits, time := make([]float64, rows*offsets[len(offsets)-1]), make([]float64, rows)
	for i := range time {
		time[i] = 1
	}
	d.DenoiseCells(x0, logits, x, k.cells, time)
	return logits, nil
}

// thin leaves out ways of no share, and where there are more than most takes as many of them by their
// shares, evenly spread (systematic resampling).
func (c *chances) thin(most int) {
	count := make([]int, len(c.share))
	kept, total := 0, c.total()
	for i, s := range c.share {
		if s > 0 {
			count[i] = 1
			kept++
		}
	}
	equal := 0.0
	if kept > most {
		clear(count)
		equal = total / float64(most)
		u := rng.New(c.seed, rng.Condition).Uniform(math.MaxUint32, uint64(kept))
		sum, next := 0.0, float64(u*equal)
		for i, s := range c.share {
			for sum += s; next < sum; next += equal {
				count[i]++
			}
		}
	}
	c.split(func(i int) int { return count[i] }, func(to *chances, k, _, _ int) {
		if equal > 0 {
			to.share[k] = equal
		}
	})
}

func (c *chances) total() float64 {
	sum := 0.0
	for _, s := range c.share {
		sum += s
	}
	return sum
}

// seal makes the ways ready to be taken.
func (c *chances) seal() {
	c.below = make([]float64, len(c.share))
	sum := 0.0
	for k, s := range c.share {
		sum += s
		c.below[k] = sum
	}
}

// take gives row i of k one of the ways, by two uniforms.
func (c *chances) take(k *known, i int, u, v float64) {
	way := min(sort.SearchFloat64s(c.below, float64(u*c.below[len(c.below)-1])), len(c.below)-1)
	copy(k.cells.Row(i), c.cells.Row(way))
	dim := c.given.X.Dim
	copy(k.given.X.Row(i), c.given.X.Row(way))
	copy(k.given.Is[i*dim:(i+1)*dim], c.given.Is[way*dim:(way+1)*dim])
	if c.num >= 0 && c.part[way] >= 0 {
		k.given.X.Row(i)[c.num] = c.lead.Draw(c.part[way] + v/leadParts)
	}
}
