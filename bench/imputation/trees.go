package main

import (
	"context"
	"fmt"

	"ebb/engine/kernel/elementary"
	"ebb/engine/kernel/parallel"
	"ebb/metric"
)

// boosted predicts a column by gradient-boosted trees.
type boosted struct {
	code   *coding
	column int
	trees  *metric.Booster
	out    int // levels, 1 for a number
}

func grow(ctx context.Context, c *coding, column, rounds int, pool *parallel.Pool) (predictor, error) {
	b := &boosted{code: c, column: column, out: 1}
	at := c.complete(column)
	target := metric.Target{}
	for _, i := range at {
		if c.levels[column] != nil {
			target.Class = append(target.Class, c.train.code[column][i])
		} else {
			target.Num = append(target.Num, c.train.num[column][i])
		}
	}
	if c.levels[column] != nil {
		target.Classes = len(c.levels[column])
		b.out = target.Classes
	}
	var err error
	b.trees, err = metric.Boosting{Rounds: rounds, Pool: pool}.Fit(ctx, b.frame(c.train, at), target)
	if err != nil {
		return nil, fmt.Errorf("trees for %s: %w", c.schema.Columns[column].Name, err)
	}
	return b, nil
}

// frame is some rows without the column that is predicted.
func (b *boosted) frame(x *rows, at []int) *metric.Frame {
	f := &metric.Frame{}
	for j := range x.num {
		if j == b.column {
			continue
		}
		c := metric.Column{Name: string(b.code.schema.Columns[j].Name)}
		if x.code[j] != nil {
			c.Kind = metric.Categorical
		}
		for _, i := range at {
			if x.code[j] != nil {
				c.Code = append(c.Code, x.code[j][i])
			} else {
				c.Num = append(c.Num, x.num[j][i])
			}
		}
		f.Columns = append(f.Columns, c)
	}
	return f
}

func (b *boosted) predict(x *rows, at []int) []float64 {
	scores := b.trees.Scores(b.frame(x, at))
	switch {
	case b.code.levels[b.column] == nil:
		return scores
	case len(scores) == len(at): // log-odds of the second of two classes
		out := make([]float64, 0, 2*len(at))
		for _, s := range scores {
			p := 1 / (1 + elementary.Exp(-s))
			out = append(out, 1-p, p)
		}
		return out
	}
	for n := range at {
		row := scores[n*b.out : (n+1)*b.out]
		total := elementary.LogSumExp(row)
		for k := range row {
			row[k] = elementary.Exp(row[k] - total)
		}
	}
	return scores
}
