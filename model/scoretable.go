package model

import (
	"context"
	"fmt"
	"math"
	"strings"

	"ebb/data/table"
	"ebb/diffusion/denoise"
	"ebb/diffusion/likelihood"
	"ebb/diffusion/process"
	"ebb/engine/rng"
)

// TableScores are the likelihoods of the rows of a table, in nats.
type TableScores struct {
	Columns []string // of the learned schema: the user's columns, those that a rule keeps together as one
	Rows    []RowScore
	Unknown []table.Unknown // texts that the model can't know; see Score
}

// RowScore is the log-likelihood of a row, of which [TableModel.Score] tells more.
type RowScore struct {
	LogLikelihood float64
	StandardError float64   // over the draws
	Alone         float64   // the log-likelihood of its values if columns were independent
	Together      float64   // LogLikelihood - Alone: what the values say together
	Columns       []float64 // each column's share of Together; nil if exact
	SolverError   float64   // of the ODE, if exact
}

// Least is the column with the least share of Together, -1 if there are none: the value that the
// others speak against most.
func (r RowScore) Least() int {
	least := -1
	for j, v := range r.Columns {
		if least < 0 || v < r.Columns[least] {
			least = j
		}
	}
	return least
}

// Score is the log-likelihood of each row of t, whose columns must be those of the training table,
// in any order: a lower bound (likelihood.Bound), or with Exact the value of the probability-flow ODE
// (likelihood.Flow), which tables of numbers alone have.
//
//	log p(row) >= sum over columns of log p(value) + what the network knows of them together
//
// The first part is table.Marginals: probabilities of categories and of numbers on a grid, densities
// of other numbers, in units of their columns. A text that no training row held has the small
// probability stated there, is listed in Unknown, and is left out of what the network sees, as if
// nothing were known of it. A number outside the range that was trained on has a small probability
// too; the network sees the end of the range. A missing value is a value like others where the
// training rows had missing ones; where they had none it is left out, and the score is that of the
// rest of the row. Identifiers are not learned and not scored.
//
// All rows share their random draws: a row's score depends on the row, the model and the seed.
func (m *TableModel) Score(ctx context.Context, t *table.Table, o ScoreOptions) (*TableScores, error) {
	if t.Rows() == 0 {
		return nil, fmt.Errorf("%s: there are no rows to score", t.Source)
	}
	transform := m.Config.Table.Transform
	set, err := transform.Encode(t, o.Seed)
	if err != nil {
		return nil, err
	}
	alone, err := transform.Marginals(t)
	if err != nil {
		return nil, err
	}
	s := &TableScores{Columns: transform.Learned().Names(), Rows: make([]RowScore, t.Rows()), Unknown: set.Unknown()}
	if o.Exact {
		err = m.exact(ctx, set, o, s)
	} else {
		err = m.bound(ctx, set, o, s)
	}
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Source, err)
	}
	for i := range s.Rows {
		r := &s.Rows[i]
		r.Alone = alone.Row(i)
		r.LogLikelihood = r.Alone + r.Together
	}
	return s, nil
}

// spread is how draw k of a seed places ties, in all rows alike.
func (o ScoreOptions) spread(set *table.Dataset, k int) table.Spread {
	return set.NewSpread(rng.New(o.Seed, rng.Jitter), uint64(k), 0)
}

func (m *TableModel) bound(ctx context.Context, set *table.Dataset, o ScoreOptions, s *TableScores) error {
	bound := likelihood.Bound{Draws: o.Draws, Pool: m.pool, Watch: o.Watch}
	spreads := make([]table.Spread, bound.Count(set.Numbers(), len(set.Cards())))
	for k := range spreads {
		spreads[k] = o.spread(set, k)
	}
	transform := m.Config.Table.Transform
	gains, err := bound.Evaluate(ctx, m.Denoiser(), likelihood.Data{
		Rows: set.Len(), Numbers: set.Numbers(), Card: set.Cards(), Base: transform.CellLogs(),
		Row: func(i, draw int, z, known []float64, cells []int32) { spreads[draw].Row(i, z, known, cells) },
	}, rng.Rows{Stream: rng.New(o.Seed, rng.Metric)})
	if err != nil {
		return err
	}
	places := transform.Places()
	for i, g := range gains {
		r := &s.Rows[i]
		r.Together, r.StandardError, r.Columns = g.Total, g.StandardError, make([]float64, len(places))
		for j, p := range places {
			if p.Num >= 0 {
				r.Columns[j] += g.Numbers[p.Num]
			}
			if p.Cell >= 0 {
				r.Columns[j] += g.Cells[p.Cell]
			}
		}
	}
	return nil
}

const (
	exactDraws     = 2    // paths of a row
	exactTolerance = 1e-4 // of float32 networks
)

// exact solves the ODE once for each draw, with ties spread anew.
func (m *TableModel) exact(ctx context.Context, set *table.Dataset, o ScoreOptions, s *TableScores) error {
	if err := m.onlyNumbers(set); err != nil {
		return err
	}
	d := &denoise.Model{Net: m.net, Sch: m.sch, Predict: m.predict, Input: m.input, Shape: []int{set.Numbers()}, Batch: denoiseChunk, Pool: m.pool}
	draws := o.Draws
	if draws == 0 {
		draws = exactDraws
	}
	x := process.NewState(set.Len(), set.Numbers())
	known := make([]float64, set.Numbers())
	square := make([]float64, set.Len())
	for k := range draws {
		spread := o.spread(set, k)
		for i := range x.Rows {
			spread.Row(i, x.Row(i), known, nil)
		}
		flow := likelihood.Flow{Draws: 1, Tolerance: exactTolerance, Batch: 256, Last: 5}
		if o.Watch != nil {
			flow.Watch = func(done, total int) { o.Watch(k*total+done, draws*total) }
		}
		values, err := flow.Evaluate(ctx, d, x, sameForAll{rng.New(o.Seed, rng.Metric), uint64(k)})
		if err != nil {
			return err
		}
		for i, v := range values {
			// Welford's running mean and sum of squares.
			r, got := &s.Rows[i], v.LogLikelihood-likelihood.LogNormal(x.Row(i))
			gap := got - r.Together
			r.Together += gap / float64(k+1)
			square[i] += float64(gap * (got - r.Together))
			r.SolverError += v.SolverError / float64(draws)
		}
	}
	for i := range s.Rows {
		s.Rows[i].StandardError = math.Sqrt(square[i] / float64(max(1, draws-1)) / float64(draws))
	}
	return nil
}

// onlyNumbers refuses what has no density: cells, and rows without a number.
func (m *TableModel) onlyNumbers(set *table.Dataset) error {
	transform := m.Config.Table.Transform
	var cells []string
	for j, p := range transform.Places() {
		if p.Cell >= 0 {
			cells = append(cells, string(transform.Learned().Columns[j].Name))
		}
	}
	if len(cells) > 0 {
		return fmt.Errorf("an exact likelihood is that of numbers alone, and the model keeps categories, missing marks or point masses of %s: leave --exact out for the bound", strings.Join(cells, ", "))
	}
	if u := set.Unknown(); len(u) > 0 {
		return fmt.Errorf("column %s: %q is no number, and an exact likelihood needs one in every row: leave --exact out for the bound", u[0].Column, u[0].Text)
	}
	return nil
}

// sameForAll is noise that is keyed by the step alone: all rows get the same.
type sameForAll struct {
	stream rng.Stream
	row    uint64
}

func (n sameForAll) Normals(dst []float64, step, _ int) { n.stream.Normals(dst, uint64(step), n.row) }
func (n sameForAll) Uniforms(dst []float64, step, _ int) {
	n.stream.Uniforms(dst, uint64(step), n.row)
}
