package model

import (
	"math"
	"sort"

	"ebb/data/table"
	"ebb/diffusion/denoise"
	"ebb/engine/autograd"
)

// The rows that a table's training holds out to see when it begins to learn by heart.
const (
	heldShare  = 0.1  // of the rows,
	leastHeld  = 12   // but so many at least
	mostHeld   = 1000 // and at most;
	fewestRows = 4 * leastHeld
	heldGroups = 16   // in which their loss is told, so that its error is known
	heldVisits = 1024 // rows that go through the network for one loss, at least: few rows go often
)

// defaultHoldout is the share of a table's rows that training holds out: a tenth, at least 12 and at most
// 1,000 rows, and none of a table of fewer than 48.
func defaultHoldout(rows int) float64 {
	if rows < fewestRows {
		return 0
	}
	held := min(max(int(math.Floor(heldShare*float64(rows)+0.5)), leastHeld), mostHeld)
	return float64(held) / float64(rows)
}

// heldOut are the rows of a table that training does not see, in groups, each of which visits the network
// several times at different times and with different noise. The zero value holds out none.
type heldOut struct {
	rows   []int // ascending
	groups [][]int
	visits int // of each row
}

// holdOut chooses the rows of a table that are held out.
func holdOut(n int, share float64, seed uint64) heldOut {
	if share <= 0 || n < 2 {
		return heldOut{}
	}
	h := heldOut{rows: table.HeldOut(n, share, seed)}
	k := len(h.rows)
	groups := min(heldGroups, k)
	for g := range groups {
		h.groups = append(h.groups, h.rows[g*k/groups:(g+1)*k/groups])
	}
	h.visits = (heldVisits + k - 1) / k
	return h
}

// row is the i-th of the rows that are not held out. The k-th held-out row, counted from 0, has rows[k]-k others
// before it.
func (h heldOut) row(i int) int {
	return i + sort.Search(len(h.rows), func(k int) bool { return h.rows[k]-k > i })
}

// HeldOut implements train.Judged.
func (o *tableObjective) HeldOut() (rows, groups int) {
	for _, g := range o.held.groups {
		rows += len(g) * o.held.visits
	}
	return rows, len(o.held.groups)
}

// HeldOutLoss implements train.Judged: the mean loss of each group of held-out rows. Times and noise are the
// same each time, those of steps before the first, so two losses differ by their weights alone. Within a
// group the times of all visits are spread evenly.
func (o *tableObjective) HeldOutLoss(t *autograd.Tape) []float32 {
	losses := make([]float32, len(o.held.groups))
	for g := range losses {
		n, sum := len(o.held.groups[g])*o.held.visits, 0.0
		for lo := 0; lo < n; lo += denoiseChunk {
			hi := min(lo+denoiseChunk, n)
			sum += float64(float64(o.visit(t, g, lo, hi)) * float64(hi-lo) / float64(n))
		}
		losses[g] = float32(sum)
	}
	return losses
}

// visit is the mean loss of the visits lo..hi-1 of a group.
func (o *tableObjective) visit(t *autograd.Tape, group, lo, hi int) float32 {
	rows := o.held.groups[group]
	batch := o.batch(t, hi-lo, func(i int) (row int, epoch uint64) { return rows[(lo+i)%len(rows)], uint64((lo + i) / len(rows)) })
	loss := o.TableObjective.Loss(t, o.net, batch, denoise.Draws{Seed: o.Config.Seed, Step: -1 - group, First: lo}).Value.Data[0]
	t.Reset()
	return loss
}

// defaultPatience is that of Training.Patience for tables.
const defaultPatience = 0.5

// defaultFall is that of Training.Fall for tables that are not small.
const defaultFall = 0.35
