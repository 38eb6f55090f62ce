// Command anomalies measures how well ebb score finds rows that were made odd: it plants them in a
// test table, ranks all rows by the model of a run and by scores that need none, and prints the area
// under each ranking's operating curve (AUC; 0.5 is chance).
//
//	ebb train adult_train.csv -o runs/adult --time 2m
//	go run ./bench/anomalies -run runs/adult -train adult_train.csv -test adult_test.csv
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"text/tabwriter"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/engine/rng"
	"ebb/metric"
	"ebb/model"
)

func main() {
	var r run
	flag.StringVar(&r.run, "run", "", "run trained on the training table")
	flag.StringVar(&r.train, "train", "", "training table")
	flag.StringVar(&r.test, "test", "", "test table, in which odd rows are planted")
	flag.IntVar(&r.draws, "draws", 0, "draws of ebb score")
	flag.IntVar(&r.threads, "threads", 0, "threads")
	flag.Float64Var(&r.share, "share", 0.05, "share of the test rows made odd")
	flag.Parse()
	if err := r.measure(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "anomalies:", err)
		os.Exit(1)
	}
}

type run struct {
	run, train, test string
	draws, threads   int
	share            float64
}

func (r run) measure(ctx context.Context) error {
	pool := parallel.New(r.threads)
	defer pool.Close()
	m, c, err := model.Open(r.run, pool)
	if err != nil {
		return err
	}
	t, ok := m.(*model.TableModel)
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
	transform := c.Table.Transform
	p := planter{schema: transform.Schema, train: train, test: test, share: r.share, draws: rng.New(1, rng.Test), pool: pool}
	outside, err := p.outside("values outside the joint support")
	if err != nil {
		return err
	}
	w := tabwriter.NewWriter(os.Stdout, 0, 0, 2, ' ', 0)
	for _, odd := range []planted{p.swaps("1 cell of another row", 1), p.swaps("3 cells of other rows", 3), outside} {
		fmt.Fprintf(w, "%s\t\n", odd.name)
		if err := r.rank(ctx, w, t, transform, train, odd); err != nil {
			return err
		}
		w.Flush()
	}
	return nil
}

// rank prints the AUC of each score.
func (r run) rank(ctx context.Context, w *tabwriter.Writer, m *model.TableModel, transform *table.Transform, train *table.Table, odd planted) error {
	show := func(name string, score []float64) {
		auc, se := metric.AUCWithError(score, odd.odd)
		fmt.Fprintf(w, "  %s\t%.3f\t± %.3f\n", name, auc, se)
	}
	alone, err := transform.Marginals(odd.table)
	if err != nil {
		return err
	}
	score := make([]float64, odd.table.Rows())
	for i := range score {
		score[i] = -alone.Row(i)
	}
	show("columns alone", score)
	for _, v := range []struct {
		name string
		of   func() ([][][]float64, error)
	}{
		{"Mahalanobis", func() ([][][]float64, error) { return plain(transform.Schema, train, odd.table) }},
		{"Mahalanobis on ranks", func() ([][][]float64, error) { return ranked(transform, train, odd.table) }},
	} {
		x, err := v.of()
		if err != nil {
			return err
		}
		d, err := mahalanobis(x[0], x[1])
		if err != nil {
			return err
		}
		show(v.name, d)
	}
	s, err := m.Score(ctx, odd.table, model.ScoreOptions{Draws: r.draws})
	if err != nil {
		return err
	}
	by := func(f func(x model.RowScore) float64) []float64 {
		for i, x := range s.Rows {
			score[i] = f(x)
		}
		return score
	}
	show("log-likelihood", by(func(x model.RowScore) float64 { return -x.LogLikelihood }))
	show("together", by(func(x model.RowScore) float64 { return -x.Together }))
	show("least column", by(func(x model.RowScore) float64 {
		worst := 0.0
		for _, c := range x.Columns {
			worst = max(worst, -c)
		}
		return worst
	}))
	return nil
}
