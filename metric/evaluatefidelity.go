package metric

import (
	"context"
	"fmt"
	"math"

	"ebb/engine/rng"
)

// FloorReport is the noise floor: the errors of as many rows as the synthetic
// table has, drawn with replacement from the real one. Who reaches it is as
// close to the real table as chance lets a table be.
type FloorReport struct {
	Shape Figure `json:"shape_error_percent"`
	Trend Figure `json:"trend_error_percent"`
	// RealBins is that of numbers binned by the real range.
	RealBins Figure `json:"trend_real_bins_error_percent"`
}

// CoverageReport is how much of the real columns the synthetic ones reach, and
// how much of these stays within: means of the columns' figures.
type CoverageReport struct {
	Range      Figure `json:"range_coverage"`     // numbers and dates: RangeCoverage
	Categories Figure `json:"category_coverage"`  // categories: CategoryCoverage
	Boundary   Figure `json:"boundary_adherence"` // numbers and dates: BoundaryAdherence
	Known      Figure `json:"category_adherence"` // categories: CategoryAdherence
}

func newCoverageReport(real, synthetic *Frame) CoverageReport {
	var ranges, categories, inside, known []float64
	for j := range real.Columns {
		r, s := &real.Columns[j], &synthetic.Columns[j]
		if r.Kind == Categorical {
			categories = append(categories, CategoryCoverage(r.Code, s.Code))
			known = append(known, CategoryAdherence(r.Code, s.Code))
			continue
		}
		ranges = append(ranges, RangeCoverage(r.Num, s.Num))
		inside = append(inside, BoundaryAdherence(r.Num, s.Num))
	}
	return CoverageReport{Figure(MeanScore(ranges)), Figure(MeanScore(categories)), Figure(MeanScore(inside)), Figure(MeanScore(known))}
}

// floor resamples the real rows.
func (e *tableEvaluation) floor(context.Context) error {
	noise, n := rng.New(e.o.Seed, rng.Bootstrap), e.Real.Rows()
	rows := make([]int, e.Synthetic.Rows())
	for i := range rows {
		rows[i] = noise.Intn(n, 0, uint64(i))
	}
	again := e.Real.Pick(rows)
	own, byReal := e.bothTrends(again)
	e.out.Floor = FloorReport{errorPercent(MeanScore(ColumnShapes(e.Real, again))), errorPercent(MeanTrend(own)), errorPercent(MeanTrend(byReal))}
	return nil
}

func (e *tableEvaluation) coverage(context.Context) error {
	e.out.Coverage = newCoverageReport(e.Real, e.Synthetic)
	if e.Holdout != nil {
		held := newCoverageReport(e.Real, e.Holdout)
		e.out.HoldoutCoverage = &held
	}
	return nil
}

func (e *tableEvaluation) nearby(context.Context) error {
	if e.out.Neighbours = e.neighbours(e.Synthetic, true); e.out.Neighbours == nil {
		e.note("neighbours", fmt.Sprintf("precision and recall need more than %d rows of each kind", 2*neighbourK))
	}
	return nil
}

// supportFloor measures real rows by other real ones.
func (e *tableEvaluation) supportFloor(ctx context.Context) error {
	one, other, _ := e.halves(supportFloorRows, e.Synthetic)
	if one.Rows() < 2 {
		return nil
	}
	s := naiveSupport(ctx, one, other, e.o.Pool)
	e.out.Support.Floor = &SupportFloor{Figure(s.AlphaPrecision), Figure(s.BetaRecall), Figure(s.Authenticity), one.Rows()}
	return nil
}

const supportFloorRows = 10_000

// SupportFloor is what real rows have by other real rows: the halves of the
// real table.
type SupportFloor struct {
	AlphaPrecision Figure `json:"alpha_precision_naive"`
	BetaRecall     Figure `json:"beta_recall_naive"`
	Authenticity   Figure `json:"authenticity_naive"`
	Rows           int    `json:"rows"`
}

// BaselineReport is the figures of a table that a simpler model made, beside
// those of [TableReport]. They are computed alike, but for less work: of the
// detector's folds one is tested, and the logistic one sees at most 10,000 rows
// of each table.
type BaselineReport struct {
	Name       string          `json:"name"`
	Shape      Figure          `json:"shape_error_percent"`
	Trend      Figure          `json:"trend_error_percent"`
	RealBins   Figure          `json:"trend_real_bins_error_percent"`
	AUC        Figure          `json:"tree_auc"`
	AUCError   Figure          `json:"tree_auc_standard_error"`
	Logistic   Figure          `json:"logistic_score"`
	Support    SupportReport   `json:"support"`
	Neighbours *PRDC           `json:"neighbours,omitempty"`
	Coverage   CoverageReport  `json:"coverage"`
	Copies     Figure          `json:"copies_share"`
	Prediction *Prediction     `json:"train_on_synthetic,omitempty"`
	Pairs      []Figure        `json:"pair_error_percent"` // in the order of TrendReport.Pairs
	Columns    []BaselineShape `json:"columns"`
}

// BaselineShape is the shape error of a column.
type BaselineShape struct {
	Name  string `json:"name"`
	Error Figure `json:"error_percent"`
}

const baselineLogisticRows = 10_000

// EvaluateBaseline measures t.Synthetic, the rows of a simpler model.
func EvaluateBaseline(ctx context.Context, name string, t Tables, o TableOptions) (*BaselineReport, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	e := newTableEvaluation(t, o)
	out := &BaselineReport{Name: name, AUC: Figure(math.NaN()), AUCError: Figure(math.NaN()), Logistic: Figure(math.NaN())}
	steps := []evaluationStep{
		{name + ": columns and pairs", 3, func(context.Context) error { e.briefColumns(out); return nil }},
		{name + ": detectors", 12, func(ctx context.Context) error { return e.briefDetection(ctx, out) }},
		{name + ": support", 6, func(ctx context.Context) error { return e.briefSupport(ctx, out) }},
		{name + ": train on synthetic", 10, func(ctx context.Context) error { return e.briefPrediction(ctx, out) }},
	}
	if err := runSteps(ctx, steps, o.Progress); err != nil {
		return nil, err
	}
	return out, nil
}

func (e *tableEvaluation) briefColumns(out *BaselineReport) {
	scores := ColumnShapes(e.Real, e.Synthetic)
	for j, s := range scores {
		out.Columns = append(out.Columns, BaselineShape{e.Real.Columns[j].Name, errorPercent(s)})
	}
	pairs, byReal := e.bothTrends(e.Synthetic)
	out.RealBins = errorPercent(MeanTrend(byReal))
	for _, p := range pairs {
		out.Pairs = append(out.Pairs, errorPercent(p.Score))
	}
	out.Shape, out.Trend = errorPercent(MeanScore(scores)), errorPercent(MeanTrend(pairs))
	out.Coverage = newCoverageReport(e.Real, e.Synthetic)
	out.Copies = markedShare(Matches(e.Synthetic, e.Real, 0, e.o.Pool))
}

func (e *tableEvaluation) briefDetection(ctx context.Context, out *BaselineReport) error {
	d := e.o.Detector
	d.Noise, d.Trees.Pool, d.Tested = e.noise, e.o.Pool, 1
	if d.Folds == 0 {
		d.Folds = 5
	}
	if min(e.real.Rows(), e.synthetic.Rows()) < max(d.Folds, logisticFolds) {
		return nil
	}
	found, err := d.Detect(ctx, e.real, e.synthetic)
	if err != nil {
		return err
	}
	out.AUC, out.AUCError = Figure(found.AUC), Figure(found.StandardError)
	real, _ := e.atMost(e.Real, baselineLogisticRows, sampleReal)
	synthetic, _ := e.atMost(e.Synthetic, baselineLogisticRows, sampleSynthetic)
	out.Logistic = Figure(LogisticDetection(real, synthetic, e.noise, e.o.Pool))
	return nil
}

func (e *tableEvaluation) briefSupport(ctx context.Context, out *BaselineReport) error {
	err := e.support(ctx)
	out.Support = e.out.Support
	if n := e.neighbours(e.Synthetic, false); n != nil {
		out.Neighbours = &n.Synthetic
	}
	return err
}

func (e *tableEvaluation) briefPrediction(ctx context.Context, out *BaselineReport) error {
	if e.o.Label == "" || e.Holdout == nil {
		return nil
	}
	trees := e.o.Trees
	trees.Pool = e.o.Pool
	p, err := trainSyntheticTestReal(ctx, e.real, e.synthetic, e.Holdout, e.o.Label, trees)
	out.Prediction = p
	return err
}
