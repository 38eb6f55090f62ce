// fid prints the mean and per-column shape, trend of a sample against train.
package main

import (
	"context"
	"fmt"
	"os"
	"strconv"

	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/metric"
)

// fid TRAIN SAMPLE TEST LABEL DETECT
func main() {
	a := os.Args
	tr, err := table.Open(a[1])
	must(err)
	sm, err := table.Open(a[2])
	must(err)
	schema := table.Infer(tr)
	tabs := []*table.Table{tr, sm}
	if len(a) > 3 && a[3] != "" {
		te, err := table.Open(a[3])
		must(err)
		tabs = append(tabs, te)
	}
	fr, err := metric.FromTables(schema, tabs...)
	must(err)
	sh := metric.ColumnShapes(fr[0], fr[1])
	fmt.Printf("%s shape %.3f ", a[2], 100*(1-metric.MeanScore(sh)))
	pool := parallel.New(0)
	ps := metric.PairTrends(fr[0], fr[1], metric.PairOptions{Pool: pool})
	fmt.Printf("trend %.3f ", 100*(1-metric.MeanTrend(ps)))
	if len(a) > 4 && a[4] != "" {
		e, err := metric.TrainSyntheticTestReal(context.Background(), fr[0], fr[1], fr[2], a[4], metric.Boosting{Pool: pool})
		must(err)
		fmt.Printf("auc %.4f (%.4f) r2 %.4f (%.4f) ", float64(e.Synthetic.AUC), float64(e.Real.AUC), float64(e.Synthetic.R2), float64(e.Real.R2))
	}
	if len(a) > 5 {
		n, _ := strconv.Atoi(a[5])
		d, err := metric.Detector{Trees: metric.Boosting{Pool: pool}}.Detect(context.Background(), fr[0], fr[1])
		must(err)
		fmt.Printf("detector %.4f ", d.AUC)
		_ = n
	}
	fmt.Println()
	if os.Getenv("V") != "" {
		for j, s := range sh {
			fmt.Printf("  %-24s %.2f\n", tr.Names()[j], 100*(1-s))
		}
		for _, p := range ps {
			if p.Score < 0.97 {
				fmt.Printf("   %s, %s %.2f\n", tr.Names()[p.A], tr.Names()[p.B], 100*(1-p.Score))
			}
		}
	}
}
func must(err error) {
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
}
