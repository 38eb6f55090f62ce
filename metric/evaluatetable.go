package metric

import (
	"cmp"
	"context"
	"fmt"
	"math"
	"slices"

	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
)

// Tables is what a synthetic table is judged by. All have the same columns
// under one coding of categories.
type Tables struct {
	Real      *Frame // the rows compared with: those the model learned from
	Holdout   *Frame // real rows the model has not seen; may be nil
	Synthetic *Frame
}

// TableOptions says how to judge a table. The zero value is a good default.
type TableOptions struct {
	Label string // column to predict, for train-on-synthetic-test-on-real; "" for none
	Seed  uint64 // of the folds and chunks
	// MaxRows bounds the real and synthetic rows that detectors, support and
	// predictors learn from, and the rows whose distances are measured; of
	// larger tables a random choice. 0: 50,000, negative: no bound.
	MaxRows  int
	Detector Detector // Noise and Pool are filled in
	Trees    Boosting // of train-on-synthetic-test-on-real
	Pool     *parallel.Pool
	// Progress, if not nil, is called before each step and at the end; done and
	// total count the work of all steps, by roughly how long each takes.
	Progress func(step string, done, total int)
}

// EvaluateTable computes every figure of a [TableReport]. It stops with the
// context's error between steps, and within those that fit trees or search for
// nearest rows.
func EvaluateTable(ctx context.Context, t Tables, o TableOptions) (*TableReport, error) {
	if err := t.check(); err != nil {
		return nil, err
	}
	e := newTableEvaluation(t, o)
	steps := []evaluationStep{
		{"column shapes", 1, e.shapes},
		{"pair trends", 3, e.trends},
		{"noise floor", 3, e.floor},
		{"coverage", 1, e.coverage},
		{"tree detector", 40, e.detect},
		{"logistic detector", 20, e.detectLogistic},
		{"support", 5, e.support},
		{"support of real rows", 3, e.supportFloor},
		{"precision and recall", 5, e.nearby},
		{"closest records", 20, e.closest},
		{"copies", 1, e.copies},
		{"membership", 10, e.membership},
		{"attribute disclosure", 10, e.disclosure},
		{"train on synthetic, test on real", 20, e.efficiency},
	}
	if err := runSteps(ctx, steps, o.Progress); err != nil {
		return nil, err
	}
	return e.out, nil
}

type evaluationStep struct {
	name string
	work int
	run  func(context.Context) error
}

func runSteps(ctx context.Context, steps []evaluationStep, progress func(string, int, int)) error {
	done, total := 0, 0
	for _, s := range steps {
		total += s.work
	}
	for _, s := range steps {
		if err := ctx.Err(); err != nil {
			return err
		}
		if progress != nil {
			progress(s.name, done, total)
		}
		if err := s.run(ctx); err != nil {
			return fmt.Errorf("evaluate: %s: %w", s.name, err)
		}
		done += s.work
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if progress != nil {
		progress("done", total, total)
	}
	return nil
}

func (t Tables) check() error {
	for _, f := range []struct {
		frame *Frame
		name  string
	}{{t.Real, "real"}, {t.Holdout, "holdout"}, {t.Synthetic, "synthetic"}} {
		if f.frame == nil && f.name == "holdout" {
			continue
		}
		if f.frame == nil {
			return fmt.Errorf("evaluate: no %s table", f.name)
		}
		if err := f.frame.Check(); err != nil {
			return fmt.Errorf("evaluate: %s table: %w", f.name, err)
		}
		if err := sameColumns(t.Real, f.frame); err != nil {
			return fmt.Errorf("evaluate: real and %s table: %w", f.name, err)
		}
	}
	return nil
}

// Steps of the noise stream for choices of rows, above those that folds and
// random tables use.
const (
	sampleReal uint64 = iota + 1<<32
	sampleSynthetic
	sampleHoldout
	chunkReal
	chunkHoldout
	halvesReal
	attackedMembers
	attackedOthers
	disclosureOf
)

// tableEvaluation is one evaluation under way.
type tableEvaluation struct {
	Tables
	o               TableOptions
	noise           rng.Stream
	real, synthetic *Frame // at most MaxRows rows
	out             *TableReport
}

func newTableEvaluation(t Tables, o TableOptions) *tableEvaluation {
	e := &tableEvaluation{Tables: t, o: o, noise: rng.New(o.Seed, rng.Metric), out: &TableReport{}}
	e.real, _ = e.atMost(t.Real, o.maxRows(), sampleReal)
	e.synthetic, _ = e.atMost(t.Synthetic, o.maxRows(), sampleSynthetic)
	return e
}

// maxRows is the option with its default.
func (o TableOptions) maxRows() int {
	switch {
	case o.MaxRows == 0:
		return 50_000
	case o.MaxRows < 0:
		return math.MaxInt
	}
	return o.MaxRows
}

// atMost returns a table of at most some rows, drawn without replacement, and
// where they stand in f.
func (e *tableEvaluation) atMost(f *Frame, most int, step uint64) (*Frame, []int) {
	rows := shuffled(f.Rows(), e.noise, step)
	rows = rows[:min(most, len(rows))]
	slices.Sort(rows)
	if len(rows) == f.Rows() {
		return f, rows
	}
	return f.Pick(rows), rows
}

func (e *tableEvaluation) shapes(context.Context) error {
	e.out.Rows = RowCounts{Real: e.Real.Rows(), Synthetic: e.Synthetic.Rows()}
	s := &e.out.Shape
	scores := ColumnShapes(e.Real, e.Synthetic)
	for j, score := range scores {
		s.Columns = append(s.Columns, newColumnReport(&e.Real.Columns[j], &e.Synthetic.Columns[j], score))
	}
	s.Score = Figure(MeanScore(scores))
	s.Error, s.HoldoutError = errorPercent(float64(s.Score)), Figure(math.NaN())
	if e.Holdout != nil {
		e.out.Rows.Holdout = e.Holdout.Rows()
		s.HoldoutError = errorPercent(MeanScore(ColumnShapes(e.Real, e.Holdout)))
	}
	return nil
}

func newColumnReport(real, synthetic *Column, score float64) ColumnReport {
	nan := Figure(math.NaN())
	c := ColumnReport{
		Name: real.Name, Kind: real.Kind.String(), Metric: "KSComplement",
		Score: Figure(score), Error: errorPercent(score),
		Missing: Figure(MissingValueSimilarity(real, synthetic)),
		Mean:    nan, Deviation: nan, Median: nan,
		AtMin: Masses{nan, nan}, AtMax: Masses{nan, nan},
	}
	if real.Kind == Categorical {
		c.Metric = "TVComplement"
		c.Adherence = Figure(CategoryAdherence(real.Code, synthetic.Code))
		c.Coverage = Figure(CategoryCoverage(real.Code, synthetic.Code))
		return c
	}
	c.Adherence = Figure(BoundaryAdherence(real.Num, synthetic.Num))
	c.Coverage = Figure(RangeCoverage(real.Num, synthetic.Num))
	c.Mean = Figure(StatisticSimilarity(real.Num, synthetic.Num, Mean))
	c.Deviation = Figure(StatisticSimilarity(real.Num, synthetic.Num, StandardDeviation))
	c.Median = Figure(StatisticSimilarity(real.Num, synthetic.Num, Median))
	ends := Extremes(real.Num, synthetic.Num)
	c.AtMin = Masses{Figure(ends.RealAtMin), Figure(ends.SyntheticAtMin)}
	c.AtMax = Masses{Figure(ends.RealAtMax), Figure(ends.SyntheticAtMax)}
	return c
}

// bothTrends are the trends with each table's numbers binned by its own range, and by the real one.
func (e *tableEvaluation) bothTrends(synthetic *Frame) (own, byReal []PairScore) {
	own = PairTrends(e.Real, synthetic, PairOptions{Pool: e.o.Pool})
	byReal = PairTrends(e.Real, synthetic, PairOptions{Pool: e.o.Pool, Binning: RealBins, mixedOnly: true})
	for i := range byReal {
		if math.IsNaN(byReal[i].Score) {
			byReal[i].Score = own[i].Score
		}
	}
	return own, byReal
}

func (e *tableEvaluation) trends(context.Context) error {
	own, byReal := e.bothTrends(e.Synthetic)
	t := &e.out.Trend
	for i, p := range own {
		pair := PairReport{
			A: e.Real.Columns[p.A].Name, B: e.Real.Columns[p.B].Name, Metric: "ContingencySimilarity",
			Score: Figure(p.Score), Error: errorPercent(p.Score), RealBins: errorPercent(byReal[i].Score),
			Real: Figure(p.Real), Synthetic: Figure(p.Synthetic), Association: Figure(p.Association),
		}
		if e.Real.Columns[p.A].Kind != Categorical && e.Real.Columns[p.B].Kind != Categorical {
			pair.Metric = "CorrelationSimilarity"
		}
		t.Pairs = append(t.Pairs, pair)
	}
	t.Score = Figure(MeanTrend(own))
	t.Error, t.HoldoutError = errorPercent(float64(t.Score)), Figure(math.NaN())
	t.RealBinsError = errorPercent(MeanTrend(byReal))
	t.StrongScore = Figure(MeanTrendAbove(own, 0.5, 0.3))
	if e.Holdout != nil {
		t.HoldoutError = errorPercent(MeanTrend(PairTrends(e.Real, e.Holdout, PairOptions{Pool: e.o.Pool})))
	}
	e.out.Quality = (e.out.Shape.Score + t.Score) / 2
	return nil
}

func (e *tableEvaluation) detect(ctx context.Context) error {
	d := e.o.Detector
	d.Noise, d.Trees.Pool = e.noise, e.o.Pool
	if d.Folds == 0 {
		d.Folds = 5
	}
	out := &e.out.Detection
	out.Rows = max(e.real.Rows(), e.synthetic.Rows())
	out.AUC, out.StandardError, out.Logistic = Figure(math.NaN()), Figure(math.NaN()), Figure(math.NaN())
	if least := min(e.real.Rows(), e.synthetic.Rows()); least < d.Folds {
		e.note("detection", fmt.Sprintf("%d rows are too few for %d folds", least, d.Folds))
		return nil
	}
	found, err := d.Detect(ctx, e.real, e.synthetic)
	if err != nil {
		return err
	}
	out.AUC, out.StandardError = Figure(found.AUC), Figure(found.StandardError)
	for _, a := range found.FoldAUC {
		out.FoldAUC = append(out.FoldAUC, Figure(a))
	}
	for j, share := range found.Importance {
		out.Columns = append(out.Columns, ColumnShare{e.real.Columns[j].Name, Figure(share)})
	}
	slices.SortStableFunc(out.Columns, func(a, b ColumnShare) int { return cmp.Compare(b.Share, a.Share) })
	return nil
}

func (e *tableEvaluation) note(what, why string) {
	if e.out.Notes == nil {
		e.out.Notes = map[string]string{}
	}
	e.out.Notes[what] = why
}

func (e *tableEvaluation) detectLogistic(context.Context) error {
	if min(e.real.Rows(), e.synthetic.Rows()) >= logisticFolds {
		e.out.Detection.Logistic = Figure(LogisticDetection(e.real, e.synthetic, e.noise, e.o.Pool))
	}
	return nil
}

func (e *tableEvaluation) support(ctx context.Context) error {
	rows := min(e.o.maxRows(), int(math.Sqrt(searchTerms/2/float64(len(e.Real.Columns)))))
	real, _ := e.atMost(e.Real, rows, sampleReal)
	synthetic, _ := e.atMost(e.Synthetic, rows, sampleSynthetic)
	s := naiveSupport(ctx, real, synthetic, e.o.Pool)
	e.out.Support = SupportReport{
		AlphaPrecision: Figure(s.AlphaPrecision),
		BetaRecall:     Figure(s.BetaRecall),
		Authenticity:   Figure(s.Authenticity),
		Rows:           max(real.Rows(), synthetic.Rows()),
	}
	return nil
}

func (e *tableEvaluation) efficiency(ctx context.Context) error {
	switch {
	case e.o.Label == "":
		e.note("efficiency", "no label column was named")
		return nil
	case e.Holdout == nil:
		e.note("efficiency", "no held-out real rows to test on")
		return nil
	}
	trees := e.o.Trees
	trees.Pool = e.o.Pool
	var err error
	e.out.Efficiency, err = TrainSyntheticTestReal(ctx, e.real, e.synthetic, e.Holdout, e.o.Label, trees)
	return err
}
