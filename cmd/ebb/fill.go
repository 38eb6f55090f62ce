package main

import (
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ebb/data/table"
	"ebb/diffusion/sample"
	"ebb/model"
)

// fillOptions are the flags of ebb fill.
type fillOptions struct {
	run, data, out string
	unknown        string
	threads        int
	json           bool
	fill           model.FillOptions
}

const fillHelp = `Complete the missing cells of a table by a trained run. DATA needs at least one of the run's columns;
they may stand in any order, with others between them. Every cell that is there keeps its text, and rows
and columns their order.

A missing cell holds one of its column's marks of a missing value ('ebb info RUN' lists them), or a usual
one (empty, NA, ?, ...) if the column never had any. It is drawn from what the run has learned, given all
that the row holds, and never becomes a mark again, even if marks were learned. The run may have been
trained on the very table, holes and all.

  -m 5       five completed tables, OUT.1.csv to OUT.5.csv: multiple imputations, to be analysed each by
             itself and joined by Rubin's rules. What differs between them is what is not known
  --point    one table of best single values, for the least error: means of numbers and the commonest
             category of 32 draws (or of -m). Such a table is less varied than the truth

Identifiers, and columns that never held a value, are not learned and stay as they are. So does a text
that the run can't know, as a category it has not seen; it tells nothing about the rest of its row.
--unknown fill replaces such texts too, --unknown fail makes them an error.`

func newFill(s streams) *cobra.Command {
	o := &fillOptions{}
	cmd := &cobra.Command{
		Use:   "fill RUN DATA -o OUT",
		Short: "Complete the missing cells of a table",
		Long:  fillHelp,
		Example: `  ebb train holes.csv -o runs/holes
  ebb fill runs/holes holes.csv -o full.csv
  ebb fill runs/holes holes.csv -o full.csv --point
  ebb fill runs/holes holes.csv -o full.csv -m 20 --seed 1`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run, o.data = args[0], args[1]
			return o.execute(cmd.Context(), s)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.out, "out", "o", "", "file to write, in one of the forms of 'ebb sample'; with -m a number is put before the ending")
	f.IntVarP(&o.fill.Draws, "imputations", "m", 0, "completed tables to make (default 1), or with --point draws behind the one (default 32)")
	f.BoolVar(&o.fill.Point, "point", false, "best single values instead of draws")
	f.StringVar(&o.unknown, "unknown", "keep", "what becomes of texts that the run does not know: keep, fill or fail")
	f.Uint64Var(&o.fill.Seed, "seed", 0, "seed of the draws")
	f.StringVar(&o.fill.Sampler, "sampler", "", "sampler (default: the run's)")
	f.IntVar(&o.fill.Steps, "steps", 0, "steps of the sampler (default: the run's)")
	addMemory(f, &o.fill.Memory, "memory that filling may take, such as 1GiB (default: no bound)")
	f.IntVar(&o.threads, "threads", 0, "threads to compute with (default: all processors)")
	f.BoolVar(&o.json, "json", false, "print what was done as JSON")
	return cmd
}

// check finds what can't work before anything is opened.
func (o *fillOptions) check() error {
	switch end := rowEnding(o.out); {
	case o.out == "" && (o.json || o.fill.Draws > 1 && !o.fill.Point):
		return usagef("say where the tables go: -o FILE.csv")
	case o.out != "" && !slices.Contains(rowEndings, end):
		return usagef("%s: rows are written as %s, not %q", o.out, strings.Join(rowEndings, ", "), end)
	case o.fill.Draws < 0 || o.fill.Steps < 0:
		return usagef("-m and --steps can't be negative")
	case o.unknown != "keep" && o.unknown != "fill" && o.unknown != "fail":
		return usagef("--unknown %s: choose keep, fill or fail", o.unknown)
	}
	o.fill.Unknown = o.unknown == "fill"
	return checkFolder(o.out)
}

func (o *fillOptions) execute(ctx context.Context, s streams) error {
	if err := o.check(); err != nil {
		return err
	}
	pool, err := newPool(o.threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, _, err := openRun(o.run, "", pool)
	if err != nil {
		return err
	}
	rows, ok := m.(*model.TableModel)
	if !ok {
		return usagef("%s draws pictures, and fill completes tables; 'ebb sample --inpaint' completes pictures", o.run)
	}
	src, err := openSource(o.data)
	if err != nil {
		return err
	}
	if src.Table == nil {
		return usagef("%s holds %s; fill completes rows of a table", o.data, src)
	}
	show := newProgress(s.err, "filling")
	o.fill.Watch = func(p sample.Progress) { show.update(float64(p.Step)/float64(max(1, p.Steps)), "") }
	start := time.Now()
	filled, err := rows.Fill(ctx, src.Table, o.fill)
	show.done()
	if err != nil {
		return err
	}
	if err := o.unknowns(s, filled.Unknown); err != nil {
		return err
	}
	places, err := o.write(s, filled.Tables)
	if err != nil {
		return err
	}
	return o.report(s, filled, places, time.Since(start))
}

// unknowns lists texts that the run does not know, which --unknown may forbid.
func (o *fillOptions) unknowns(s streams, unknown []table.Unknown) error {
	how := "it stays"
	switch {
	case len(unknown) > 0 && o.unknown == "fail":
		u := unknown[0]
		return fmt.Errorf("%s: column %s: the run has not seen %q (rows that hold it: %d): correct it, or see --unknown", o.data, u.Column, u.Text, u.Rows)
	case o.fill.Unknown:
		how = "replaced"
	}
	s.tellUnknown(unknown, func(table.Unknown) string { return how })
	return nil
}

// write writes the tables and says where each is.
func (o *fillOptions) write(s streams, tables []*table.Table) (places []string, err error) {
	if o.out == "" {
		return nil, table.Write(s.out, tables[0])
	}
	for k, t := range tables {
		place := o.out
		if end := len(o.out) - len(rowEnding(o.out)); len(tables) > 1 {
			place = fmt.Sprintf("%s.%d%s", o.out[:end], k+1, o.out[end:])
		}
		if err := saveFilled(place, t); err != nil {
			return places, err
		}
		places = append(places, place)
	}
	return places, nil
}

// saveFilled writes a completed table. Forms with types want those of all its columns, the run's or not.
func saveFilled(path string, t *table.Table) error {
	var types *table.Transform
	if end := strings.TrimSuffix(rowEnding(path), ".gz"); end == ".jsonl" || end == ".parquet" {
		var err error
		if types, err = table.Fit(table.Infer(t), t, table.Options{}); err != nil {
			return err
		}
	}
	return saveRows(path, table.One(t), types)
}

func (o *fillOptions) report(s streams, f *model.Filled, places []string, took time.Duration) error {
	if o.json {
		return json.NewEncoder(s.out).Encode(map[string]any{"run": o.run, "data": o.data, "out": places, "cells": f.Cells,
			"rows": f.Rows, "seed": o.fill.Seed, "seconds": took.Seconds()})
	}
	if o.out == "" {
		return nil
	}
	where := places[0]
	if n := len(places); n > 1 {
		where += " to " + places[n-1]
	}
	fmt.Fprintf(s.err, "%d cells of %d rows filled in %s: %s\n", f.Cells, f.Rows, round(took), where)
	return nil
}
