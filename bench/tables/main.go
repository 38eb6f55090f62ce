// Command tables measures what ebb makes of the benchmark tables of the literature, in the way of the papers:
// for each table and seed it trains with default settings on the training rows, draws as many rows as those,
// and judges them by package metric. It writes the figures into a Markdown file, with the machine and the date.
//
//	go run ./bench/tables -ebb bin/ebb -data ../shared/data/tabular -only penguins -time 5s
//
// What is finished lies in the work folder and is not done again; so a measurement of hours can be stopped
// and gone on with, table by table. Figures are only comparable if all were measured with the same build:
// remove the work folder after a change.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"time"

	"ebb/engine/kernel/parallel"
)

func main() {
	var b measurement
	flag.StringVar(&b.ebb, "ebb", "bin/ebb", "the program to measure")
	flag.StringVar(&b.data, "data", "../shared/data/tabular", "folder of the tables")
	flag.StringVar(&b.work, "work", filepath.Join(os.TempDir(), "ebb-tables"), "folder for runs and figures; what is finished in it is not done again")
	flag.StringVar(&b.out, "out", "docs/tables.md", "Markdown file to write the figures into, between its markers")
	flag.StringVar(&b.only, "only", "", "measure this table alone: adult, magic, california or penguins")
	flag.IntVar(&b.seeds, "seeds", 3, "runs of each table, with seeds from 0")
	flag.IntVar(&b.halves, "halves", 1, "further runs of each table that learn from half of the training rows, to be held against the other half")
	flag.DurationVar(&b.time, "time", 0, "training time of a run (default: ebb's own)")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := b.measure(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "tables:", err)
		os.Exit(1)
	}
}

// measurement is one measuring of all tables.
type measurement struct {
	ebb, data, work, out, only string
	seeds, halves              int
	time                       time.Duration
	pool                       *parallel.Pool
}

// measure does what is not done yet and writes the figures of all tables that are complete.
func (b *measurement) measure(ctx context.Context) error {
	if b.seeds < 1 {
		return fmt.Errorf("-seeds is %d, want at least 1", b.seeds)
	}
	b.pool = parallel.New(0)
	defer b.pool.Close()
	todo := datasets()
	if b.only != "" {
		d, err := datasetNamed(b.only)
		if err != nil {
			return err
		}
		todo = []dataset{d}
	}
	for _, d := range todo {
		if err := b.one(ctx, d); err != nil {
			return fmt.Errorf("%s: %w", d.name, err)
		}
	}
	var done []result
	for _, d := range datasets() {
		if r, ok := b.finished(d); ok {
			done = append(done, r)
		}
	}
	return writeBlock(b.out, block(done, b.setting()))
}

// one measures a table: its runs, those of half of it, and bootstraps of it.
func (b *measurement) one(ctx context.Context, d dataset) error {
	parts, err := d.open(b.data)
	if err != nil {
		return err
	}
	for seed := range b.seeds {
		if err := b.trained(ctx, d, parts, seed, false); err != nil {
			return err
		}
		if err := b.bootstrap(ctx, d, parts, seed); err != nil {
			return err
		}
	}
	for seed := range b.halves {
		if err := b.trained(ctx, d, parts.halved(), seed, true); err != nil {
			return err
		}
	}
	return nil
}
