package model

import (
	"fmt"
	"math"
	"slices"

	"ebb/data/table"
	"ebb/diffusion/denoise"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
)

// known is what stands of some rows before they are drawn. The network was trained to complete
// rows of which any part is given (denoise.Give), so that what is known stands from the first step
// to the last, and the rest is drawn from the network's conditional at the cost of any other row.
type known struct {
	ids   []uint64           // of the rows: they key what is random
	cells *process.Cells     // states, process.Mask for what is to be drawn; the draw changes them
	given *denoise.Given     // numbers
	never []bool             // by state of all cells: not to be drawn; nil: none
	allow [][]*table.Allowed // by row: states of which one is to be drawn; nil: any
}

// nothing is known of the rows of these identities.
func (m *TableModel) nothing(ids []uint64) *known {
	t := m.Config.Table.Transform
	return &known{ids: ids, cells: process.NewCells(len(ids), t.Cards()), given: denoise.NewGiven(len(ids), t.Numbers())}
}

// free tells whether nothing is known of any of the rows.
func (k *known) free() bool {
	return k.never == nil && k.allow == nil && !k.given.Any() && !slices.ContainsFunc(k.cells.Data, func(v int32) bool { return v != process.Mask })
}

// identities are those of the rows first to first+n-1, of their draw number k: 0 is the usual one.
func identities(first uint64, n, k int) []uint64 {
	ids := make([]uint64, n)
	for i := range ids {
		ids[i] = identity(first+uint64(i), k)
	}
	return ids
}

// identity keys draw k of a row. Rows have 2^44 numbers.
func identity(row uint64, k int) uint64 { return row | uint64(k)<<44 }

// knowing tells a network what is known of the rows that it will be asked about.
func (m *TableModel) knowing(k *known, d *denoise.TableModel) (sample.MixedDenoiser, error) {
	d.Given = nil
	if k.given.Any() {
		if !m.Config.Table.MLP.Given {
			return nil, fmt.Errorf("%w: this run was trained by an older ebb and knows no numbers that are given: train it again", ErrCondition)
		}
		d.Given = k.given
	}
	if k.never == nil && k.allow == nil {
		return d, nil
	}
	return without{d, k}, nil
}

// without is a denoiser that holds some states for impossible.
type without struct {
	sample.MixedDenoiser
	*known
}

func (w without) DenoiseCells(x0 *process.State, logits []float64, xt *process.State, cells *process.Cells, t []float64) {
	w.MixedDenoiser.DenoiseCells(x0, logits, xt, cells, t)
	for i := range logits {
		if w.never != nil && w.never[i%len(w.never)] {
			logits[i] = math.Inf(-1)
		}
	}
	offsets := cells.Offsets()
	width := offsets[len(offsets)-1]
	for i, all := range w.allow {
		for _, a := range all {
			for k, ok := range a.States {
				if !ok {
					logits[i*width+offsets[a.Cell]+k] = math.Inf(-1)
				}
			}
		}
	}
}

// decide gives the cells of row i of which all states but one are not to be drawn. A number that may
// only be there is then drawn as one that is, from the first step.
func (k *known) decide(i int) {
	row, first := k.cells.Row(i), 0
	for j, card := range k.cells.Card {
		if k.never != nil && row[j] == process.Mask {
			if only, one := single(k.never[first : first+card]); one {
				row[j] = only
			}
		}
		first += card
	}
	if k.allow == nil {
		return
	}
	for _, a := range k.allow[i] {
		if admits := admitted(a.States); len(admits) == 1 && row[a.Cell] == process.Mask {
			row[a.Cell] = int32(admits[0])
		}
	}
}

// single is the only state that is not excluded, if there is but one.
func single(never []bool) (state int32, one bool) {
	n := 0
	for k, not := range never {
		if !not {
			state = int32(k)
			n++
		}
	}
	return state, n == 1
}

// observe writes what a table knows of one of its rows to row i. epoch spreads its ties.
func (k *known) observe(i int, o *table.Observed, row int, epoch uint64) {
	at := i * k.given.X.Dim
	o.Row(row, epoch, k.given.X.Row(i), k.given.Is[at:at+k.given.X.Dim], k.cells.Row(i))
	k.permit(i, o, row)
	k.decide(i)
}

// permit keeps what row i may hold beside what a table knows of it.
func (k *known) permit(i int, o *table.Observed, row int) {
	allowed := o.Allowed(row)
	if len(allowed) == 0 {
		return
	}
	if k.allow == nil {
		k.allow = make([][]*table.Allowed, len(k.ids))
	}
	k.allow[i] = allowed
}
