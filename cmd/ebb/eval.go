package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/spf13/cobra"

	"ebb/data"
	"ebb/diffusion/sample"
	"ebb/engine/kernel/parallel"
	"ebb/model"
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
	threads     int
	precision   string
	json        bool
}

const evalHelp = `Measure how good samples are. WHAT is a run, from which as many samples are drawn as it has
training examples (-n for another number), or a file or folder of samples.

--real are real data that the model has not seen; --train the data it learned from (known for
a run). Give both: then copies of the training data can be told from quality.

Tables are compared with the training rows where there are any, else with --real:
  shape error     100 % less the mean of KS and total-variation complements over the columns
  trend error     the same for pairs of columns: correlations and contingency tables
  tree detector   AUC of boosted trees that tell synthetic from real rows; 0.5 is ideal, below it
                  synthetic rows lie closer to the real ones than real rows do to each other
  usefulness      trees trained on synthetic rows, tested on real ones (--label)
  copies          distance to the closest training row beside that of held-out rows
Names and formulas of shape and trend are those of SDMetrics.

Pictures are compared with --real:
  bits            variational bound, in bits per dimension, beside two Gaussian models (runs only)
  Frechet, precision, recall   on the features that are named beside them
  copies          distance to the nearest training picture beside that of held-out pictures

--require NAME<=VALUE or NAME>=VALUE ends with exit code 3 if a figure falls short; names are
those of the --json output, such as shape_error, trend_error, tree_auc, auc, bits.`

func newEval(s streams) *cobra.Command {
	o := &evalOptions{}
	cmd := &cobra.Command{
		Use:   "eval (RUN | SAMPLES) --real DATA [--train DATA]",
		Short: "Measure how good samples are",
		Long:  evalHelp,
		Example: `  ebb eval people-new.csv --train people.csv --real people-test.csv --label income
  ebb eval runs/people --real people-test.csv --require 'shape_error<=1' --require 'auc>=0.9'
  ebb eval runs/fashion --real t10k-images-idx3-ubyte.gz -n 2000 --grid neighbours.png`,
		Args: cobra.ExactArgs(1),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.what = args[0]
			return o.execute(cmd.Context(), s)
		},
	}
	f := cmd.Flags()
	f.StringVar(&o.real, "real", "", "real data the model has not seen (required)")
	f.StringVar(&o.train, "train", "", "data the model learned from (default: the run's; needed for pictures from elsewhere)")
	f.StringVar(&o.label, "label", "", "column to predict (default: the run's)")
	f.IntVarP(&o.n, "n", "n", 0, "samples to draw from a run (default: as many as its training examples, at most 2000 pictures)")
	f.Uint64Var(&o.seed, "seed", 0, "seed of the draw and of the evaluation's own choices")
	f.StringArrayVar(&o.require, "require", nil, "bound that a figure must keep, such as 'shape_error<=1' (repeat for more)")
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
	real    *model.Source
	train   *model.Source // nil: not known
}

func (o *evalOptions) execute(ctx context.Context, s streams) error {
	if o.real == "" {
		return usagef("say what real data to compare with: --real DATA")
	}
	checks, err := parseChecks(o.require)
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
	if o.grid != "" && sub.real.Table != nil {
		return usagef("--grid is for pictures; %s is a table", sub.real.Path)
	}
	var r evaluation
	if sub.real.Table != nil {
		r, err = o.table(ctx, s, sub, pool)
	} else {
		r, err = o.images(ctx, s, sub, pool)
	}
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
		if o.train == "" {
			o.train = sub.config.Data.Path
		}
	} else if sub.samples, err = openSource(o.what); err != nil {
		return nil, err
	}
	if sub.real, err = openSource(o.real); err != nil {
		return nil, err
	}
	if o.train != "" {
		if sub.train, err = openSource(o.train); err != nil {
			return nil, fmt.Errorf("training data: %w", err)
		}
	}
	return sub, sub.sameKind()
}

// sameKind checks that tables meet tables and pictures pictures.
func (sub *subject) sameKind() error {
	want := sub.real.Table != nil
	for _, other := range []*model.Source{sub.samples, sub.train} {
		if other != nil && (other.Table != nil) != want {
			return usagef("%s and %s: one is a table, the other holds pictures", sub.real.Path, other.Path)
		}
	}
	if sub.config != nil && (sub.config.Kind == model.KindTable) != want {
		return usagef("the run generates %ss; --real %s is something else", sub.config.Kind, sub.real.Path)
	}
	return nil
}

// drawing shows the progress of drawing samples to evaluate.
func drawing(s streams) (func(sample.Progress), func()) {
	show := newProgress(s.err, "sampling")
	return func(p sample.Progress) { show.update(float64(p.Step)/float64(p.Steps), "") }, show.done
}
