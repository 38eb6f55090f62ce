package main

import (
	"context"
	"fmt"
	"math"

	"ebb/diffusion/process"
	"ebb/engine/rng"
	"ebb/metric"
	"ebb/report"
)

// noise is the noise of the page's own figures.
func (d *demo) noise() rng.Rows { return rng.Rows{Stream: rng.New(d.seed, rng.Metric)} }

// addPenguins shows columns and pairs of the real and of the synthetic table.
func (d *demo) addPenguins(_ context.Context, page *report.Page, t *demoTable, _ *demoPictures) error {
	real, synthetic := t.frames[0], t.frames[1]
	columns := page.Add("New penguins: columns", "Each synthetic column follows the real one, as far as 275 rows and some seconds of training show it; missing values and rounding come along.")
	for j := range real.Columns {
		columns.Add(columnFigure(&real.Columns[j], &synthetic.Columns[j]))
	}
	x, y := real.Index("bill_length_mm"), real.Index("bill_depth_mm")
	page.Add("New penguins: pairs", "The columns belong together as in the real table: three species, three clouds.",
		pairFigure("Real", real, x, y), pairFigure("Synthetic", synthetic, x, y), trendFigure(t.report, real), privacyFigure(t.report))
	return nil
}

// columnFigure lays a column of both tables over each other.
func columnFigure(real, synthetic *metric.Column) report.Figure {
	if real.Kind != metric.Categorical {
		return report.Histogram{Caption: report.Caption{Title: real.Name}, Bins: 20, Size: report.Small,
			Sets: []report.Values{{Name: "real", X: real.Num}, {Name: "synthetic", X: synthetic.Num}}}
	}
	names := append([]string{}, real.Labels...)
	if real.MissingShare()+synthetic.MissingShare() > 0 {
		names = append(names, "(missing)")
	}
	return report.Bars{Caption: report.Caption{Title: real.Name}, Percent: true, Categories: names, Width: report.Small.W,
		Sets: []report.BarSet{{Name: "real", Values: shares(real)[:len(names)]}, {Name: "synthetic", Values: shares(synthetic)[:len(names)]}}}
}

// shares are those of a column's categories, and last that of missing values.
func shares(c *metric.Column) []float64 {
	out := make([]float64, len(c.Labels)+1)
	for _, k := range c.Code {
		if k < 0 {
			k = int32(len(c.Labels))
		}
		out[k] += 1 / float64(len(c.Code))
	}
	return out
}

// pairFigure shows two numbers, coloured by the label.
func pairFigure(title string, f *metric.Frame, x, y int) report.Figure {
	label := &f.Columns[f.Index(penguinLabel)]
	s := report.Scatter{Caption: report.Caption{Title: title},
		X: report.Axis{Label: f.Columns[x].Name, Min: 30, Max: 61}, Y: report.Axis{Label: f.Columns[y].Name, Min: 12.5, Max: 22}, Size: report.Small}
	for k, name := range label.Labels {
		set := report.Series{Name: name}
		for i, code := range label.Code {
			if int(code) == k {
				set.X, set.Y = append(set.X, f.Columns[x].Num[i]), append(set.Y, f.Columns[y].Num[i])
			}
		}
		s.Sets = append(s.Sets, set)
	}
	return s
}

// trendFigure shows the error of every pair of columns.
func trendFigure(r *metric.TableReport, f *metric.Frame) report.Figure {
	names := make([]string, len(f.Columns))
	values := make([][]float64, len(names))
	for j, c := range f.Columns {
		names[j] = c.Name
		values[j] = make([]float64, len(names))
		for k := range values[j] {
			values[j][k] = math.NaN()
		}
	}
	for _, p := range r.Trend.Pairs {
		a, b := f.Index(p.A), f.Index(p.B)
		values[a][b], values[b][a] = float64(p.Error)/100, float64(p.Error)/100
	}
	return report.Heatmap{Caption: report.Caption{Title: "Error of pairs", Note: fmt.Sprintf("1 less the similarity of each pair; mean %.1f %%, of held-out real rows %.1f %%.",
		float64(r.Trend.Error), float64(r.Trend.HoldoutError))}, Rows: names, Cols: names, Values: values, Full: 0.25, Numbers: true}
}

// privacyFigure says how near the synthetic rows lie to those the model learned from.
func privacyFigure(r *metric.TableReport) report.Figure {
	return report.Table{Caption: report.Caption{Title: "Copies and detection"}, Header: []string{"", "synthetic", "ideal"}, Rows: [][]string{
		{"exact copies of training rows", fmt.Sprint(r.Copies.Synthetic), "0"},
		{"share closer to training than to held-out rows", fmt.Sprintf("%.3f", float64(r.Closest.Share)), "0.5"},
		{"AUC of trees that tell synthetic from real", fmt.Sprintf("%.3f", float64(r.Detection.AUC)), "0.5"},
	}}
}

// addCovariance shows the covariance view on the penguins' measurements.
func (d *demo) addCovariance(_ context.Context, page *report.Page, t *demoTable, _ *demoPictures) error {
	c := report.Covariance{Sch: t.model.Schedule(), Seed: d.seed}
	c.X, c.Names = standardised(t.frames[0], "bill_length_mm", "bill_depth_mm", "flipper_length_mm", "body_mass_g")
	crossing, err := c.Crossing()
	if err != nil {
		return err
	}
	page.Add("Diffusion as a game of covariance",
		"Noise takes the covariance of the penguins' measurements away grain by grain and puts the identity in its place; the reverse steps bring it back although none of them knows more than a diagonal.",
		c.Eigenvalues(), crossing)
	maps := page.Add("Covariance on the way",
		"From the data's own correlations to none: what Σ_t = ᾱ_t Σ_0 + (1-ᾱ_t) I predicts is what the noised rows have, up to chance.")
	for _, at := range []float64{0.25, 0.5, 0.9} {
		maps.Add(c.Maps(at)...)
	}
	return nil
}

// standardised is the complete rows of some columns, with mean 0 and variance 1.
func standardised(f *metric.Frame, names ...string) (*process.State, []string) {
	columns := make([]*metric.Column, len(names))
	for j, name := range names {
		columns[j] = &f.Columns[f.Index(name)]
	}
	var data []float64
	for i := range f.Rows() {
		row := make([]float64, 0, len(names))
		for _, c := range columns {
			if !c.Missing(i) {
				row = append(row, c.Num[i])
			}
		}
		if len(row) == len(names) {
			data = append(data, row...)
		}
	}
	x := &process.State{Rows: len(data) / len(names), Dim: len(names), Data: data}
	for j := range x.Dim {
		standardise(x, j)
	}
	return x, names
}

// standardise gives column j of x mean 0 and variance 1.
func standardise(x *process.State, j int) {
	mean, square := 0.0, 0.0
	for i := range x.Rows {
		mean += x.Row(i)[j] / float64(x.Rows)
	}
	for i := range x.Rows {
		v := x.Row(i)[j] - mean
		square += v * v / float64(x.Rows)
	}
	for i := range x.Rows {
		x.Row(i)[j] = (x.Row(i)[j] - mean) / math.Sqrt(square)
	}
}
