package main

import (
	"context"
	"fmt"
	"time"

	"ebb/baseline"
	"ebb/data"
	"ebb/data/table"
	"ebb/engine/kernel/parallel"
	"ebb/model"
)

// baselineRows draws rows from a baseline fitted to DATA, or to the data of a run.
func (o *sampleOptions) baselineRows(ctx context.Context, s streams) error {
	if err := o.checkBaseline(); err != nil {
		return err
	}
	pool, err := newPool(o.threads)
	if err != nil {
		return err
	}
	defer pool.Close()
	t, transform, err := baselineData(o.run, pool)
	if err != nil {
		return err
	}
	if o.draw.N == 0 {
		o.draw.N = t.Rows()
	}
	start := time.Now()
	m, err := baseline.Fit(ctx, o.baseline, transform, t, baseline.Options{Seed: o.draw.Seed, Pool: pool})
	if err != nil {
		return err
	}
	if err := o.writeRows(ctx, s, table.One(m.Draw(o.draw.N, o.draw.First, o.draw.Seed, pool)), transform); err != nil {
		return err
	}
	return o.report(s, &model.Config{Kind: model.KindTable}, time.Since(start))
}

// checkBaseline refuses flags that are for diffusion models alone.
func (o *sampleOptions) checkBaseline() error {
	if err := baseline.Check(o.baseline); err != nil {
		return &exitError{exitUsage, err}
	}
	for _, flag := range []string{"sampler", "steps", "grid", "where", "balance", "like", "trajectory", "memory", "precision", "guidance", "init", "inpaint"} {
		if o.condition.given(flag) {
			return usagef("--%s is for a diffusion model; --baseline %s draws without it", flag, o.baseline)
		}
	}
	return o.checkRows()
}

// baselineData is the table at path, or that of the run there, with its transform.
func baselineData(path string, pool *parallel.Pool) (*table.Table, *table.Transform, error) {
	found, err := data.Sniff(path)
	if err != nil {
		return nil, nil, err
	}
	if found.Form == data.Run {
		_, c, err := openRun(path, "", pool)
		if err != nil {
			return nil, nil, err
		}
		if c.Kind != model.KindTable {
			return nil, nil, usagef("--baseline is for tables; %s generates %ss", path, c.Kind)
		}
		src, err := openSource(c.Data.Path)
		if err != nil {
			return nil, nil, fmt.Errorf("the data that the run learned from is needed to fit a baseline: %w", err)
		}
		return src.Table, c.Table.Transform, nil
	}
	src, err := openSource(path)
	if err != nil {
		return nil, nil, err
	}
	if src.Table == nil {
		return nil, nil, usagef("--baseline is for tables; %s holds pictures", path)
	}
	transform, err := table.Fit(table.Infer(src.Table), src.Table, table.Options{})
	return src.Table, transform, err
}
