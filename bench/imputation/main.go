// Command imputation measures how well ebb fill completes tables: it removes a share of the cells of a
// test table at random, lets the model of a run and baselines fill them, and prints the error of
// numbers (root mean square, in standard deviations of their columns) and the share of categories
// that come back, for best single values (point) and for single draws.
//
//	ebb train adult_train.csv -o runs/adult --time 2m
//	go run ./bench/imputation -run runs/adult -train adult_train.csv -test adult_test.csv
//
// The baselines learn from the same training table. "mean and mode" look at the column alone.
// "chained regressions" are MICE's loop (van Buuren and Groothuis-Oudshoorn 2011): from means and
// modes on, each column is predicted in turn from all others, several rounds; numbers by ridge
// regression, categories by multinomial logistic regression. Its draws are MICE's default ones:
// predictive mean matching, and categories by their probabilities. "chained trees" has
// gradient-boosted trees in their place, as miceforest and missForest have.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/model"
)

func main() {
	var r run
	shares := flag.String("shares", "0.1,0.3", "shares of the cells to remove")
	flag.StringVar(&r.run, "run", "", "run trained on the training table")
	flag.StringVar(&r.train, "train", "", "training table")
	flag.StringVar(&r.test, "test", "", "test table, of which cells are removed")
	flag.IntVar(&r.draws, "draws", 0, "draws behind a point of ebb fill")
	flag.StringVar(&r.sampler, "sampler", "", "sampler of ebb fill (default: the run's)")
	flag.IntVar(&r.steps, "steps", 0, "steps of ebb fill (default: the run's)")
	flag.IntVar(&r.rounds, "rounds", 5, "rounds of the chains")
	flag.IntVar(&r.trees, "trees", 60, "rounds of boosting; 0: no trees")
	flag.IntVar(&r.threads, "threads", 0, "threads")
	flag.Parse()
	if err := r.measure(context.Background(), strings.Split(*shares, ",")); err != nil {
		fmt.Fprintln(os.Stderr, "imputation:", err)
		os.Exit(1)
	}
}

type run struct {
	run, train, test, sampler            string
	draws, steps, rounds, trees, threads int
}

func (r run) measure(ctx context.Context, shares []string) error {
	pool := parallel.New(r.threads)
	defer pool.Close()
	m, c, err := model.Open(r.run, pool)
	if err != nil {
		return err
	}
	learned, ok := m.(*model.TableModel)
	if !ok {
		return fmt.Errorf("%s is a model of pictures", r.run)
	}
	train, err := table.Open(r.train)
	if err != nil {
		return err
	}
	test, err := table.Open(r.test)
	if err != nil {
		return err
	}
	code, err := newCoding(c.Table.Transform.Schema, train)
	if err != nil {
		return err
	}
	methods, err := r.baselines(ctx, code, pool)
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintf(w, "removed\tmethod\tpoint: RMSE\taccuracy\tdraw: RMSE\taccuracy\tseconds\t\n")
	for _, text := range shares {
		share, err := strconv.ParseFloat(text, 64)
		if err != nil {
			return fmt.Errorf("-shares: %w", err)
		}
		h, err := code.remove(test, share)
		if err != nil {
			return err
		}
		for _, f := range methods {
			start := time.Now()
			point, draw := f.fill(h, false), f.fill(h, true)
			h.print(w, f.name, point, draw, time.Since(start))
		}
		if err := r.ours(ctx, w, learned, code, h); err != nil {
			return err
		}
	}
	return w.Flush()
}

// method is a baseline.
type method struct {
	name string
	fill func(h *holes, draw bool) *rows
}

func (r run) baselines(ctx context.Context, code *coding, pool *parallel.Pool) ([]method, error) {
	out := []method{{"mean and mode", func(h *holes, draw bool) *rows { return code.alone(h, draw) }}}
	regressions := newChain(code, r.rounds, func(j int) predictor { return regress(code, j) })
	out = append(out, method{"chained regressions", regressions.fill})
	if r.trees == 0 {
		return out, nil
	}
	var failed error
	trees := newChain(code, r.rounds, func(j int) predictor {
		p, err := grow(ctx, code, j, r.trees, pool)
		if err != nil && failed == nil {
			failed = err
		}
		return p
	})
	return append(out, method{"chained trees", trees.fill}), failed
}

// ours fills by the model: a point, and one draw.
func (r run) ours(ctx context.Context, w *tabwriter.Writer, m *model.TableModel, code *coding, h *holes) error {
	start := time.Now()
	var got [2]*rows
	for k, o := range []model.FillOptions{{Point: true, Draws: r.draws}, {}} {
		o.Sampler, o.Steps = r.sampler, r.steps
		f, err := m.Fill(ctx, h.table, o)
		if err != nil {
			return err
		}
		if got[k], err = code.read(f.Tables[0]); err != nil {
			return err
		}
	}
	h.print(w, "ebb fill", got[0], got[1], time.Since(start))
	return nil
}
