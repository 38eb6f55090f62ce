package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"ebb/baseline"
	"ebb/data"
	"ebb/diffusion/sample"
	"ebb/engine/kernel/parallel"
	"ebb/model"
	"ebb/model/checkpoint"
)

// evalOptions are the flags of ebb eval.
type evalOptions struct {
	what        string // a run or samples
	real, train string
	label       string
	n           int
	seed        uint64
	require     []string
	grid        string
	html        string   // the page of a table
	baselines   []string // beside which a table is shown
	threads     int
	precision   string
	json        bool
}

const evalHelp = `Measure how good samples are. WHAT is a run, from which as many samples are drawn as it has
training examples (-n for another number), or a file or folder of samples.

--real are real data that the model has not seen; --train the data it learned from (known for
a run). Give both: then copies of the training data can be told from quality. A run of a table
needs neither: it is compared with the rows it learned from, and with those it held out if it did.
--label COLUMN adds how well that column is predicted after learning from synthetic rows alone.

Tables are compared with the training rows where there are any, else with --real:
  columns   shape error (KS and total-variation complements), coverage of ranges and categories
  pairs     trend error: correlations and contingency tables
  rows      detectors: boosted trees (AUC 0.5 is ideal) and a linear model; α-precision and
            β-recall; precision, recall, density and coverage of nearest neighbours
  use       trees trained on synthetic rows, tested on real ones (--label)
  privacy   copies, distance to the closest training row beside that of held-out rows, attacks
            that guess who was in the training data, or an unknown value of who was
Beside each figure stands what real rows get, and what simpler models get that are fitted on the
spot: independent columns, a Gaussian copula, a Gaussian mixture (--baselines none leaves them out).
--html FILE writes all of it as one page with pictures. docs/metrics.md defines every figure.

Pictures are compared with --real:
  bits            variational bound, in bits per dimension, beside two Gaussian models (runs only)
  Frechet, precision, recall   on the features that are named beside them
  copies          distance to the nearest training picture beside that of held-out pictures

--require NAME<=VALUE or NAME>=VALUE ends with exit code 3 if a figure falls short. Names of pictures:
copies, nearest_ratio, bits, frechet_FEATURES, precision_FEATURES, recall_FEATURES; of tables:
`

func newEval(s streams) *cobra.Command {
	o := &evalOptions{}
	cmd := &cobra.Command{
		Use:   "eval (RUN | SAMPLES) [--real DATA] [--train DATA] [--html F]",
		Short: "Measure how good samples are",
		Long:  evalHelp + strings.Join(tableFigureNames(), ", ") + ".",
		Example: `  ebb eval runs/people --html report.html
  ebb eval people-new.csv --train people.csv --real people-test.csv --label income
  ebb eval runs/people --real people-test.csv --require 'shape_error<=1' --require 'auc>=0.9'
  ebb eval runs/fashion --real t10k-images-idx3-ubyte.gz -n 2000 --grid neighbours.png`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.what = args[0]
			return o.execute(cmd.Context(), s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.real, "real", "", "real data the model has not seen (default for a run of a table: the rows it held out)")
	f.StringVar(&o.train, "train", "", "data the model learned from (default: the run's; needed for pictures from elsewhere)")
	f.StringVar(&o.label, "label", "", "column to predict (default: the run's)")
	f.IntVarP(&o.n, "n", "n", 0, "samples to draw from a run (default: as many as its training examples, at most 2000 pictures)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the draw and of the evaluation's own choices")
	f.StringArrayVar(&o.require, "require", nil, "bound that a figure must keep, such as 'shape_error<=1' (repeat for more)")
	f.StringVar(&o.html, "html", "", "page of a table's evaluation to write")
	f.StringVarP(&o.html, "out", "o", "", "the same as --html")
	f.StringSliceVar(&o.baselines, "baselines", []string{baseline.Independent, baseline.Copula, baseline.Mixture}, "simpler models to show beside a table, or none")
	f.StringVar(&o.grid, "grid", "", "PNG file to write: samples of pictures above their nearest training pictures")
	addPrecision(f, &o.precision, "the run's")
	f.IntVar(&o.threads, "threads", 0, "threads to compute with (default: all processors)")
	f.BoolVar(&o.json, "json", false, "print the whole report as one JSON object")
	return cmd
}

// subject is what is evaluated, with the data beside it.
type subject struct {
	model   model.Model   // nil for samples from elsewhere
	config  *model.Config // nil for samples from elsewhere
	samples *model.Source // nil: to be drawn
	real    *model.Source // nil: the rows that a run held out, if any
	train   *model.Source // nil: not known
}

func (o *evalOptions) execute(ctx context.Context, s streams) error {
	checks, err := o.check()
	if err != nil {
		return err
	}
	pool, err := newPool(o.threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	sub, err := o.open(pool)
	if err != nil {
		return err
	}
	if err := o.checkKind(sub, checks); err != nil {
		return err
	}
	r, err := o.evaluate(ctx, s, sub, pool)
	if err != nil {
		return err
	}
	if o.json {
		if err := json.NewEncoder(s.out).Encode(r.report()); err != nil {
			return err
		}
	} else if err := r.print(s.out); err != nil {
		return err
	}
	return checks.apply(r.figures())
}

// evaluation is a finished report.
type evaluation interface {
	report() any // for JSON
	print(w io.Writer) error
	figures() []figure // by name, for --require
}

// check finds wrong flags before anything is read.
func (o *evalOptions) check() (checks, error) {
	if err := o.checkBaselines(); err != nil {
		return nil, err
	}
	if end := ending(o.html); o.html != "" && end != ".html" && end != ".htm" {
		return nil, usagef("%s: the page is written as .html, not %q", o.html, end)
	}
	if err := checkFolder(o.html); err != nil {
		return nil, err
	}
	return parseChecks(o.require)
}

// checkKind finds flags that do not suit what is evaluated.
func (o *evalOptions) checkKind(sub *subject, checks checks) error {
	if sub.table() {
		if o.grid != "" {
			return usagef("--grid is for pictures; %s is a table", o.what)
		}
		return checks.known(tableFigureNames())
	}
	if o.html != "" {
		return usagef("--html is for tables; %s are pictures: --grid FILE.png shows them", o.what)
	}
	return checks.known(imageFigureNames())
}

// evaluate measures, and writes the page that was asked for.
func (o *evalOptions) evaluate(ctx context.Context, s streams, sub *subject, pool *parallel.Pool) (evaluation, error) {
	if !sub.table() {
		return o.images(ctx, s, sub, pool)
	}
	r, err := o.table(ctx, s, sub, pool)
	if err != nil || o.html == "" {
		return r, err
	}
	page := r.quality.Page()
	if err := checkpoint.WriteFile(o.html, func(w io.Writer) error { return page.Write(w) }); err != nil {
		return nil, err
	}
	fmt.Fprintln(s.err, "page:", o.html)
	return r, nil
}

// open reads everything that an evaluation compares.
func (o *evalOptions) open(pool *parallel.Pool) (*subject, error) {
	sub := &subject{}
	found, err := data.Sniff(o.what)
	if err != nil {
		return nil, err
	}
	if found.Form == data.Run {
		if sub.model, sub.config, err = openRun(o.what, o.precision, pool); err != nil {
			return nil, err
		}
		o.ofRun(sub.config)
	} else if sub.samples, err = openSource(o.what); err != nil {
		return nil, err
	}
	if o.real == "" && !(sub.table() && (sub.config != nil || o.train != "")) {
		return nil, usagef("say what real data to compare with: --real DATA")
	}
	if o.real != "" {
		if sub.real, err = openSource(o.real); err != nil {
			return nil, err
		}
	}
	if o.train != "" {
		if sub.train, err = openSource(o.train); err != nil {
			return nil, fmt.Errorf("training data: %w", err)
		}
	}
	return sub, sub.sameKind()
}

// ofRun fills in the data that a run learned from. Real data that are the same file are rows the model
// has seen: they can't be a holdout.
func (o *evalOptions) ofRun(c *model.Config) {
	if o.train == "" {
		o.train = c.Data.Path
	}
	if c.Kind == model.KindTable && o.real != "" && sameFile(o.real, o.train) {
		o.real = ""
	}
}

func sameFile(a, b string) bool {
	fa, errA := os.Stat(a)
	fb, errB := os.Stat(b)
	return errA == nil && errB == nil && os.SameFile(fa, fb)
}

// table tells whether tables are evaluated, not pictures.
func (sub *subject) table() bool {
	if sub.config != nil {
		return sub.config.Kind == model.KindTable
	}
	return sub.samples.Table != nil
}

// sameKind checks that tables meet tables and pictures pictures.
func (sub *subject) sameKind() error {
	for _, other := range []*model.Source{sub.real, sub.train} {
		if other == nil || (other.Table != nil) == sub.table() {
			continue
		}
		if sub.config != nil {
			return usagef("the run generates %ss; %s is something else", sub.config.Kind, other.Path)
		}
		return usagef("%s and %s: one is a table, the other holds pictures", sub.samples.Path, other.Path)
	}
	return nil
}

// drawing shows the progress of drawing samples to evaluate.
func drawing(s streams) (func(sample.Progress), func()) {
	show := newProgress(s.err, "sampling")
	return func(p sample.Progress) { show.update(float64(p.Step)/float64(p.Steps), "") }, show.done
}
