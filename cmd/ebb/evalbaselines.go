package main

import (
	"cmp"
	"context"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"ebb/baseline"
	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/metric"
	"ebb/model"
)

// evalTables are the tables of an evaluation.
type evalTables struct {
	source    string       // where the reference came from
	reference *table.Table // the rows compared with
	samples   *table.Table
	holdout   *table.Table // nil: none
	transform *table.Transform
}

// tables parts the real rows into those to compare with and those the model has not seen, and draws
// the synthetic ones if need be.
func (o *evalOptions) tables(ctx context.Context, s streams, sub *subject) (*evalTables, error) {
	t := &evalTables{}
	switch {
	case sub.train != nil && sub.real == nil:
		t.source = sub.train.Path
		t.reference, t.holdout = learnedRows(sub)
	case sub.train != nil:
		t.source, t.reference, t.holdout = sub.train.Path, sub.train.Table, sub.real.Table
	default:
		t.source, t.reference = sub.real.Path, sub.real.Table
	}
	if sub.samples == nil {
		n := t.reference.Rows()
		if sub.train != nil {
			n = sub.train.Table.Rows()
		}
		rows, err := o.drawRows(ctx, s, sub, n)
		if err != nil {
			return nil, err
		}
		sub.samples = &model.Source{Path: o.what, Table: rows}
	}
	t.samples = sub.samples.Table
	if sub.config != nil {
		t.transform = sub.config.Table.Transform
		return t, nil
	}
	s.watch(t.reference)
	var err error
	t.transform, err = table.Fit(table.Infer(t.reference), t.reference, table.Options{})
	return t, err
}

// learnedRows parts the rows of a run's data into those it learned from and those it held out; nil
// where there are none, or where the model is not known.
func learnedRows(sub *subject) (learned, held *table.Table) {
	t := sub.train.Table
	if sub.config == nil {
		return t, nil
	}
	train, out := sub.config.HeldOut(t.Rows())
	if len(out) == 0 {
		return t, nil
	}
	return t.Select(train), t.Select(out)
}

// drawnBaseline is the rows of a baseline.
type drawnBaseline struct {
	name string
	rows *table.Table
}

// checkBaselines reads --baselines.
func (o *evalOptions) checkBaselines() error {
	var names []string
	for _, name := range o.baselines {
		if name = strings.TrimSpace(name); name == "" || name == "none" {
			continue
		}
		if err := baseline.Check(name); err != nil {
			return &exitError{exitUsage, fmt.Errorf("--baselines: %w, or none", err)}
		}
		names = append(names, name)
	}
	o.baselines = names
	return nil
}

// fitBaselines fits each of them to the reference and draws as many rows as are judged.
func (o *evalOptions) fitBaselines(ctx context.Context, clock *stepClock, t *evalTables, pool *parallel.Pool) ([]drawnBaseline, error) {
	var out []drawnBaseline
	for _, name := range o.baselines {
		clock.step("fitting baselines")
		m, err := baseline.Fit(ctx, name, t.transform, t.reference, baseline.Options{Seed: o.seed, Pool: pool})
		if err != nil {
			return nil, err
		}
		out = append(out, drawnBaseline{name, m.Draw(t.samples.Rows(), 0, o.seed, pool)})
	}
	return out, nil
}

// evalFrames are the tables as metrics see them.
type evalFrames struct {
	metric.Tables
	baselines []*metric.Frame
}

// of are the tables with those of a baseline in place of the synthetic ones.
func (f *evalFrames) of(i int) metric.Tables {
	return metric.Tables{Real: f.Real, Holdout: f.Holdout, Synthetic: f.baselines[i]}
}

func (t *evalTables) frames(baselines []drawnBaseline) (*evalFrames, error) {
	tables := []*table.Table{t.reference, t.samples}
	if t.holdout != nil {
		tables = append(tables, t.holdout)
	}
	first := len(tables)
	for _, b := range baselines {
		tables = append(tables, b.rows)
	}
	frames, err := metric.FromTables(t.transform.Schema, tables...)
	if err != nil {
		return nil, err
	}
	out := &evalFrames{Tables: metric.Tables{Real: frames[0], Synthetic: frames[1]}, baselines: frames[first:]}
	if t.holdout != nil {
		out.Holdout = frames[2]
	}
	return out, nil
}

// evaluateBaseline measures with a progress bar.
func evaluateBaseline(ctx context.Context, s streams, name string, t metric.Tables, o metric.TableOptions) (*metric.BaselineReport, error) {
	show := newProgress(s.err, "baseline "+name)
	defer show.done()
	o.Progress = both(o.Progress, func(step string, done, total int) { show.update(float64(done)/float64(total), step) })
	return metric.EvaluateBaseline(ctx, name, t, o)
}

// both calls two reports of progress, of which the first may be nil.
func both(a, b func(string, int, int)) func(string, int, int) {
	if a == nil {
		return b
	}
	return func(step string, done, total int) {
		a(step, done, total)
		b(step, done, total)
	}
}

// stepClock tells how long the steps of an evaluation took.
type stepClock struct {
	start, since time.Time
	now          string
	order        []string
	took         map[string]time.Duration
}

func newStepClock() *stepClock {
	return &stepClock{start: time.Now(), since: time.Now(), took: map[string]time.Duration{}}
}

// step ends the step before and begins one.
func (c *stepClock) step(name string) {
	if c.now != "" {
		if _, seen := c.took[c.now]; !seen {
			c.order = append(c.order, c.now)
		}
		c.took[c.now] += time.Since(c.since)
	}
	c.now, c.since = name, time.Now()
}

func (c *stepClock) watch(o metric.TableOptions) metric.TableOptions {
	o.Progress = func(step string, _, _ int) { c.step(step) }
	return o
}

// print writes the whole time and the longest steps.
func (c *stepClock) print(w io.Writer) {
	c.step("")
	slices.SortStableFunc(c.order, func(a, b string) int { return cmp.Compare(c.took[b], c.took[a]) })
	var parts []string
	for _, name := range c.order[:min(6, len(c.order))] {
		parts = append(parts, name+" "+round(c.took[name]))
	}
	fmt.Fprintf(w, "evaluated in %s: %s, …\n", round(time.Since(c.start)), strings.Join(parts, ", "))
}
