package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"time"

	"github.com/spf13/cobra"

	"ebb/data/image"
	"ebb/data/table"
	"ebb/model"
	"ebb/model/checkpoint"
)

// scoreOptions are the flags of ebb score.
type scoreOptions struct {
	run, data, out string
	threads        int
	json           bool
	score          model.ScoreOptions
}

const scoreHelp = `Say how probable each row or picture is under a trained run: its log-likelihood in nats, larger
(less negative) for what is more usual. One line for each row, in the order of the data.

Rows of a table:
  log_likelihood   log p(row), a lower bound; probabilities of categories and of numbers on a grid,
                   densities of other numbers in the units of their columns, so compare rows with
                   rows and runs on one table, not tables
  standard_error   of the estimate, over the random draws (--draws; the error halves with four times
                   as many). All rows share the draws: their order is surer than their values
  alone            what the values would have if columns were independent
  together         log_likelihood - alone: what the values say about each other. Negative: each may
                   be usual, but not with the others
  least_column     the column that the others speak against most, and its share of together (least)
A text that the training rows did not hold counts as one row in all of them, a missing value that they
never had as nothing, and the rest of the row is scored without it; a number far from all that was
trained on costs more with its distance.

Pictures: log_likelihood of the 8-bit values (and of the class, for a model of classes), the bound's
parts, and bits_per_dimension.

To rank anomalies, sort by log_likelihood, the smallest first; by together to pass over values that
are merely rare in their column; by least to find single wrong cells, whose column is named beside it
(docs/results.md has how well each finds rows planted in three tables).

--exact solves the probability-flow ODE: the likelihood itself instead of a bound, for pictures and
for tables of numbers alone. It takes some hundred evaluations of the network and its derivative
for each draw.`

func newScore(s streams) *cobra.Command {
	o := &scoreOptions{}
	cmd := &cobra.Command{
		Use:   "score RUN DATA [-o OUT]",
		Short: "Log-likelihood of each row or picture, for ranking anomalies",
		Long:  scoreHelp,
		Example: `  ebb score runs/people new.csv -o scores.csv
  ebb score runs/people new.csv | tail -n +2 | sort -t, -k2,2g | head     # the ten oddest rows
  ebb score runs/people new.csv --draws 256 --seed 1 -o scores.npy
  ebb score runs/fashion t10k-images-idx3-ubyte.gz -o bits.csv`,
		Args: cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run, o.data = args[0], args[1]
			return o.execute(cmd.Context(), s)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.out, "out", "o", "", "file to write: .csv, .tsv, or .npy (N,2) of log-likelihood and standard error (default: CSV on standard output)")
	f.IntVar(&o.score.Draws, "draws", 0, "random draws for each row or picture (default: 64 for rows, 32 for pictures; with --exact 2 and 8 paths)")
	f.BoolVar(&o.score.Exact, "exact", false, "likelihood by the probability-flow ODE instead of the bound")
	f.Uint64Var(&o.score.Seed, "seed", 0, "seed of the draws")
	f.IntVar(&o.threads, "threads", 0, "threads to compute with (default: all processors)")
	f.BoolVar(&o.json, "json", false, "print a summary as one JSON object")
	return cmd
}

// check finds what can't work before anything is opened.
func (o *scoreOptions) check() error {
	switch end := ending(o.out); {
	case o.score.Draws < 0:
		return usagef("--draws can't be negative")
	case !o.score.Exact && o.score.Draws%2 != 0:
		return usagef("--draws %d: draws come in pairs, so their number is even: --draws %d", o.score.Draws, o.score.Draws+1)
	case o.out == "" && o.json:
		return usagef("--json prints a summary: say where the scores go with -o FILE.csv")
	case o.out != "" && end != ".csv" && end != ".tsv" && end != ".npy":
		return usagef("%s: scores are written as .csv, .tsv or .npy, not %q", o.out, end)
	}
	return checkFolder(o.out)
}

func (o *scoreOptions) execute(ctx context.Context, s streams) error {
	if err := o.check(); err != nil {
		return err
	}
	pool, err := newPool(o.threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, config, err := openRun(o.run, "", pool)
	if err != nil {
		return err
	}
	src, err := openSource(o.data)
	if err != nil {
		return err
	}
	if (src.Table != nil) != (config.Kind == model.KindTable) {
		return usagef("%s is a model of %ss, and %s holds %s", o.run, config.Kind, o.data, src)
	}
	show := newProgress(s.err, "scoring")
	o.score.Watch = func(done, total int) { show.update(float64(done)/float64(total), "") }
	start := time.Now()
	var r scores
	switch m := m.(type) {
	case *model.TableModel:
		r, err = o.rows(ctx, s, m, src.Table)
	case *model.ImageModel:
		r, err = o.pictures(ctx, m, src.Images)
	}
	show.done()
	if err != nil {
		return err
	}
	if err := o.write(s, r); err != nil {
		return err
	}
	return o.summarise(s, r, time.Since(start))
}

func (o *scoreOptions) rows(ctx context.Context, s streams, m *model.TableModel, t *table.Table) (scores, error) {
	r, err := m.Score(ctx, t, o.score)
	if err != nil {
		return nil, err
	}
	s.tellUnknown(r.Unknown, func(u table.Unknown) string {
		if u.Missing {
			return "left out, as a missing value"
		}
		return "scored as one row in all of the training table"
	})
	return tableScores{r}, nil
}

func (o *scoreOptions) pictures(ctx context.Context, m *model.ImageModel, p *image.Images) (scores, error) {
	var names []string
	for _, c := range m.Config.Image.Classes {
		names = append(names, c.Name)
	}
	if len(names) > 0 {
		var err error
		if p, err = p.WithLabelNames(names); err != nil {
			return nil, fmt.Errorf("%s: %w", o.data, err)
		}
	}
	r, err := m.Score(ctx, p, o.score)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", o.data, err)
	}
	return imageScores{r, p.Dim()}, nil
}

func (o *scoreOptions) write(s streams, r scores) error {
	if o.out == "" {
		return writeScores(s.out, r, ",")
	}
	return checkpoint.WriteFile(o.out, func(w io.Writer) error {
		switch ending(o.out) {
		case ".npy":
			return writeScoreArray(w, r)
		case ".tsv":
			return writeScores(w, r, "\t")
		}
		return writeScores(w, r, ",")
	})
}

// summarise tells people on standard error, and programs by JSON, what the scores are like.
func (o *scoreOptions) summarise(s streams, r scores, took time.Duration) error {
	sum := summaryOf(r)
	if o.json {
		sum["run"], sum["data"], sum["out"], sum["seed"], sum["exact"], sum["seconds"] = o.run, shown(o.data), o.out, o.score.Seed, o.score.Exact, took.Seconds()
		return json.NewEncoder(s.out).Encode(sum)
	}
	fmt.Fprintf(s.err, "%d scored in %s: mean log-likelihood %.3f nats, mean standard error %.3f\n",
		r.len(), round(took), sum["log_likelihood"], sum["standard_error"])
	return nil
}
