package model

import (
	"context"
	"fmt"

	"ebb/data/table"
	"ebb/diffusion/likelihood"
	"ebb/engine/rng"
)

// ScoreOptions say how closely to estimate a likelihood. The zero value takes the defaults.
type ScoreOptions struct {
	Draws int    // random draws for each example, even; 0: the default of what is scored
	Seed  uint64 // of the draws
	Exact bool   // by the probability-flow ODE instead of the variational bound
	Watch func(done, total int)
}

// TableScores are the likelihoods of the rows of a table, in nats.
type TableScores struct {
	Columns []string // of the schema
	Rows    []RowScore
	Unknown []table.Unknown // texts that the model can't know; see Score
}

// RowScore is the log-likelihood of a row, of which [TableModel.Score] tells more.
type RowScore struct {
	LogLikelihood float64
	StandardError float64   // over the draws
	Alone         float64   // the log-likelihood of its values if columns were independent
	Together      float64   // LogLikelihood - Alone: what the values say together
	Columns       []float64 // each column's share of Together
}

// Score bounds the log-likelihood of each row of t, whose columns must be those of the training
// table, in any order, from below (likelihood.Bound):
//
//	log p(row) >= sum over columns of log p(value) + what the network knows of them together.
//
// The first part is exact, table.Marginals: probabilities of categories and of numbers on a grid,
// densities of others in units of their columns. A value that the training rows did not hold has
// the small probability stated there, is told in Unknown if the network has no state for it, and
// is left out of what the network sees, as if it were missing. A missing value is a state like others where training rows had
// missing ones.
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
	stream := rng.New(o.Seed, rng.Metric)
	bound := likelihood.Bound{Draws: o.Draws, Pool: m.pool, Watch: o.Watch}
	spreads := make([]table.Spread, bound.Count(set.Numbers(), len(set.Cards())))
	for k := range spreads {
		spreads[k] = set.NewSpread(rng.New(o.Seed, rng.Jitter), uint64(k), 0)
	}
	data := likelihood.Data{Rows: t.Rows(), Numbers: set.Numbers(), Card: set.Cards(), Base: transform.CellLogs(),
		Row: func(i, draw int, z, known []float64, cells []int32) { spreads[draw].Row(i, z, known, cells) }}
	gains, err := bound.Evaluate(ctx, m.Denoiser(), data, rng.Rows{Stream: stream})
	if err != nil {
		return nil, fmt.Errorf("%s: %w", t.Source, err)
	}
	s := &TableScores{Columns: transform.Schema.Names(), Rows: make([]RowScore, len(gains)), Unknown: set.Unknown()}
	places := transform.Places()
	for i, g := range gains {
		r := &s.Rows[i]
		r.Alone, r.Together, r.StandardError = alone.Row(i), g.Total, g.StandardError
		r.LogLikelihood = r.Alone + r.Together
		r.Columns = make([]float64, len(places))
		for j, p := range places {
			if p.Num >= 0 {
				r.Columns[j] += g.Numbers[p.Num]
			}
			if p.Cell >= 0 {
				r.Columns[j] += g.Cells[p.Cell]
			}
		}
	}
	return s, nil
}
