package main

import (
	"encoding/json"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"

	"ebb/metric"
	"ebb/model/checkpoint"
)

// The figures of a model that learned from synthetic rows, by the task.
const (
	scoreAUC      = "AUC"
	scoreR2       = "R²"
	scoreAccuracy = "accuracy"
)

// figures are those of one run.
type figures struct {
	Shape     float64 `json:"shape_error_percent"`
	Trend     float64 `json:"trend_error_percent"`
	Tree      float64 `json:"tree_auc"`
	Score     float64 `json:"score"`           // trained on synthetic rows, tested on real ones
	RealScore float64 `json:"score_of_real"`   // trained on the real training rows
	Closer    float64 `json:"closer_to_train"` // than to as many rows not seen
	Copies    float64 `json:"copies_percent"`  // of synthetic rows that equal a training row
	Fresh     float64 `json:"copies_percent_of_test"`

	TrainSeconds  float64 `json:"train_seconds,omitempty"`
	SampleSeconds float64 `json:"sample_seconds,omitempty"`
	PeakMiB       float64 `json:"peak_mib,omitempty"`
	Steps         int     `json:"steps,omitempty"`
	Kept          int     `json:"kept_step,omitempty"`
	Rows          int     `json:"rows"`
}

func newFigures(d dataset, r *metric.TableReport) (figures, error) {
	if r.Efficiency == nil {
		return figures{}, fmt.Errorf("no model could be trained: %s", r.Notes["efficiency"])
	}
	of := func(p metric.Prediction) float64 {
		switch d.score {
		case scoreR2:
			return float64(p.R2)
		case scoreAccuracy:
			return float64(p.Accuracy)
		}
		return float64(p.AUC)
	}
	f := figures{Shape: float64(r.Shape.Error), Trend: float64(r.Trend.Error), Tree: float64(r.Detection.AUC),
		Score: of(r.Efficiency.Synthetic), RealScore: of(r.Efficiency.Real), Closer: float64(r.Closest.Share),
		Copies: 100 * float64(r.Copies.SyntheticShare), Fresh: 100 * float64(r.Copies.HoldoutShare), Rows: r.Rows.Synthetic}
	for _, v := range []float64{f.Shape, f.Trend, f.Tree, f.Score, f.RealScore, f.Closer, f.Copies, f.Fresh} {
		if math.IsNaN(v) {
			return f, fmt.Errorf("a figure is not known: %+v", f)
		}
	}
	return f, nil
}

const figuresName = "figures.json"

func writeFigures(dir string, f figures) error {
	return checkpoint.WriteFile(filepath.Join(dir, figuresName), func(w io.Writer) error { return json.NewEncoder(w).Encode(f) })
}

func readFigures(dir string) (figures, error) {
	var f figures
	text, err := os.ReadFile(filepath.Join(dir, figuresName))
	if err == nil {
		err = json.Unmarshal(text, &f)
	}
	return f, err
}

// result is what is known of a table.
type result struct {
	dataset
	runs, halves, bootstraps []figures
}

// finished collects a table's figures; ok is false while some of its runs are missing.
func (b *measurement) finished(d dataset) (r result, ok bool) {
	r.dataset = d
	for seed := range b.seeds {
		run, err := readFigures(b.place(d, "seed", seed))
		boot, err2 := readFigures(filepath.Join(b.work, d.name, fmt.Sprintf("bootstrap%d", seed)))
		if err != nil || err2 != nil {
			return r, false
		}
		r.runs, r.bootstraps = append(r.runs, run), append(r.bootstraps, boot)
	}
	for seed := range b.halves {
		half, err := readFigures(b.place(d, "half", seed))
		if err != nil {
			return r, false
		}
		r.halves = append(r.halves, half)
	}
	return r, true
}

// mean is the mean of a figure over runs, and spread the largest less the least.
func mean(runs []figures, of func(figures) float64) (mean, spread float64) {
	if len(runs) == 0 {
		return math.NaN(), math.NaN()
	}
	lo, hi := math.Inf(1), math.Inf(-1)
	for _, f := range runs {
		v := of(f)
		mean += v / float64(len(runs))
		lo, hi = min(lo, v), max(hi, v)
	}
	return mean, hi - lo
}
