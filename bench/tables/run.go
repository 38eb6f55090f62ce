package main

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"time"

	"ebb/data/table"
	"ebb/engine/rng"
	"ebb/metric"
	"ebb/model/checkpoint"
)

// place is the folder of a run, and of its figures.
func (b *measurement) place(d dataset, kind string, seed int) string {
	length := "default"
	if b.time > 0 {
		length = b.time.String()
	}
	return filepath.Join(b.work, d.name, length, kind+strconv.Itoa(seed))
}

// trained measures a run of ebb unless that is done.
func (b *measurement) trained(ctx context.Context, d dataset, p parts, seed int, half bool) error {
	dir := b.place(d, "seed", seed)
	if half {
		dir = b.place(d, "half", seed)
	}
	if _, err := readFigures(dir); err == nil {
		return nil
	}
	fmt.Fprintf(os.Stderr, "== %s\n", dir)
	data, run, drawn := filepath.Join(dir, "train.csv"), filepath.Join(dir, "run"), filepath.Join(dir, "synthetic.csv")
	if err := os.RemoveAll(dir); err != nil { // a run that was stopped has taken another time
		return err
	}
	if err := writeTable(data, p.train); err != nil {
		return err
	}
	args := []string{"train", data, "-o", run, "--label", d.label, "--seed", strconv.Itoa(seed)}
	if b.time > 0 {
		args = append(args, "--time", b.time.String())
	}
	train, err := b.call(ctx, args...)
	if err != nil {
		return err
	}
	sample, err := b.call(ctx, "sample", run, "-n", strconv.Itoa(p.train.Rows()), "-o", drawn, "--seed", strconv.Itoa(seed))
	if err != nil {
		return err
	}
	synthetic, err := table.Open(drawn)
	if err != nil {
		return err
	}
	f, err := b.judge(ctx, d, p, synthetic)
	if err != nil {
		return err
	}
	f.TrainSeconds, f.SampleSeconds, f.PeakMiB = train.seconds, sample.seconds, max(train.peak, sample.peak)
	if f.Steps, f.Kept, err = lastStep(filepath.Join(run, "metrics.jsonl")); err != nil {
		return err
	}
	return writeFigures(dir, f)
}

// bootstrap judges as many training rows drawn with replacement: what the figures of a table are that differs
// from the training rows by chance alone.
func (b *measurement) bootstrap(ctx context.Context, d dataset, p parts, seed int) error {
	dir := filepath.Join(b.work, d.name, "bootstrap"+strconv.Itoa(seed))
	if _, err := readFigures(dir); err == nil {
		return nil
	}
	fmt.Fprintf(os.Stderr, "== %s\n", dir)
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return err
	}
	noise, rows := rng.New(uint64(seed), rng.Test), make([]int, p.train.Rows())
	for i := range rows {
		rows[i] = noise.Intn(len(rows), 0, uint64(i))
	}
	f, err := b.judge(ctx, d, p, p.train.Select(rows))
	if err != nil {
		return err
	}
	return writeFigures(dir, f)
}

// judge measures synthetic rows.
func (b *measurement) judge(ctx context.Context, d dataset, p parts, synthetic *table.Table) (figures, error) {
	frames, err := metric.FromTables(table.Infer(p.train), p.train, synthetic, p.test)
	if err != nil {
		return figures{}, err
	}
	r, err := metric.EvaluateTable(ctx, metric.Tables{Real: frames[0], Synthetic: frames[1], Holdout: frames[2]},
		metric.TableOptions{Label: d.label, Pool: b.pool})
	if err != nil {
		return figures{}, err
	}
	return newFigures(d, r)
}

// cost is what a call of ebb took.
type cost struct {
	seconds float64
	peak    float64 // MiB; 0 where the system does not tell
}

func (b *measurement) call(ctx context.Context, args ...string) (cost, error) {
	c := exec.CommandContext(ctx, b.ebb, args...)
	c.Stderr = os.Stderr
	start := time.Now()
	err := c.Run()
	if err != nil {
		err = fmt.Errorf("%s %s: %w", b.ebb, args[0], err)
	}
	return cost{time.Since(start).Seconds(), peakMiB(c.ProcessState)}, err
}

// lastStep reads how many steps a run took, and of which one it kept the weights.
func lastStep(path string) (steps, kept int, err error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return 0, 0, err
	}
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	var m struct {
		Step int `json:"step"`
		Best int `json:"best_step"`
	}
	if err := json.Unmarshal(lines[len(lines)-1], &m); err != nil {
		return 0, 0, fmt.Errorf("%s: %w", path, err)
	}
	if m.Best == 0 {
		m.Best = m.Step
	}
	return m.Step, m.Best, nil
}

func writeTable(path string, t *table.Table) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return err
	}
	return checkpoint.WriteFile(path, func(w io.Writer) error { return table.Write(w, t) })
}
