package model

import (
	"context"
	"fmt"

	"ebb/data/table"
	"ebb/diffusion/process"
	"ebb/diffusion/sample"
	"ebb/engine/rng"
)

// Conditions on the columns of a table (DrawOptions.Where; see table.Transform.Where for how they
// are written).
//
// A category that is given is unmasked from the start, and the network sees it: that is exact, at
// no cost. Numbers, ranges and sets of categories are drawn by sample.Particles, whose error falls
// as the particles grow.

// defaultParticles are those of a row.
const defaultParticles = 32

// wish is what conditions ask of the rows of a table.
type wish struct {
	cells  []int32 // (columns) states that are given, process.Mask for the others
	exact  []*table.Where
	wanted []sample.Wanted
}

// wish reads conditions.
func (m *TableModel) wish(conditions []string) (*wish, error) {
	if len(conditions) == 0 {
		return nil, nil
	}
	transform := m.Config.Table.Transform
	where, err := transform.Where(conditions)
	if err != nil {
		return nil, fmt.Errorf("%w: %w", ErrCondition, err)
	}
	w := &wish{cells: process.NewCells(1, transform.Cards()).Data, exact: make([]*table.Where, transform.Numbers())}
	places := transform.Places()
	for i := range where {
		w.add(&where[i], places[where[i].Column])
	}
	return w, nil
}

func (w *wish) add(c *table.Where, place table.Place) {
	wanted := sample.Wanted{Cell: place.Cell, States: c.States, Number: -1}
	if c.Number {
		wanted.Number, wanted.Lo, wanted.Hi = place.Num, c.Lo, c.Hi
	}
	if one, only := single(c.States); only {
		w.cells[place.Cell] = one
		if one > 0 || !c.Number {
			return
		}
		wanted.Cell, wanted.States = -1, nil
	}
	if c.Exact && wanted.Cell < 0 {
		w.exact[place.Num] = c
		return
	}
	if wanted.Cell >= 0 || wanted.Number >= 0 {
		w.wanted = append(w.wanted, wanted)
	}
}

// single is the only state that will do, if there is but one.
func single(states []bool) (state int32, only bool) {
	n := 0
	for k, will := range states {
		if will {
			state = int32(k)
			n++
		}
	}
	return state, n == 1
}

// given tells whether the conditions name nothing but states of cells.
func (w *wish) given() bool {
	for _, e := range w.exact {
		if e != nil {
			return false
		}
	}
	return len(w.wanted) == 0
}

// start is the cells of some rows as they begin.
func (w *wish) start(rows int, card []int) *process.Cells {
	cells := process.NewCells(rows, card)
	if w != nil {
		for i := range rows {
			copy(cells.Row(i), w.cells)
		}
	}
	return cells
}

// known draws the numbers that are given, by the rows' own uniforms.
func (w *wish) known(rows int, noise process.Noise) (*process.State, []bool) {
	dim := len(w.exact)
	x, hidden, u := process.NewState(rows, dim), make([]bool, rows*dim), make([]float64, dim)
	for i := range rows {
		noise.Uniforms(u, 0, i)
		for j, e := range w.exact {
			if hidden[i*dim+j] = e == nil; e != nil {
				x.Row(i)[j] = e.Draw(u[j])
			}
		}
	}
	return x, hidden
}

// drawWhere draws the rows first to first+rows-1 among particles.
func (m *TableModel) drawWhere(ctx context.Context, w *wish, o DrawOptions, grid []float64, first uint64, rows, each int) (*process.State, *process.Cells, error) {
	t := m.Config.Table.Transform
	at := func(p rng.Purpose) rng.Rows { return o.identities(p, first, each) }
	x := process.NewState(rows*each, t.Numbers())
	m.begin(x, grid, at(rng.Prior))
	s := sample.Particles{Each: each, Wanted: w.wanted, Cells: w.start(rows*each, t.Cards()),
		CellNoise: at(rng.Cells), Noise: at(rng.Known)}
	s.Known, s.Hidden = w.known(rows, o.identities(rng.Condition, first, 1))
	watch := watchChunk(o, int(first-o.First), int(first-o.First)+rows)
	for i, see := range watch {
		watch[i] = func(p sample.Progress) {
			p.X = every(p.X, each)
			see(p)
		}
	}
	if err := sample.Run(ctx, s, m.denoiser(o.batch), x, grid, at(rng.Sampler), watch...); err != nil {
		return nil, nil, err
	}
	cells := process.NewCells(rows, t.Cards())
	for i := range rows {
		copy(cells.Row(i), s.Cells.Row(i*each))
	}
	return every(x, each), cells, nil
}

// every is each each-th row of x, from the first.
func every(x *process.State, each int) *process.State {
	out := process.NewState(x.Rows/each, x.Dim)
	for i := range out.Rows {
		copy(out.Row(i), x.Row(i*each))
	}
	return out
}

// checkConditions finds what a model of a table can't be asked for, and says how many particles
// a row needs: 1 is none.
func (m *TableModel) checkConditions(o DrawOptions, w *wish) (each int, err error) {
	switch {
	case o.Guide != nil || o.Inpaint != nil || o.Init != nil:
		return 0, fmt.Errorf("%w: guidance, inpainting and beginning with pictures are for pictures; this model draws rows", ErrCondition)
	case o.Particles < 0:
		return 0, fmt.Errorf("%w: %d particles; the default is %d", ErrCondition, o.Particles, defaultParticles)
	case w == nil || w.given():
		return 1, nil
	case o.Sampler != "" && o.Sampler != "ddpm":
		return 0, fmt.Errorf("%w: conditions on numbers or several values are drawn by the sampler ddpm, not by %s", ErrCondition, o.Sampler)
	case o.Particles == 0:
		return defaultParticles, nil
	}
	return o.Particles, nil
}
