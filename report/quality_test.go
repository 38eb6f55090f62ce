package report

import (
	"bytes"
	"context"
	"math"
	"strings"
	"testing"

	"ebb/engine/rng"
	"ebb/metric"
)

// qualityFrame is n rows of a number with caps and gaps, one that follows it, and two categories.
func qualityFrame(seed uint64, n int) *metric.Frame {
	noise := rng.New(seed, rng.Test)
	x, y, when := make([]float64, n), make([]float64, n), make([]float64, n)
	kind, side := make([]int32, n), make([]int32, n)
	z := make([]float64, 4)
	for i := range n {
		noise.Normals(z, 0, uint64(i))
		x[i], y[i], when[i] = math.Max(z[0], -1), z[0]+0.5*z[1], math.Floor(1000*z[2])
		if z[3] > 1.5 {
			x[i] = math.NaN()
		}
		kind[i] = int32(noise.Intn(14, 1, uint64(i)))
		if z[0] > 0 {
			side[i] = 1
		}
		if z[1] > 2 {
			side[i] = -1
		}
	}
	labels := make([]string, 14)
	for k := range labels {
		labels[k] = string(rune('a' + k))
	}
	return &metric.Frame{Columns: []metric.Column{
		{Name: "capped & <odd>", Num: x}, {Name: "y", Num: y}, {Name: "when", Kind: metric.Datetime, Num: when},
		{Name: "kind", Kind: metric.Categorical, Code: kind, Labels: labels},
		{Name: "side", Kind: metric.Categorical, Code: side, Labels: []string{"left", ""}},
	}}
}

func quality(t *testing.T, tables metric.Tables, label string, baselines ...*metric.Frame) *Quality {
	t.Helper()
	o := metric.TableOptions{Label: label, Trees: metric.Boosting{Rounds: 10}, Detector: metric.Detector{Trees: metric.Boosting{Rounds: 10}}}
	r, err := metric.EvaluateTable(context.Background(), tables, o)
	if err != nil {
		t.Fatal(err)
	}
	q := &Quality{Title: "Quality of x", Report: r, Tables: tables}
	for _, f := range baselines {
		b, err := metric.EvaluateBaseline(context.Background(), "simple", metric.Tables{Real: tables.Real, Holdout: tables.Holdout, Synthetic: f}, o)
		if err != nil {
			t.Fatal(err)
		}
		q.Baselines, q.BaselineTables = append(q.Baselines, b), append(q.BaselineTables, f)
	}
	return q
}

func written(t *testing.T, p *Page) string {
	t.Helper()
	var b bytes.Buffer
	if err := p.Write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// TestQualityPageShowsEveryPart: figures with explanations, columns, pairs, privacy; one file alone.
func TestQualityPageShowsEveryPart(t *testing.T) {
	q := quality(t, metric.Tables{Real: qualityFrame(1, 500), Holdout: qualityFrame(2, 200), Synthetic: qualityFrame(3, 400)}, "side", qualityFrame(4, 400))
	text := written(t, q.Page())
	for _, want := range []string{"Verdict", "shape error", "α-precision", "k-NN recall", "membership attack", "attribute disclosure", "AUC for side",
		"capped &amp; &lt;odd&gt;", "at the smallest value", "missing: real", "(3 others)", "(missing)", "(empty)", "simple", "noise floor",
		"Distance to the closest training row", "synthetic − real", "<svg", "in the column&#39;s unit since 1970"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"NaN", "%!", "<script", "src=\"http", "<odd>"} {
		if strings.Contains(text, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	if again := written(t, q.Page()); again != text {
		t.Error("the same figures give another page")
	}
}

// TestQualityPageWithoutHoldoutSaysWhatIsMissing: nothing that was not measured is judged good.
func TestQualityPageWithoutHoldoutSaysWhatIsMissing(t *testing.T) {
	q := quality(t, metric.Tables{Real: qualityFrame(1, 300), Synthetic: qualityFrame(3, 300)}, "")
	text := written(t, q.Page())
	for _, want := range []string{"not measured in full", "name the column to predict with --label", "Not measured: membership"} {
		if !strings.Contains(text, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, f := range q.Figures() {
		if f.Group == groupPrivacy && f.Grade != None {
			t.Errorf("%s is judged %v without held-out rows", f.Name, f.Grade)
		}
	}
}

// TestGradesTellFreshRowsFromCopiesAndNoise: what each group is for.
func TestGradesTellFreshRowsFromCopiesAndNoise(t *testing.T) {
	real, held := qualityFrame(1, 1000), qualityFrame(2, 500)
	worst := func(q *Quality, group string) Grade {
		g := None
		for _, f := range q.Figures() {
			if f.Group == group {
				g = max(g, f.Grade)
			}
		}
		return g
	}
	fresh := quality(t, metric.Tables{Real: real, Holdout: held, Synthetic: qualityFrame(3, 1000)}, "side")
	copies := quality(t, metric.Tables{Real: real, Holdout: held, Synthetic: real}, "side")
	broken := qualityFrame(3, 1000)
	broken.Columns[4] = qualityFrame(5, 1000).Columns[4] // side follows another x
	bad := quality(t, metric.Tables{Real: real, Holdout: held, Synthetic: broken}, "side")
	for _, c := range []struct {
		name  string
		q     *Quality
		group string
		want  Grade
	}{
		{"fresh rows", fresh, groupPairs, Good}, {"fresh rows", fresh, groupPrivacy, Good}, {"copies", copies, groupPrivacy, Poor},
		{"broken dependence", bad, groupPairs, Fair}, {"broken dependence", bad, groupUse, Poor}, {"broken dependence", bad, groupPrivacy, Good},
	} {
		if got := worst(c.q, c.group); got != c.want {
			t.Errorf("%s: %s is %v, want %v (trend error %.2f, floor %.2f, held out %.2f)", c.name, c.group, got, c.want,
				float64(c.q.Report.Trend.Error), float64(c.q.Report.Floor.Trend), float64(c.q.Report.Trend.HoldoutError))
		}
	}
}

// TestFiguresHaveUniqueKeysAndWords: --require needs the one, people the other.
func TestFiguresHaveUniqueKeysAndWords(t *testing.T) {
	seen := map[string]bool{}
	for _, f := range (&Quality{Report: &metric.TableReport{}}).Figures() {
		if f.Key == "" || seen[f.Key] || f.Means == "" || f.Goal == "" || f.Format == "" {
			t.Errorf("figure %+v", f)
		}
		seen[f.Key] = true
	}
}
