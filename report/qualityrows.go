package report

import (
	"fmt"

	"ebb/metric"
)

const (
	telling   = 12 // columns by which rows are told apart
	disclosed = 16
)

// addRows shows what gives synthetic rows away.
func (q *Quality) addRows(p *Page) {
	d := q.Report.Detection
	if !d.AUC.Defined() {
		return
	}
	bars := Bars{Caption: Caption{Title: "What gives synthetic rows away", Note: "Share of each column in what the detecting trees learned. Where the AUC is near 0.5 this is noise."}, Percent: true,
		Width: 420, Sets: []BarSet{{}}}
	for _, c := range d.Columns[:min(telling, len(d.Columns))] {
		bars.Categories, bars.Sets[0].Values = append(bars.Categories, c.Name), append(bars.Sets[0].Values, float64(c.Share))
	}
	s := p.Add("Whole rows", fmt.Sprintf("Boosted trees tell real from synthetic rows with an AUC of %.3f ± %.3f; 0.5 is guessing.", float64(d.AUC), float64(d.StandardError)), bars)
	models := Bars{Caption: Caption{Title: "Detector AUC beside simpler models", Note: "0.5 is guessing, 1 is always right."}, Width: 420, Sets: []BarSet{{}}}
	add := func(name string, v metric.Figure) {
		models.Categories, models.Sets[0].Values = append(models.Categories, name), append(models.Sets[0].Values, float64(v))
	}
	add("synthetic", d.AUC)
	for i := len(q.Baselines) - 1; i >= 0; i-- {
		add(q.Baselines[i].Name, q.Baselines[i].AUC)
	}
	if len(q.Baselines) > 0 {
		s.Add(models)
	}
}

// addUse shows what trees learn from synthetic and from real rows.
func (q *Quality) addUse(p *Page) {
	e := q.Report.Efficiency
	if e == nil {
		return
	}
	name, of := "AUC", func(p metric.Prediction) metric.Figure { return p.AUC }
	if e.Task == metric.RegressionTask {
		name, of = "R²", func(p metric.Prediction) metric.Figure { return p.R2 }
	}
	bars := Bars{Caption: Caption{Title: name + " for " + e.Label}, Width: 420, Sets: []BarSet{{}}}
	add := func(who string, v metric.Figure) {
		bars.Categories, bars.Sets[0].Values = append(bars.Categories, who), append(bars.Sets[0].Values, float64(v))
	}
	add("real rows", of(e.Real))
	add("synthetic rows", of(e.Synthetic))
	for i := len(q.Baselines) - 1; i >= 0; i-- {
		if b := q.Baselines[i]; b.Prediction != nil {
			add(b.Name, of(*b.Prediction))
		}
	}
	text := fmt.Sprintf("Boosted trees learn to predict %s from each of these tables and are tested on %d real rows that none of them has seen.", e.Label, e.TestRows)
	p.Add("Use: train on synthetic, test on real", text, bars, q.useTable(e))
}

func (q *Quality) useTable(e *metric.Efficiency) Figure {
	t := Table{Caption: Caption{Title: "Trained on"}, Header: []string{"", "AUC", "accuracy", "macro F1"}}
	row := func(name string, p metric.Prediction) {
		t.Rows = append(t.Rows, []string{name, decimal(p.AUC), decimal(p.Accuracy), decimal(p.MacroF1)})
	}
	if e.Task == metric.RegressionTask {
		t.Header = []string{"", "R²", "RMSE"}
		row = func(name string, p metric.Prediction) {
			t.Rows = append(t.Rows, []string{name, decimal(p.R2), fmt.Sprintf("%.5g", float64(p.RMSE))})
		}
	}
	row("real rows", e.Real)
	row("synthetic rows", e.Synthetic)
	for i := len(q.Baselines) - 1; i >= 0; i-- {
		if b := q.Baselines[i]; b.Prediction != nil {
			row(b.Name, *b.Prediction)
		}
	}
	return t
}

func decimal(f metric.Figure) string {
	if !f.Defined() {
		return "—"
	}
	return fmt.Sprintf("%.4f", float64(f))
}

// addPrivacy shows distances and attacks.
func (q *Quality) addPrivacy(p *Page) {
	r := q.Report
	text := fmt.Sprintf("%d of %d synthetic rows equal a training row in every cell.", r.Copies.Synthetic, r.Rows.Synthetic)
	if r.Rows.Holdout > 0 {
		text += " Rows that were learned by heart would lie nearer to the training rows than real rows the model has not seen."
	} else {
		text += " Without real rows that the model has not seen (--real), no more can be told."
	}
	distances := Histogram{Caption: Caption{Title: "Distance to the closest training row", Note: "0 is a copy, 1 differs as far as can be in every column. Synthetic rows should lie as held-out ones, or farther."},
		X: Axis{Label: "mean difference over the columns"}, Size: Size{460, 270}, Bins: 40,
		Sets: []Values{{Name: "synthetic rows", X: r.Closest.SyntheticDistances}}}
	if r.Closest.HoldoutDistances != nil {
		distances.Sets = append(distances.Sets, Values{Name: "held-out real rows", X: r.Closest.HoldoutDistances})
	}
	distances.X.Min, distances.X.Max = middle(r.Closest.SyntheticDistances)
	s := p.Add("Privacy", text, distances)
	if m := r.Membership; m != nil {
		s.Add(q.membershipFigure(m), membershipTable(m))
	}
	if d := r.Disclosure; d != nil {
		s.Add(disclosureFigure(d))
	}
}

func (q *Quality) membershipFigure(m *metric.MembershipReport) Figure {
	members, others := flipped(m.Distance.MemberScores), flipped(m.Distance.OtherScores)
	h := Histogram{Caption: Caption{Title: "Membership: distance to the closest synthetic row", Note: "If those learned from lie nearer to synthetic rows than others, an attacker can tell them."},
		X: Axis{Label: "mean difference over the columns"}, Size: Size{460, 270}, Bins: 40,
		Sets: []Values{{Name: "learned from", X: members}, {Name: "not seen", X: others}}}
	h.X.Min, h.X.Max = middle(members)
	return h
}

func flipped(v []float64) []float64 {
	out := make([]float64, len(v))
	for i := range v {
		out[i] = -v[i]
	}
	return out
}

func membershipTable(m *metric.MembershipReport) Figure {
	t := Table{Caption: Caption{Title: "Membership attacks", Note: "Caught: members found while 1 % of others are accused."},
		Header: []string{"attack", "AUC", "± ", "caught", "ideal"}}
	for _, a := range []struct {
		name string
		metric.Attack
	}{{"distance", m.Distance}, {"density ratio", m.Density}} {
		t.Rows = append(t.Rows, []string{a.name, fmt.Sprintf("%.3f", float64(a.AUC)), fmt.Sprintf("%.3f", float64(a.StandardError)), fmt.Sprintf("%.2f %%", 100*float64(a.Caught)), "0.5; 1 %"})
	}
	return t
}

func disclosureFigure(d *metric.DisclosureReport) Figure {
	b := Bars{Caption: Caption{Title: "Attribute disclosure: right guesses", Note: fmt.Sprintf("An attacker knows all other values of %d training rows. The right guesses from %d synthetic rows count only as far as they exceed those from %d held-out real rows: %.3f ± %.3f on average.",
		d.Targets, d.KnownRows, d.KnownRows, float64(d.Advantage), float64(d.StandardError))}, Percent: true, Width: 460,
		Sets: []BarSet{{Name: "by synthetic rows"}, {Name: "by held-out real rows"}}}
	for _, c := range d.Columns[:min(disclosed, len(d.Columns))] {
		b.Categories = append(b.Categories, c.Name)
		b.Sets[0].Values, b.Sets[1].Values = append(b.Sets[0].Values, float64(c.Synthetic)), append(b.Sets[1].Values, float64(c.Holdout))
	}
	return b
}
