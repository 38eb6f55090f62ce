package report

import (
	"fmt"
	"math"

	"ebb/metric"
)

// Quality is what a report on a synthetic table shows: the figures of [metric.EvaluateTable], those of
// baselines beside them, and the rows themselves for histograms.
type Quality struct {
	Title     string
	Lead      string // what was compared with what
	Report    *metric.TableReport
	Baselines []*metric.BaselineReport
	Tables    metric.Tables
	// BaselineTables are the rows of the baselines, in their order, for pairs shown beside; may be nil.
	BaselineTables []*metric.Frame
	Method         []string // how it was measured, one sentence each
	Footer         string
}

// Grade is how a figure is judged beside what real rows have.
type Grade int

// The grades. None is a figure that is shown but not judged.
const (
	None Grade = iota
	Good
	Fair
	Poor
)

// String names a grade for people.
func (g Grade) String() string { return [...]string{"", "good", "fair", "poor"}[g] }

// QualityFigure is one line of the report.
type QualityFigure struct {
	Key       string // of --require
	Group     string // empty: for --require alone, not shown
	Name      string
	Value     metric.Figure
	Error     metric.Figure   // standard error; NaN if not known
	Real      metric.Figure   // what real rows have in place of the synthetic ones
	Baselines []metric.Figure // in the order of Quality.Baselines; NaN where not measured
	Format    string          // of a value, with its unit
	Goal      string          // the good value
	Means     string          // in plain words
	Grade     Grade
}

// Text formats a value as the figure does; a dash if there is none.
func (f QualityFigure) Text(v metric.Figure) string {
	if !v.Defined() {
		return "—"
	}
	return fmt.Sprintf(f.Format, float64(v))
}

// The groups of figures.
const (
	groupColumns = "Columns"
	groupPairs   = "Pairs of columns"
	groupRows    = "Whole rows"
	groupUse     = "Use"
	groupPrivacy = "Privacy"
)

// Figures lists every figure, those not measured with a value of NaN.
func (q *Quality) Figures() []QualityFigure {
	var all []QualityFigure
	for _, part := range [][]QualityFigure{q.columnFigures(), q.rowFigures(), q.useFigures(), q.privacyFigures()} {
		all = append(all, part...)
	}
	for i := range all {
		f := &all[i]
		if f.Baselines == nil {
			for range q.Baselines {
				f.Baselines = append(f.Baselines, nan())
			}
		}
	}
	return all
}

func nan() metric.Figure { return metric.Figure(math.NaN()) }

// ofBaselines takes one figure of every baseline.
func (q *Quality) ofBaselines(f func(*metric.BaselineReport) metric.Figure) []metric.Figure {
	out := make([]metric.Figure, len(q.Baselines))
	for i, b := range q.Baselines {
		out[i] = f(b)
	}
	return out
}

func (q *Quality) columnFigures() []QualityFigure {
	r := q.Report
	held := metric.CoverageReport{Range: nan(), Categories: nan(), Boundary: nan(), Known: nan()}
	if r.HoldoutCoverage != nil {
		held = *r.HoldoutCoverage
	}
	trendGrade := atMost(r.Trend.RealBinsError, 2*r.Floor.RealBins+0.1, 4*r.Floor.RealBins+0.5)
	share := func(key, name, means string, value, real metric.Figure, of func(metric.CoverageReport) metric.Figure) QualityFigure {
		return QualityFigure{Key: key, Group: groupColumns, Name: name, Value: value, Error: nan(), Real: real, Format: "%.3f", Goal: "1",
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure { return of(b.Coverage) }), Means: means,
			Grade: atLeast(value, orOne(real)-0.02, orOne(real)-0.1)}
	}
	return []QualityFigure{
		{Key: "shape_error", Group: groupColumns, Name: "shape error", Value: r.Shape.Error, Error: nan(), Real: r.Floor.Shape, Format: "%.2f %%",
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure { return b.Shape }), Goal: "as real rows",
			Means: "How far each column's distribution is off: the largest gap of the distribution functions, or half the differences of category shares; mean over the columns.",
			Grade: atMost(r.Shape.Error, 2*r.Floor.Shape+0.1, 5*r.Floor.Shape+0.5)},
		share("range_coverage", "range coverage", "How much of each number's real range the synthetic values span.", r.Coverage.Range, held.Range,
			func(c metric.CoverageReport) metric.Figure { return c.Range }),
		share("category_coverage", "category coverage", "How many of the real categories appear; rare ones are lost first.", r.Coverage.Categories, held.Categories,
			func(c metric.CoverageReport) metric.Figure { return c.Categories }),
		{Key: "trend_error", Group: groupPairs, Name: "trend error", Value: r.Trend.Error, Error: nan(), Real: r.Floor.Trend, Format: "%.2f %%",
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure { return b.Trend }), Goal: "as real rows",
			Means: "How far the dependence of two columns is off: correlations of numbers, contingency tables of all others; mean over the pairs.",
			Grade: trendGrade},
		{Key: "trend_real_bins_error", Group: groupPairs, Name: "trend error, real bins", Value: r.Trend.RealBinsError, Error: nan(), Real: r.Floor.RealBins, Format: "%.2f %%",
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure { return b.RealBins }), Goal: "as real rows",
			Means: "The same with numbers cut into bins by the real range: above, each table is cut by its own, and one outlier moves all bins.",
			Grade: trendGrade},
	}
}

// orOne is the figure, or 1 if there is none.
func orOne(f metric.Figure) metric.Figure {
	if f.Defined() {
		return f
	}
	return 1
}

func atMost(v, good, fair metric.Figure) Grade {
	switch {
	case !v.Defined() || !good.Defined():
		return None
	case v <= good:
		return Good
	case v <= fair:
		return Fair
	}
	return Poor
}

func atLeast(v, good, fair metric.Figure) Grade { return atMost(-v, -good, -fair) }

func (q *Quality) rowFigures() []QualityFigure {
	r := q.Report
	treeGrade := atMost(r.Detection.AUC, 0.65, 0.8)
	if r.Detection.AUC < 0.5-max(0.03, 3*r.Detection.StandardError) {
		treeGrade = Poor
	}
	figures := []QualityFigure{
		{Key: "tree_auc", Group: groupRows, Name: "tree detector AUC", Value: r.Detection.AUC, Error: r.Detection.StandardError, Real: 0.5, Format: "%.3f", Goal: "0.5",
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure { return b.AUC }), Grade: treeGrade,
			Means: "Boosted trees try to tell real from synthetic rows they have not seen. 0.5: they cannot; 1: they always can; below 0.5: synthetic rows copy real ones."},
		{Key: "logistic_score", Group: groupRows, Name: "logistic detection score", Value: r.Detection.Logistic, Error: nan(), Real: 1, Format: "%.3f", Goal: "1",
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure { return b.Logistic }),
			Means:     "The same by a linear model, as papers print it. It is blind to dependence: see what independent columns score."},
	}
	figures = append(figures, q.supportFigures()...)
	return append(figures, q.neighbourFigures()...)
}

func (q *Quality) supportFigures() []QualityFigure {
	s := q.Report.Support
	floor := metric.SupportFloor{AlphaPrecision: nan(), BetaRecall: nan()}
	if s.Floor != nil {
		floor = *s.Floor
	}
	return []QualityFigure{
		{Key: "alpha_precision", Group: groupRows, Name: "α-precision (Alaa)", Value: s.AlphaPrecision, Error: nan(), Real: floor.AlphaPrecision, Format: "%.3f", Goal: "as real rows",
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure { return b.Support.AlphaPrecision }),
			Grade:     atLeast(s.AlphaPrecision, floor.AlphaPrecision-0.03, floor.AlphaPrecision-0.1),
			Means:     "Do synthetic rows lie where real ones are dense? The balls around the real mean that hold a share of the real rows should hold that share of the synthetic ones."},
		{Key: "beta_recall", Group: groupRows, Name: "β-recall (Alaa)", Value: s.BetaRecall, Error: nan(), Real: floor.BetaRecall, Format: "%.3f", Goal: "as real rows",
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure { return b.Support.BetaRecall }),
			Grade:     atLeast(s.BetaRecall, floor.BetaRecall-0.05, floor.BetaRecall-0.2),
			Means:     "Are real rows covered? Each should have a synthetic row at least as near as its nearest real one. Far above real rows' figure is copying."},
	}
}

func (q *Quality) neighbourFigures() []QualityFigure {
	undefined := metric.PRDC{Precision: math.NaN(), Recall: math.NaN(), Density: math.NaN(), Coverage: math.NaN()}
	own, real := undefined, undefined
	if n := q.Report.Neighbours; n != nil {
		own, real = n.Synthetic, n.Real
	}
	line := func(key, name, means string, of func(metric.PRDC) float64) QualityFigure {
		v, base := metric.Figure(of(own)), metric.Figure(of(real))
		return QualityFigure{Key: key, Group: groupRows, Name: name, Value: v, Error: nan(), Real: base, Format: "%.3f", Goal: "as real rows", Means: means,
			Grade: atLeast(v, base-0.03, base-0.12),
			Baselines: q.ofBaselines(func(b *metric.BaselineReport) metric.Figure {
				if b.Neighbours == nil {
					return nan()
				}
				return metric.Figure(of(*b.Neighbours))
			})}
	}
	density := line("density", "k-NN density", "Real neighbourhoods around a synthetic row, over 5: high where real rows are dense.", func(p metric.PRDC) float64 { return p.Density })
	density.Grade = None // it swings more than the others
	return []QualityFigure{
		line("precision", "k-NN precision", "Share of synthetic rows within the neighbourhood of a real row (its 5 nearest real rows).", func(p metric.PRDC) float64 { return p.Precision }),
		line("recall", "k-NN recall", "Share of real rows within the neighbourhood of a synthetic row.", func(p metric.PRDC) float64 { return p.Recall }),
		density,
		line("coverage", "k-NN coverage", "Share of real neighbourhoods that hold a synthetic row.", func(p metric.PRDC) float64 { return p.Coverage }),
	}
}
