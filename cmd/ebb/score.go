package main

import (
	"bufio"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"time"

	"github.com/spf13/cobra"

	"ebb/data/array"
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

const scoreHelp = `Say how probable each row or picture is under a trained run, for finding odd ones.`

func newScore(s streams) *cobra.Command {
	o := &scoreOptions{}
	cmd := &cobra.Command{
		Use:   "score RUN DATA [-o OUT]",
		Short: "Log-likelihood of each row or picture, for ranking anomalies",
		Long:  scoreHelp,
		Args:  cobra.ExactArgs(2),
		RunE: func(cmd *cobra.Command, args []string) error {
			o.run, o.data = args[0], args[1]
			return o.execute(cmd.Context(), s)
		},
	}
	f := cmd.Flags()
	f.StringVarP(&o.out, "out", "o", "", "file to write: .csv, .tsv or .npy (default: CSV on standard output)")
	f.IntVar(&o.score.Draws, "draws", 0, "random draws for each row or picture, even (default: 64 for rows, 16 for pictures)")
	f.BoolVar(&o.score.Exact, "exact", false, "exact likelihood by the probability-flow ODE, for numbers alone; slower")
	f.Uint64Var(&o.score.Seed, "seed", 0, "seed of the draws")
	f.IntVar(&o.threads, "threads", 0, "threads to compute with (default: all processors)")
	f.BoolVar(&o.json, "json", false, "print a summary as one JSON object")
	return cmd
}

func (o *scoreOptions) execute(ctx context.Context, s streams) error {
	pool, err := newPool(o.threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	m, _, err := openRun(o.run, pool)
	if err != nil {
		return err
	}
	src, err := openSource(o.data)
	if err != nil {
		return err
	}
	show := newProgress(s.err, "scoring")
	o.score.Watch = func(done, total int) { show.update(float64(done)/float64(total), "") }
	_ = time.Now()
	r, err := m.(*model.TableModel).Score(ctx, src.Table, o.score)
	show.done()
	if err != nil {
		return err
	}
	_ = array.WriteNPY
	_ = table.Write
	_ = json.NewEncoder
	write := func(w io.Writer) error {
		b := bufio.NewWriter(w)
		fmt.Fprintln(b, "row,log_likelihood,standard_error,alone,together")
		f := func(v float64) string { return strconv.FormatFloat(v, 'f', 4, 64) }
		for i, x := range r.Rows {
			fmt.Fprintf(b, "%d,%s,%s,%s,%s", i+1, f(x.LogLikelihood), f(x.StandardError), f(x.Alone), f(x.Together))
			for _, c := range x.Columns {
				fmt.Fprintf(b, ",%s", f(c))
			}
			fmt.Fprintln(b)
		}
		return b.Flush()
	}
	if o.out == "" {
		return write(s.out)
	}
	return checkpoint.WriteFile(o.out, write)
}
