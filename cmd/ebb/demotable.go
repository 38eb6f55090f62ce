package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"path/filepath"

	"ebb/data/table"
	"ebb/metric"
	"ebb/model"
	"ebb/model/checkpoint"
)

// demoTable is what the demo shows of the penguins.
type demoTable struct {
	run       string
	model     *model.TableModel
	train     *table.Table
	held      *table.Table
	synthetic *table.Table
	frames    []*metric.Frame // of train, synthetic and held
	report    *metric.TableReport
}

const penguinLabel = "species"

// table learns the penguins, draws as many as there are and compares them with held-out ones.
func (d *demo) table(ctx context.Context) (*demoTable, error) {
	fmt.Fprintln(d.err, "\npenguins: a table of numbers and categories with missing values")
	content, err := demoData.ReadFile("demodata/penguins.csv")
	if err != nil {
		return nil, err
	}
	all, err := table.Read(bytes.NewReader(content), "penguins.csv")
	if err != nil {
		return nil, err
	}
	train, held := split(all.Rows())
	t := &demoTable{run: filepath.Join(d.dir, "penguins"), train: all.Select(train), held: all.Select(held)}
	trainPath := filepath.Join(d.dir, "data", "penguins-train.csv")
	if err := writeTable(trainPath, t.train); err != nil {
		return nil, err
	}
	if err := writeTable(filepath.Join(d.dir, "data", "penguins-test.csv"), t.held); err != nil {
		return nil, err
	}
	m, err := d.learn(ctx, trainOptions{data: trainPath, run: t.run, label: penguinLabel, time: d.penguins})
	if err != nil {
		return nil, err
	}
	t.model = m.(*model.TableModel)
	if t.synthetic, err = t.model.Draw(ctx, model.DrawOptions{N: all.Rows(), Seed: d.seed}); err != nil {
		return nil, err
	}
	if err := writeTable(filepath.Join(d.dir, "penguins.csv"), t.synthetic); err != nil {
		return nil, err
	}
	return t, d.judgeTable(ctx, t)
}

func (d *demo) judgeTable(ctx context.Context, t *demoTable) error {
	var err error
	t.frames, err = metric.FromTables(t.model.Config.Table.Transform.Schema, t.train, t.synthetic, t.held)
	if err != nil {
		return err
	}
	tables := metric.Tables{Real: t.frames[0], Synthetic: t.frames[1], Holdout: t.frames[2]}
	t.report, err = evaluateFrames(ctx, d.streams, tables, metric.TableOptions{Label: penguinLabel, Seed: d.seed, Pool: d.pool})
	if err != nil {
		return err
	}
	return d.show(tableEvaluation{t.report})
}

// learn trains a run as ebb train does and opens it.
func (d *demo) learn(ctx context.Context, o trainOptions) (model.Model, error) {
	o.seed = d.seed
	o.given = func(flag string) bool { return flag == "seed" || flag == "time" }
	job, err := o.create(d.streams)
	if err != nil {
		return nil, err
	}
	defer job.run.Close()
	if err := job.fit(ctx, d.streams, d.pool, false); err != nil {
		return nil, err
	}
	m, _, err := model.Open(o.run, d.pool)
	return m, err
}

func writeTable(path string, t *table.Table) error {
	return checkpoint.WriteFile(path, func(w io.Writer) error { return table.Write(w, t) })
}
