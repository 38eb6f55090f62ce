package ebb

import (
	"context"
	"fmt"

	"ebb/model"
)

// Score says how probable one row or picture is under a model.
type Score struct {
	LogLikelihood float64 // nats; smaller is odder
	StandardError float64 // over the random draws, which all rows share
}

// Score is the log-likelihood of each row or picture of d, in their order: a lower
// bound, or with o.Exact the value of the probability-flow ODE, for pictures and tables of numbers
// alone. Rows need the columns of the training table, in any order. The methods Score of
// model.TableModel and model.ImageModel tell each likelihood's parts.
func (m *Model) Score(ctx context.Context, d Data, o model.ScoreOptions) ([]Score, error) {
	src, err := d.source()
	if err != nil {
		return nil, err
	}
	m.turn.Lock()
	defer m.turn.Unlock()
	var out []Score
	switch learned := m.model.(type) {
	case *model.TableModel:
		if src.Table == nil {
			return nil, fmt.Errorf("ebb: %s holds pictures, and this model knows rows of a table", src.Path)
		}
		s, err := learned.Score(ctx, src.Table, o)
		if err != nil {
			return nil, err
		}
		for _, r := range s.Rows {
			out = append(out, Score{r.LogLikelihood, r.StandardError})
		}
	case *model.ImageModel:
		if src.Images == nil {
			return nil, fmt.Errorf("ebb: %s is a table, and this model knows pictures", src.Path)
		}
		s, err := learned.Score(ctx, src.Images, o)
		if err != nil {
			return nil, fmt.Errorf("%s: %w", src.Path, err)
		}
		for _, p := range s {
			out = append(out, Score{p.LogLikelihood, p.StandardError})
		}
	}
	return out, nil
}
