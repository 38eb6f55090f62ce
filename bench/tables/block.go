package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"time"

	"ebb/bench"
	"ebb/model/checkpoint"
)

// The marks between which the figures stand in the Markdown file.
const (
	beginMark = "<!-- quality-tables: begin; written by make quality-tables -->"
	endMark   = "<!-- quality-tables: end -->"
)

// setting says with what the figures were measured.
func (b *measurement) setting() string {
	length := "ebb's default training time"
	if b.time > 0 {
		length = "--time " + b.time.String()
	}
	commit := "unknown commit"
	if out, err := exec.Command("git", "describe", "--always", "--dirty").Output(); err == nil {
		commit = "commit " + strings.TrimSpace(string(out))
	}
	return fmt.Sprintf("%s, %s, %d threads, %s, %s; default settings, %s, seeds 0 to %d. Mean ± half the spread of the seeds.",
		time.Now().UTC().Format(time.DateOnly), bench.Processor(), runtime.GOMAXPROCS(0), runtime.Version(), commit, length, b.seeds-1)
}

// notes explain the columns.
const notes = `Shape and trend errors are those of SDMetrics, in percent, against the training rows. Tree AUC is that of boosted
trees that tell synthetic from training rows, cross-validated: 0.5 is not at all. Score is that of boosted trees on
the real test rows after learning from the synthetic ones, beside it after learning from the real training rows. Closer is
the share of synthetic rows that are nearer to training rows than to as many rows not seen, a tie counting half:
of test, the test rows against disjoint random parts of the training rows, each as large; of half, those of a run
that learned from one half of the training rows, against the other half. The bootstrap is as many training rows
drawn with replacement: its figures are the floor of noise, and its rows are copies.`

// block is the Markdown of the results.
func block(results []result, setting string) string {
	var w bytes.Buffer
	fmt.Fprintf(&w, "%s\n\n", setting)
	fmt.Fprintln(&w, "| table | rows | shape error | trend error | tree AUC | score | of real rows | closer: test | closer: half | copies (of test rows) |")
	fmt.Fprintln(&w, "|---|---|---|---|---|---|---|---|---|---|")
	for _, r := range results {
		r.quality(&w, r.name, r.runs, true)
		r.quality(&w, r.name+", bootstrap", r.bootstraps, false)
	}
	fmt.Fprintln(&w, "\n| table | steps | weights kept of step | training s | sampling s | rows a second | peak memory |")
	fmt.Fprintln(&w, "|---|---|---|---|---|---|---|")
	for _, r := range results {
		r.cost(&w)
	}
	fmt.Fprintf(&w, "\n%s\n", notes)
	return w.String()
}

// show prints mean and half the spread.
func show(runs []figures, format string, of func(figures) float64) string {
	m, spread := mean(runs, of)
	if math.IsNaN(m) {
		return "-"
	}
	if len(runs) == 1 {
		return fmt.Sprintf(format, m)
	}
	return fmt.Sprintf(format+" ± "+format, m, spread/2)
}

// quality is the row of a table's runs, or of its bootstraps, whose nearness says nothing.
func (r result) quality(w io.Writer, name string, runs []figures, fresh bool) {
	cell := func(format string, of func(figures) float64) string { return show(runs, format, of) }
	test, half, copies := "-", "-", "-"
	if fresh {
		test = cell("%.3f", func(f figures) float64 { return f.Closer })
		half = show(r.halves, "%.3f", func(f figures) float64 { return f.Closer })
		copies = fmt.Sprintf("%s (%.2f) %%", cell("%.2f", func(f figures) float64 { return f.Copies }), runs[0].Fresh)
	}
	fmt.Fprintf(w, "| %s | %d | %s %% | %s %% | %s | %s %s | %.4f | %s | %s | %s |\n", name, runs[0].Rows,
		cell("%.2f", func(f figures) float64 { return f.Shape }), cell("%.2f", func(f figures) float64 { return f.Trend }),
		cell("%.3f", func(f figures) float64 { return f.Tree }), r.score, cell("%.4f", func(f figures) float64 { return f.Score }),
		runs[0].RealScore, test, half, copies)
}

// cost is the row of what a table's runs took.
func (r result) cost(w io.Writer) {
	cell := func(format string, of func(figures) float64) string { return show(r.runs, format, of) }
	fmt.Fprintf(w, "| %s | %s | %s | %s | %s | %s | %s MiB |\n", r.name,
		cell("%.0f", func(f figures) float64 { return float64(f.Steps) }), cell("%.0f", func(f figures) float64 { return float64(f.Kept) }),
		cell("%.0f", func(f figures) float64 { return f.TrainSeconds }), cell("%.1f", func(f figures) float64 { return f.SampleSeconds }),
		cell("%.0f", func(f figures) float64 { return float64(f.Rows) / f.SampleSeconds }), cell("%.0f", func(f figures) float64 { return f.PeakMiB }))
}

// writeBlock puts the figures between the marks of a file, which is made if it is not there.
func writeBlock(path, text string) error {
	old, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		old, err = []byte("# Tables, measured\n\n"+beginMark+"\n"+endMark+"\n"), nil
	}
	if err != nil {
		return err
	}
	page, err := between(string(old), text)
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return checkpoint.WriteFile(path, func(w io.Writer) error { _, err := io.WriteString(w, page); return err })
}

// between replaces what stands between the marks of a page.
func between(page, text string) (string, error) {
	head, rest, ok := strings.Cut(page, beginMark)
	_, tail, ok2 := strings.Cut(rest, endMark)
	if !ok || !ok2 {
		return "", fmt.Errorf("it has no lines %q and %q to write between", beginMark, endMark)
	}
	return head + beginMark + "\n\n" + strings.TrimSpace(text) + "\n\n" + endMark + tail, nil
}
