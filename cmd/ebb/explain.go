package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"

	"github.com/spf13/cobra"

	"ebb/data"
	"ebb/engine/kernel/parallel"
	"ebb/model"
	"ebb/model/checkpoint"
	"ebb/report"
)

// explainOptions are the flags of ebb explain.
type explainOptions struct {
	what, out, real string
	schedule        string
	steps           int
	seed            uint64
	threads         int
	json            bool
}

const explainHelp = `Show on real data how diffusion works, as one HTML page that needs nothing else and explains every
symbol: what noise does to the data's covariance, predicted and measured; how far the end is from
pure noise; why reverse steps that know only a diagonal bring the full covariance back, with the
measured rate; the way out and the way back in frames; and models side by side.

Of data alone, the Gaussian fitted to it plays the model, whose denoiser is known exactly. Of a run,
the page also shows the trained network: its draws, what each step contributed, its error at each
time beside two Gaussians', its learned variance between the two bounds.

Tables: the numeric columns, standardised (of a run: as its network sees them). Pictures: blocks of
pixels, of which there are at most 64.

--json prints the numbers of every figure as one JSON object; a page is then written only with -o.`

func newExplain(s streams) *cobra.Command {
	o := &explainOptions{}
	cmd := &cobra.Command{
		Use:   "explain (RUN | DATA) [-o F.html]",
		Short: "Show on real data how diffusion works, as a page",
		Long:  explainHelp,
		Example: `  ebb explain people.csv -o people.html
  ebb explain runs/fashion -o fashion.html --real t10k-images-idx3-ubyte.gz
  ebb explain people.csv --schedule linear --json`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.what = args[0]
			return o.execute(cmd.Context(), s)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.out, "out", "o", "", "page to write (default: explain.html)")
	f.StringVar(&o.real, "real", "", "real data the model has not seen, to compare with (default: half of the data)")
	f.StringVar(&o.schedule, "schedule", "", "noise schedule of data (default: cosine; a run has its own)")
	f.IntVar(&o.steps, "steps", 0, "steps of the reverse process that is shown (default: 100, for a run of pictures 50)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of all that is random")
	f.IntVar(&o.threads, "threads", 0, "threads to compute with (default: all processors)")
	f.BoolVar(&o.json, "json", false, "print the numbers of every figure as one JSON object")
	return cmd
}

// The defaults of ebb explain.
const (
	explainPage         = "explain.html"
	explainSchedule     = "cosine"
	explainTable        = 1000 // steps of a schedule's table
	explainSteps        = 100
	explainPictureSteps = 50
)

func (o *explainOptions) execute(ctx context.Context, s streams) error {
	if err := o.check(); err != nil {
		return err
	}
	pool, err := newPool(o.threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	e, err := o.subject(pool)
	if err != nil {
		return err
	}
	show := newProgress(s.err, "explaining")
	e.Progress = show.update
	x, err := e.Measure(ctx)
	show.done()
	if err != nil {
		return err
	}
	if o.out != "" {
		page, err := x.Page()
		if err != nil {
			return err
		}
		page.Footer += " Made by ebb " + version() + "."
		if err := checkpoint.WriteFile(o.out, func(w io.Writer) error { return page.Write(w) }); err != nil {
			return err
		}
	}
	if o.json {
		return json.NewEncoder(s.out).Encode(x)
	}
	_, err = fmt.Fprintln(s.out, o.out)
	return err
}

// check finds wrong flags before any work is done.
func (o *explainOptions) check() error {
	if o.out == "" && !o.json {
		o.out = explainPage
	}
	if end := ending(o.out); o.out != "" && end != ".html" && end != ".htm" {
		return usagef("%s: the page is written as .html, not %q", o.out, end)
	}
	if o.steps < 0 || o.steps == 1 {
		return usagef("--steps %d: a reverse process to look at has at least 2", o.steps)
	}
	return checkFolder(o.out)
}

// subject reads what is to be explained.
func (o *explainOptions) subject(pool *parallel.Pool) (*report.Explain, error) {
	found, err := data.Sniff(o.what)
	if err != nil {
		return nil, err
	}
	e := &report.Explain{Title: filepath.Base(filepath.Clean(shown(o.what))), Seed: o.seed, Steps: o.steps, Pool: pool}
	if found.Form == data.Run {
		err = o.ofRun(e, pool)
	} else {
		err = o.ofData(e)
	}
	if err != nil || o.real == "" {
		return e, err
	}
	if e.Real, err = openSource(o.real); err != nil {
		return nil, err
	}
	if (e.Real.Table == nil) != (e.Space.Blocks != nil) {
		return nil, usagef("%s and --real %s: one is a table, the other holds pictures", o.what, o.real)
	}
	return e, nil
}

// ofData explains data by the Gaussian fitted to it.
func (o *explainOptions) ofData(e *report.Explain) error {
	src, err := openSource(o.what)
	if err != nil {
		return err
	}
	e.Schedule = o.schedule
	if e.Schedule == "" {
		e.Schedule = explainSchedule
	}
	if e.Steps == 0 {
		e.Steps = explainSteps
	}
	if e.Sch, err = model.NewSchedule(e.Schedule, explainTable); err != nil {
		return err
	}
	if src.Images != nil {
		e.Space, err = report.PictureSpace(src)
	} else {
		e.Space, err = report.TableSpace(src)
	}
	return err
}

// ofRun explains a trained model on the data it learned from.
func (o *explainOptions) ofRun(e *report.Explain, pool *parallel.Pool) error {
	if o.schedule != "" {
		return usagef("--schedule is for data; the run %s was trained with its own", o.what)
	}
	m, c, err := model.Open(o.what, pool)
	if err != nil {
		return err
	}
	src, err := openSource(c.Data.Path)
	if err != nil {
		return fmt.Errorf("the data that the run learned from is needed to explain it: %w", err)
	}
	e.Schedule = c.Process.Schedule
	if e.Steps == 0 {
		e.Steps = explainSteps
	}
	switch m := m.(type) {
	case *model.TableModel:
		e.Sch = m.Schedule()
		e.Space, e.Network, err = report.OfTableRun(m, src)
	case *model.ImageModel:
		if o.steps == 0 {
			e.Steps = explainPictureSteps
		}
		e.Sch, e.Network = m.Schedule(), report.PictureRun{Model: m, Source: src}
		e.Space, err = report.PictureSpace(src)
	}
	return err
}
