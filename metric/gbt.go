package metric

import (
	"context"
	"errors"
	"fmt"
	"math"

	"ebb/engine/kernel/parallel"
)

// Boosting fits gradient-boosted trees on histograms of binned features
// (Friedman, "Greedy function approximation", 2001; the form of LightGBM and
// of scikit-learn's HistGradientBoosting). Its zero value is a good default.
// There is no randomness: the same table gives the same trees, bit for bit,
// with any number of threads.
type Boosting struct {
	Rounds       int     // 0: 200
	LearningRate float64 // 0: 0.1
	Leaves       int     // of a tree, 0: 31
	MinRows      int     // of a leaf, 0: 20
	L2           float64 // pull of a leaf towards 0, in units of curvature; 0: 1, negative: none
	Pool         *parallel.Pool
}

func (o Boosting) withDefaults() Boosting {
	if o.Rounds == 0 {
		o.Rounds = 200
	}
	if o.LearningRate == 0 {
		o.LearningRate = 0.1
	}
	if o.Leaves == 0 {
		o.Leaves = 31
	}
	if o.MinRows == 0 {
		o.MinRows = 20
	}
	if o.L2 == 0 {
		o.L2 = 1
	}
	o.L2 = max(o.L2, 0)
	return o
}

// Target is what trees learn to tell from the features: a class of each row,
// or a number if Classes is 0.
type Target struct {
	Classes int       // 2 or more; 0 for regression
	Class   []int32   // (N) in [0, Classes)
	Num     []float64 // (N), finite
}

func (t Target) len() int {
	if t.Classes > 0 {
		return len(t.Class)
	}
	return len(t.Num)
}

func (t Target) check(rows int) error {
	if t.len() != rows {
		panicLengths("Boosting target and rows", t.len(), rows)
	}
	if rows == 0 {
		return errors.New("no rows to learn from")
	}
	if t.Classes == 1 {
		return errors.New("the label has a single class; nothing can be learned")
	}
	for i, k := range t.Class {
		if k < 0 || int(k) >= t.Classes {
			return fmt.Errorf("row %d: class %d is outside [0, %d)", i+1, k, t.Classes)
		}
	}
	for i, v := range t.Num {
		if math.IsNaN(v) || math.IsInf(v, 0) {
			return fmt.Errorf("row %d: the label is missing or infinite", i+1)
		}
	}
	return nil
}

// Booster is a fitted sum of trees.
type Booster struct {
	binner *binner
	loss   loss
	start  []float64     // (K) the score before the first tree
	trees  [][]boostTree // (rounds)(K), leaves already scaled by the learning rate
	gain   []float64     // (D) how much the cuts by each feature lowered the loss
	pool   *parallel.Pool
}

// Importance returns the share of each feature in what all cuts lowered the
// loss; zeros if there was no cut.
func (m *Booster) Importance() []float64 {
	total := 0.0
	for _, g := range m.gain {
		total += g
	}
	out := make([]float64, len(m.gain))
	for j, g := range m.gain {
		if total > 0 {
			out[j] = g / total
		}
	}
	return out
}

// Fit grows the trees. It stops with the context's error between rounds.
func (o Boosting) Fit(ctx context.Context, features *Frame, target Target) (*Booster, error) {
	if err := features.Check(); err != nil {
		return nil, fmt.Errorf("gradient boosting: %w", err)
	}
	b := newBinner(features, o.Pool)
	rows := make([]int32, features.Rows())
	for i := range rows {
		rows[i] = int32(i)
	}
	return o.fit(ctx, b, b.apply(features, o.Pool), target, rows)
}

// fit grows the trees on some rows of a binned table.
func (o Boosting) fit(ctx context.Context, b *binner, bins [][]uint8, target Target, rows []int32) (*Booster, error) {
	o = o.withDefaults()
	n := len(bins[0])
	if err := target.check(n); err != nil {
		return nil, fmt.Errorf("gradient boosting: %w", err)
	}
	m := &Booster{binner: b, loss: newLoss(target, rows), pool: o.Pool}
	m.start = m.loss.start(target, rows)
	k := len(m.start)
	score := make([]float64, n*k)
	for _, r := range rows {
		copy(score[int(r)*k:], m.start)
	}
	s := splitter{l2: o.L2, minRows: o.MinRows}
	grow := newGrower(s, b, bins, rows, o.Leaves, o.Pool)
	gradient, curvature := make([]float64, n*k), make([]float64, n*k)
	for range o.Rounds {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		inBlocks(o.Pool, rows, func(block []int32) {
			m.loss.derivatives(gradient, curvature, score, target, block)
		})
		round := make([]boostTree, k)
		for c := range k {
			lo, hi := c*n, (c+1)*n
			t := grow.grow(gradient[lo:hi], curvature[lo:hi])
			for _, l := range grow.open {
				v := float64(o.LearningRate * t.nodes[l.node].value)
				t.nodes[l.node].value = v
				for _, r := range grow.rows[l.from:l.to] {
					score[int(r)*k+c] += v
				}
			}
			round[c] = *t
		}
		m.trees = append(m.trees, round)
	}
	m.gain = grow.gain
	return m, nil
}

// inBlocks runs f on blocks of rows; the cut depends on their number only.
func inBlocks(p *parallel.Pool, rows []int32, f func(block []int32)) {
	const size = 1024
	p.Run((len(rows)+size-1)/size, func(_, piece int) {
		f(rows[piece*size : min(len(rows), (piece+1)*size)])
	})
}

// Scores returns the raw scores (N,K) of rows: log-odds of class 1 for two
// classes (K = 1), logits for K more, the predicted number for regression.
func (m *Booster) Scores(features *Frame) []float64 {
	rows := make([]int32, features.Rows())
	for i := range rows {
		rows[i] = int32(i)
	}
	return m.scores(m.binner.apply(features, m.pool), rows)
}

// scores returns the raw scores of some rows of a binned table, in their order.
func (m *Booster) scores(bins [][]uint8, rows []int32) []float64 {
	k := len(m.start)
	out := make([]float64, len(rows)*k)
	const size = 512
	m.pool.Run((len(rows)+size-1)/size, func(_, piece int) {
		for i := piece * size; i < min(len(rows), (piece+1)*size); i++ {
			s := out[i*k : (i+1)*k]
			copy(s, m.start)
			for r := range m.trees {
				for c := range s {
					s[c] += m.trees[r][c].value(bins, int(rows[i]))
				}
			}
			m.loss.toOutput(s)
		}
	})
	return out
}

// Classify returns the likeliest class of each row of Scores; the first of
// equals. The model must have been fitted to classes.
func (m *Booster) Classify(scores []float64) []int32 {
	k := len(m.start)
	out := make([]int32, len(scores)/k)
	for i := range out {
		if k == 1 {
			if scores[i] > 0 {
				out[i] = 1
			}
			continue
		}
		for c, v := range scores[i*k : (i+1)*k] {
			if v > scores[i*k+int(out[i])] {
				out[i] = int32(c)
			}
		}
	}
	return out
}
