// Package baseline makes synthetic rows in the simplest ways there are, so that nobody is impressed
// by what they reach already:
//
//	independent  each column drawn by itself, from its own rows
//	copula       a Gaussian copula: every column's own distribution, joined by one matrix of correlations
//	mixture      a mixture of components; numbers are Gaussian with a full covariance in each, and
//	             categories have probabilities of their own in each
//
// All stand on a [table.Transform], which knows what columns are and spells values: rows come back in
// the form of the table. They are fitted in a second or two to a random part of a large table (see
// the constants), and the same seed gives the same rows on every machine, with any number of threads.
//
// Letters: N rows, D columns with a latent number, K components.
package baseline

import (
	"context"
	"fmt"
	"strings"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// Ref names a baseline.
type Ref struct{ Name, Summary string }

// The names of the baselines.
const (
	Independent = "independent"
	Copula      = "copula"
	Mixture     = "mixture"
)

// All lists the baselines, the simplest first.
func All() []Ref {
	return []Ref{
		{Independent, "each column by itself"},
		{Copula, "Gaussian copula: the columns' own distributions and their correlations"},
		{Mixture, "mixture of Gaussians with full covariances, and of category probabilities"},
	}
}

// Check returns an error that lists the baselines unless name is one.
func Check(name string) error {
	var names []string
	for _, r := range All() {
		if r.Name == name {
			return nil
		}
		names = append(names, r.Name)
	}
	return fmt.Errorf("there is no baseline %q: choose one of %s", name, strings.Join(names, ", "))
}

// Options of a fit. The zero value is a good default.
type Options struct {
	Seed uint64 // of all that is random in the fit
	Pool *parallel.Pool
}

// Model is a fitted baseline.
type Model struct {
	Name string
	// Components is the number of a mixture's components, 0 of other models.
	Components int

	transform *table.Transform
	fitted    drawer
}

// drawer writes row i of n into the latents or cells of a sample: see the two kinds of models.
type drawer interface {
	draw(s table.Sample, pool *parallel.Pool)
}

// fitRows is how many rows a model is fitted to at most; of a longer table a random choice.
const fitRows = 100_000

// Fit learns a table of the transform's columns. It stops with the context's error.
func Fit(ctx context.Context, name string, tr *table.Transform, t *table.Table, o Options) (*Model, error) {
	if err := Check(name); err != nil {
		return nil, err
	}
	if t.Rows() == 0 {
		return nil, fmt.Errorf("%s: the table has no rows to fit a baseline to", t.Source)
	}
	if t.Rows() > fitRows {
		t = t.Select(someRows(t.Rows(), fitRows, o.Seed))
	}
	set, err := tr.Encode(t, o.Seed)
	if err != nil {
		return nil, err
	}
	rows := set.Rows(nil, 0)
	m := &Model{Name: name, transform: tr}
	if name == Independent {
		m.fitted = newIndependent(tr, rows)
		return m, nil
	}
	space, err := newSpace(tr, t, rows)
	if err != nil {
		return nil, err
	}
	if name == Copula {
		m.fitted = newCopula(space, rows, o)
		return m, nil
	}
	fit, err := newMixture(ctx, space, rows, o)
	if err != nil {
		return nil, err
	}
	m.fitted, m.Components = fit, len(fit.weight)
	return m, nil
}

// Draw makes rows first to first+n-1 of a seed. Row i does not depend on how many are drawn.
func (m *Model) Draw(n int, first, seed uint64, pool *parallel.Pool) *table.Table {
	s := table.Sample{Rows: n, First: first, Seed: seed,
		Num: make([]float64, n*m.transform.Numbers()), Cells: make([]int32, n*len(m.transform.Cards()))}
	m.fitted.draw(s, pool)
	return m.transform.Decode(s)
}

// someRows are k of n rows, drawn without replacement.
func someRows(n, k int, seed uint64) []int {
	noise := rng.New(seed, rng.Bootstrap)
	rows := make([]int, k)
	for i := range rows {
		rows[i] = noise.Perm(i, n, stepRows)
	}
	return rows
}

// Steps of the stream Bootstrap that fits use.
const (
	stepRows uint64 = iota + 1<<40
	stepSpread
	stepSeeds
)

// inBlocks runs f on blocks of rows in parallel; the cut depends on their number alone.
func inBlocks(p *parallel.Pool, rows int, f func(lo, hi int)) {
	const size = 512
	p.Run((rows+size-1)/size, func(_, piece int) { f(piece*size, min(rows, (piece+1)*size)) })
}
