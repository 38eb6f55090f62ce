package model_test

import (
	"context"
	"fmt"
	"math"
	"slices"
	"testing"

	"gonum.org/v1/gonum/mat"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/diffusion/gauss"
	"ebb/diffusion/sample"
	"ebb/diffusion/schedule"
	"ebb/engine/rng"
	"ebb/model"
)

// A traced draw is the draw: its steps follow each other and it ends where Draw does.
func TestATraceIsTheDraw(t *testing.T) {
	c := configs(t)
	pictures := open(t, c["image"], 1).(*model.ImageModel)
	o := model.DrawOptions{N: 5, Seed: 4, Steps: 6, Class: -1}
	trace, err := pictures.Trace(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	drawn, err := pictures.Draw(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if end := image.DecodeAll(c["image"].Image.Frame, trace.End.Data); !slices.Equal(end.Pixels, drawn.Pixels) {
		t.Error("the trace of pictures does not end where the draw does")
	}
	checkTrace(t, trace, 6)
	for _, s := range trace.Steps {
		if !(s.LogSmall < s.LogLarge) || math.IsNaN(s.LogVariance) || s.LogVariance == 0 {
			t.Errorf("t = %v: learned log variance %v between %v and %v", s.T, s.LogVariance, s.LogSmall, s.LogLarge)
		}
	}

	rows := open(t, c["table"], 1).(*model.TableModel)
	if trace, err = rows.Trace(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	checkTrace(t, trace, 6)
	same, err := rows.Draw(context.Background(), o)
	if err != nil {
		t.Fatal(err)
	}
	if same.Rows() != trace.End.Rows {
		t.Errorf("a trace of %d rows, a draw of %d", trace.End.Rows, same.Rows())
	}
	// Samplers that look more than once in a step are traced by their first look.
	o.Sampler = "heun"
	if trace, err = rows.Trace(context.Background(), o); err != nil {
		t.Fatal(err)
	}
	checkTrace(t, trace, 6)
}

func checkTrace(t *testing.T, trace *model.Trace, steps int) {
	t.Helper()
	if len(trace.Steps) != steps || trace.Steps[0].T != 1 || trace.Steps[steps-1].S != 0 {
		t.Fatalf("%d steps, want %d from 1 to 0", len(trace.Steps), steps)
	}
	for k, s := range trace.Steps[1:] {
		if s.T != trace.Steps[k].S {
			t.Errorf("step %d starts at %v, the one before ended at %v", k+2, s.T, trace.Steps[k].S)
		}
	}
}

// The traced draw of a Gaussian by its exact denoiser in many steps has its variance.
func TestTraceOfTheExactDenoiser(t *testing.T) {
	g, err := gauss.New([]float64{3}, mat.NewSymDense(1, []float64{0.25}))
	if err != nil {
		t.Fatal(err)
	}
	grid, err := schedule.Uniform(100)
	if err != nil {
		t.Fatal(err)
	}
	const rows = 4000
	trace, err := model.TraceOf(context.Background(), gauss.Denoiser{Data: g, Sch: schedule.Cosine{}}, sample.Learned, rows, 1, grid, 1)
	if err != nil {
		t.Fatal(err)
	}
	mean, cov := gauss.Moments(trace.End)
	// Four standard errors; the steps' own error is below one per cent.
	if math.Abs(mean[0]-3) > 4*0.5/math.Sqrt(rows) || math.Abs(cov.At(0, 0)/0.25-1) > 4*math.Sqrt(2.0/rows)+0.01 {
		t.Errorf("mean %v and variance %v, want 3 and 0.25", mean[0], cov.At(0, 0))
	}
}

// With next to no noise any network that predicts v finds the data; an untrained one, that says
// nothing, has all of the noise's error at the end.
func TestDenoisingErrorsAtTheEndsOfTime(t *testing.T) {
	c := configs(t)
	for name, of := range map[string]func(times []float64) ([]model.DenoisingError, error){
		"image": func(times []float64) ([]model.DenoisingError, error) {
			return open(t, c["image"], 2).(*model.ImageModel).DenoisingErrors(context.Background(), patches(12), times, 1)
		},
		"table": func(times []float64) ([]model.DenoisingError, error) {
			return open(t, c["table"], 2).(*model.TableModel).DenoisingErrors(context.Background(), people(200), times, 1)
		},
	} {
		errors, err := of([]float64{1e-5, 0.5, 0.99})
		if err != nil {
			t.Fatal(err)
		}
		if errors[0].X0 > 1e-3 || !(errors[1].X0 > errors[0].X0) || !(errors[1].SE > 0) {
			t.Errorf("%s: errors %+v, want next to none at t = 1e-5", name, errors)
		}
		if cells := errors[1].Cells; (name == "table") != (cells > 0) || math.IsNaN(cells) {
			t.Errorf("%s: %v bits for a hidden cell", name, cells)
		}
	}
	unlabelled := patches(4)
	unlabelled.Labels, unlabelled.LabelNames = nil, nil
	if _, err := open(t, c["image"], 1).(*model.ImageModel).DenoisingErrors(context.Background(), unlabelled, []float64{0.5}, 1); err == nil {
		t.Error("a model of classes took pictures without labels")
	}
}

// The numbers of a table are those of its complete rows.
func TestNumbersAreOfCompleteRows(t *testing.T) {
	rows := table.New("a", "b")
	s := rng.New(1, rng.Test)
	for i := range 300 {
		b := fmt.Sprintf("%.3f", s.Uniform(1, uint64(i)))
		if i%3 == 0 {
			b = ""
		}
		rows.Append(fmt.Sprintf("%.3f", s.Uniform(0, uint64(i))), b)
	}
	c, err := model.NewConfig(&model.Source{Table: rows}, "tiny")
	if err != nil {
		t.Fatal(err)
	}
	m, err := model.NewTableModel(c, nil)
	if err != nil {
		t.Fatal(err)
	}
	x, cells, err := m.Numbers(rows)
	if err != nil {
		t.Fatal(err)
	}
	if x.Rows != 200 || x.Dim != 2 || cells.Rows != 200 {
		t.Errorf("numbers %v with cells of %d rows, want (200, 2)", x, cells.Rows)
	}
}
