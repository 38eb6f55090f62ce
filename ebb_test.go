package ebb_test

import (
	"bytes"
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"ebb"
	"ebb/data/table"
	"ebb/model"
	"ebb/train"
)

const (
	penguins = "cmd/ebb/demodata/penguins.csv"
	digits   = "cmd/ebb/demodata/digits-images-idx3-ubyte.gz"
)

// learn trains and closes the model at the end of the test.
func learn(t *testing.T, path, run string, o ebb.Options) *ebb.Model {
	t.Helper()
	m, err := ebb.Train(t.Context(), ebb.File(path), run, o)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(m.Close)
	return m
}

// csv draws rows as text.
func csv(t *testing.T, m *ebb.Model, n int, seed uint64) string {
	t.Helper()
	rows, err := m.Seed(seed).Sample(t.Context(), n)
	if err != nil {
		t.Error(err)
		return ""
	}
	var b bytes.Buffer
	if err := table.Write(&b, rows); err != nil {
		t.Error(err)
	}
	return b.String()
}

// A run opened again draws what the trained model draws, from several goroutines at once too.
func TestOpenDrawsWhatTrainDraws(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	want := csv(t, learn(t, penguins, run, ebb.Options{Steps: 3, Threads: 1}), 10, 5)
	m, err := ebb.Open(run)
	if err != nil {
		t.Fatal(err)
	}
	defer m.Close()
	var all sync.WaitGroup
	for range 3 {
		all.Go(func() {
			if got := csv(t, m, 10, 5); got != want {
				t.Errorf("the opened run draws\n%s\nand the trained model drew\n%s", got, want)
			}
		})
	}
	all.Wait()
	if csv(t, m, 10, 6) == want {
		t.Error("another seed draws the same rows")
	}
}

// A training that is cancelled and resumed ends with the bytes of one that was not.
func TestTrainGoesOnWhereItStopped(t *testing.T) {
	dir := t.TempDir()
	whole, parts := filepath.Join(dir, "whole"), filepath.Join(dir, "parts")
	learn(t, penguins, whole, ebb.Options{Steps: 25, Seed: 3})

	ctx, cancel := context.WithCancel(t.Context())
	_, err := ebb.Train(ctx, ebb.File(penguins), parts, ebb.Options{Steps: 25, Seed: 3, Resume: true, Watch: func(train.Progress) { cancel() }})
	if !errors.Is(err, context.Canceled) || !strings.Contains(err.Error(), "after step 10") {
		t.Fatalf("error %v, want one that wraps the context's and names step 10", err)
	}
	m, err := ebb.Train(t.Context(), nil, parts, ebb.Options{Steps: 25, Resume: true})
	if err != nil {
		t.Fatal(err)
	}
	m.Close()
	if !bytes.Equal(weights(t, whole), weights(t, parts)) {
		t.Error("the weights of a resumed training differ from those of a whole one")
	}
}

func weights(t *testing.T, run string) []byte {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(run, "model.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// Pictures come in the size and with the classes of the training set.
func TestPicturesAreLikeTheTrainingSet(t *testing.T) {
	m := learn(t, digits, filepath.Join(t.TempDir(), "run"), ebb.Options{Steps: 1})
	p, err := m.Pictures(t.Context(), 3, 0)
	if err != nil {
		t.Fatal(err)
	}
	if p.N != 3 || p.H != 8 || p.W != 8 || p.C != 1 || len(p.Labels) != 3 || len(p.LabelNames) != 10 || m.Kind() != model.KindImage {
		t.Errorf("a %s model drew %v with labels %v", m.Kind(), p, p.Labels)
	}
	if _, err := m.Sample(t.Context(), 3); err == nil {
		t.Error("a model of pictures drew rows")
	}
}

// What can't work is refused, with what and why, and leaves no run behind.
func TestImpossibleTrainingsAreRefused(t *testing.T) {
	dir := t.TempDir()
	run := filepath.Join(dir, "run")
	for _, c := range []struct {
		path string
		o    ebb.Options
		want string
	}{
		{"nowhere.csv", ebb.Options{Steps: 1}, "nowhere.csv"},
		{penguins, ebb.Options{Steps: 1, Time: 1}, "give one of them"},
		{penguins, ebb.Options{Steps: -1}, "not negative"},
		{penguins, ebb.Options{Steps: 1, Label: "specie"}, "specie"},
		{penguins, ebb.Options{Steps: 1, Preset: "huge"}, "tiny, small, base"},
		{digits, ebb.Options{Steps: 1, Label: "species"}, "column of a table"},
	} {
		if _, err := ebb.Train(t.Context(), ebb.File(c.path), run, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %+v: error %v, want one with %q", c.path, c.o, err, c.want)
		}
	}
	if _, err := os.Stat(run); err == nil {
		t.Error("a refused training made the run directory")
	}
	if _, err := ebb.Open(run); err == nil || !strings.Contains(err.Error(), run) {
		t.Errorf("opening nothing: error %v", err)
	}
}

// A run that is there is neither overwritten nor resumed with other settings or other data.
func TestARunKeepsItsSettings(t *testing.T) {
	run := filepath.Join(t.TempDir(), "run")
	m := learn(t, penguins, run, ebb.Options{Steps: 1, Seed: 4, Label: "species"})
	for _, c := range []struct {
		path string
		o    ebb.Options
		want string
	}{
		{penguins, ebb.Options{Steps: 2}, "holds a run already"},
		{penguins, ebb.Options{Steps: 2, Resume: true, Seed: 5}, "Options.Seed is 5, the run was started with 4"},
		{penguins, ebb.Options{Steps: 2, Resume: true, Label: "sex"}, "Options.Label is sex"},
		{penguins, ebb.Options{Steps: 2, Resume: true, Preset: "base"}, "Options.Preset is base"},
		{digits, ebb.Options{Steps: 2, Resume: true}, "resume it with the same data"},
		{"gone.csv", ebb.Options{Steps: 2, Resume: true}, "gone.csv"},
	} {
		if _, err := ebb.Train(t.Context(), ebb.File(c.path), run, c.o); err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s, %+v: error %v, want one with %q", c.path, c.o, err, c.want)
		}
	}
	if _, err := m.Pictures(t.Context(), 1, 0); err == nil {
		t.Error("a model of a table drew pictures")
	}
	if rows, err := m.Sample(t.Context(), 0); err != nil || rows.Rows() != 0 {
		t.Errorf("no rows: %v", err)
	}
	if _, err := m.Sample(t.Context(), -1); err == nil {
		t.Error("drew -1 rows")
	}
}

// Every row of a table and every picture gets a likelihood; data of another kind is refused.
func TestScoreIsOneValueForEachRow(t *testing.T) {
	rows := learn(t, penguins, filepath.Join(t.TempDir(), "rows"), ebb.Options{Steps: 5})
	s, err := rows.Score(t.Context(), ebb.File(penguins), model.ScoreOptions{Draws: 4})
	if err != nil {
		t.Fatal(err)
	}
	if len(s) != 344 || !(s[0].LogLikelihood < 0) || !(s[0].StandardError >= 0) {
		t.Errorf("%d scores, the first %+v", len(s), s[0])
	}
	if _, err := rows.Score(t.Context(), ebb.File(digits), model.ScoreOptions{}); err == nil || !strings.Contains(err.Error(), "holds pictures") {
		t.Errorf("pictures scored by a model of rows: %v", err)
	}
	pictures := learn(t, digits, filepath.Join(t.TempDir(), "pictures"), ebb.Options{Steps: 1})
	if _, err := pictures.Score(t.Context(), ebb.File(penguins), model.ScoreOptions{}); err == nil || !strings.Contains(err.Error(), "is a table") {
		t.Errorf("rows scored by a model of pictures: %v", err)
	}
}
