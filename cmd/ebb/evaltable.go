package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"text/tabwriter"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/metric"
	"ebb/model"
)

// tableEvaluation is the report on a table.
type tableEvaluation struct{ *metric.TableReport }

// table draws rows if need be and measures them.
func (o *evalOptions) table(ctx context.Context, s streams, sub *subject, pool *parallel.Pool) (evaluation, error) {
	reference := sub.real.Table
	if sub.train != nil {
		reference = sub.train.Table
	}
	if sub.samples == nil {
		rows, err := o.drawRows(ctx, s, sub, reference.Rows())
		if err != nil {
			return nil, err
		}
		sub.samples = &model.Source{Path: o.what, Table: rows}
	}
	s.watch(reference)
	schema := table.Infer(reference)
	if sub.config != nil {
		schema = sub.config.Table.Transform.Schema
	}
	label, err := o.labelOf(schema, sub.config)
	if err != nil {
		return nil, err
	}
	frames, err := metric.FromTables(schema, reference, sub.samples.Table, sub.real.Table)
	if err != nil {
		return nil, err
	}
	tables := metric.Tables{Real: frames[0], Synthetic: frames[1]}
	if sub.train != nil {
		tables.Holdout = frames[2]
	}
	r, err := evaluateFrames(ctx, s, tables, metric.TableOptions{Label: label, Seed: o.seed, Pool: pool})
	return tableEvaluation{r}, err
}

// evaluateFrames measures with a progress bar.
func evaluateFrames(ctx context.Context, s streams, t metric.Tables, o metric.TableOptions) (*metric.TableReport, error) {
	show := newProgress(s.err, "evaluating")
	defer show.done()
	o.Progress = func(step string, done, total int) { show.update(float64(done)/float64(total), step) }
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

func (r tableEvaluation) report() any { return r.TableReport }

func (r tableEvaluation) figures() []figure {
	f := []figure{
		{"shape_error", float64(r.Shape.Error)}, {"trend_error", float64(r.Trend.Error)},
		{"tree_auc", float64(r.Detection.AUC)}, {"logistic_score", float64(r.Detection.Logistic)},
		{"closer_to_real_share", float64(r.Closest.Share)}, {"copies", float64(r.Copies.Synthetic)},
	}
	if e := r.Efficiency; e != nil {
		f = append(f, figure{"auc", float64(e.Synthetic.AUC)}, figure{"accuracy", float64(e.Synthetic.Accuracy)}, figure{"r2", float64(e.Synthetic.R2)})
	}
	return f
}

// print writes the report for people: what is good or bad, and where it is worst.
func (r tableEvaluation) print(w io.Writer) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	row := func(name string, value metric.Figure, format, note string) {
		if !math.IsNaN(float64(value)) {
			fmt.Fprintf(tw, "%s\t"+format+"\t%s\n", name, float64(value), note)
		}
	}
	compared := fmt.Sprintf("compared with %d real rows", r.Rows.Real)
	if r.Rows.Holdout > 0 {
		compared += fmt.Sprintf(" that the model learned from, and %d held out", r.Rows.Holdout)
	}
	fmt.Fprintf(tw, "synthetic rows\t%d\t%s\n", r.Rows.Synthetic, compared)
	row("shape error", r.Shape.Error, "%.2f %%", besideHeldOut(r.Shape.HoldoutError))
	row("trend error", r.Trend.Error, "%.2f %%", besideHeldOut(r.Trend.HoldoutError))
	row("tree detector AUC", r.Detection.AUC, "%.3f", fmt.Sprintf("± %.3f; 0.5 cannot be told apart, below it lie too close", float64(r.Detection.StandardError)))
	row("logistic detection", r.Detection.Logistic, "%.3f", "1 cannot be told apart; blind to dependence")
	if e := r.Efficiency; e != nil {
		learned := "trained on synthetic, tested on real; trained on real "
		row("AUC of "+e.Label, e.Synthetic.AUC, "%.4f", fmt.Sprintf("%s%.4f", learned, float64(e.Real.AUC)))
		row("accuracy of "+e.Label, e.Synthetic.Accuracy, "%.4f", fmt.Sprintf("%s%.4f", learned, float64(e.Real.Accuracy)))
		row("R² of "+e.Label, e.Synthetic.R2, "%.4f", fmt.Sprintf("%s%.4f", learned, float64(e.Real.R2)))
	}
	row("closer to training", r.Closest.Share, "%.3f", "0.5 is no sign of copying")
	row("exact copies", metric.Figure(r.Copies.Synthetic), "%.0f", copiesNote(r.Copies))
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

func besideHeldOut(f metric.Figure) string {
	if math.IsNaN(float64(f)) {
		return ""
	}
	return fmt.Sprintf("held-out real rows have %.2f %%", float64(f))
}

func copiesNote(c metric.CopiesReport) string {
	if math.IsNaN(float64(c.HoldoutShare)) {
		return ""
	}
	return fmt.Sprintf("%.2f %% of synthetic rows; of held-out real rows %.2f %%", 100*float64(c.SyntheticShare), 100*float64(c.HoldoutShare))
}
