package metric

import (
	"context"
	"fmt"
	"math"
	"slices"
	"strings"
)

// Task is what a label column asks of a model.
type Task string

const (
	BinaryTask     Task = "binary"     // two classes
	MulticlassTask Task = "multiclass" // more
	RegressionTask Task = "regression" // a number
)

// Prediction is how well a model predicted the label of unseen real rows.
// Figures that the task does not have are NaN.
type Prediction struct {
	AUC      Figure   `json:"auc"`                // two classes; of several, the mean of each against the rest
	AUCError Figure   `json:"auc_standard_error"` // DeLong's, of two classes
	Accuracy Figure   `json:"accuracy"`           // classes
	MacroF1  Figure   `json:"macro_f1"`           // classes
	ClassF1  []Figure `json:"class_f1,omitempty"`
	R2       Figure   `json:"r2"`   // regression
	RMSE     Figure   `json:"rmse"` // regression, in the label's unit
}

// Efficiency is "train on synthetic, test on real": the use of synthetic rows
// for learning, beside the real rows' own.
type Efficiency struct {
	Label     string     `json:"label"`
	Task      Task       `json:"task"`
	Classes   []string   `json:"classes,omitempty"` // in the order of ClassF1
	Synthetic Prediction `json:"train_on_synthetic"`
	Real      Prediction `json:"train_on_real"`
	TestRows  int        `json:"test_rows"`
}

// TrainSyntheticTestReal fits trees to the label column of the synthetic
// table and, beside it, of the real one, and scores both on the test table.
// Rows without a label are left out.
func TrainSyntheticTestReal(ctx context.Context, real, synthetic, test *Frame, label string, trees Boosting) (*Efficiency, error) {
	l, err := newLearning(real, synthetic, test, label)
	if err != nil {
		return nil, err
	}
	e := &Efficiency{Label: label, TestRows: l.test.Rows(), Task: l.labels.task, Classes: l.labels.names}
	if e.Synthetic, err = l.judge(ctx, l.synthetic, trees); err != nil {
		return nil, err
	}
	e.Real, err = l.judge(ctx, l.real, trees)
	return e, err
}

// trainSyntheticTestReal is the synthetic half of TrainSyntheticTestReal.
func trainSyntheticTestReal(ctx context.Context, real, synthetic, test *Frame, label string, trees Boosting) (*Prediction, error) {
	l, err := newLearning(real, synthetic, test, label)
	if err != nil {
		return nil, err
	}
	p, err := l.judge(ctx, l.synthetic, trees)
	return &p, err
}

// learning is what a label is learned from and tested on.
type learning struct {
	real, synthetic, test *Frame // rows with a label
	labels                *labelColumn
	label                 string
}

func newLearning(real, synthetic, test *Frame, label string) (*learning, error) {
	mustMatch(real, synthetic)
	mustMatch(real, test)
	j := real.Index(label)
	if j < 0 {
		return nil, fmt.Errorf("no column %q to predict; the columns are %s", label, columnNames(real))
	}
	l := &learning{real: withValue(real, j), synthetic: withValue(synthetic, j), test: withValue(test, j), label: label}
	for _, t := range []struct {
		f    *Frame
		name string
	}{{l.real, "real"}, {l.synthetic, "synthetic"}, {l.test, "test"}} {
		if t.f.Rows() == 0 {
			return nil, fmt.Errorf("the %s table has no row with a value of %q", t.name, label)
		}
	}
	l.labels = newLabels(j, l.real, l.synthetic, l.test)
	return l, nil
}

// judge learns the label from some rows and predicts those of the test table.
func (l *learning) judge(ctx context.Context, train *Frame, trees Boosting) (Prediction, error) {
	m, err := trees.Fit(ctx, train.Without(l.labels.at), l.labels.target(train))
	if err != nil {
		return Prediction{}, fmt.Errorf("predict %q: %w", l.label, err)
	}
	return l.labels.judge(m, l.test), nil
}

func columnNames(f *Frame) string {
	names := make([]string, len(f.Columns))
	for j := range f.Columns {
		names[j] = f.Columns[j].Name
	}
	return strings.Join(names, ", ")
}

// withValue returns the rows that have a value in column j.
func withValue(f *Frame, j int) *Frame {
	var rows []int
	for i := range f.Rows() {
		if !f.Columns[j].Missing(i) {
			rows = append(rows, i)
		}
	}
	if len(rows) == f.Rows() {
		return f
	}
	return f.Pick(rows)
}

// labelColumn numbers the classes that occur in any of the tables.
type labelColumn struct {
	at    int
	task  Task
	codes []int32 // the code of each class
	names []string
}

func newLabels(j int, tables ...*Frame) *labelColumn {
	l := &labelColumn{at: j, task: RegressionTask}
	c := &tables[0].Columns[j]
	if c.Kind != Categorical {
		return l
	}
	for _, t := range tables {
		l.codes = append(l.codes, t.Columns[j].Code...)
	}
	slices.Sort(l.codes)
	l.codes = slices.Compact(l.codes)
	l.task = BinaryTask
	if len(l.codes) > 2 {
		l.task = MulticlassTask
	}
	for _, k := range l.codes {
		l.names = append(l.names, labelText(k, j, tables))
	}
	return l
}

// labelText returns the text of a category by whichever table knows it.
func labelText(code int32, j int, tables []*Frame) string {
	for _, t := range tables {
		if labels := t.Columns[j].Labels; code >= 0 && int(code) < len(labels) {
			return labels[code]
		}
	}
	return fmt.Sprint(code)
}

func (l *labelColumn) target(f *Frame) Target {
	c := &f.Columns[l.at]
	if l.task == RegressionTask {
		return Target{Num: c.Num}
	}
	class := make([]int32, len(c.Code))
	for i, k := range c.Code {
		at, _ := slices.BinarySearch(l.codes, k)
		class[i] = int32(at)
	}
	return Target{Classes: len(l.codes), Class: class}
}

// judge scores a model on the test table.
func (l *labelColumn) judge(m *Booster, test *Frame) Prediction {
	nan := Figure(math.NaN())
	out := Prediction{AUC: nan, AUCError: nan, Accuracy: nan, MacroF1: nan, R2: nan, RMSE: nan}
	scores, truth := m.Scores(test.Without(l.at)), l.target(test)
	if l.task == RegressionTask {
		out.R2, out.RMSE = Figure(R2(truth.Num, scores)), Figure(RMSE(truth.Num, scores))
		return out
	}
	predicted := m.Classify(scores)
	out.Accuracy = Figure(Accuracy(truth.Class, predicted))
	macro, perClass := F1(truth.Class, predicted, truth.Classes)
	out.MacroF1 = Figure(macro)
	for _, f := range perClass {
		out.ClassF1 = append(out.ClassF1, Figure(f))
	}
	out.AUC = Figure(meanAUC(scores, truth))
	if truth.Classes == 2 {
		out.AUCError = Figure(aucError(scores, truth))
	}
	return out
}

// aucError is the standard error of the AUC of two classes.
func aucError(scores []float64, truth Target) float64 {
	positive := make([]bool, len(scores))
	for i, k := range truth.Class {
		positive[i] = k == 1
	}
	_, se := AUCWithError(scores, positive)
	return se
}

// meanAUC returns the AUC of two classes, or the mean of each class against
// the rest; classes that the rows lack are left out.
func meanAUC(scores []float64, truth Target) float64 {
	n := len(truth.Class)
	k := len(scores) / n // 1 for two classes
	each := make([]float64, k)
	column, positive := make([]float64, n), make([]bool, n)
	for c := range each {
		class := int32(c)
		if k == 1 {
			class = 1
		}
		for i := range column {
			column[i], positive[i] = scores[i*k+c], truth.Class[i] == class
		}
		each[c] = AUC(column, positive)
	}
	return MeanScore(each)
}
