package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"path/filepath"
	"text/tabwriter"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/metric"
	"ebb/model"
	"ebb/report"
)

// tableEvaluation is the report on a table.
type tableEvaluation struct {
	*metric.TableReport
	Baselines []*metric.BaselineReport `json:"baselines,omitempty"`

	quality *report.Quality
}

// newTableEvaluation is a report without baselines.
func newTableEvaluation(r *metric.TableReport) tableEvaluation {
	return tableEvaluation{TableReport: r, quality: &report.Quality{Report: r}}
}

// table draws rows if need be and measures them and those of the baselines.
func (o *evalOptions) table(ctx context.Context, s streams, sub *subject, pool *parallel.Pool) (*tableEvaluation, error) {
	t, err := o.tables(ctx, s, sub)
	if err != nil {
		return nil, err
	}
	options := metric.TableOptions{Seed: o.seed, Pool: pool}
	if options.Label, err = o.labelOf(t.transform.Schema, sub.config); err != nil {
		return nil, err
	}
	clock := newStepClock()
	baselines, err := o.fitBaselines(ctx, clock, t, pool)
	if err != nil {
		return nil, err
	}
	frames, err := t.frames(baselines)
	if err != nil {
		return nil, err
	}
	r, err := evaluateFrames(ctx, s, frames.Tables, clock.watch(options))
	if err != nil {
		return nil, err
	}
	out := newTableEvaluation(r)
	for i, b := range baselines {
		b, err := evaluateBaseline(ctx, s, b.name, frames.of(i), clock.watch(options))
		if err != nil {
			return nil, err
		}
		out.Baselines = append(out.Baselines, b)
	}
	clock.print(s.err)
	o.describe(&out, sub, t, frames)
	return &out, nil
}

// describe fills in what the page says of the comparison.
func (o *evalOptions) describe(out *tableEvaluation, sub *subject, t *evalTables, frames *evalFrames) {
	out.quality = &report.Quality{Title: "Quality of " + filepath.Base(filepath.Clean(o.what)), Report: out.TableReport, Baselines: out.Baselines,
		Tables: frames.Tables, BaselineTables: frames.baselines}
	q, n := out.quality, out.Rows
	q.Lead = fmt.Sprintf("%d synthetic rows beside %d real ones of %d columns (%s).", n.Synthetic, n.Real, len(frames.Real.Columns), filepath.Base(t.source))
	if n.Holdout > 0 {
		q.Lead += fmt.Sprintf(" Another %d real rows, which the model has not seen, show what real rows would get.", n.Holdout)
	}
	q.Method = append(q.Method, fmt.Sprintf("Seed %d; the same files and seed give the same page.", o.seed))
	q.Footer = "Made by ebb " + version() + "."
}

// evaluateFrames measures with a progress bar.
func evaluateFrames(ctx context.Context, s streams, t metric.Tables, o metric.TableOptions) (*metric.TableReport, error) {
	show := newProgress(s.err, "evaluating")
	defer show.done()
	o.Progress = both(o.Progress, func(step string, done, total int) { show.update(float64(done)/float64(total), step) })
	return metric.EvaluateTable(ctx, t, o)
}

func (o *evalOptions) drawRows(ctx context.Context, s streams, sub *subject, n int) (*table.Table, error) {
	if o.n > 0 {
		n = o.n
	}
	watch, done := drawing(s)
	defer done()
	return sub.model.(*model.TableModel).Draw(ctx, model.DrawOptions{N: n, Seed: o.seed, Watch: watch, Table: newPhases(s.err).tell})
}

// labelOf is the column to predict: the flag's, or the run's, or none.
func (o *evalOptions) labelOf(schema *table.Schema, c *model.Config) (string, error) {
	if o.label == "" && c != nil {
		return string(c.Table.Transform.Schema.Target), nil
	}
	if o.label == "" {
		return "", nil
	}
	if err := schema.SetTarget(o.label); err != nil {
		return "", &exitError{exitUsage, err}
	}
	return string(schema.Target), nil
}

func (r tableEvaluation) report() any { return r }

func (r tableEvaluation) figures() []figure {
	var f []figure
	for _, q := range r.quality.Figures() {
		f = append(f, figure{q.Key, float64(q.Value)})
	}
	return f
}

// print writes the report for people: every figure beside what real rows and the baselines have, then
// where it is worst.
func (r tableEvaluation) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	compared := fmt.Sprintf("compared with %d real rows", r.Rows.Real)
	if r.Rows.Holdout > 0 {
		compared += fmt.Sprintf(" that the model learned from, and %d held out", r.Rows.Holdout)
	}
	fmt.Fprintf(tw, "%d synthetic rows, %s\n\n", r.Rows.Synthetic, compared)
	fmt.Fprint(tw, "\tsynthetic\treal")
	for _, b := range r.Baselines {
		fmt.Fprintf(tw, "\t%s", b.Name)
	}
	fmt.Fprintln(tw, "\tgood value\t")
	for _, f := range r.quality.Figures() {
		if f.Group == "" || !f.Value.Defined() {
			continue
		}
		fmt.Fprintf(tw, "%s\t%s\t%s", f.Name, valueText(f), f.Text(f.Real))
		for _, b := range f.Baselines {
			fmt.Fprintf(tw, "\t%s", f.Text(b))
		}
		fmt.Fprintf(tw, "\t%s\t\n", f.Goal)
	}
	if err := tw.Flush(); err != nil {
		return err
	}
	fmt.Fprintf(w, "\nexact copies: %d%s\n", r.Copies.Synthetic, copiesNote(r.Copies))
	fmt.Fprintln(tw, "\nworst columns\terror\t")
	for _, c := range r.WorstColumns(3) {
		fmt.Fprintf(tw, "  %s\t%.2f %%\t\n", c.Name, float64(c.Error))
	}
	fmt.Fprintln(tw, "worst pairs\terror\t")
	for _, p := range r.WorstPairs(3) {
		fmt.Fprintf(tw, "  %s, %s\t%.2f %%\t\n", p.A, p.B, float64(p.Error))
	}
	return tw.Flush()
}

// valueText is a value with its standard error.
func valueText(f report.QualityFigure) string {
	text := f.Text(f.Value)
	if f.Error.Defined() {
		text += " ±" + fmt.Sprintf("%.2g", float64(f.Error))
	}
	return text
}

func copiesNote(c metric.CopiesReport) string {
	if math.IsNaN(float64(c.HoldoutShare)) {
		return ""
	}
	return fmt.Sprintf(", %.2f %% of synthetic rows; of held-out real rows %.2f %%", 100*float64(c.SyntheticShare), 100*float64(c.HoldoutShare))
}
