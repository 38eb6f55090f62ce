package metric

import (
	"context"
	"encoding/json"
	"errors"
	"math"
	"reflect"
	"strings"
	"testing"

	"ebb/engine/kernel/parallel"
)

// quick keeps the trees of a test small.
func quick(label string) TableOptions {
	return TableOptions{Label: label, Trees: Boosting{Rounds: 30}, Detector: Detector{Trees: Boosting{Rounds: 20}}}
}

func evaluate(t *testing.T, tables Tables, o TableOptions) *TableReport {
	t.Helper()
	r, err := EvaluateTable(context.Background(), tables, o)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// labelled returns a mixed frame whose labels "side" and "y" depend on the rest.
func labelled(seed uint64, n int) *Frame { return mixedFrame(newDraws(seed), n) }

func TestTrainSyntheticTestReal(t *testing.T) {
	real, synthetic, test := labelled(50, 1500), labelled(51, 1500), labelled(52, 1500)
	broken := shuffleColumns(newDraws(53), real)
	run := func(synthetic *Frame, label string) *Efficiency {
		e, err := TrainSyntheticTestReal(context.Background(), real, synthetic, test, label, Boosting{Rounds: 40})
		if err != nil {
			t.Fatal(err)
		}
		return e
	}
	good, bad := run(synthetic, "side"), run(broken, "side")
	if good.Task != BinaryTask || good.Synthetic.AUC < 0.9 || math.Abs(float64(good.Synthetic.AUC-good.Real.AUC)) > 0.03 {
		t.Errorf("fresh rows: %+v", good)
	}
	// A label without dependence: AUC of 1,500 rows has a standard error of 0.015.
	near(t, "AUC after shuffling", float64(bad.Synthetic.AUC), 0.5, 0.08)
	near(t, "train on real is the same", float64(bad.Real.AUC), float64(good.Real.AUC), 0)
	// y = 0.8 x + 0.6 e: the best R² by x alone is 0.64.
	if r := run(synthetic, "y"); r.Task != RegressionTask || r.Synthetic.R2 < 0.55 || r.Synthetic.AUC.Defined() {
		t.Errorf("regression: %+v", r)
	}
	if r := run(synthetic, "group"); r.Task != MulticlassTask || len(r.Classes) != 4 || len(r.Synthetic.ClassF1) != 4 {
		t.Errorf("several classes: %+v", r)
	}
	if _, err := TrainSyntheticTestReal(context.Background(), real, real, test, "sid", Boosting{}); err == nil || !strings.Contains(err.Error(), "x, y, count, group, side") {
		t.Errorf("a column that is not there: error %v does not list the columns", err)
	}
}

func TestReportOfFreshRowsIsGoodAndOfShuffledColumnsBad(t *testing.T) {
	real, holdout, fresh := labelled(54, 1200), labelled(55, 1200), labelled(56, 1200)
	good := evaluate(t, Tables{real, holdout, fresh}, quick("side"))
	bad := evaluate(t, Tables{real, holdout, shuffleColumns(newDraws(57), real)}, quick("side"))
	if good.Trend.Error > 2*good.Trend.HoldoutError || bad.Trend.Error < 1.8*good.Trend.Error {
		t.Errorf("trend errors: fresh %.2f, holdout %.2f, shuffled %.2f", good.Trend.Error, good.Trend.HoldoutError, bad.Trend.Error)
	}
	if bad.Shape.Error > 1e-9 {
		t.Errorf("shape error of shuffled columns is %v, want 0", bad.Shape.Error)
	}
	if good.Detection.AUC > 0.57 || bad.Detection.AUC < 0.8 {
		t.Errorf("detection: fresh %.3f, shuffled %.3f", good.Detection.AUC, bad.Detection.AUC)
	}
	near(t, "share of fresh rows closer to real", float64(good.Closest.Share), 0.5, 0.1)
	near(t, "excess of fresh rows", float64(good.Closest.Excess), 0, 0.2)
	if worst := bad.WorstPairs(2); len(worst) != 2 || worst[0].A != "x" || worst[0].B != "y" && worst[0].B != "side" {
		t.Errorf("worst pairs are %+v; x was shuffled away from y and side", worst)
	}
}

func TestReportOfCopiesSaysSo(t *testing.T) {
	real, holdout := labelled(58, 600), labelled(59, 300)
	r := evaluate(t, Tables{real, holdout, real}, quick(""))
	if r.Copies.Synthetic != 600 || r.Copies.SyntheticShare != 1 || r.Copies.HoldoutShare > 0.05 || r.Copies.NewRows != 0 {
		t.Errorf("copies: %+v", r.Copies)
	}
	if r.Closest.Chunks != 2 || r.Closest.ChunkRows != 300 {
		t.Errorf("600 real rows make %d chunks of %d", r.Closest.Chunks, r.Closest.ChunkRows)
	}
	// Half of the copies have their original in a chunk, the others are at chance: 0.75.
	near(t, "share", float64(r.Closest.Share), 0.75, 0.05)
	near(t, "excess", float64(r.Closest.Excess), 1, 0.02)
	if r.Closest.Nearest[0].Distance != 0 || r.Efficiency != nil || r.Notes["efficiency"] == "" {
		t.Errorf("nearest %+v, efficiency %v, notes %v", r.Closest.Nearest[0], r.Efficiency, r.Notes)
	}
}

func TestReportSurvivesDegenerateTables(t *testing.T) {
	nan := math.NaN()
	empty := func(n int) Column {
		c := Column{Name: "empty", Num: make([]float64, n)}
		for i := range c.Num {
			c.Num[i] = nan
		}
		return c
	}
	few := func(n int) *Frame {
		x, c := make([]float64, n), make([]int32, n)
		for i := range c {
			c[i] = -1
		}
		return &Frame{Columns: []Column{
			{Name: "constant", Num: x}, empty(n), codeColumn("missing", c...), {Name: "when", Kind: Datetime, Num: append([]float64{1e18}, x[1:]...)},
		}}
	}
	for _, n := range []int{1, 2, 7, 30} {
		r := evaluate(t, Tables{few(n), few(max(1, n/2)), few(n + 1)}, quick("constant"))
		if _, err := json.Marshal(r); err != nil {
			t.Errorf("%d rows: %v", n, err)
		}
	}
}

func TestReportRoundTripsThroughJSON(t *testing.T) {
	g := loadGolden(t, "people")
	want := evaluate(t, Tables{g.real, g.validation, g.synthetic}, quick("owner"))
	text, err := json.Marshal(want)
	if err != nil {
		t.Fatal(err)
	}
	if strings.Contains(string(text), "NaN") || !strings.Contains(string(text), `"real_correlation":null`) {
		t.Error("undefined figures should be null")
	}
	var back TableReport
	if err := json.Unmarshal(text, &back); err != nil {
		t.Fatal(err)
	}
	again, err := json.Marshal(&back)
	if err != nil || string(again) != string(text) {
		t.Errorf("a report read back writes other JSON (%v)", err)
	}
	near(t, "shape score", float64(back.Shape.Score), g.at(t, "report_column_shapes"), golden1e9)
	near(t, "trend score", float64(back.Trend.Score), g.at(t, "report_column_pair_trends_no_threshold"), golden1e9)
	near(t, "trend score of dependent pairs", float64(back.Trend.StrongScore), g.at(t, "report_column_pair_trends_thresholds_0.5_0.3"), golden1e9)
	near(t, "quality", float64(back.Quality), g.at(t, "report_quality_score_no_threshold"), golden1e9)
	near(t, "new rows", float64(back.Copies.NewRows), g.at(t, "NewRowSynthesis_tol_0.01", "score"), golden1e9)
}

func TestReportDoesNotDependOnThreads(t *testing.T) {
	tables := Tables{labelled(60, 300), labelled(61, 200), labelled(62, 250)}
	want := evaluate(t, tables, quick("side"))
	for _, threads := range []int{2, 3} {
		o := quick("side")
		o.Pool = parallel.New(threads)
		got := evaluate(t, tables, o)
		o.Pool.Close()
		a, _ := json.Marshal(want)
		b, _ := json.Marshal(got)
		if !reflect.DeepEqual(a, b) {
			t.Errorf("the report with %d threads differs from that with one", threads)
		}
	}
}

func TestMaxRowsBoundsTheSample(t *testing.T) {
	o := quick("side")
	o.MaxRows = 100
	real, synthetic := labelled(63, 300), labelled(65, 250)
	r := evaluate(t, Tables{real, labelled(64, 200), synthetic}, o)
	for _, m := range r.Closest.Nearest {
		near(t, "distance of the rows named", closestDistances(context.Background(), gowerSpace(real), synthetic.Pick([]int{m.Synthetic}), real.Pick([]int{m.Real}), nil)[0], float64(m.Distance), 0)
	}
	if r.Detection.Rows != 100 || r.Rows.Real != 300 || r.Support.Rows != 100 || r.Closest.Rows != 100 {
		t.Errorf("rows %+v, detection %d, support %d", r.Rows, r.Detection.Rows, r.Support.Rows)
	}
}

func TestProgressRisesAndCancelStops(t *testing.T) {
	tables := Tables{Real: labelled(66, 100), Synthetic: labelled(67, 100)}
	o, last, names := quick(""), -1, 0
	o.Progress = func(step string, done, total int) {
		if done <= last || done > total || step == "" {
			t.Errorf("progress %q: %d of %d after %d", step, done, total, last)
		}
		last = done
		names++
	}
	r := evaluate(t, tables, o)
	if names != 15 || r.Closest.HoldoutToReal != nil || r.Shape.HoldoutError.Defined() {
		t.Errorf("%d reports of progress; without a holdout: %+v", names, r.Closest)
	}
	ctx, cancel := context.WithCancel(context.Background())
	o.Progress = func(step string, _, _ int) {
		if step == "tree detector" {
			cancel()
		}
	}
	if _, err := EvaluateTable(ctx, tables, o); !errors.Is(err, context.Canceled) {
		t.Errorf("error after cancelling in the detector: %v", err)
	}
}

func TestEvaluateNamesWhatIsWrong(t *testing.T) {
	good := labelled(68, 20)
	other := labelled(69, 20)
	other.Columns[2].Name = "number"
	infinite := labelled(70, 20)
	infinite.Columns[0].Num[3] = math.Inf(-1)
	cases := map[string]Tables{
		"no synthetic table": {Real: good},
		"no real table":      {Synthetic: good},
		`column 3 is named "count" in one table and "number" in the other`: {Real: good, Synthetic: other},
		`synthetic table: column "x", row 4`:                               {Real: good, Synthetic: infinite},
		"holdout table: the table has no columns":                          {Real: good, Synthetic: good, Holdout: &Frame{}},
		"the tables have 5 and 4 columns":                                  {Real: good, Synthetic: good.Without(1)},
	}
	for want, tables := range cases {
		if _, err := EvaluateTable(context.Background(), tables, TableOptions{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}
