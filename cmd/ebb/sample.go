package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"ebb/data/array"
	"ebb/data/image"
	"ebb/data/table"
	"ebb/data/table/postgres"
	"ebb/diffusion/sample"
	"ebb/model"
	"ebb/model/checkpoint"
)

// sampleOptions are the flags of ebb sample.
type sampleOptions struct {
	run, out string
	class    string
	list     bool
	json     bool
	threads  int

	precision string
	draw      model.DrawOptions

	trajectory string // file for the states of the first rows

	condition conditionOptions

	baseline string // a name of baseline.All
}

const sampleHelp = `Draw new examples from a trained run.

The form of OUT follows its ending: .csv, .tsv, .jsonl or .parquet for rows (the first three also with
.gz); .png (one picture, a grid), .npy or a folder (one PNG each) for pictures. Without -o rows go to
standard output. Rows also go to a table of PostgreSQL, all or none: 'postgres://user@host/db?table=NAME'
makes it; &mode=append adds to one, &mode=replace puts them in the place of its rows.

The same run, seed and number give the same bytes on every machine, with any number of threads;
example i is the same whether 10 or 10,000 are drawn. --first 1000 goes on where -n 1000 ended.

--baseline draws from a simpler model that is fitted to a table on the spot, to compare with:
independent (each column by itself), copula (a Gaussian copula) or mixture (of Gaussians).

` + conditionHelp

func newSample(s streams) *cobra.Command {
	o := &sampleOptions{}
	cmd := &cobra.Command{
		Use:   "sample RUN -n N [-o OUT]",
		Short: "Draw new rows or pictures from a trained run",
		Long:  sampleHelp,
		Example: `  ebb sample runs/people -n 1000 -o people.csv
  ebb sample runs/people -n 1000 -o people.parquet
  ebb sample runs/fashion -n 64 -o garments.png --class 5
  ebb sample runs/fashion -n 1000 -o garments/ --sampler ddim --steps 50
  ebb sample runs/fashion -n 64 -o bags.png --class Bag --guidance 2
  ebb sample runs/people -n 100 --where 'age>=40' --where job=smith
  ebb sample people.csv --baseline copula -n 1000 -o copula.csv
  ebb sample runs/people -n 1000 --balance job
  ebb sample runs/people --like some-columns.csv -n 10
  ebb sample --list`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			if o.list {
				return listNames(s.out, o.json)
			}
			if len(args) != 1 {
				return usagef("say which run to sample: ebb sample RUN -n N")
			}
			o.run, o.condition.given = args[0], cmd.Flags().Changed
			if o.baseline != "" {
				return o.baselineRows(cmd.Context(), s)
			}
			return o.execute(cmd.Context(), s)
		},
	}
	f := cmd.Flags()
	f.IntVarP(&o.draw.N, "n", "n", 0, "how many to draw (required); with --like, for each of its rows")
	f.StringVarP(&o.out, "out", "o", "", "file, folder or postgres://…?table=NAME to write")
	f.StringVar(&o.draw.Sampler, "sampler", "", "sampler (default: the run's; --list shows all)")
	f.IntVar(&o.draw.Steps, "steps", 0, "steps of the sampler (default: the run's)")
	f.StringVar(&o.draw.Grid, "grid", "", "times of the steps: a name (--list shows all) or a falling list such as 1,0.5,0.1 (default: the run's)")
	f.Uint64Var(&o.draw.Seed, "seed", 0, "seed of the draw")
	f.Uint64Var(&o.draw.First, "first", 0, "number of the first example")
	f.StringVar(&o.class, "class", "", "class of the pictures, by name or number (default: as in the training data)")
	f.StringVar(&o.baseline, "baseline", "", "draw from a simpler model of a table: independent, copula or mixture (RUN may then be DATA)")
	o.condition.flags(f)
	f.StringVar(&o.trajectory, "trajectory", "", "file for the states after each step of the first rows: .npy, or an animated .png of pictures")
	addMemory(f, &o.draw.Memory, "memory that drawing may take, such as 1GiB: fewer at a time go through the network, to the same result (default: no bound)")
	f.BoolVar(&o.list, "list", false, "list the samplers and the grids")
	f.BoolVar(&o.json, "json", false, "print what was done as JSON")
	addPrecision(f, &o.precision, "the run's")
	f.IntVar(&o.threads, "threads", 0, "threads to compute with (default: all processors)")
	return cmd
}

// listNames lists the samplers, and for people the grids after them.
func listNames(out io.Writer, asJSON bool) error {
	if asJSON {
		return json.NewEncoder(out).Encode(model.Samplers())
	}
	for _, r := range model.Samplers() {
		fmt.Fprintf(out, "%-15s %s\n", r.Name, r.Summary)
	}
	fmt.Fprintf(out, "\ngrids, for --grid:\n")
	for _, r := range model.Grids() {
		fmt.Fprintf(out, "%-12s %s\n", r.Name, r.Summary)
	}
	return nil
}

func (o *sampleOptions) execute(ctx context.Context, s streams) error {
	if o.draw.N < 0 || o.draw.N == 0 && o.condition.init == "" && o.condition.inpaint == "" && o.condition.like == "" {
		return usagef("say how many to draw: ebb sample %s -n 100", o.run)
	}
	if o.draw.Steps < 0 {
		return usagef("--steps can't be negative")
	}
	pool, err := newPool(o.threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, config, err := openRun(o.run, o.precision, pool)
	if err != nil {
		return err
	}
	if err := o.condition.apply(config, &o.draw); err != nil {
		return err
	}
	if err := o.checkPlace(config); err != nil {
		return err
	}
	path, err := newTrajectory(o.trajectory, config.Kind)
	if err != nil {
		return err
	}
	show := newProgress(s.err, "sampling")
	o.draw.Watch = func(p sample.Progress) {
		path.see(p)
		show.update(float64(p.Step)/float64(p.Steps), plural(p.Evaluations, "evaluation"))
	}
	o.draw.Table = newPhases(s.err).tell
	start := time.Now()
	switch m := m.(type) {
	case *model.TableModel:
		err = o.rows(ctx, s, m)
	case *model.ImageModel:
		err = o.pictures(ctx, m)
	}
	show.done()
	if err == nil {
		err = path.write(m)
	}
	if err != nil {
		return err
	}
	return o.report(s, config, time.Since(start))
}

// report says what was drawn: on standard error for people, on standard output as JSON.
func (o *sampleOptions) report(s streams, c *model.Config, took time.Duration) error {
	rate := float64(o.draw.N) / took.Seconds()
	if o.json {
		return json.NewEncoder(s.out).Encode(map[string]any{"run": o.run, "out": shown(o.out), "kind": c.Kind, "n": o.draw.N,
			"seed": o.draw.Seed, "seconds": took.Seconds(), "per_second": rate})
	}
	if o.out != "" {
		fmt.Fprintf(s.err, "%d drawn in %s (%.0f a second): %s\n", o.draw.N, round(took), rate, shown(o.out))
	}
	return nil
}

func (o *sampleOptions) rows(ctx context.Context, s streams, m *model.TableModel) error {
	return o.writeRows(ctx, s, m.Blocks(ctx, o.draw), m.Config.Table.Transform)
}

func (o *sampleOptions) writeRows(ctx context.Context, s streams, rows table.Blocks, t *table.Transform) error {
	if o.out == "" {
		return table.WriteBlocks(s.out, rows)
	}
	if postgres.Is(o.out) {
		return toDatabase(ctx, o.out, t, rows)
	}
	return saveRows(o.out, rows, t)
}

func (o *sampleOptions) pictures(ctx context.Context, m *model.ImageModel) error {
	pictures, err := m.Draw(ctx, o.draw)
	if err != nil {
		return err
	}
	return writePictures(o.out, pictures)
}

// classNumber finds the class that a flag gives by its name or number; an empty text is -1, any class.
func classNumber(flag, text string, classes []model.Class) (int, error) {
	if text == "" {
		return -1, nil
	}
	for k, c := range classes {
		if c.Name == text {
			return k, nil
		}
	}
	if k, err := strconv.Atoi(text); err == nil && k >= 0 && k < len(classes) {
		return k, nil
	}
	if len(classes) == 0 {
		return 0, usagef("--%s %s: the model has no classes: it was trained without labels", flag, text)
	}
	names := make([]string, len(classes))
	for k, c := range classes {
		names[k] = c.Name
	}
	return 0, usagef("--%s %s: there is no such class: choose one of %s", flag, text, strings.Join(names, ", "))
}

// writePictures writes a grid, an array or a folder, as the path's ending says; checkPictures
// has looked at it before.
func writePictures(path string, pictures *image.Images) error {
	switch ending(path) {
	case ".png":
		return checkpoint.WriteFile(path, func(w io.Writer) error {
			return image.Grid{Scale: max(1, 64/pictures.W)}.WritePNG(w, pictures)
		})
	case ".npy":
		return checkpoint.WriteFile(path, func(w io.Writer) error { return array.WriteNPY(w, pictures.Array()) })
	}
	return pictures.WriteFolder(path)
}
